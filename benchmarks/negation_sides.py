"""What the words of an opinion say of its side, against hand-labelled opinions.

Opinion phrases of public sets with a labelled polarity: how many have a side that their words settle
(``unmet.mining.states``), and how often that side is the labelled one; apart for phrases that are settled
through a negation ("不粘底", "never overheats"), which ``mining/polarity.py`` trusts.

    python benchmarks/negation_sides.py
"""

from __future__ import annotations

import ast
import csv
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

from unmet.mining.lexicon import zh_opinion
from unmet.mining.states import negated, side_of_phrase
from unmet.needs.shares import wilson
from unmet.text.folding import fold

SIGN = {"POS": 1, "NEG": -1, "NEU": 0, "正面": 1, "负面": -1, "中性": 0}

Labelled = tuple[str, str, int]
"""Language, phrase, labelled side."""


def farm_products(data: Path) -> Iterator[Labelled]:
    with gzip.open(data / "opinions_zh/farm_products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            for unit in json.loads(line)["comment_units"]:
                for opinion in unit["opinion"]:
                    yield "zh", zh_opinion(fold(opinion["text"])), SIGN.get(unit["polarity"], 0)


def cosmetics(data: Path) -> Iterator[Labelled]:
    with (data / "opinions_zh/cosmetics/cosmetics_labels.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            yield "zh", zh_opinion(fold(row["OpinionTerms"])), SIGN.get(row["Polarities"], 0)


def amazon_triplets(data: Path) -> Iterator[Labelled]:
    for file in sorted((data / "opinions_en/amazon_triplets").glob("*/train.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            text, triplets, *_ = line.split("####")
            words = text.split()
            for _, opinion, sign in ast.literal_eval(triplets):
                if opinion != [-1]:
                    phrase = " ".join(words[opinion[0] : opinion[-1] + 1]).lower()
                    yield "en", phrase.replace("n 't", "n't").replace(" 't", "'t"), SIGN[sign]


SETS = {"farm products": farm_products, "cosmetics": cosmetics, "amazon triplets (train)": amazon_triplets}


def main() -> None:
    data = Path(os.environ.get("UNMET_DATA", "../shared/data"))
    print(
        "| set | settled by | phrases | of all | side as labelled | 90% interval |\n|---|---|---|---|---|---|"
    )
    for name, read in SETS.items():
        rows = [row for row in read(data) if row[1]]
        for kind, wanted in (("a negation", True), ("a state", False)):
            sides = [
                (side, label)
                for language, phrase, label in rows
                if (side := side_of_phrase(phrase, language)) and negated(phrase, language) == wanted
            ]
            right = sum(side == label for side, label in sides)
            share = wilson(right, len(sides), 0.90)
            part = len(sides) / len(rows)
            print(
                f"| {name} | {kind} | {len(sides):,} | {part:.1%} | {right / len(sides):.3f} "
                f"| {share.low:.3f}–{share.high:.3f} |"
            )


if __name__ == "__main__":
    main()
