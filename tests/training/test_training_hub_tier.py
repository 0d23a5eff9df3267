"""A BERT folder as a hub gives it: fine-tuned with LoRA, exported, and mined with under the same contract."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import torch

import unmet
from unmet.core.config import FinetuneConfig, MineConfig
from unmet.models.catalog import load_models
from unmet.sample import make_shop
from unmet.training.exporting import export_model
from unmet.training.finetuning import finetune

TEXTS = ["质量很好，非常喜欢", "The zipper broke after two weeks.", "屏幕太暗了，希望亮一点。"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in BERT's layout, with the files that ``save_pretrained`` of transformers leaves."""
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    folder = tmp_path_factory.mktemp("hub")
    characters = sorted(
        {c for text in make_shop(seed=1, n_reviews=300).reviews["text"] if text for c in text}
    )
    pieces = [c for c in characters if not c.isspace()]
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *pieces,
        *(f"##{c}" for c in pieces if c.isascii()),
    ]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(str(folder))
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(words),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
    )
    BertForMaskedLM(shape).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def package(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported package of a LoRA run."""
    folder = tmp_path_factory.mktemp("hub_tier")
    reviews = make_shop(seed=2, n_reviews=400).reviews.filter(pl.col("text").is_not_null())
    labels = ["negative" if r < 3 else "neutral" if r == 3 else "positive" for r in reviews["rating"]]
    pl.DataFrame({"text": reviews["text"], "label": labels}).write_csv(folder / "train.csv")
    config = FinetuneConfig(method="lora", epochs=1, max_tokens=32, rank=4)
    finetune(bert, {"sentiment": folder / "train.csv"}, folder / "heads", config=config)
    export_model(folder / "heads", folder / "package", precision="int8")
    return folder / "package"


def test_the_tier_answers_with_the_encoder_what_it_can(package: Path) -> None:
    models, linear = load_models(str(package)), load_models()
    probabilities = models.sentiment(TEXTS)
    assert probabilities.shape == (3, 3)
    assert abs(probabilities.sum(axis=1) - 1).max() < 1e-5
    assert (abs(probabilities - linear.sentiment(TEXTS)) > 1e-3).any()  # random weights know nothing
    assert (models.need(TEXTS) == linear.need(TEXTS)).all()
    assert models.versions["sentiment"] != linear.versions["sentiment"]
    assert models.versions["need"] == linear.versions["need"]


def test_a_run_with_it_verifies_and_says_what_answered(package: Path, tmp_path: Path) -> None:
    make_shop(seed=3, n_reviews=500).reviews.write_csv(tmp_path / "reviews.csv")
    run = unmet.mine(tmp_path / "reviews.csv", tmp_path / "run", config=MineConfig(tier=str(package)))
    assert run.needs
    assert run.verify().ok
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert load_models(str(package)).versions["sentiment"] in json.dumps(manifest)
