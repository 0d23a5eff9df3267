"""English texts labelled by a larger model: needs and opinions (knowledge distillation, Hinton et al. 2015).

English labels of needs are few (software forum, app reviews) and the rest follow wording; English labels of
opinions are few altogether. The English sentence model that the starter's layers came from, six layers with a
vocabulary of its own, reads English better than the starter does. ``files`` writes the English rows of both
tasks, ``unmet finetune`` tunes a teacher for each on them (``make starter-english``), and ``label`` lets the
teachers read texts without labels and adds what they say to ``tasks/``: probabilities of needs, spans of
opinions. With ``label --previous`` the version before, unpacked with its heads in ``whole/``, reads them:
a round that begins with another encoder keeps what that one had learned (Li & Hoiem 2016, "Learning without
forgetting").

    python benchmarks/starter_english.py files --work ~/.cache/unmet/student
    python benchmarks/starter_english.py label --work ~/.cache/unmet/student
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import corpora_needs
import corpora_sentiment as stars
import starter_corpus
from corpora_needs import EN_SENTENCE
from starter_join import HAN, probabilities
from starter_unlabelled import add, draw
from unmet.models.encoder import load_encoder
from unmet.models.inventory import encoder_of
from unmet.training.tasks import SOFT, Examples
from unmet.training.tuned_models import load_tuned

SEED = 61
FOLDER = "english"
TASKS = ("need", "opinions")
REVIEWS = ("amazon", "clothing", "electronics", "music")
WORDS = (4, 40)  # of a sentence

NEED_CANDIDATES = {"reviews": 24_000, "chats": 5_000, "posts": 9_000}
"""Most sentences of a kind that the teacher of needs reads."""
NEED_KEPT, POSSIBLE, SHARE = 22_000, 0.2, 0.5
"""Sentences kept; at most this share of them ask for something with at least this probability."""
OPINION_TEXTS = 14_000
"""Sentences of reviews whose opinions are marked; none of them is left out for having none."""


def files(work: Path) -> None:
    """The English rows of the tasks."""
    (work / FOLDER).mkdir(exist_ok=True)
    for name in TASKS:
        for part in ("train", "dev"):
            table = pl.read_csv(work / f"tasks/{name}.{part}.csv")
            table.filter(~pl.col("text").str.contains(HAN.pattern)).write_csv(
                work / FOLDER / f"{name}.{part}.csv"
            )


def sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (match.group().strip() for match in EN_SENTENCE.finditer(text))


def reviews() -> Iterator[str]:
    """Sentences of English reviews."""
    for name in REVIEWS:
        texts = stars.SOURCES[name]().texts
        yield from sentences(texts[i] for i in np.random.default_rng(SEED).permutation(len(texts))[:4_000])


def chats() -> Iterator[str]:
    """Sentences of service and shopping chats."""
    yield from sentences((*starter_corpus.dialogues("en"), *starter_corpus.shopping_chats()))


def posts() -> Iterator[str]:
    """Pieces of forum posts: where a request stands in a sentence is seen in its halves."""
    rng = np.random.default_rng(SEED)
    for text in corpora_needs.suggestions("software_train").texts:
        words = text.split()
        if len(words) >= 2 * WORDS[0]:
            cut = int(rng.integers(WORDS[0], len(words) - WORDS[0] + 1))
            yield " ".join(words[:cut])
            yield " ".join(words[cut:])


def is_sentence(text: str) -> bool:
    return WORDS[0] <= len(text.split()) <= WORDS[1]


LARGER, PREVIOUS = "a larger English model", "the version before"
PREVIOUS_FOLDER = "whole"


def told_by_teacher(work: Path, name: str, texts: list[str], teacher: str) -> Any:
    """Probabilities ``(n, 2)`` of needs, or spans of opinions per text."""
    import torch

    torch.set_num_threads(1)
    tuned = load_tuned(work / (PREVIOUS_FOLDER if teacher == PREVIOUS else f"{FOLDER}/{name}-teacher"))
    return tuned.predict(
        tuned.task(name), Examples(texts, [], np.zeros(len(texts), int), [[] for _ in texts])
    )


def told_by_starter(tier: str, texts: list[str]) -> np.ndarray:
    """Probabilities of needs by the encoder of a tier, shape ``(n,)``."""
    encoder = load_encoder(encoder_of(tier), threads=1)
    return np.asarray(probabilities(encoder, "need", texts, ("0", "1")))[:, 1]


def needs(work: Path, tier: str, by: str) -> pl.DataFrame:
    """Sentences with the mean of teacher and starter; at most a share of them may ask for something.

    On development rows the mean ranks better than either alone.
    """
    kinds = {read.__name__: (read(), NEED_CANDIDATES[read.__name__]) for read in (reviews, chats, posts)}
    texts = draw(work, "need", kinds, is_sentence, SEED)
    teacher = np.asarray(told_by_teacher(work, "need", texts, by))[:, 1]
    asks = (teacher + told_by_starter(tier, texts)) / 2
    rng = np.random.default_rng(SEED)
    possible = rng.permutation(np.flatnonzero(asks >= POSSIBLE))[: int(NEED_KEPT * SHARE)]
    others = rng.permutation(np.flatnonzero(asks < POSSIBLE))[: NEED_KEPT - len(possible)]
    chosen = np.concatenate([possible, others])
    told = asks[chosen].round(4)
    print(f"need: {len(chosen):,} sentences, {(told >= 0.5).mean():.1%} ask for something")
    columns = {"text": [texts[i] for i in chosen], "label": (told >= 0.5).astype(int)}
    return pl.DataFrame({**columns, f"{SOFT}0": 1 - told, f"{SOFT}1": told})


def opinions(work: Path, _: str, by: str) -> pl.DataFrame:
    """Sentences with the spans that the teacher finds."""
    texts = draw(work, "opinions", {"reviews": (reviews(), OPINION_TEXTS)}, is_sentence, SEED)
    spans = told_by_teacher(work, "opinions", texts, by)
    print(f"opinions: {len(texts):,} sentences, {np.mean([len(s) for s in spans]):.2f} spans in each")
    return pl.DataFrame({"text": texts, "spans": [json.dumps(sorted(found)) for found in spans]})


def label(work: Path, tier: str, by: str) -> None:
    """What the teachers say beside the labelled rows; once."""
    sources = json.loads((work / "tasks.json").read_text("utf-8"))
    for name, read in (("need", needs), ("opinions", opinions)):
        what = f"{name}, as {by} says: English reviews, chats, forum posts without labels"
        if what in sources:
            print(f"{name}: labelled already")
            continue
        more = read(work, tier, by)
        more.write_parquet(work / FOLDER / f"{name}.parquet")
        add(work, name, more, what, SEED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("files", "label"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--tier", default="starter")
    parser.add_argument(
        "--previous", action="store_true", help="the version before labels, not a larger model"
    )
    given = parser.parse_args()
    work = given.work.expanduser()
    if given.what == "files":
        files(work)
    else:
        label(work, given.tier, PREVIOUS if given.previous else LARGER)


if __name__ == "__main__":
    main()
