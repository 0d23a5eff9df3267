"""The data quality part: what was read, kept, left out, masked and unclustered, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from unmet.report.cards import draw_quote
from unmet.report.wording import Plain, Words, named, percent, printable, shortened, whole

EXAMPLE_CHARACTERS = 160


def draw_quality(quality: Plain, needs: Plain, words: Words) -> dict[str, Any]:
    """Plain data of the part; whatever the quality report lacks is left out, never made up."""
    rows, kept = quality.get("rows_in"), quality.get("kept")
    counts = words["quality_unknown"]
    if rows is not None and kept is not None:
        counts = words["quality_counts"].format(
            rows=whole(rows),
            kept=whole(kept),
            dropped=whole(rows - kept),
            kept_share=percent(kept / rows if rows else 0.0),
            dropped_share=percent((rows - kept) / rows if rows else 0.0),
        )
    masked = quality.get("private_items_masked", quality.get("masked")) or {}
    return {
        "counts": counts,
        "files": _files(quality.get("sources")),
        "rejected": [_reason(code, entry, words) for code, entry in _items(quality.get("rejected"))],
        "masked": [
            {"label": named(words["kinds"], printable(kind)), "count": whole(n)} for kind, n in _items(masked)
        ],
        "warnings": _warnings(quality, words),
        "tables": [
            table
            for key in ("languages", "ratings", "months")
            if (table := _histogram(key, quality.get(key), words))
        ],
        "unclustered": _unclustered(needs, words),
    }


def _warnings(quality: Plain, words: Words) -> list[str]:
    """The warnings in the page's language; one that this version does not know stays as it was written."""
    sentences = [str(sentence) for sentence in quality.get("warnings") or ()]
    codes = quality.get("warning_codes") or ()
    if len(codes) != len(sentences):  # a run folder without codes
        return [printable(sentence) for sentence in sentences]
    known = words["warnings"]
    return [
        printable(
            known[warning["code"]].format(**_shown(warning["values"], words))
            if warning["code"] in known
            else sentence
        )
        for sentence, warning in zip(sentences, codes, strict=True)
    ]


def _shown(values: Plain, words: Words) -> dict[str, str]:
    shown = {name: str(value) for name, value in values.items()}
    if "share" in values:
        shown["share"] = percent(values["share"])
    if "count" in values:
        shown["count"] = whole(values["count"])
    if "reason" in values:
        shown["reason"] = named(words["reasons"], str(values["reason"]))
    return shown


def _items(table: Any) -> list[tuple[str, Any]]:
    return list(table.items()) if isinstance(table, Mapping) else []


def _files(sources: Any) -> list[dict[str, str]]:
    return [
        {
            "name": printable(PurePath(name).name or name),
            "rows": whole(entry["rows_in"]) if "rows_in" in entry else "–",
            "kept": whole(entry["kept"]) if "kept" in entry else "–",
        }
        for name, entry in _items(sources)
    ]


def _reason(code: str, entry: Any, words: Words) -> dict[str, Any]:
    entry = entry if isinstance(entry, Mapping) else {"count": entry}
    examples = [_example(example) for example in entry.get("examples") or ()]
    return {
        "label": named(words["reasons"], printable(code)),
        "code": printable(code),
        "count": whole(entry.get("count", 0)),
        "share": percent(entry["share"]) if entry.get("share") is not None else "–",
        "examples": examples,
        "examples_words": words["examples_open"].format(n=len(examples)),
    }


def _example(example: Any) -> dict[str, str]:
    if not isinstance(example, Mapping):
        return {"text": shortened(printable(example), EXAMPLE_CHARACTERS), "place": "", "detail": ""}
    place = f"{PurePath(str(example.get('source') or '')).name}:{example.get('row', '')}".strip(":")
    return {
        "text": shortened(printable(example.get("text") or ""), EXAMPLE_CHARACTERS),
        "place": printable(place),
        "detail": shortened(printable(example.get("detail") or ""), EXAMPLE_CHARACTERS),
    }


def _histogram(key: str, table: Any, words: Words) -> dict[str, Any] | None:
    rows = [(value, n) for value, n in _items(table) if isinstance(n, int)]
    if not rows:
        return None
    most, total = max(n for _, n in rows), sum(n for _, n in rows)
    return {
        "key": key,
        "label": words[f"quality_{key}"],
        "rows": [
            {
                "label": words.get(f"language_{value}", value) if key == "languages" else _plain(value),
                "count": whole(n),
                "share": percent(n / total if total else 0.0),
                "width": f"{100 * n / max(most, 1):.1f}%",
            }
            for value, n in rows
        ],
    }


def _plain(value: str) -> str:
    return printable(value.removesuffix(".0"))


def _unclustered(needs: Plain, words: Words) -> dict[str, Any]:
    left = needs.get("unclustered") or {}
    count = left.get("mentions", 0)
    reasons = sorted(_items(left.get("reasons")), key=lambda item: (-item[1], item[0]))
    return {
        "note": words["unclustered_note"].format(
            mentions=whole(count), total=whole(needs["mentions"]), share=percent(left.get("share", 0.0))
        )
        if count
        else words["unclustered_none"],
        "reasons": [
            {
                "label": named(words["reasons"], printable(code)),
                "count": whole(n),
                "share": percent(n / count) if count else "–",
            }
            for code, n in reasons
        ],
        "quotes": [draw_quote(quote, words, {}) for quote in left.get("examples") or ()],
    }
