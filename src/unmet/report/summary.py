"""The page's content as one plain dict: every word and number settled before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from unmet.report.cards import draw_card, setting_of, stars_words
from unmet.report.figures import trend_picture
from unmet.report.needmap import draw_map, quadrants
from unmet.report.qualities import draw_quality
from unmet.report.shading import Weights
from unmet.report.wording import (
    Plain,
    Words,
    decimal,
    inset,
    joined,
    load_words,
    percent,
    printable,
    shortened,
    whole,
)

TREND_NEEDS = 6
TREND_SIZE = (400, 120)
SUMMARY_CHARACTERS = 60
WELL_MET = 7.5
"""A need is praised in the summary if the lower end of its satisfaction reaches this."""
SORTS = ("rank", "importance", "satisfaction", "stars", "documents", "slope")


def summarise(
    needs: Plain,
    quality: Plain,
    manifest: Plain,
    *,
    language: str,
    weights: Weights | None = None,
    sold: Callable[[Words], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Settle what the report says.

    Args:
        needs: content of ``needs.json``.
        quality: content of ``quality.json``; missing parts are left out of the page.
        manifest: content of ``manifest.json``; missing parts are left out of the page.
        language: of the page, ``zh`` or ``en``; quotes and statements stay in their own language.
        weights: of the words of quotes; ``None`` where they could not be computed, which the page says.
        sold: settles the section on what will sell in the page's words (:mod:`unmet.report.selling`).

    Returns:
        Plain data for :func:`unmet.report.page.render`; ``data`` is what the page embeds.

    Raises:
        ValueError: the language is unknown.
    """
    words = load_words(language)
    items = needs["needs"]
    setting = setting_of(
        items, needs["documents"], needs.get("confidence_level", 0.9), quadrants(items), words, weights or {}
    )
    cards = [draw_card(need, setting) for need in items]
    return {
        "language": language,
        "words": words,
        "head": _head(needs, quality, words),
        "sentences": _sentences(needs, words),
        "map": draw_map(items, words),
        "cards": cards,
        "has_weights": weights is not None,
        "filters": _filters(cards, words),
        "trends": _trends(items, words),
        "selling": sold(words) if sold is not None else None,
        "quality": draw_quality(quality, needs, words),
        "guide": _guide(needs, manifest, words),
        "data": {"needs": needs},
    }


def _head(needs: Plain, quality: Plain, words: Words) -> dict[str, Any]:
    sources, months = quality.get("sources"), quality.get("months")
    rows, kept = quality.get("rows_in"), quality.get("kept", needs["documents"])
    facts = []
    if isinstance(sources, Mapping) and sources:
        facts.append((whole(len(sources)), words["fact_file" if len(sources) == 1 else "fact_files"]))
    if rows is not None:
        facts.append((whole(rows), words["fact_read"]))
    facts.append((whole(kept), words["fact_kept"]))
    if rows is not None:
        facts.append((whole(rows - kept), words["fact_dropped"]))
    facts += [
        (whole(needs["mentions"]), words["fact_mentions"]),
        (whole(len(needs["needs"])), words["fact_needs"]),
    ]
    span = sorted(months) if isinstance(months, Mapping) else []
    if span:
        text = span[0] if span[0] == span[-1] else f"{span[0]} – {span[-1]}"
        facts.append((printable(text), words["fact_range"]))
    as_of = needs.get("data_as_of")
    return {
        "facts": [{"value": value, "label": label} for value, label in facts],
        "data_as_of": words["data_as_of"].format(date=printable(as_of))
        if as_of
        else words["data_as_of_unknown"],
    }


def _sentences(needs: Plain, words: Words) -> list[str]:
    """Three sentences: what was read, what to act on first, what else to know."""
    items: Sequence[Plain] = needs["needs"]
    figures = {
        "documents": whole(needs["documents"]),
        "mentions": whole(needs["mentions"] - (needs.get("unclustered") or {}).get("mentions", 0)),
        "needs": whole(len(items)),
    }
    if not items:
        return [words["summary_none"].format(**figures)]
    # A need that is mostly praised may rank high because it matters; it is no place to act first.
    badly_met = [need for need in items if need["polarity"] != "positive"]
    act = [_act_words(need, words) for need in (badly_met or items)[:3]]
    sentences = [
        words["summary_read"].format(**figures),
        words["summary_act" if badly_met else "summary_protect"].format(needs=joined(act, words)),
    ]
    if not any(need.get("opportunity") for need in items):
        sentences.append(words["summary_unrated"])
        return sentences
    return [*sentences, _third_sentence(items, words)]


