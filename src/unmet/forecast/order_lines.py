"""Order tables → typed lines, in chunks; before that, one pass that decides what depends on all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from unmet.core.errors import InputError
from unmet.forecast.numbers import to_numbers, units_of, without_units
from unmet.forecast.order_columns import OrderColumns, check_fields, find_columns
from unmet.forecast.settings import OrderSettings
from unmet.ingest.delimited_blocks import quick_chunks
from unmet.ingest.plans import SAMPLE_ROWS, open_table
from unmet.ingest.prices import comma_evidence
from unmet.ingest.rows import Chunk, Table
from unmet.ingest.sources import Source, open_sources
from unmet.ingest.times import FIRST_YEAR, LAST_YEAR, DayOrder, day_order, to_times

NUMBER_FIELDS = ("quantity", "price", "amount", "stock")
_ZONE = r"(?i)\d(?:z|\s*utc|\s*gmt|\s*[+-]\d{2}:?\d{2})\s*$"
_CLOCK_BEFORE_ZONE = r":\d{2}"
_ISO = {10: "%Y-%m-%d", 16: "%Y-%m-%d %H:%M", 19: "%Y-%m-%d %H:%M:%S"}  # by length
_DIGITS = r"^\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?$"
_SYMBOL = r"(?i)(us\$|hk\$|rmb|cny|usd|eur|gbp|jpy|[¥￥$€£₩元円]|人民币|美元)"
_SAME_SYMBOL = {"￥": "¥", "元": "¥", "rmb": "¥", "cny": "¥", "人民币": "¥", "usd": "$", "us$": "$",
                "美元": "$", "eur": "€", "gbp": "£", "円": "jpy"}  # fmt: skip
_MAX_SHOWN = 1_000

LINE_FIELDS: dict[str, pl.DataType] = {
    "row": pl.Int64(),  # 0-based data row in its source
    "time": pl.Datetime("us"),
    "product": pl.String(),
    "name": pl.String(),
    "quantity": pl.Float64(),
    "price": pl.Float64(),  # per unit
    "customer": pl.String(),
    "category": pl.String(),
    "need": pl.String(),
    "segment": pl.String(),
    "promotion": pl.Float64(),  # 0 or 1; null where the table does not say
    "stock": pl.Float64(),  # units left when the line was written; null where the table does not say
    "order": pl.String(),
    "status": pl.String(),
    "currency": pl.String(),
    "hash": pl.UInt64(),  # of all mapped cells: equal lines have equal hashes
    "price_unread": pl.Boolean(),  # a price is there but cannot be read
}


@dataclass
class Survey:
    """What all lines of all sources say together, before any is used."""

    n_lines: int = 0
    n_zoned: int = 0
    n_coded: int = 0  # lines whose product has a digit
    n_numbered_orders: int = 0  # order ids that are digits
    n_c_orders: int = 0  # order ids that are C and digits
    currencies: Counter[str] = field(default_factory=Counter)
    symbols: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class OrderSource:
    """One source with the decisions about its columns, dates and decimal marks."""

    source: Source
    table: Table
    columns: OrderColumns
    day_first: bool
    day_first_why: str | None
    commas: dict[str, bool]


def open_orders(inputs: Sequence[str | Path], settings: OrderSettings) -> tuple[list[OrderSource], Survey]:
    """Open, recognise and survey every source, so that one bad file stops the work before it begins.

    Raises:
        InputError, MappingError: about the first input that cannot be used.
    """
    check_fields(settings.mapping)
    survey = Survey()
    opened = []
    for source in open_sources(inputs):
        table = open_table(source)
        first = next(iter(table.chunks(table.columns, SAMPLE_ROWS)), None)
        if first is None or not first.frame.height:
            raise InputError("has a header but no rows", where=source.name, hint="Export it again.")
        columns = find_columns(first.frame, settings.mapping, where=source.name)
        opened.append(_surveyed(source, table, columns, settings.chunk_rows, survey))
    return opened, survey


def _surveyed(
    source: Source, table: Table, columns: OrderColumns, chunk_rows: int, survey: Survey
) -> OrderSource:
    used = columns.columns
    wanted = ("time", "product", "order", "currency", *NUMBER_FIELDS)
    names = list(dict.fromkeys(used[f] for f in wanted if f in used))
    order = DayOrder()
    evidence = {name: [0, 0] for name in NUMBER_FIELDS if name in used}
    for chunk in quick_chunks(table, names, chunk_rows):
        survey.n_lines += chunk.frame.height + len(chunk.rejected)
        order += _look_at_times(chunk.frame[used["time"]], survey)
        for number, sums in evidence.items():
            n_comma, n_point = comma_evidence(without_units(chunk.frame[used[number]].unique()))
            sums[0] += n_comma
            sums[1] += n_point
        _look_at_words(chunk.frame, used, survey)
    commas = {name: n_comma > n_point for name, (n_comma, n_point) in evidence.items()}
    return OrderSource(source, table, columns, order.day_first, order.why, commas)


def _look_at_times(cells: pl.Series, survey: Survey) -> DayOrder:
    counts = cells.drop_nulls().value_counts()
    values = counts.get_column(cells.name)
    zoned = values.str.contains(_CLOCK_BEFORE_ZONE) & values.str.contains(_ZONE)
    survey.n_zoned += int(counts.filter(zoned)["count"].sum())
    return day_order(values.filter(~values.str.contains(_DIGITS)))


def _look_at_words(frame: pl.DataFrame, used: dict[str, str], survey: Survey) -> None:
    survey.n_coded += int(frame[used["product"]].str.contains(r"\d").sum() or 0)
    if "order" in used:
        ids = frame[used["order"]].str.strip_chars()
        survey.n_numbered_orders += int(ids.str.contains(r"^\d+$").sum() or 0)
        survey.n_c_orders += int(ids.str.contains(r"^[Cc]\d+$").sum() or 0)
    if "currency" in used:
        found = frame[used["currency"]].str.strip_chars().str.to_uppercase()
        survey.currencies.update(dict(found.filter(found != "").value_counts().iter_rows()))
    for name in ("price", "amount"):
        if name in used:
            found = frame[used[name]].str.extract(_SYMBOL, 1).drop_nulls().str.to_lowercase()
            for symbol, n in found.value_counts().iter_rows():
                survey.symbols[_SAME_SYMBOL.get(symbol, symbol)] += n
    if "quantity" in used:
        cells = frame[used["quantity"]]
        odd = cells.filter(~cells.str.contains(r"^[-+]?[\d.,]*$"))
        if len(odd) and len(survey.units) < _MAX_SHOWN:
            survey.units.update(dict(units_of(odd).drop_nulls().value_counts().iter_rows()))


def typed_chunks(order_source: OrderSource, settings: OrderSettings) -> Iterator[tuple[pl.DataFrame, Chunk]]:
    """Chunks of a source as typed lines (LINE_FIELDS), each beside the raw chunk it came from.

    Cells that cannot be read are null; nothing is left out here but rows without the right fields,
    which are in ``Chunk.rejected``.
    """
    names = list(dict.fromkeys(order_source.columns.columns.values()))
    for chunk in quick_chunks(order_source.table, names, settings.chunk_rows):
        yield _typed(chunk, order_source, settings), chunk


def _typed(chunk: Chunk, order_source: OrderSource, settings: OrderSettings) -> pl.DataFrame:
    used, cells = order_source.columns.columns, chunk.frame
    n = cells.height
    parts: dict[str, pl.Series] = {"row": pl.Series(chunk.rows, dtype=pl.Int64)}
    parts["time"] = read_times(cells[used["time"]], order_source.day_first, settings.timezone)
    for name in ("product", "name", "customer", "category", "need", "segment", "order", "status", "currency"):
        if name in used:
            parts[name] = stripped(cells[used[name]])
    if "promotion" in used:
        parts["promotion"] = promoted(cells[used["promotion"]])
    numbers: dict[str, pl.Series] = {
        name: to_numbers(cells[used[name]], order_source.commas[name])
        for name in NUMBER_FIELDS
        if name in used
    }
    if "stock" in numbers:
        parts["stock"] = numbers["stock"]
    quantity = numbers.get("quantity", pl.repeat(1.0, n, eager=True))
    parts["quantity"] = quantity
    parts["price"] = _price(numbers, quantity)
    paid = used.get("price") or used.get("amount")
    there = stripped(cells[paid]).is_not_null() if paid else pl.repeat(False, n, eager=True)
    read = (numbers.get("price", numbers.get("amount", quantity))).is_not_null()
    parts["price_unread"] = there & ~read
    parts["hash"] = cells.select(
        pl.concat_str(pl.all().fill_null(""), separator="\x1f").hash(seed=0)
    ).to_series()
    absent = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in LINE_FIELDS.items() if name not in parts
    ]
    frame = pl.DataFrame([series.alias(name) for name, series in parts.items()])
    return frame.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in LINE_FIELDS.items())


def _price(numbers: dict[str, pl.Series], quantity: pl.Series) -> pl.Series:
    """The unit price; from the line's amount where there is no price column."""
    if "price" in numbers:
        return numbers["price"]
    if "amount" not in numbers:
        return pl.repeat(None, len(quantity), dtype=pl.Float64(), eager=True)
    frame = pl.DataFrame({"a": numbers["amount"], "q": quantity})
    # A return has both negative; its price is positive.
    return frame.select(pl.when(pl.col("q") != 0).then(pl.col("a") / pl.col("q"))).to_series()


