"""What a reader of the report must know before trusting it: codes with values, and plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmet.core.config import MineConfig

_NOTABLE_SHARE = 0.05

SENTENCES: dict[str, str] = {
    "no_rows": "the input holds no rows",
    "nothing_kept": "no row was kept: see the reasons under rejected",
    "no_ratings": "no ratings: importance and opportunity cannot be measured",
    "one_rating": "all ratings are {rating}: importance cannot be measured",
    "mostly_one_rating": "{share:.0%} of the ratings are {rating}: importance rests on few reviews",
    "unreadable_ratings": "{count} ratings could not be read and count as missing",
    "few_ratings": "only {share:.0%} of the rows have a rating",
    "no_times": "no time column: no trends",
    "few_times": "only {share:.0%} of the rows have a readable time",
    "no_authors": "no author column: intervals treat every review as another customer",
    "no_products": "no product column: needs cannot be told apart by product",
    "many_boilerplate": "{share:.0%} of the rows are the platform's filler text",
    "many_empty_text": "{share:.0%} of the rows have no text",
    "many_duplicate": "{share:.0%} of the rows repeat another row's text",
    "many_near_duplicate": "{share:.0%} of the rows nearly repeat another row's text",
    "many_spam": "{share:.0%} of the rows are advertising or pasted text",
    "many_other_language": "{share:.0%} of the rows are in another language",
    "many_no_words": "{share:.0%} of the rows hold no words",
    "many_too_long": "{share:.0%} of the rows are longer than the limit",
    "conflicting_copies": "{count} copies of a text carry another rating than the one kept",
    "unreadable_rows": "{count} rows could not be read ({reason})",
    "one_author": (
        "one author id stands for {share:.0%} of the documents: the ids may be damaged "
        "(a spreadsheet rounds long numbers); map user to another column"
    ),
    "not_masked": "private data was not masked, as asked: do not pass these files on",
}
"""Code → English sentence. Values: ``share`` (0–1), ``count``, ``rating`` (stars, as written), ``reason``
(a code of ``rejected.parquet``)."""

Warned = dict[str, Any]


def sentence(warning: Mapping[str, Any]) -> str:
    """The English sentence of one warning.

    >>> sentence({"code": "few_times", "values": {"share": 0.25}})
    'only 25% of the rows have a readable time'
    """
    return SENTENCES[warning["code"]].format(**warning["values"])


def find_warnings(report: Mapping[str, Any], config: MineConfig) -> list[Warned]:
    """What the data cannot show or what was dropped in large numbers, as ``{"code", "values"}``."""
    n, kept = report["rows_in"], report["kept"]
    if not n:
        return [_warned("no_rows")]
    warnings = [] if kept else [_warned("nothing_kept")]
    warnings += _about_ratings(report)
    warnings += _about_columns(report)
    warnings += _about_rejections(report)
    share = report["largest_author_share"]
    if share is not None and share >= 0.2 and kept >= 50:
        warnings.append(_warned("one_author", share=share))
    if not config.clean.mask_private:
        warnings.append(_warned("not_masked"))
    return warnings


def _warned(code: str, **values: Any) -> Warned:
    return {"code": code, "values": values}


def _about_ratings(report: Mapping[str, Any]) -> list[Warned]:
    n, with_rating = report["rows_in"], report["rows_with_rating"]
    if not with_rating:
        return [_warned("no_ratings")]
    found = []
    if len(report["ratings"]) == 1:
        found.append(_warned("one_rating", rating=_plain(next(iter(report["ratings"])))))
    elif report["ratings"]:
        total = sum(report["ratings"].values())
        top, count = max(report["ratings"].items(), key=lambda item: item[1])
        if count / total >= 0.9:
            found.append(_warned("mostly_one_rating", share=count / total, rating=_plain(top)))
    if report["rows_with_unreadable_rating"]:
        found.append(_warned("unreadable_ratings", count=report["rows_with_unreadable_rating"]))
    if with_rating < 0.9 * n:
        found.append(_warned("few_ratings", share=with_rating / n))
    return found


def _about_columns(report: Mapping[str, Any]) -> list[Warned]:
    found = []
    if not report["rows_with_time"]:
        found.append(_warned("no_times"))
    elif report["rows_with_time"] < 0.9 * report["rows_in"]:
        found.append(_warned("few_times", share=report["rows_with_time"] / report["rows_in"]))
    if not report["rows_with_author"]:
        found.append(_warned("no_authors"))
    if not report["rows_with_product"]:
        found.append(_warned("no_products"))
    return found


def _about_rejections(report: Mapping[str, Any]) -> list[Warned]:
    found = []
    for reason, entry in report["rejected"].items():
        if reason == "duplicate_conflicting_rating":
            found.append(_warned("conflicting_copies", count=entry["count"]))
        elif f"many_{reason}" not in SENTENCES:
            found.append(_warned("unreadable_rows", count=entry["count"], reason=reason))
        elif entry["share"] >= _NOTABLE_SHARE:
            found.append(_warned(f"many_{reason}", share=entry["share"]))
    return found


def _plain(number: str) -> str:
    return number.removesuffix(".0")
