"""More training texts from those that are labelled: edits, masked words, translation there and back."""
