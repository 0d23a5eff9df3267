"""Text of the starter encoder: all training text of the public data sets, and what must never be in it.

Writes ``corpus/*.jsonl`` (one file per source, ``{"text", "source"}`` a line) and ``never.jsonl`` (every text
of a dev or test file, of the transfer sets, and of the held-out fold of our own splits) into a work folder.
The texts are third-party material: the folder lies outside the repository and is not published.

    python benchmarks/starter_corpus.py --out ~/.cache/unmet/student --english-share 0.25
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import corpora_sentiment as stars
import corpora_spans as spans
from unmet.core.hashing import text_hash
from unmet.evaluate.splits import text_folds

DATA = stars.DATA
HELD_OUT_FOLDS = 10
STAR_SOURCES = (
    stars.shopping, stars.car, stars.clauses, stars.clothing, stars.electronics, stars.music, stars.amazon,
    stars.conditioners, stars.farm, stars.targeted,
)  # fmt: skip
AMAZON_TRAIN = ("beauty", "electronics", "fashion", "home")
AMAZON_ALL = (*AMAZON_TRAIN, "book", "grocery", "pet", "toy")
LARGE_ENGLISH = frozenset({"amazon", "clothing", "electronics", "music", "goods"})
"""A pupil of an English teacher needs less of these: it begins with English and has Chinese to learn."""

DIMABSA = ("eng_laptop", "eng_restaurant", "zho_laptop", "zho_restaurant")

_BEFORE = re.compile(r" (?=[,.!?;:%)\]}]|n 't\b|'(?:s|m|d|ll|re|ve|t)\b)|(?<=\bn) (?='t\b)|(?<=[(\[{$]) ")


def detokenize(text: str) -> str:
    """Tokenised English as people write it.

    >>> detokenize("It 's great , but I don 't need it ( really )")
    "It's great, but I don't need it (really)"
    """
    return _BEFORE.sub("", text)


def json_lines(path: str) -> Iterator[dict[str, object]]:
    opener = gzip.open if path.endswith(".gz") else open
    with opener(DATA / path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def table(path: str, *columns: str, delimiter: str = ",") -> Iterator[str]:
    opener = gzip.open if path.endswith(".gz") else open
    with opener(DATA / path, "rt", encoding="utf-8-sig", newline="", errors="replace") as stream:
        for row in csv.DictReader(stream, delimiter=delimiter):
            yield from (row[column] or "" for column in columns)


def plain(path: str) -> Iterator[str]:
    with gzip.open(DATA / path, "rt", encoding="utf-8") as stream:
        yield from (line.strip() for line in stream)


def queries() -> Iterator[str]:
    for line in (DATA / "queries/zh_taobao_queries.tsv").read_text("utf-8").splitlines():
        yield line.partition("\t")[2]


def dialogues(language: str) -> Iterator[str]:
    for row in json_lines(f"dialogues/helpdesk_{language}.jsonl"):
        yield from (str(turn["text"]) for turn in row["turns"])  # type: ignore[attr-defined]


def shopping_chats() -> Iterator[str]:
    for row in json.loads((DATA / "dialogues/shopping_en.json").read_text("utf-8")):
        for turn in row.get("utterances", row.get("dialogue", [])):
            yield str(turn.get("utterance", turn.get("text", "")))


def goods() -> Iterator[str]:
    for row in json_lines("behaviour/recommend_industrial/items.jsonl.gz"):
        yield f"{row['title']}. {row['description']}"


def questions() -> Iterator[str]:
    for row in json_lines("behaviour/guidance_appliance_questions/questions.jsonl.gz"):
        yield " ".join(str(row[key]) for key in ("question", "answer") if row.get(key))


def crawls() -> Iterator[str]:
    for row in json_lines("corpus/zh_reviews.jsonl.gz"):
        yield str(row["text"])


def phones() -> Iterator[str]:
    yield from table("reviews_zh/phones_dated.csv", "评论内容")


def both(name: str) -> Iterator[str]:
    yield from table(f"parallel/{name}.csv.gz", "zh", "en")


def field(path: str, key: str) -> Iterator[str]:
    yield from (str(row[key]) for row in json_lines(path))


def dim_dev() -> Iterator[str]:
    for name in DIMABSA:
        for task in ("task1", "task3"):
            yield from field(f"opinions_dim/dev/{name}_dev_{task}.jsonl", "Text")


def labelled(texts: Iterable[spans.LabelledText]) -> Iterator[str]:
    yield from (text.text for text in texts)


def training_texts() -> dict[str, Iterable[str]]:
    """Sources by name. Dev and test files are not among them; equal texts are removed later."""
    star_texts = {source.__name__: _texts(source) for source in STAR_SOURCES}
    return {
        **star_texts,
        "amazon": map(detokenize, star_texts["amazon"]),
        "phones": phones(),
        "crawls": crawls(),
        "eprstmt": field("reviews_zh/eprstmt/unlabeled.jsonl", "sentence"),
        "general": plain("corpus/zh_general.txt.gz"),
        "civic": field("needs_zh/civic_suggestions.jsonl.gz", "text"),
        "queries": queries(),
        "query_entities": (row.text for row in spans.read_queries("train")),
        "titles": (row.text for row in spans.read_titles("train")),
        "helpdesk_zh": dialogues("zh"),
        "helpdesk_en": dialogues("en"),
        "shopping_chats": shopping_chats(),
        "snacks": table("dialogues/snack_reviews_with_replies.csv", "text", "seller_reply"),
        "pairs": table("pairs_zh/afqmc_train.csv.gz", "text_a", "text_b"),
        "captions": both("captions_train"),
        "everyday": both("everyday"),
        "interface": both("shop_interface"),
        "suggestions": table("needs_en/suggestions_software_train.csv", "sentence"),
        "app_reviews": table("needs_en/app_reviews.csv", "review"),
        "clinc": table("intents_en/clinc_train.csv", "text"),
        "banking": table("intents_en/banking_train.csv", "text"),
        "support": table("dialogues/support_intents_en.csv", "instruction"),
        "goods": goods(),
        "questions": questions(),
        "listings": table("behaviour/guidance_summer_listings/listings.csv", "title_orig"),
        **{f"dim_{n}": field(f"opinions_dim/train/{n}_train_alltasks.jsonl", "Text") for n in DIMABSA},
        **{f"amazon_{d}": map(detokenize, labelled(spans.read_amazon(d, "train"))) for d in AMAZON_TRAIN},
        **{
            f"semeval_{n}": map(detokenize, labelled(spans.read_semeval(n, "train")))
            for n in ("Laptop14", "Restaurant14")
        },
    }


def forbidden_texts() -> Iterator[str]:
    """Texts that no model of ours may have read before it is measured on them."""
    yield from _texts(stars.takeaway)
    yield from stars.eprstmt("dev").texts
    for source in STAR_SOURCES:
        corpus = source()
        yield from corpus.take(text_folds(corpus.texts, HELD_OUT_FOLDS, seed=0)[0].test).texts
    for name in ("software", "hotel"):
        yield from table(f"needs_en/suggestions_{name}_dev.csv", "sentence")
    for name in ("lcqmc", "oppo", "bq"):
        yield from table(f"pairs_zh/{name}_dev.csv.gz", "text_a", "text_b")
    yield from both("captions_val")
    yield from table("intents_en/clinc_dev.csv", "text")
    yield from dim_dev()
    yield from (row.text for row in [*spans.read_queries("dev"), *spans.read_titles("dev")])
    for domain in AMAZON_ALL:
        yield from labelled(spans.read_amazon(domain, "dev"))
    for name in ("Laptop14", "Restaurant14"):
        for part in ("dev", "test"):
            yield from labelled(spans.read_semeval(name, part))
    for domain in stars.ASPECT_DOMAINS:
        yield from labelled(spans.read_aspect_polarity(domain, "test"))


def _texts(source: Callable[[], stars.Corpus]) -> list[str]:
    return source().texts


def thinned(texts: Iterable[str], share: float) -> Iterator[str]:
    """About this share of the texts; which ones is decided by each text alone."""
    return (text for text in texts if int(text_hash(text)[:8], 16) < share * 2**32)


def write(path: Path, texts: Iterable[str], source: str) -> int:
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for text in texts:
            stripped = text.strip()
            if stripped:
                stream.write(json.dumps({"text": stripped, "source": source}, ensure_ascii=False) + "\n")
                count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--english-share", type=float, default=1.0, help="of the large English sources")
    given = parser.parse_args()
    out: Path = given.out.expanduser()
    for name, found in training_texts().items():
        texts = thinned(found, given.english_share) if name in LARGE_ENGLISH else found
        print(f"{name}: {write(out / 'corpus' / f'{name}.jsonl', texts, name):,} texts")
    print(f"never: {write(out / 'never.jsonl', forbidden_texts(), 'never'):,} texts")


if __name__ == "__main__":
    main()
