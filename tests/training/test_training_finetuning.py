"""Fine-tuning: every method does what it claims, on labels whose rule is known by construction."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_fixtures import Prepared

from unmet.core.config import FinetuneConfig, PretrainConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.adversarial import add_attacked_gradients, unit
from unmet.training.batch_losses import divergence
from unmet.training.encoders import load_encoder
from unmet.training.finetuning import Finetuned, finetune
from unmet.training.methods.catalog import METHODS, find_method
from unmet.training.multitask import MultiTaskModel, balanced_weights, task_loss
from unmet.training.pretraining import pretrain
from unmet.training.tasks import Task

QUICK = FinetuneConfig(epochs=3, batch_rows=16, max_tokens=32, learning_rate=1e-3, dropout=0.0)
GOOD = "很好 耐用 漂亮 great sturdy lovely 满意 舒服".split()
BAD = "太差 坏了 难看 awful broken ugly 失望 难受".split()
THINGS = "电池 屏幕 充电器 battery screen strap 快递 客服".split()


def sentences(n: int, seed: int) -> list[tuple[str, int, list[list[Any]]]]:
    """Texts with a known polarity and the place of the thing they are about."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        label = draw.randrange(2)
        thing, word = draw.choice(THINGS), draw.choice((BAD, GOOD)[label])
        before = draw.choice(("用了几天，", "买来送人，", "ok so ", "", "上周到的，", "after a week "))
        rows.append(
            (
                f"{before}{thing} {word}{draw.choice('。！~ ')}",
                label,
                [[len(before), len(before + thing), "thing"]],
            )
        )
    return rows


@pytest.fixture(scope="module")
def base(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shutil

    folder = tmp_path_factory.mktemp("base") / "model"
    shutil.copytree(prepared.folder, folder)
    config = PretrainConfig(size="tiny", steps=400, learning_rate=1e-3, warmup_steps=30)
    config = replace(config, tokens_per_batch=1_024)
    pretrain(prepared.store, prepared.reader, folder, config=config)
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("labelled")
    rows = sentences(800, 1)
    sentiment = [{"text": t, "label": ("negative", "positive")[y]} for t, y, _ in rows]
    scores = [{"text": t, "valence": 2.0 + 5 * y, "arousal": 5.0 + y} for t, y, _ in rows]
    tags = [{"text": t, "spans": json.dumps(s)} for t, _, s in rows]
    pairs = [
        {"text_a": a, "text_b": b, "label": int(x or y)} for (a, x, _), (b, y, _) in itertools.pairwise(rows)
    ]
    near = [
        {"text_a": t, "text_b": t.replace("。", "！").replace("用了", "我用了")} for t, _, _ in rows[:120]
    ]
    out = {}
    for name, table in (
        ("sentiment", sentiment), ("intensity", scores), ("things", tags), ("match", pairs), ("near", near),
    ):  # fmt: skip
        out[name] = folder / f"{name}.jsonl"
        out[name].write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table), "utf-8")
    return out


def run(base: Path, files: dict[str, Path], out: Path, names: str, **changes: Any) -> Finetuned:
    chosen = {name: files[name] for name in names.split()}
    return finetune(base, chosen, out, config=replace(QUICK, **changes))


def test_one_encoder_learns_all_kinds_at_once(base: Path, files: dict[str, Path], tmp_path: Path) -> None:
    done = run(base, files, tmp_path, "sentiment intensity things near", epochs=6)
    assert done.measures["sentiment"]["accuracy"] > 0.9
    assert done.measures["intensity"]["r2"] > 0.5
    assert done.measures["things"]["span_f1"] > 0.8
    assert done.measures["near"]["top1"] > 0.5
    told = json.loads((tmp_path / "finetune.json").read_text())
    assert [task["kind"] for task in told["tasks"]] == ["classes", "scores", "tags", "vectors"]


def test_pairs_are_learnt_from_both_texts(base: Path, files: dict[str, Path], tmp_path: Path) -> None:
    done = run(base, files, tmp_path, "match", epochs=4, max_tokens=48)
    assert done.measures["match"]["accuracy"] > 0.85


LEAST = {"full": 0.95, "lora": 0.8, "adalora": 0.75, "adapter": 0.8, "bitfit": 0.75}  # on so small a base


