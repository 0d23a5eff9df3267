"""Labelled reviews of the public sets as (text, label, group) rows, one function per source.

Labels: 0 negative, 1 neutral, 2 positive. ``group`` is what must not be cut by a split (a product,
a category, a text's id). Nothing here is copied into the repository: files are read from UNMET_DATA.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).resolve().parents[1] / ".." / "shared" / "data"))
AMAZON_DOMAINS = ("book", "electronics", "fashion", "grocery", "home", "pet", "toy")
ASPECT_DOMAINS = ("camera", "car", "hair", "notebook", "phone")


@dataclass(frozen=True)
class Corpus:
    """Rows of one source; all three the same length."""

    name: str
    texts: list[str]
    labels: NDArray[np.int8]
    groups: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> Corpus:
        """The given rows only."""
        return Corpus(
            self.name,
            [self.texts[i] for i in rows],
            self.labels[rows],
            [self.groups[i] for i in rows],
        )


def _corpus(name: str, rows: Iterable[tuple[str | None, int | None, str]]) -> Corpus:
    """Drop empty texts, exact repeats, and texts that carry contradicting labels."""
    labels: dict[str, set[int]] = {}
    groups: dict[str, str] = {}
    for text, label, group in rows:
        key = (text or "").strip("\ufeff \n\t")
        if key and label is not None:
            labels.setdefault(key, set()).add(label)
            groups.setdefault(key, group)
    kept = [(text, found) for text, found in labels.items() if len(found) == 1]
    return Corpus(
        name,
        [text for text, _ in kept],
        np.array([next(iter(found)) for _, found in kept], dtype=np.int8),
        [groups[text] for text, _ in kept],
    )


def star_label(stars: object) -> int | None:
    """1–2 stars negative, 3 neutral, 4–5 positive."""
    try:
        number = float(str(stars))
    except ValueError:
        return None
    return 0 if number < 3 else 1 if number == 3 else 2


def _json_lines(path: Path) -> Iterable[dict[str, object]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def shopping() -> Corpus:
    """online_shopping_10_cats: binary; group = category."""
    table = pl.read_csv(DATA / "reviews_zh/online_shopping_10_cats.csv")
    return _corpus("shopping", ((t, 2 * y, c) for c, y, t in table.iter_rows()))


def takeaway() -> Corpus:
    """waimai_10k: binary; only ever a transfer test."""
    table = pl.read_csv(DATA / "reviews_zh/waimai_10k.csv")
    return _corpus("takeaway", ((t, 2 * y, str(i)) for i, (y, t) in enumerate(table.iter_rows())))


def eprstmt(part: str) -> Corpus:
    """FewCLUE EPRSTMT ``train`` or ``dev``: binary, 160 texts each."""
    rows = _json_lines(DATA / f"reviews_zh/eprstmt/{part}_few_all.jsonl")
    return _corpus(
        f"eprstmt_{part}", ((str(r["sentence"]), 2 * (r["label"] == "Positive"), str(r["id"])) for r in rows)
    )


def car() -> Corpus:
    """CCF BDCI 2018 cars: three classes; group = text (a text may have several subjects)."""
    table = pl.read_csv(DATA / "reviews_zh/car_3class.csv")
    rows = table.select("content", "sentiment_value", "content_id").iter_rows()
    return _corpus("car", ((t, y + 1, g) for t, y, g in rows))


def clauses() -> Corpus:
    """laptop_clauses: 0 no opinion, 1 positive, 2 negative."""
    table = pl.read_csv(DATA / "reviews_zh/laptop_clauses.csv")
    rename = {0: 1, 1: 2, 2: 0}
    return _corpus("clauses", ((t, rename[y], str(i)) for i, (y, t) in enumerate(table.iter_rows())))


def clause_counts() -> dict[str, int]:
    """How many rows of laptop_clauses hold each text: short praise is repeated up to 54 times."""
    table = pl.read_csv(DATA / "reviews_zh/laptop_clauses.csv")
    return dict(Counter(text.strip("\ufeff \n\t") for text in table["text"]))


def clothing() -> Corpus:
    """womens_clothing by rating, text only; group = garment."""
    table = pl.read_csv(DATA / "reviews_en/womens_clothing.csv")
    rows = table.select("Review Text", "Rating", "Clothing ID").iter_rows()
    return _corpus("clothing", ((t, star_label(s), str(g)) for t, s, g in rows))


def electronics() -> Corpus:
    """electronics_dated by rating; group = product."""
    table = pl.read_csv(DATA / "reviews_en/electronics_dated.csv.gz", infer_schema=False)
    rows = table.select("reviews.text", "reviews.rating", "asins").iter_rows()
    return _corpus("electronics", ((t, star_label(s), str(g)) for t, s, g in rows))


def music() -> Corpus:
    """musical_instruments by stars; group = product."""
    table = pl.read_csv(DATA / "reviews_en/musical_instruments.csv.gz", infer_schema=False)
    rows = table.select("reviewText", "overall", "asin").iter_rows()
    return _corpus("music", ((t, star_label(s), str(g)) for t, s, g in rows))


def amazon() -> Corpus:
    """amazon_stars, seven domains, tokenised; group = domain."""

    def rows() -> Iterable[tuple[str, int | None, str]]:
        for domain in AMAZON_DOMAINS:
            for line in (DATA / f"reviews_en/amazon_stars/{domain}.txt").read_text("utf-8").splitlines():
                stars, _, text = line.partition(" #### ")
                yield text, star_label(stars), domain

    return _corpus("amazon", rows())


def titles() -> Corpus:
    """Titles of electronics and music reviews by stars: the short English texts."""
    first = pl.read_csv(DATA / "reviews_en/electronics_dated.csv.gz", infer_schema=False)
    second = pl.read_csv(DATA / "reviews_en/musical_instruments.csv.gz", infer_schema=False)
    rows = [*first.select("reviews.title", "reviews.rating").iter_rows()]
    rows += [*second.select("summary", "overall").iter_rows()]
    return _corpus("titles", ((t, star_label(s), "") for t, s in rows))


def conditioners() -> Corpus:
    """air_conditioners_dated by stars; group = product."""
    table = pl.read_csv(DATA / "reviews_zh/air_conditioners_dated.csv.gz", infer_schema=False)
    rows = table.select("评论内容", "打分", "商品ID").iter_rows()
    return _corpus("conditioners", ((t, star_label(s), str(g)) for t, s, g in rows))


def farm() -> Corpus:
    """farm_products by stars; group = product."""
    rows = _json_lines(DATA / "opinions_zh/farm_products.jsonl.gz")
    return _corpus(
        "farm",
        ((str(r["comment_text"]), star_label(r["user_star"]), str(r["comment_variety"])) for r in rows),
    )


def crawled() -> Corpus:
    """corpus/zh_reviews with stars or a label; group = crawl (agri repeats ``farm`` and is left out)."""

    def rows() -> Iterable[tuple[str, int | None, str]]:
        for row in _json_lines(DATA / "corpus/zh_reviews.jsonl.gz"):
            label = star_label(row.get("stars")) if row.get("stars") is not None else None
            if label is None and row.get("label") is not None:
                label = 2 * int(str(row["label"]))
            if row["src"] != "jd_gene1974_agri":
                yield str(row["text"]), label, str(row["src"])

    return _corpus("crawled", rows())


def targeted() -> Corpus:
    """aspect_polarity training sentences, the target put back in; group = domain."""
    names = {"negative": 0, "neutral": 1, "positive": 2, "-1": 0, "0": 1, "1": 2}

    def rows() -> Iterable[tuple[str, int | None, str]]:
        for domain in ASPECT_DOMAINS:
            path = DATA / f"opinions_zh/aspect_polarity/{domain}.train.txt"
            lines = path.read_text("utf-8").splitlines()
            for sentence, target, label in zip(lines[::3], lines[1::3], lines[2::3], strict=False):
                text = sentence.replace("$T$", target).replace(" ", "")
                yield text, names.get(label.strip().lower()), domain

    return _corpus("targeted", rows())


SOURCES: dict[str, Callable[[], Corpus]] = {
    "shopping": shopping,
    "eprstmt_train": lambda: eprstmt("train"),
    "car": car,
    "clauses": clauses,
    "clothing": clothing,
    "electronics": electronics,
    "music": music,
    "amazon": amazon,
    "titles": titles,
    "conditioners": conditioners,
    "farm": farm,
    "crawled": crawled,
    "targeted": targeted,
}
"""Everything a shipped sentiment model may see. ``takeaway`` and eprstmt ``dev`` are not among them."""
