"""One text on its own → the text as models read it, with the way back to the text that was given."""

from __future__ import annotations

from dataclasses import dataclass

from unmet.core.offsets import Edits, compose, to_source
from unmet.core.records import Span


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text as models read it, with the way back to the text that was given."""

    text: str
    edits: Edits
    original: str

    def span(self, span: Span) -> Span:
        """Map a span of ``text`` to the original."""
        return to_source(self.edits, *span)


def prepare(text: str) -> PreparedText:
    """Clean and mask one text as `mine` does, keeping the map back."""
    from unmet.ingest.cleaning import clean_text
    from unmet.ingest.privacy import mask

    cleaned, cleaning = clean_text(text)
    masked, masking, _ = mask(cleaned)
    return PreparedText(masked, compose(masking, cleaning), text)
