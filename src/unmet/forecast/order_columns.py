"""Which column of an order table is the time, the product, the quantity …: by name and values, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from unmet.core.errors import MappingError
from unmet.forecast.numbers import to_numbers
from unmet.ingest.columns import ColumnLook, look_at
from unmet.ingest.headers import plain_name
from unmet.ingest.order_names import ORDER_NAMES

ONE_PER_LINE = "@1"
"""``--map quantity=@1``: the table has no quantity, every line is one unit."""

_ENDINGS: dict[str, tuple[str, ...]] = {
    "time": ("时间", "日期", "date", "datetime", "timestamp", "time"),
    "product": ("商品编码", "商品id", "产品id", "productid", "itemid", "sku", "stockcode"),
    "quantity": ("数量", "件数", "quantity", "qty"),
    "price": ("单价", "unitprice"),
    "customer": ("客户id", "会员id", "用户id", "customerid", "userid"),
    "category": ("类目", "品类", "category"),
    "status": ("状态", "orderstatus"),
    "currency": ("币种", "currency"),
    "order": ("订单号", "orderid", "invoiceno", "ordernumber"),
}
"""Longer names that end like this are taken where no name fits whole."""

_ASSIGN = (
    "time",
    "quantity",
    "product",
    "name",
    "price",
    "amount",
    "order",
    "customer",
    "category",
    "need",
    "segment",
    "promotion",
    "status",
    "currency",
    "stock",
)
_NUMERIC = {"quantity", "price", "amount", "stock"}
REQUIRED = ("time", "product", "quantity")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One field's column. ``by`` is ``override``, ``header`` or ``values``."""

    field: str
    column: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """The columns of one source by field, and the names that fitted but whose values did not."""

    choices: tuple[ColumnChoice, ...]
    refused: tuple[ColumnChoice, ...]
    unused: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Field → column; a quantity of one per line is not a column and not there."""
        return {c.field: c.column for c in self.choices if c.column != ONE_PER_LINE}

    def __contains__(self, field: object) -> bool:
        return any(choice.field == field for choice in self.choices)


def find_columns(
    sample: pl.DataFrame,
    override: Mapping[str, str],
    *,
    required: Sequence[str] = REQUIRED,
    where: str | None = None,
) -> OrderColumns:
    """Recognise the columns of an order table.

    Args:
        sample: rows of the source, every column a string.
        override: field → column, from ``--map``; an empty name means "no such column".
        required: fields that must be found.
        where: the source's name for messages.

    Raises:
        MappingError: an unknown field or column in ``override``, or a required field is not found; the
            message lists the columns and shows an example of ``--map``.
    """
    check_fields(override)
    choices = _overridden(sample.columns, override, where)
    looks = {name: look_at(sample[name]) for name in sample.columns}
    refused: list[ColumnChoice] = []
    for field in _ASSIGN:
        taken = {choice.column for choice in choices}
        if field in override:
            continue
        free = [name for name in sample.columns if name not in taken]
        found = _by_name(field, free, looks, sample, refused)
        if found is None and field == "time":
            found = _dated(free, looks)
        if found is not None:
            choices.append(found)
    choices = _name_for_product(choices, override)
    _check_required(choices, refused, sample.columns, required, where)
    taken = {choice.column for choice in choices}
    kept = tuple(c for c in refused if c.column not in taken)
    return OrderColumns(tuple(choices), kept, tuple(n for n in sample.columns if n not in taken))


def check_fields(override: Mapping[str, str]) -> None:
    """Raise MappingError where ``--map`` names a field that no order line has."""
    unknown = [field for field in override if field not in ORDER_NAMES]
    if unknown:
        hint = f"It takes {', '.join(ORDER_NAMES)}."
        raise MappingError(f"--map does not know {', '.join(map(repr, unknown))}", hint=hint)


def _overridden(columns: Sequence[str], override: Mapping[str, str], where: str | None) -> list[ColumnChoice]:
    choices = []
    for field, column in override.items():
        if not column:
            continue
        if column not in columns and not (field == "quantity" and column == ONE_PER_LINE):
            raise MappingError(f"there is no column {column!r}", where=where, hint=_advice(columns, field))
        choices.append(ColumnChoice(field, column, "override", "named by --map"))
    return choices


def _by_name(
    field: str,
    columns: Sequence[str],
    looks: Mapping[str, ColumnLook],
    sample: pl.DataFrame,
    refused: list[ColumnChoice],
) -> ColumnChoice | None:
    names = ORDER_NAMES[field]
    exact = sorted(
        (names.index(plain), place, column)
        for place, column in enumerate(columns)
        if (plain := _stem(column)) in names
    )
    known = [column for _, _, column in exact]
    similar = [c for c in columns if c not in known and _stem(c).endswith(_ENDINGS.get(field, ("\0",)))]
    for column in (*known, *similar):
        problem = _mismatch(field, looks[column], sample[column])
        if problem is None:
            return ColumnChoice(field, column, "header", f"column name {column!r}")
        refused.append(ColumnChoice(field, column, "header", problem))
    return None


def _stem(column: str) -> str:
    plain = plain_name(column)
    for unit in ("元", "rmb", "件", "个"):
        plain = plain.removesuffix(unit) or plain
    return plain


def _mismatch(field: str, look: ColumnLook, cells: pl.Series) -> str | None:
    """Why the values of a column speak against its name; ``None`` if they do not."""
    if not look.n_filled:
        return "the column is empty"
    if look.nested_share > 0.5:
        return "the cells hold lists or objects"
    if field == "time" and max(look.time_share, look.numeric_time_share) < 0.5:
        return f"the values are no times with a year ({look.examples[0]!r} …)"
    if field in _NUMERIC:
        filled = cells.filter(cells.str.strip_chars() != "")
        readable = max(len(to_numbers(filled, comma).drop_nulls()) for comma in (False, True))
        if readable < 0.5 * len(filled):
            return f"the values are no numbers ({look.examples[0]!r} …)"
    if field == "name" and look.letter_share < 0.3:
        return "the cells have no letters"
    return None


def _dated(columns: Iterable[str], looks: Mapping[str, ColumnLook]) -> ColumnChoice | None:
    for column in columns:
        if looks[column].time_share > 0.9 and looks[column].filled_share > 0.5:
            return ColumnChoice("time", column, "values", "the values are dates")
    return None


def _name_for_product(choices: list[ColumnChoice], override: Mapping[str, str]) -> list[ColumnChoice]:
    """A table that names its products but has no codes for them is about the names."""
    fields = {choice.field for choice in choices}
    if "product" in fields or "name" not in fields or override.get("product") == "":
        return choices
    return [
        ColumnChoice("product", c.column, c.by, f"{c.why}; the table has no product codes")
        if c.field == "name"
        else c
        for c in choices
    ]


def _check_required(
    choices: Sequence[ColumnChoice],
    refused: Sequence[ColumnChoice],
    columns: Sequence[str],
    required: Sequence[str],
    where: str | None,
) -> None:
    fields = {choice.field for choice in choices}
    missing = [field for field in required if field not in fields]
    if not missing:
        return
    near = [f"{r.column!r} was not taken for {r.field}: {r.why}" for r in refused if r.field in missing]
    what = f"no column was recognised as {' and '.join(missing)}"
    what += f" ({'; '.join(near)})" if near else ""
    raise MappingError(what, where=where, hint=_advice(columns, missing[0]))


def _advice(columns: Sequence[str], field: str) -> str:
    shown = ", ".join(columns[:30]) + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
    example = columns[-1] if columns else "sales"
    advice = f"Columns found: {shown}. Name the right one, for example --map {field}={example}"
    if field == "quantity":
        advice += f"; --map quantity={ONE_PER_LINE} if every line is one unit"
    if field == "time" and len(columns) > 20:
        advice += "; a table with one column per period or product needs --wide"
    return advice
