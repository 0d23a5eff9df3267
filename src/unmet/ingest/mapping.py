"""Which column is the text, the rating, the time …: recognised from names and values, and explained."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from unmet.core.errors import MappingError
from unmet.ingest.columns import ColumnLook, look_at
from unmet.ingest.header_names import (
    FIELDS,
    GENERAL_NAMES,
    KIND_TEXT_NAMES,
    KNOWN_NAMES,
    NAME_ENDINGS,
    OTHER_NAMES,
)
from unmet.ingest.headers import plain_name

KINDS_WITHOUT_TEXT = frozenset({"interaction", "order"})
_ASSIGN_ORDER = (
    "text",
    "rating",
    "time",
    "product_id",
    "user",
    "title",
    "product",
    "category",
    "price",
    "channel",
)
MIN_TEXT_LENGTH = 4.0


@dataclass(frozen=True, slots=True)
class Decision:
    """One field's column. ``by`` is ``override``, ``header`` or ``values``; confidence is 0–1."""

    field: str
    column: str
    by: str
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of one source, by field.

    ``refused`` explains columns whose name fitted a field but whose values did not; ``other`` names
    columns recognised for later stages (quantity, role …) that no record takes.
    """

    decisions: tuple[Decision, ...]
    refused: tuple[Decision, ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    def column(self, field: str) -> str | None:
        """The column for ``field``, or ``None``."""
        return next((d.column for d in self.decisions if d.field == field), None)

    @property
    def columns(self) -> dict[str, str]:
        """Field → column."""
        return {d.field: d.column for d in self.decisions}

    def told(self, field: str) -> bool:
        """Whether the user named the column for ``field``."""
        return any(d.field == field and d.by == "override" for d in self.decisions)

    def without(self, field: str, why: str) -> Mapping:
        """The mapping less one field, with the reason kept in ``refused``."""
        gone = tuple(Decision(d.field, d.column, d.by, 0.0, why) for d in self.decisions if d.field == field)
        kept = tuple(d for d in self.decisions if d.field != field)
        return Mapping(kept, self.refused + gone, self.other)


def detect_mapping(
    sample: pl.DataFrame, override: MappingType[str, str], *, kind: str = "review", where: str | None = None
) -> Mapping:
    """Recognise the columns of a source.

    Args:
        sample: rows of the source, every column a string.
        override: field → exact column name, from ``--map``; an empty name means "no such column".
        kind: what a row is; interactions and orders need no text.
        where: the source's name for messages.

    Raises:
        MappingError: a field or column of ``override`` does not exist, or no column holds text. The
            message lists the columns found and an example of ``--map``.
    """
    looks = {name: look_at(sample[name]) for name in sample.columns}
    decisions = _overrides(sample.columns, override, where)
    taken = {d.column for d in decisions}
    refused: list[Decision] = []
    for field in _ASSIGN_ORDER:
        if field in override:
            continue
        free = [name for name in sample.columns if name not in taken]
        found = _by_name(field, free, looks, kind, refused)
        if found is None and field == "text" and kind not in KINDS_WITHOUT_TEXT:
            found = _text_by_values(free, looks)
        if found is not None:
            decisions.append(found)
            taken.add(found.column)
    decisions.extend(_by_values([n for n in sample.columns if n not in taken], looks, decisions, override))
    taken = {d.column for d in decisions}
    if not any(d.field == "text" for d in decisions) and kind not in KINDS_WITHOUT_TEXT:
        raise MappingError("no column holds the customers' text", where=where, hint=_advice(sample.columns))
    refused = [r for r in refused if r.column not in taken]
    other = tuple(
        (field, name)
        for field, names in OTHER_NAMES.items()
        for name in sample.columns
        if name not in taken and plain_name(name) in names
    )
    return Mapping(tuple(sorted(decisions, key=lambda d: FIELDS.index(d.field))), tuple(refused), other)


def check_override(override: MappingType[str, str]) -> None:
    """Raise MappingError where ``--map`` names a field that no record has."""
    unknown = [field for field in override if field not in FIELDS]
    if unknown:
        raise MappingError(
            f"--map does not know {', '.join(map(repr, unknown))}", hint=f"It takes {', '.join(FIELDS)}."
        )


def _overrides(columns: Sequence[str], override: MappingType[str, str], where: str | None) -> list[Decision]:
    check_override(override)
    decisions: list[Decision] = []
    for field, column in override.items():
        if not column:
            continue
        if column not in columns:
            raise MappingError(f"there is no column {column!r}", where=where, hint=_advice(columns))
        decisions.append(Decision(field, column, "override", 1.0, "named by --map"))
    return decisions


def _advice(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:30]) + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
    example = columns[-1] if columns else "review"
    return f"Columns found: {shown}. Name the right one, for example --map text={example}"


def _by_name(
    field: str,
    columns: Sequence[str],
    looks: MappingType[str, ColumnLook],
    kind: str,
    refused: list[Decision],
) -> Decision | None:
    names = KIND_TEXT_NAMES.get(kind, ()) + KNOWN_NAMES[field] if field == "text" else KNOWN_NAMES[field]
    ranked = sorted(
        (names.index(plain), place, column)
        for place, column in enumerate(columns)
        if (plain := _stem(column)) in names
    )
    exact = [(column, 0.8 if plain_name(column) in GENERAL_NAMES else 0.95) for _, _, column in ranked]
    similar = [(c, 0.7) for c in columns if _stem(c).endswith(NAME_ENDINGS.get(field, ()))]
    for column, confidence in [*exact, *(pair for pair in similar if pair[0] not in dict(exact))]:
        problem = _mismatch(field, looks[column])
        if problem is None:
            return Decision(field, column, "header", confidence, f"column name {column!r}")
        refused.append(Decision(field, column, "header", 0.0, problem))
    return None


def _stem(column: str) -> str:
    """Plain name without what exports add: a repeat number or a unit."""
    plain = plain_name(column)
    return plain.removesuffix("元").removesuffix("rmb") or plain


def _mismatch(field: str, look: ColumnLook) -> str | None:
    """Why the values of a column speak against its name; ``None`` if they do not."""
    if not look.n_filled:
        return "the column is empty" if field != "text" else None
    first = look.examples[0]
    numeric = look.letter_share < 0.3 and look.number_share > 0.6
    repeats = look.n_filled >= 100 and look.distinct_share < 0.02
    reasons = {
        "the cells hold lists or objects": look.nested_share > 0.5 and field not in ("category", "channel"),
        "the cells are numbers": numeric and field in ("text", "title", "product"),
        f"the values are no rating scale ({_listed(look)} …)": field == "rating" and look.scale is None,
        f"the values are no times with a year ({first!r} …)": field == "time"
        and max(look.time_share, look.numeric_time_share) < 0.5,
        f"the values are no prices ({first!r} …)": field == "price" and look.price_share < 0.5,
        f"only {look.n_distinct} different values: a category, not a title": field == "title" and repeats,
        "the cells are long texts": field in ("product", "category") and look.mean_length > 300,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _listed(look: ColumnLook) -> str:
    return ", ".join(repr(example) for example in look.examples)


def _text_by_values(columns: Sequence[str], looks: MappingType[str, ColumnLook]) -> Decision | None:
    if len(columns) == len(looks) == 1 and looks[columns[0]].letter_share > 0.5:
        return Decision("text", columns[0], "values", 0.8, "the only column, and it holds words")

    def weight(column: str) -> float:
        look = looks[column]
        if look.letter_share < 0.5 or look.mean_length < MIN_TEXT_LENGTH or look.nested_share > 0.5:
            return 0.0
        if look.time_share > 0.5 or look.sentence_share < 0.3:
            return 0.0
        # Product names are long too, but repeat; customers' texts hardly do.
        return (
            look.mean_length * look.distinct_share * look.sentence_share * min(1.0, look.filled_share + 0.2)
        )

    ranked = sorted(columns, key=lambda column: -weight(column))
    if not ranked or weight(ranked[0]) <= 1.0:
        return None
    best = looks[ranked[0]]
    why = f"the longest varied texts ({best.mean_length:.0f} characters on average)"
    return Decision("text", ranked[0], "values", 0.6, why)


def _by_values(
    columns: Sequence[str],
    looks: MappingType[str, ColumnLook],
    decided: Sequence[Decision],
    override: MappingType[str, str],
) -> list[Decision]:
    """Rating and time of columns whose names say nothing (``column_1`` of files without a header)."""
    missing = {"rating", "time"} - {d.field for d in decided} - set(override)
    nameless = [name for name in columns if plain_name(name).startswith("column") or not _is_word(name)]
    found: list[Decision] = []
    for column in nameless:
        look = looks[column]
        if "time" in missing and look.time_share > 0.9 and look.filled_share > 0.5:
            found.append(Decision("time", column, "values", 0.7, "the values are dates"))
            missing.discard("time")
        elif "rating" in missing and _looks_rated(look):
            scale = look.scale.name if look.scale else ""
            found.append(
                Decision("rating", column, "values", 0.5, f"few distinct values, on the scale {scale}")
            )
            missing.discard("rating")
    return found


def _looks_rated(look: ColumnLook) -> bool:
    if look.scale is None or look.counts_up or look.n_distinct < 2 or look.filled_share <= 0.5:
        return False
    return look.scale.name in ("words", "0/1", "-1/0/1", "1-5")


def _is_word(name: str) -> bool:
    plain = plain_name(name)
    return len(plain) > 2 and any(c.isalpha() for c in plain)
