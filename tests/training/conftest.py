"""A small corpus of our own sample shop, tokenized once for all tests of training."""

from __future__ import annotations

import json

import pytest
from training_fixtures import SMALL, Prepared

from unmet.sample import make_shop
from unmet.training.preparing import prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("training")
    texts = folder / "reviews.jsonl"
    shop = make_shop(seed=3, n_reviews=1_200)
    rows = [{"text": text} for text in shop.reviews["text"] if text]
    texts.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    store, reader = prepare([texts], folder / "run", base=None, never=(), mapping={}, config=SMALL)
    return Prepared(folder / "run", store, reader, texts)
