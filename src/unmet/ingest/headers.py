"""Column names in plain form, and whether a first row is a header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from unmet.ingest.header_names import KIND_TEXT_NAMES, KNOWN_NAMES, OTHER_NAMES
from unmet.ingest.order_names import ORDER_NAMES

MAX_HEADER_CHARACTERS = 60
_SEPARATORS = re.compile(r"[\s_\-.·:：/（）()\[\]【】#*]+")
_NOTES = re.compile(r"[(\[【][^)\]】]*[)\]】]")
_DATA_CELL = re.compile(r"[-+]?\d+([.,:/-]\d+)*%?|https?://.*|true|false|null|nan", re.IGNORECASE)
_ALL_NAMES = frozenset(
    name
    for table in (KNOWN_NAMES, OTHER_NAMES, KIND_TEXT_NAMES, ORDER_NAMES)
    for names in table.values()
    for name in names
) | {"id", "index", "序号", "编号"}


def plain_name(name: str) -> str:
    """A column name without case, width and separators: ``Review Text`` → ``reviewtext``.

    Notes in brackets are left out, unless nothing else is there.

    >>> plain_name("reviews.text"), plain_name("评论 内容（必填）")
    ('reviewstext', '评论内容')
    """
    folded = unicodedata.normalize("NFKC", name).strip().lower()
    folded = _NOTES.sub("", folded).strip() or folded
    return _SEPARATORS.sub("", folded)


def is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns instead of being data.

    A known column name decides, unless the row holds cells that only data has. Otherwise the row is
    a header where some column is all numbers or clearly longer text below it, but not in it.
    """
    cells = [cell.strip() for cell in first]
    filled = [cell for cell in cells if cell]
    if not filled or any(len(cell) > MAX_HEADER_CHARACTERS for cell in filled):
        return False
    n_data = sum(1 for cell in filled if _DATA_CELL.fullmatch(cell))
    n_known = sum(1 for cell in filled if plain_name(cell) in _ALL_NAMES)
    if n_known:
        return n_data <= len(filled) / 2
    if n_data or len(set(filled)) < len(filled):
        return False
    return any(_unlike_below(cell, place, rest) for place, cell in enumerate(cells) if cell)


def n_known_names(line: str) -> int:
    """How many cells of a line are known column names that are not ASCII.

    >>> n_known_names("订单号,数量,note,深蓝"), n_known_names("id;price")
    (2, 0)
    """
    cells = (plain_name(cell.strip().strip('"')) for cell in re.split(r"[,;\t|]", line[:10_000]))
    return sum(1 for cell in cells if cell in _ALL_NAMES and not cell.isascii())


def _unlike_below(cell: str, place: int, rest: Sequence[Sequence[str]]) -> bool:
    below = [row[place].strip() for row in rest if len(row) > place and row[place].strip()]
    if len(below) < 2:
        return False
    n_data = sum(1 for value in below if _DATA_CELL.fullmatch(value))
    if n_data >= 0.9 * len(below):
        return True
    lengths = sorted(len(value) for value in below)
    return (
        len(cell) <= 30 and lengths[len(lengths) // 10] > 2 * len(cell) and len(set(below)) > len(below) / 2
    )