def _act_words(need: Plain, words: Words) -> str:
    stars = stars_words(need)
    return str(
        words["summary_act_need"].format(
            statement=_short(need),
            documents=whole(need["documents"]),
            stars=words["summary_act_stars"].format(stars=stars) if stars else "",
        )
    )


def _third_sentence(items: Sequence[Plain], words: Words) -> str:
    """What grows, else what customers are happiest with, else that neither stands out."""
    rising = [need for need in items if (need.get("extra") or {}).get("trend") == "rising"]
    if rising:
        named = [f"“{_short(need)}”" for need in rising[:3]]
        return str(words["summary_rising"].format(needs=joined(named, words)))
    met = [need for need in items if need.get("satisfaction") and need["satisfaction"]["low"] >= WELL_MET]
    if not met:
        return str(words["summary_watch"])
    best = max(met, key=lambda need: (need["documents"], need["id"]))
    return str(
        words["summary_keep"].format(
            statement=_short(best),
            satisfaction=decimal(best["satisfaction"]["value"]),
            documents=whole(best["documents"]),
        )
    )


def _short(need: Plain) -> str:
    return inset(need["statement"], SUMMARY_CHARACTERS)


def _filters(cards: Sequence[Plain], words: Words) -> dict[str, Any]:
    """Choices that at least one card has, and the orders that mean something for these cards."""
    languages = sorted({value for card in cards for value in card["filter_languages"]})
    polarities = [
        p for p in ("negative", "mixed", "positive", "neutral") if any(c["polarity"] == p for c in cards)
    ]
    categories = sorted({value for card in cards for value in card["filter_categories"]})
    return {
        "languages": [{"value": v, "label": words.get(f"language_{v}", v)} for v in languages],
        "polarities": [{"value": v, "label": words[f"polarity_{v}"]} for v in polarities],
        "categories": [
            {"value": str(categories.index(v)), "label": shortened(printable(v), 40), "name": v}
            for v in categories
        ],
        "sorts": [
            {"value": key, "label": words[f"sort_{key}"]}
            for key in SORTS
            if any(card["sort"][key] is not None for card in cards)
        ],
        "category_codes": {v: str(i) for i, v in enumerate(categories)},
    }


def _trends(items: Sequence[Plain], words: Words) -> dict[str, Any]:
    width, height = TREND_SIZE
    shown = [need for need in items if need.get("trend")][:TREND_NEEDS]
    return {
        "note": words["trends_note"].format(n=len(shown)) if shown else words["trends_none"],
        "charts": [
            {
                "id": need["id"],
                "rank": need["rank"],
                "statement": printable(need["statement"]),
                "direction": (need.get("extra") or {}).get("trend") or "none",
                "word": words.get(f"trend_{(need.get('extra') or {}).get('trend')}", ""),
                "picture": (picture := trend_picture(need["trend"], width=width, height=height)),
                "top": percent(picture["top"]),
            }
            for need in shown
        ],
    }


def _guide(needs: Plain, manifest: Plain, words: Words) -> dict[str, Any]:
    models = manifest.get("models") or (needs["needs"][0].get("models") if needs["needs"] else {}) or {}
    return {
        "models": [
            {"task": words["tasks"].get(task, task), "model": printable(model)}
            for task, model in sorted(models.items())
        ],
        "versions": [
            {"name": printable(name), "version": printable(version)}
            for name, version in (manifest.get("versions") or {}).items()
        ],
        "inputs": [
            {
                "name": printable(PurePath(str(entry.get("name", ""))).name),
                "hash": printable(entry.get("sha256", "")),
            }
            for entry in manifest.get("inputs") or ()
        ],
        "seed": str(needs.get("seed", words["unknown"])),
        "confidence": percent(needs.get("confidence_level", 0.9)),
    }
