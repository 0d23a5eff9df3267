"""Products, brands and models named in titles, queries and reviews."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unmet.core.errors import ModelError
from unmet.core.records import Entity
from unmet.models.entity_features import ENTITY_LABELS, ENTITY_TEMPLATES, NameLists, read_positions
from unmet.models.opinions import table_from, text_batches
from unmet.models.package import load_package
from unmet.models.span_join import JoinedTags
from unmet.models.tagger import Tagger, tagged_spans
from unmet.models.tagger_features import WordClasses

_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class EntityModel:
    """Extracts entities; see :func:`load_entity_model`."""

    version: str
    tagger: Tagger
    classes: WordClasses
    names: NameLists
    thresholds: Mapping[str, float]

    def extract(self, texts: Sequence[str], joined: JoinedTags | None = None) -> list[list[Entity]]:
        """Entities of each text, in order of place; spans are code-point offsets into the given text.

        ``joined`` is what an encoder adds to the label scores; texts with Chinese characters have its
        weight for ``zh``, others that for ``en``.
        """
        results: list[list[Entity]] = [[] for _ in texts]
        rows = [i for i, text in enumerate(texts) if text.strip()]
        for batch in text_batches(rows, texts):
            positions = read_positions([texts[i] for i in batch], self.classes, self.names)
            text_of = np.repeat(positions.text_of, np.diff(positions.bounds))
            added = None
            if joined is not None:
                languages = [_script(texts[i]) for i in batch]
                added = joined.added(batch, languages, positions.starts, positions.starts + 1, text_of)
            decoded = self.tagger.tag(positions.columns, positions.types, positions.bounds, added)
            for span in tagged_spans(decoded, ENTITY_LABELS, positions.bounds):
                row = batch[int(text_of[span.first])]
                changed = joined.thresholds(_script(texts[row])) if joined is not None else {}
                if span.probability < changed.get(span.label, self.thresholds[span.label]):
                    continue
                start = int(positions.starts[span.first])
                end = start + span.last - span.first
                piece = texts[row][start:end]
                if piece.strip():
                    results[row].append(Entity(piece, span.label, (start, end)))
        return results


def _script(text: str) -> str:
    """``zh`` for a text with a Chinese character, else ``en``."""
    return "zh" if _CHINESE.search(text) else "en"


def load_entity_model(folder: Path) -> EntityModel:
    """Load the entity package of a folder.

    Raises:
        ModelError: the package is missing, damaged or made for another task.
    """
    package = load_package(folder)
    if package.manifest["task"] != "entities":
        raise ModelError(
            f"The package is made for {package.manifest['task']!r}, not for entities.", where=str(folder)
        )
    arrays = package.arrays
    tagger = Tagger(
        ENTITY_LABELS,
        ENTITY_TEMPLATES,
        table_from(arrays, "tagger"),
        np.asarray(arrays["tagger_transitions"], dtype=np.float32),
    )
    names = NameLists.build(arrays["names_brand"], arrays["names_product"])
    return EntityModel(
        package.version, tagger, WordClasses.from_arrays(arrays), names, package.manifest["thresholds"]
    )
