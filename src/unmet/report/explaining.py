"""How each number of a card was computed, in words and with the card's own figures."""

from __future__ import annotations

from unmet.needs.ranking import FEW_UNMET, LEAST_OPPORTUNITY
from unmet.report.wording import Plain, Words, decimal, percent, signed, whole


def explanations(need: Plain, documents: int, words: Words) -> dict[str, str]:
    """Sentences by the key of the number they explain."""
    missing = words["missing_importance"]
    scored = all(need.get(key) for key in ("importance", "satisfaction", "opportunity"))
    why = {
        "share": words["why_share"].format(
            documents=whole(need["documents"]), total=whole(documents), share=percent(need["share"]["value"])
        ),
        "counts": _counts(need, words),
        "negative_documents": words["why_negative_documents"].format(n=whole(need["negative_documents"])),
        "positive_documents": words["why_positive_documents"].format(n=whole(need["positive_documents"])),
        "requests": words["why_requests"].format(n=whole(need["requests"])),
        "phrase": words["why_phrase"].format(mentions=whole(need["mentions"])),
        "segment": words["why_segment"].format(mentions=whole(need["mentions"])),
        "satisfaction": _satisfaction(need, words) if need.get("satisfaction") else missing,
        "importance": _importance(need, words) if need.get("importance") and need.get("impact") else missing,
        "stars": _stars(need, words) if need.get("impact") else missing,
        "opportunity": _opportunity(need, words) if scored else missing,
    }
    if need.get("trend"):
        why["trend"] = _trend(need, words)
    return why


def interval_note(need: Plain, level: float, words: Words) -> str:
    """What the intervals of a card mean, and what counts as one voice."""
    text = str(words["why_interval"].format(level=percent(level)))
    unit = (need.get("extra") or {}).get("interval_by")
    by = words.get(f"why_interval_by_{unit}")
    return f"{text} {by}" if by else text


def _counts(need: Plain, words: Words) -> str:
    return str(
        words["why_counts"].format(
            documents=whole(need["documents"]),
            mentions=whole(need["mentions"]),
            negative=whole(need["negative_documents"]),
            positive=whole(need["positive_documents"]),
            requests=whole(need["requests"]),
        )
    )


def _satisfaction(need: Plain, words: Words) -> str:
    extra = need.get("extra") or {}
    unmet = extra["unmet_documents"] if "unmet_documents" in extra else need["negative_documents"]
    return str(
        words["why_satisfaction"].format(
            documents=whole(need["documents"]),
            satisfaction=decimal(need["satisfaction"]["value"]),
            unmet=whole(unmet),
            positive=whole(need["positive_documents"]),
        )
    )


def _importance(need: Plain, words: Words) -> str:
    penalty, reward = (need["impact"][side]["value"] for side in ("penalty", "reward"))
    return str(
        words["why_importance"].format(
            penalty=signed(penalty, 2), reward=signed(reward, 2), range=decimal(reward - penalty, 2)
        )
    )


def _stars(need: Plain, words: Words) -> str:
    if "few_unmet" in need.get("notes", ()):
        return str(words["note_few_unmet"])
    return str(words["why_stars"].format(change=signed(need["impact"]["penalty"]["value"], 2)))


def _opportunity(need: Plain, words: Words) -> str:
    # Runs made before effects were shrunk for the ranking were ranked by the bound on the card.
    bound = (need.get("extra") or {}).get("rank_bound", need["opportunity"]["low"])
    return str(
        words["why_opportunity"].format(
            importance=decimal(need["importance"]["value"]),
            satisfaction=decimal(need["satisfaction"]["value"]),
            opportunity=decimal(need["opportunity"]["value"]),
            low=decimal(bound),
            least=decimal(LEAST_OPPORTUNITY),
            few=whole(FEW_UNMET),
        )
    )


def _trend(need: Plain, words: Words) -> str:
    extra = need.get("extra") or {}
    slope, word = extra.get("trend_slope"), extra.get("trend")
    if not slope or not word:
        return str(words["why_trend_unfitted"])
    # The slope is in log-odds; as a factor of the odds it reads as a percentage per month.
    change, low, high = (_odds_change(slope[side]) for side in ("value", "low", "high"))
    return str(
        words["why_trend"].format(word=words.get(f"trend_{word}", word), change=change, low=low, high=high)
    )


def _odds_change(log_odds: float) -> str:
    from math import exp

    return f"{signed(100 * (exp(min(log_odds, 20.0)) - 1))}%"