def read_times(cells: pl.Series, day_first: bool, timezone: str | None) -> pl.Series:
    """Cells as times without zone: UTC, or the given zone's clock where a cell carries a zone."""
    raw = pl.DataFrame({"raw": cells})
    values = raw["raw"].unique().drop_nulls()  # lines of one order share their time
    times = _iso_times(values)
    others = times.is_null().arg_true()
    if len(others):
        times = times.scatter(others, to_times(values.gather(others), day_first))
    if timezone is not None:
        zoned = values.str.contains(_ZONE) & values.str.contains(_CLOCK_BEFORE_ZONE)
        local = times.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.replace_time_zone(None)
        times = pl.select(pl.when(zoned).then(local).otherwise(times)).to_series()
    known = pl.DataFrame({"raw": values, "time": times})
    return raw.join(known, on="raw", how="left", maintain_order="left")["time"]


def _iso_times(values: pl.Series) -> pl.Series:
    """The commonest spellings at once; what :func:`unmet.ingest.times.to_times` gives, or null."""
    times = pl.Series(values.name, [None] * len(values), dtype=pl.Datetime("us"))
    lengths = values.str.len_bytes()
    for length, spelling in _ISO.items():
        places = ((lengths == length) & values.str.contains(_DIGITS)).arg_true()
        if len(places):
            read = values.gather(places).str.to_datetime(spelling, time_unit="us", strict=False)
            usable = read.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
            times = times.scatter(places, pl.select(pl.when(usable).then(read)).to_series())
    return times


def stripped(cells: pl.Series) -> pl.Series:
    """Cells without surrounding space; null where nothing is left."""
    text = cells.str.strip_chars()
    return pl.select(pl.when(text != "").then(text)).to_series()


def promoted(cells: pl.Series) -> pl.Series:
    """Whether a line was sold under a promotion (1 or 0): a yes, a name of one, a discount above 0."""
    text = stripped(cells).str.to_lowercase()
    number = text.str.strip_chars_end("%").cast(pl.Float64, strict=False)
    no = text.is_in(["no", "n", "false", "f", "none", "null", "nan", "否", "无", "没有", "不是", "-"])
    return pl.select(
        pl.when(number.is_not_null()).then((number.abs() > 0).cast(pl.Float64))
        .when(text.is_null() | no).then(0.0)
        .otherwise(1.0)
    ).to_series()  # fmt: skip
