"""From mentions to needs with stable ids, numbers with intervals, cards, verification."""
