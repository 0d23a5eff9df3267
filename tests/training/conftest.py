"""A small corpus of our own sample shop, tokenized once for all tests of training."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from training_fixtures import BLAME, PRAISE, SMALL, Prepared, opinions, write_rows

from unmet.core.config import PretrainConfig
from unmet.sample import make_shop
from unmet.training.preparing import prepare
from unmet.training.pretraining import pretrain


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("training")
    texts = folder / "reviews.jsonl"
    shop = make_shop(seed=3, n_reviews=1_200)
    rows = [{"text": text} for text in shop.reviews["text"] if text]
    texts.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    store, reader = prepare([texts], folder / "run", base=None, never=(), mapping={}, config=SMALL)
    return Prepared(folder / "run", store, reader, texts)


@pytest.fixture(scope="session")
def opinion_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that has read the made-up language of :func:`training_fixtures.opinions`.

    Every text there is followed by its polarity in a word, so masked-word training teaches what praise is.
    The first process of a parallel run to need it trains it for all.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "opinions"
    with FileLock(shared / "opinions.lock"):
        if not (folder / "model" / "model.safetensors").exists():
            write_opinion_base(folder)
    return folder / "model"


def write_opinion_base(folder: Path) -> None:
    folder.mkdir()
    draw = random.Random(0)
    tails = (("总之 差", "overall bad"), ("总之 好", "overall good"))
    rows = []
    for text, label in opinions(2_500, 0):
        also = draw.choice((BLAME, PRAISE)[label])
        rows.append({"text": f"{text} {also} {draw.choice(tails[label])}"})
    texts = write_rows(folder / "texts.jsonl", rows)
    store, reader = prepare([texts], folder / "model", base=None, never=(), mapping={}, config=SMALL)
    config = PretrainConfig(size="tiny", steps=360, learning_rate=1e-3, warmup_steps=30)
    pretrain(store, reader, folder / "model", config=replace(config, tokens_per_batch=768, mask_share=0.25))