@pytest.mark.parametrize("method", list(METHODS))
def test_each_method_learns_and_trains_only_its_own_weights(
    base: Path, files: dict[str, Path], tmp_path: Path, method: str
) -> None:
    changes = {"epochs": 6, "patience": 6, "learning_rate": 5e-3, "rank": 4, "bottleneck": 8}
    done = run(base, files, tmp_path, "sentiment", method=method, **changes)
    assert done.measures["sentiment"]["accuracy"] > LEAST.get(method, 0.6)
    assert done.epochs[-1]["loss"] < done.epochs[0]["loss"]
    if method == "full":
        assert done.trained == done.total
        return
    assert done.trained / done.total < 0.02
    before = load_encoder(base, QUICK)[0].state_dict()
    after = _plain_names(tmp_path)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == ({n for n in before if n.endswith("bias")} & changed if method == "bitfit" else set())
    assert bool(changed) == (method == "bitfit")


def _plain_names(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of the saved model under the names that the plain encoder gives them."""
    from safetensors.torch import load_file

    plain = {}
    for name, value in load_file(str(folder / "model.safetensors")).items():
        short = name.removeprefix("encoder.").replace("base_model.model.", "").replace("base_layer.", "")
        plain[short] = value
        plain[short.replace("output.dense.dense.", "output.dense.")] = value
        plain[short.removeprefix("encoder.") if short.startswith("encoder.embeddings") else short] = value
        if short.startswith("encoder.encoder."):
            plain[short.removeprefix("encoder.")] = value
    return plain


@pytest.mark.parametrize("method", ["lora", "adalora"])
def test_merged_low_rank_weights_give_the_same_states(
    base: Path, files: dict[str, Path], tmp_path: Path, method: str
) -> None:
    run(base, files, tmp_path, "sentiment", method=method, epochs=1)
    told = FinetuneConfig(**{**json.loads((tmp_path / "finetune.json").read_text())["config"]})
    encoder, _ = load_encoder(base, told)
    prepared = find_method(method).prepare(encoder, told, 50)
    task = Task("sentiment", "classes", ("negative", "positive"))
    model = MultiTaskModel(prepared, 128, [task], 0.0).eval()
    from safetensors.torch import load_file

    model.load_state_dict(load_file(str(tmp_path / "model.safetensors")))
    merged, _ = load_encoder(tmp_path / "encoder", told)
    inputs = {
        "input_ids": torch.tensor([[2, 10, 20, 3]]),
        "attention_mask": torch.ones(1, 4, dtype=torch.long),
    }
    with torch.no_grad():
        ours = model.states(inputs)
        theirs = merged.eval()(**inputs).last_hidden_state
        plain = load_encoder(base, told)[0].eval()(**inputs).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert not torch.allclose(theirs, plain, atol=1e-5)


def test_adapters_begin_as_the_identity(base: Path) -> None:
    plain, _ = load_encoder(base, QUICK)
    adapted, _ = load_encoder(base, QUICK)
    find_method("adapter").prepare(adapted, QUICK, 10)
    inputs = {
        "input_ids": torch.tensor([[2, 10, 20, 3]]),
        "attention_mask": torch.ones(1, 4, dtype=torch.long),
    }
    with torch.no_grad():
        assert torch.equal(plain.eval()(**inputs)[0], adapted.eval()(**inputs)[0])


@pytest.mark.parametrize("method", ["prompt", "prefix"])
def test_virtual_tokens_do_not_depend_on_padding(base: Path, method: str) -> None:
    encoder, _ = load_encoder(base, QUICK)
    model = MultiTaskModel(find_method(method).prepare(encoder, QUICK, 10), 128, [], 0.0).eval()
    ids, ones = torch.tensor([[2, 10, 20, 3]]), torch.ones(1, 4, dtype=torch.long)
    zeros = torch.zeros(1, 3, dtype=torch.long)
    with torch.no_grad():
        alone = model.states({"input_ids": ids, "attention_mask": ones})
        padded = model.states(
            {"input_ids": torch.cat([ids, zeros], 1), "attention_mask": torch.cat([ones, zeros], 1)}
        )
    assert alone.shape == (1, 4, 128)
    assert torch.allclose(alone, padded[:, :4], atol=1e-5)


def test_the_best_epoch_is_kept_and_training_stops(
    base: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    done = run(base, files, tmp_path, "sentiment", epochs=30, patience=2)
    scores = [epoch["sentiment"]["macro_f1"] for epoch in done.epochs]
    assert done.measures["sentiment"]["macro_f1"] == max(scores)
    assert len(scores) < 30


def test_same_seed_same_weights(base: Path, files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(base, files, tmp_path / name, "sentiment things", epochs=1, dropout=0.1)
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


class Linear(torch.nn.Module):
    """A bag of embeddings with a linear read-out: the smallest model that can be attacked."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(40, 6)
        self.read = torch.nn.Linear(6, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.read(self.table(ids).mean(dim=1))
        return out


def loss_under_attack(model: Linear, ids: torch.Tensor, labels: torch.Tensor, size: float) -> float:
    """Loss after one fast gradient step on the embeddings."""
    table = model.table.weight
    loss = torch.nn.functional.cross_entropy(model(ids), labels)
    (gradient,) = torch.autograd.grad(loss, table)
    with torch.no_grad():
        table += size * table.norm(dim=1).mean() * unit(gradient)
        return float(torch.nn.functional.cross_entropy(model(ids), labels))


@pytest.mark.parametrize("name", ["fgm", "pgd", "freelb"])
def test_adversarial_training_lowers_the_loss_under_attack(name: str) -> None:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 40, (600, 8), generator=generator)
    labels = ((ids < 20).sum(dim=1) > 4).long()
    found = {}
    for attack in ("none", name):
        model = Linear()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(150):

            def loss_now(model: Linear = model) -> torch.Tensor:
                return torch.nn.functional.cross_entropy(model(ids), labels)

            clean = model.table.weight.detach().clone()
            loss_now().backward()
            add_attacked_gradients(attack, model.table.weight, 0.1, loss_now, lambda loss: loss.backward())
            assert torch.equal(model.table.weight, clean)
            optimizer.step()
            optimizer.zero_grad()
        found[attack] = loss_under_attack(model, ids, labels, 0.3)
    assert found[name] < 0.97 * found["none"]


def test_consistency_brings_two_readings_together(base: Path, files: dict[str, Path], tmp_path: Path) -> None:
    apart = {}
    for weight in (0.0, 5.0):
        folder = tmp_path / str(weight)
        run(base, files, folder, "sentiment", dropout=0.3, consistency=weight, epochs=4, patience=4)
        told = json.loads((folder / "finetune.json").read_text())
        encoder, reader = load_encoder(folder / "encoder", FinetuneConfig(**told["config"]))
        task = Task("sentiment", "classes", ("negative", "positive"))
        model = MultiTaskModel(encoder, 128, [task], 0.3)
        from safetensors.torch import load_file

        model.load_state_dict(load_file(str(folder / "model.safetensors")))
        ids = [[reader.start, *reader.encode_batch([t])[0].ids, reader.end] for t, _, _ in sentences(60, 9)]
        longest = max(map(len, ids))
        table = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
        inputs = {"input_ids": table, "attention_mask": (table > 0).long()}
        torch.manual_seed(0)
        model.train()
        with torch.no_grad():
            apart[weight] = divergence(model(task, inputs), model(task, inputs)).item()
    assert apart[5.0] < apart[0.0]


def test_smoothed_and_weighted_losses_are_those_of_their_definitions() -> None:
    task = Task("t", "classes", ("a", "b", "c"))
    outputs, targets = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0]]), torch.tensor([0, 2])
    log = torch.log_softmax(outputs, dim=1)
    expected = -(0.9 * log[[0, 1], targets] + 0.1 * log.mean(dim=1)).mean()
    assert task_loss(task, outputs, targets, smoothing=0.1).item() == pytest.approx(expected.item())
    weights = balanced_weights(np.array([0, 0, 0, 1]), 2)
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


@pytest.mark.parametrize(
    ("change", "message"), [({"method": "magic"}, "no method"), ({"adversarial": "magic"}, "no adversarial")]
)
def test_unknown_choices_are_refused(
    base: Path, files: dict[str, Path], tmp_path: Path, change: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run(base, files, tmp_path, "sentiment", **change)


def test_a_base_that_is_no_model_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="no encoder"):
        run(tmp_path / "empty", files, tmp_path / "out", "sentiment")
