"""Feature templates of the opinion taggers (one list per language; order numbers the hash seeds)."""

from __future__ import annotations

from unmet.models.tagger_features import Template

OPINION_LABELS = ("O", "B-A", "I-A", "B-O", "I-O")


def _around(column: str, *offsets: int) -> list[Template]:
    return [((column, offset),) for offset in offsets]


_SHARED: list[Template] = [
    (("one", 0),),
    *_around("word", -2, -1, 0, 1, 2),
    *_around("tag", -2, -1, 0, 1, 2),
    *_around("coarse", -2, -1, 0, 1, 2),
    *_around("fine", -2, -1, 0, 1, 2),
    *_around("polarity", -2, -1, 0, 1, 2),
    *_around("head", 0, 1),
    *_around("tail", 0, -1),
    *_around("shape", -1, 0, 1),
    (("word", -1), ("word", 0)),
    (("word", 0), ("word", 1)),
    (("tag", -2), ("tag", -1)),
    (("tag", -1), ("tag", 0)),
    (("tag", 0), ("tag", 1)),
    (("tag", 1), ("tag", 2)),
    (("tag", -1), ("tag", 0), ("tag", 1)),
    (("coarse", -1), ("coarse", 0)),
    (("coarse", 0), ("coarse", 1)),
    (("coarse", -1), ("coarse", 0), ("coarse", 1)),
    (("fine", -1), ("fine", 0)),
    (("fine", 0), ("fine", 1)),
    (("polarity", -1), ("polarity", 0), ("polarity", 1)),
    (("tag", 0), ("polarity", 0)),
    (("coarse", 0), ("polarity", 0)),
    (("coarse", -1), ("word", 0)),
    (("word", 0), ("coarse", 1)),
    (("word", -1), ("coarse", 0)),
    (("coarse", 0), ("word", 1)),
    (("coarse", 0), ("polarity", 1)),
    (("polarity", -1), ("coarse", 0)),
    (("coarse", -2), ("coarse", -1), ("coarse", 0)),
    (("coarse", 0), ("coarse", 1), ("coarse", 2)),
]

_RATES: list[Template] = [
    *_around("aspect", -2, -1, 0, 1, 2),
    *_around("opinion", -2, -1, 0, 1, 2),
    (("aspect", 0), ("opinion", 0)),
    (("aspect", -1), ("opinion", -1), ("aspect", 0), ("opinion", 0)),
    (("aspect", 0), ("opinion", 0), ("aspect", 1), ("opinion", 1)),
    (("opinion", -1), ("opinion", 0), ("opinion", 1)),
    (("tag", 0), ("aspect", 0)),
    (("tag", 0), ("opinion", 0)),
    (("tag", -1), ("opinion", 0)),
    (("aspect", 0), ("tag", 1)),
]

OPINION_TEMPLATES: dict[str, tuple[Template, ...]] = {
    "zh": (*_SHARED, (("tag", -2), ("tag", -1), ("tag", 0)), (("tag", 0), ("tag", 1), ("tag", 2)), *_RATES),
    "en": (*_SHARED, *_RATES),
}


def lexical_templates(templates: tuple[Template, ...]) -> tuple[int, ...]:
    """Numbers of the templates that read word identity."""
    lexical = {"word", "head", "tail"}
    return tuple(k for k, template in enumerate(templates) if any(name in lexical for name, _ in template))
