"""What a reader of the report must know before trusting it, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmet.core.config import MineConfig

_NOTABLE_SHARE = 0.05


def find_warnings(report: Mapping[str, Any], config: MineConfig) -> list[str]:
    """Sentences about what the data cannot show or what was dropped in large numbers."""
    n, kept = report["rows_in"], report["kept"]
    if not n:
        return ["the input holds no rows"]
    warnings = [] if kept else ["no row was kept: see the reasons under rejected"]
    warnings += _about_ratings(report)
    warnings += _about_columns(report)
    warnings += _about_rejections(report)
    share = report["largest_author_share"]
    if share is not None and share >= 0.2 and kept >= 50:
        warnings.append(
            f"one author id stands for {share:.0%} of the documents: the ids may be damaged "
            "(a spreadsheet rounds long numbers); map user to another column"
        )
    if not config.clean.mask_private:
        warnings.append("private data was not masked, as asked: do not pass these files on")
    return warnings


def _about_ratings(report: Mapping[str, Any]) -> list[str]:
    n, with_rating = report["rows_in"], report["rows_with_rating"]
    if not with_rating:
        return ["no ratings: importance and opportunity cannot be measured"]
    found = []
    if len(report["ratings"]) == 1:
        found.append(
            f"all ratings are {_plain(next(iter(report['ratings'])))}: importance cannot be measured"
        )
    elif report["ratings"]:
        total = sum(report["ratings"].values())
        top, count = max(report["ratings"].items(), key=lambda item: item[1])
        if count / total >= 0.9:
            found.append(
                f"{count / total:.0%} of the ratings are {_plain(top)}: importance rests on few reviews"
            )
    if report["rows_with_unreadable_rating"]:
        found.append(
            f"{report['rows_with_unreadable_rating']} ratings could not be read and count as missing"
        )
    if with_rating < 0.9 * n:
        found.append(f"only {with_rating / n:.0%} of the rows have a rating")
    return found


def _about_columns(report: Mapping[str, Any]) -> list[str]:
    found = []
    if not report["rows_with_time"]:
        found.append("no time column: no trends")
    elif report["rows_with_time"] < 0.9 * report["rows_in"]:
        found.append(
            f"only {report['rows_with_time'] / report['rows_in']:.0%} of the rows have a readable time"
        )
    if not report["rows_with_author"]:
        found.append("no author column: intervals treat every review as another customer")
    if not report["rows_with_product"]:
        found.append("no product column: needs cannot be told apart by product")
    return found


def _about_rejections(report: Mapping[str, Any]) -> list[str]:
    words = {
        "boilerplate": "are the platform's filler text",
        "empty_text": "have no text",
        "duplicate": "repeat another row's text",
        "near_duplicate": "nearly repeat another row's text",
        "spam": "are advertising or pasted text",
        "other_language": "are in another language",
        "no_words": "hold no words",
        "too_long": "are longer than the limit",
    }
    found = []
    for reason, entry in report["rejected"].items():
        if reason in words and entry["share"] >= _NOTABLE_SHARE:
            found.append(f"{entry['share']:.0%} of the rows {words[reason]}")
        elif reason == "duplicate_conflicting_rating":
            found.append(f"{entry['count']} copies of a text carry another rating than the one kept")
        elif reason not in words:
            found.append(f"{entry['count']} rows could not be read ({reason})")
    return found


def _plain(number: str) -> str:
    return number.removesuffix(".0")
