"""A made-up shop for the statistics: documents and mentions with planted effects on the rating."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from unmet.core.hashing import short_hash, text_hash
from unmet.core.tables import DOCUMENTS, MENTIONS, conform
from unmet.needs.identity import Statement

WORDS = [
    "after",
    "before",
    "winter",
    "kitchen",
    "morning",
    "travel",
    "cable",
    "button",
    "corner",
    "window",
    "family",
    "office",
    "plastic",
    "silver",
    "heavy",
    "quiet",
    "second",
    "third",
    "again",
    "always",
    "hardly",
    "nearly",
    "weather",
    "battery",
    "charger",
    "sister",
    "neighbour",
    "garden",
    "evening",
    "holiday",
    "working",
    "cleaning",
    "present",
    "summer",
    "shelf",
    "bottle",
    "paper",
    "bright",
    "slowly",
    "quickly",
    "simple",
]


@dataclass(frozen=True)
class Planted:
    """One planted need: shares of documents per mood and the stars they cost or earn."""

    name: str
    unmet: float
    pleased: float = 0.0
    penalty: float = 0.0
    reward: float = 0.0
    requests: float = 0.0  # share of unmet mentions that are requests
    growth: float = 0.0  # change of log-odds per month


@dataclass(frozen=True)
class Shop:
    documents: pl.DataFrame
    mentions: pl.DataFrame
    statements: dict[str, Statement]


def simulate(
    planted,
    *,
    seed,
    documents=2000,
    products=20,
    documents_per_author=3.0,
    months=18,
    author_sd=0.5,
    noise_sd=0.6,
    base=3.5,
    scale="stars",
    with_texts=True,
):
    """Draw a shop. ``scale``: ``stars`` (unclipped whole stars, rounded without bias), ``clipped``,
    ``binary`` (1 or 5), ``constant`` or ``none``. Without texts only the numbers are of use."""
    rng = np.random.Generator(np.random.PCG64(seed))
    author = rng.integers(0, max(int(documents / documents_per_author), 1), documents)
    product = rng.integers(0, products, documents)
    month = rng.integers(0, months, documents)
    level = base + rng.normal(0, 0.4, products)[product] + rng.normal(0, author_sd, author.max() + 1)[author]
    # Authors repeat themselves: half of a need's mentions come with a propensity of the author.
    marks, rows = level.copy(), []
    for index, need in enumerate(planted):
        lift = np.exp(rng.normal(-0.32, 0.8, author.max() + 1))[author]
        trend = np.exp(need.growth * (month - months / 2))
        unmet = rng.random(documents) < np.minimum(need.unmet * lift * trend, 0.95)
        pleased = (rng.random(documents) < np.minimum(need.pleased * lift * trend, 0.95)) & ~unmet
        marks = marks + need.penalty * unmet + need.reward * pleased
        request = unmet & (rng.random(documents) < need.requests)
        for position in np.flatnonzero(unmet | pleased):
            mood = "negative" if unmet[position] else "positive"
            rows.append((position, index, "neutral" if request[position] else mood, bool(request[position])))
    rating = _ratings(marks, rng, noise_sd, scale)
    texts, mentions = _texts(rows if with_texts else [], planted, documents, rng)
    if not with_texts:
        mentions = _bare_mentions(rows, planted)
    created = [datetime(2023, 1, 5) + timedelta(days=float(30.4 * m)) for m in month]
    identifiers = [f"d{i:016x}" for i in range(documents)]
    table = pl.DataFrame(
        {
            "document_id": identifiers,
            "source": "shop.csv",
            "row": range(documents),
            "kind": "review",
            "text": texts,
            "text_hash": [text_hash(text) for text in texts],
            "language": "en",
            "rating": rating,
            "created_at": created,
            "product": [f"product {p}" for p in product],
            "product_id": [f"p{p}" for p in product],
            "category": [f"category {p % 3}" for p in product],
            "author_id": [f"a{a:016x}" for a in author],
        }
    )
    statements = {n.name: Statement(f"Customers want {n.name} to work", "en", (n.name,)) for n in planted}
    return Shop(
        conform(table, DOCUMENTS, name="documents"), conform(mentions, MENTIONS, name="mentions"), statements
    )


def _ratings(marks, rng, noise_sd, scale):
    count = len(marks)
    if scale == "none":
        return pl.Series([None] * count, dtype=pl.Float64)
    if scale == "constant":
        return np.full(count, 5.0)
    if scale == "binary":
        return np.where(rng.random(count) < np.clip((marks - 1) / 4, 0.02, 0.98), 5.0, 1.0)
    stars = np.floor(marks + rng.normal(0, noise_sd, count) + rng.random(count))
    return np.clip(stars, 1, 5) if scale == "clipped" else stars


def _texts(rows, planted, count, rng):
    pieces = [[] for _ in range(count)]
    for position, index, polarity, request in rows:
        pieces[position].append((index, polarity, request))
    texts, out = [], []
    for position in range(count):
        text = " ".join(rng.choice(WORDS, 3)) + "."
        for index, polarity, request in pieces[position]:
            name = planted[index].name
            opinion = str(
                rng.choice(
                    {"negative": ["bad", "awful", "weak"], "positive": ["great", "fine"]}.get(
                        polarity, ["wish"]
                    )
                )
            )
            text += " "
            start = len(text)
            text += f"{name} {opinion} " + " ".join(rng.choice(WORDS, int(rng.integers(3, 9))))
            out.append(
                {
                    "mention_id": "m" + short_hash(str(position), str(index)),
                    "document_id": f"d{position:016x}",
                    "start": start,
                    "end": len(text),
                    "aspect": name,
                    "aspect_start": start,
                    "aspect_end": start + len(name),
                    "opinion": opinion,
                    "opinion_start": start + len(name) + 1,
                    "opinion_end": start + len(name) + 1 + len(opinion),
                    "polarity": polarity,
                    "need_probability": 0.9 if request else 0.1,
                    "is_request": request,
                    "need_id": name,
                    "typicality": float(rng.random()),
                }
            )
            text += "。" if rng.random() < 0.2 else "."
        texts.append(text)
    return texts, pl.DataFrame(out, infer_schema_length=None) if out else pl.DataFrame(schema=MENTIONS)


def _bare_mentions(rows, planted):
    position, index, polarity, request = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "mention_id": [f"m{i:016x}" for i in range(len(rows))],
            "document_id": [f"d{p:016x}" for p in position],
            "start": 0,
            "end": 1,
            "polarity": polarity,
            "is_request": request,
            "need_id": [planted[i].name for i in index],
        }
    )
