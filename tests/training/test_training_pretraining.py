"""Pretraining: losses equal to an independent implementation, learning, exact resuming, clear refusals."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_fixtures import Prepared

from unmet.core.config import PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.architectures import load_model, new_model
from unmet.training.batching import single_batch
from unmet.training.masking import mask_words
from unmet.training.objectives import masked_loss, next_token_loss, tensors
from unmet.training.pretraining import Trained, pretrain
from unmet.training.sentence_pairs import pair_batch
from unmet.training.starting_embeddings import company, start_embeddings
from unmet.training.tokenizing import SPECIAL

TINY = PretrainConfig(
    size="tiny",
    steps=6,
    tokens_per_batch=512,
    warmup_steps=2,
    learning_rate=2e-3,
    checkpoint_every=3,
    evaluate_every=3,
)
CPU = torch.device("cpu")


def start(prepared: Prepared, folder: Path) -> Path:
    """A run folder with corpus, tokenizer and store, but no training yet."""
    shutil.copytree(prepared.folder, folder)
    return folder


def weights_hash(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def run(prepared: Prepared, folder: Path, config: PretrainConfig) -> Trained:
    return pretrain(prepared.store, prepared.reader, folder, config=config)


@pytest.mark.parametrize("architecture", ["bert", "modernbert"])
def test_masked_loss_equals_the_full_head_of_transformers(prepared: Prepared, architecture: str) -> None:
    store, reader = prepared.store, prepared.reader
    model = new_model(replace(TINY, architecture=architecture), reader, 32).eval()
    batch = single_batch(store, store.train[:30], reader.start, reader.end, reader.pad)
    masked = mask_words(batch, 0.2, reader.mask, reader.size, len(SPECIAL), np.random.default_rng(0))
    labels = torch.full(batch.ids.shape, -100)
    labels[masked.rows, masked.columns] = torch.as_tensor(masked.targets)
    inputs = tensors(batch, masked.ids, CPU)
    if architecture == "modernbert":  # has no segments
        del inputs["token_type_ids"]
    expected = model(**inputs, labels=labels).loss
    ours = masked_loss(model, batch, masked, CPU)
    assert ours.total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert ours.n_tokens == len(masked.targets)


def test_pair_loss_equals_that_of_transformers(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    model = new_model(replace(TINY, objective="mlm+nsp"), reader, 32).eval()
    special = (reader.start, reader.end, reader.pad)
    batch = pair_batch(store, store.train[:40], *special, np.random.default_rng(1))
    masked = mask_words(batch, 0.2, reader.mask, reader.size, len(SPECIAL), np.random.default_rng(0))
    labels = torch.full(batch.ids.shape, -100)
    labels[masked.rows, masked.columns] = torch.as_tensor(masked.targets)
    pairs = torch.as_tensor(np.where(batch.pair_labels >= 0, 1 - batch.pair_labels, -100))
    inputs = tensors(batch, masked.ids, CPU)
    expected = model(**inputs, labels=labels, next_sentence_label=pairs).loss
    assert masked_loss(model, batch, masked, CPU).total.item() == pytest.approx(expected.item(), rel=1e-5)


def test_next_token_loss_equals_that_of_transformers(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    model = new_model(replace(TINY, objective="clm"), reader, 32).eval()
    batch = single_batch(store, store.train[:20], reader.start, reader.end, reader.pad)
    ids, attention = torch.as_tensor(batch.ids), torch.as_tensor(batch.attention)
    labels = torch.where(attention.bool(), ids, -100)
    expected = model(input_ids=ids, attention_mask=attention, labels=labels).loss
    assert next_token_loss(model, batch, CPU).total.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "architecture"),
    [("mlm", "bert"), ("mlm", "modernbert"), ("mlm+nsp", "bert"), ("clm", "bert")],
)
def test_loss_on_unseen_text_falls_far_below_that_of_guessing(
    prepared: Prepared, tmp_path: Path, objective: str, architecture: str
) -> None:
    folder = start(prepared, tmp_path / "run")
    config = replace(
        TINY, objective=objective, steps=200, warmup_steps=20, evaluate_every=50, learning_rate=2e-3
    )
    done = run(prepared, folder, config)
    guessing = np.log(prepared.reader.size)
    assert done.evaluations[-1]["held_out_loss"] < guessing - 0.8
    assert (folder / "model.safetensors").is_file()
    reloaded = load_model(str(folder), objective)
    assert sum(p.numel() for p in reloaded.parameters()) > 0


def test_a_stopped_run_goes_on_to_the_same_weights(prepared: Prepared, tmp_path: Path) -> None:
    config = replace(TINY, dropout=0.1, accumulate=2)
    whole = start(prepared, tmp_path / "whole")
    run(prepared, whole, config)

    class Stop(Exception):
        pass

    def stop_at_five(values: dict[str, float]) -> None:
        if values["step"] == 5:
            raise Stop

    parts = start(prepared, tmp_path / "parts")
    with pytest.raises(Stop):
        pretrain(prepared.store, prepared.reader, parts, config=config, report=stop_at_five)
    torch.manual_seed(999)  # a new process has another random state
    again = run(prepared, parts, config)
    assert weights_hash(parts) == weights_hash(whole)
    assert [row["step"] for row in again.evaluations] == [3, 6]
    assert json.loads((parts / "training.json").read_text())["position"]["step"] == 6


def test_more_steps_may_be_asked_for_but_nothing_else_changes(prepared: Prepared, tmp_path: Path) -> None:
    folder = start(prepared, tmp_path / "run")
    run(prepared, folder, TINY)
    assert run(prepared, folder, replace(TINY, steps=8)).position.step == 8
    with pytest.raises(InputError, match="mask_share"):
        run(prepared, folder, replace(TINY, steps=9, mask_share=0.4))


@pytest.mark.slow
def test_a_killed_command_resumes_to_the_same_weights(prepared: Prepared, tmp_path: Path) -> None:
    def command(out: Path) -> list[str]:
        options = {
            "corpus": prepared.texts, "out": out, "size": "tiny", "steps": 30, "tokens-per-batch": 512,
            "max-tokens": 32, "vocabulary": 1_000, "checkpoint-every": 3, "evaluate-every": 30, "threads": 1,
        }  # fmt: skip
        flat = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        return [sys.executable, "-m", "unmet.cli.main", "pretrain", *flat]

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command(tmp_path / "whole"), check=True, **quiet)
    process = subprocess.Popen(command(tmp_path / "killed"), **quiet)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed").glob("checkpoints/step-*/position.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    subprocess.run(command(tmp_path / "killed"), check=True, **quiet)
    assert weights_hash(tmp_path / "killed") == weights_hash(tmp_path / "whole")


def test_training_goes_on_from_a_hugging_face_folder(prepared: Prepared, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    base = start(prepared, tmp_path / "base")
    first = run(prepared, base, replace(TINY, steps=60, evaluate_every=60))
    assert AutoTokenizer.from_pretrained(str(base)).mask_token == "[MASK]"
    folder = start(prepared, tmp_path / "next")
    done = run(prepared, folder, replace(TINY, base=str(base), steps=1, evaluate_every=1, learning_rate=0.0))
    assert done.evaluations[-1]["held_out_loss"] == pytest.approx(
        first.evaluations[-1]["held_out_loss"], abs=1e-3
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "rtd"}, "no objective"),
        ({"size": "huge"}, "no size"),
        ({"architecture": "lstm"}, "no architecture"),
        ({"architecture": "modernbert", "objective": "mlm+nsp"}, "no second segment"),
        ({"track": ("paper",)}, "no tracker"),
    ],
)
def test_unknown_choices_are_refused(
    prepared: Prepared, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run(prepared, tmp_path, replace(TINY, **change))  # type: ignore[arg-type]


def test_a_folder_that_holds_no_model_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model can be loaded"):
        run(prepared, tmp_path / "out", replace(TINY, base=str(tmp_path)))


def test_a_model_that_knows_fewer_tokens_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    small = BertConfig(vocab_size=50, hidden_size=64, num_hidden_layers=1, num_attention_heads=1)
    BertForMaskedLM(small).save_pretrained(str(tmp_path / "small"))
    with pytest.raises(ModelError, match="knows 50 tokens"):
        run(prepared, tmp_path / "out", replace(TINY, base=str(tmp_path / "small")))


def test_curves_are_written_for_every_tracker(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for name in ("WANDB_MODE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = start(prepared, tmp_path / "run")
    run(prepared, folder, replace(TINY, track=("tensorboard", "wandb", "mlflow")))
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("held_out_loss")] == [3, 6]
    assert list((folder / "wandb").glob("offline-run-*/*.wandb"))
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("unmet")
    found = client.search_runs([experiment.experiment_id])[0]
    assert found.data.metrics["held_out_loss"] > 0


def test_counted_embeddings_know_frequency_and_company(prepared: Prepared) -> None:
    store, reader = prepared.store, prepared.reader
    counts = company(store, reader.size)
    assert (counts != counts.T).nnz == 0
    train = np.concatenate([store.sequence(int(n))[0] for n in store.train[:1]])
    first, second = int(train[0]), int(train[1])
    assert counts[first, second] >= 1
    model = new_model(TINY, reader, 32).eval()
    batch = single_batch(store, store.held_out[:60], reader.start, reader.end, reader.pad)
    masked = mask_words(batch, 0.2, reader.mask, reader.size, len(SPECIAL), np.random.default_rng(0))
    before = masked_loss(model, batch, masked, CPU).total.item()
    start_embeddings(model, store, seed=0)
    assert masked_loss(model, batch, masked, CPU).total.item() < before - 0.5
    table = model.get_input_embeddings().weight.detach().numpy()  # type: ignore[operator]
    assert table.std() == pytest.approx(0.02, rel=0.2)


def test_held_out_texts_are_not_counted(prepared: Prepared) -> None:
    store = prepared.store
    nothing = replace(store, train=np.zeros(0, dtype=np.int64))
    assert company(nothing, prepared.reader.size).nnz == 0
