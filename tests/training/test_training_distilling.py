"""Distillation: a student learns from a teacher what its own labels do not say."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from training_fixtures import PARTS, QUICK, labelled, opinions, write_rows

from unmet.core.config import DistillConfig, FinetuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.distilling import distill, soft_label_loss, state_loss
from unmet.training.finetuning import finetune
from unmet.training.layer_states import LayerStates
from unmet.training.predicting import measure
from unmet.training.sentence_teachers import load_sentence_teacher, pool
from unmet.training.tasks import Examples, read_task
from unmet.training.tokenizing import load_reader
from unmet.training.tuned_models import load_tuned
from unmet.training.vector_distillation import distill_vectors, fit_width

SLOW = replace(QUICK, epochs=8, patience=8)


@pytest.fixture(scope="module")
def teacher(opinion_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    files = {"mood": labelled(folder / "all.jsonl", opinions(500, 1))}
    done = finetune(opinion_base, files, folder / "model", config=QUICK)
    assert done.measures["mood"]["accuracy"] > 0.95
    return folder / "model"


@pytest.fixture
def narrow(opinion_base: Path, tmp_path: Path) -> Path:
    """One layer of width 64 with random weights, the same tokenizer."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    size = load_reader(opinion_base).size
    shape = BertConfig(vocab_size=size, hidden_size=64, num_hidden_layers=1, num_attention_heads=2,
                       intermediate_size=128, max_position_embeddings=32)  # fmt: skip
    BertModel(shape, add_pooling_layer=False).save_pretrained(tmp_path / "narrow")
    for name in ("tokenizer.json", "tokenizer_config.json", "reading.json"):
        shutil.copy(opinion_base / name, tmp_path / "narrow")
    return tmp_path / "narrow"


def accuracy(folder: Path) -> float:
    model = load_tuned(folder)
    rows = opinions(200, 99)
    truth = np.array([y for _, y in rows])
    found = model.predict(model.task("mood"), Examples([t for t, _ in rows], [], truth, []))
    return float((found.argmax(axis=1) == truth).mean())


def test_a_student_learns_more_from_a_teacher_than_from_its_few_labels(
    teacher: Path, narrow: Path, tmp_path: Path
) -> None:
    files = {"mood": labelled(tmp_path / "few.jsonl", opinions(40, 2))}
    config = replace(SLOW, learning_rate=3e-3)
    finetune(narrow, files, tmp_path / "alone", config=config)
    texts = [t for t, _ in opinions(800, 3)]
    said: list[str] = []
    distill([teacher], narrow, files, tmp_path / "taught", config=config, how=DistillConfig(),
            unlabelled=texts, report=said.append)  # fmt: skip
    taught, alone = accuracy(tmp_path / "taught"), accuracy(tmp_path / "alone")
    assert taught > 0.85
    assert taught > alone + 0.1
    assert "learnt from the teacher: answers, vectors" in said  # another width: no hidden states
    told = json.loads((tmp_path / "taught/finetune.json").read_text())
    assert told["n_unlabelled"] == 800


def test_hidden_states_of_a_student_of_the_same_width_come_near(
    teacher: Path, opinion_base: Path, tmp_path: Path
) -> None:
    files = {"mood": labelled(tmp_path / "few.jsonl", opinions(150, 2))}
    apart = {}
    for weight in (0.0, 5.0):
        how = DistillConfig(state_weight=weight, vector_weight=0.0)
        out = tmp_path / str(weight)
        distill([teacher], None, files, out, config=replace(QUICK, epochs=4), how=how, size="tiny")
        ours, theirs = load_tuned(out).model, load_tuned(teacher).model
        seen = LayerStates(ours.encoder), LayerStates(theirs.encoder)
        inputs = {"input_ids": torch.tensor([[2, 30, 40, 50, 3]]), "attention_mask": torch.ones(1, 5).long()}
        with torch.no_grad():
            ours.states(inputs)
            theirs.states(inputs)
            apart[weight] = float(state_loss(seen[0].last, seen[1].last, inputs["attention_mask"]))
    assert apart[5.0] < 0.8 * apart[0.0]


def test_spans_are_taught_token_by_token(opinion_base: Path, tmp_path: Path) -> None:
    def spans(text: str) -> list[list[Any]]:
        part = next(p for p in sorted(PARTS, key=len, reverse=True) if p in text)
        return [[text.index(part), text.index(part) + len(part), "part"]]

    rows = [{"text": t, "spans": json.dumps(spans(t))} for t, _ in opinions(300, 4)]
    files = {"parts": write_rows(tmp_path / "parts.jsonl", rows)}
    done = finetune(opinion_base, files, tmp_path / "teacher", config=QUICK)
    assert done.measures["parts"]["span_f1"] > 0.9
    how = DistillConfig(label_share=0.0)  # the teacher alone
    taught = distill([tmp_path / "teacher"], None, files, tmp_path / "out", config=SLOW, how=how, size="tiny")
    assert taught.measures["parts"]["span_f1"] > 0.7
    with pytest.raises(InputError, match="one teacher"):
        distill([tmp_path / "teacher"] * 2, None, files, tmp_path / "no", config=SLOW, how=how)


@pytest.mark.parametrize("method", ["lora", "adapter", "prefix"])
def test_teachers_of_every_method_answer_as_they_did(opinion_base: Path, tmp_path: Path, method: str) -> None:
    files = {"mood": labelled(tmp_path / "rows.jsonl", opinions(150, 2))}
    config = replace(QUICK, method=method, learning_rate=5e-3)
    done = finetune(opinion_base, files, tmp_path / "teacher", config=config, dev_files=files)
    teacher = load_tuned(tmp_path / "teacher")
    task, rows = read_task("mood", files["mood"], like=teacher.task("mood"))
    found = measure(task, rows, teacher.predict(task, rows))
    assert found["macro_f1"] == pytest.approx(done.measures["mood"]["macro_f1"], abs=0.01)
    how = DistillConfig(label_share=0.0)
    distill([tmp_path / "teacher"], None, files, tmp_path / "out", config=QUICK, how=how)
    student = load_tuned(tmp_path / "out").predict(task, rows)
    assert (student.argmax(axis=1) == teacher.predict(task, rows).argmax(axis=1)).mean() > 0.6


def test_soft_label_loss_is_that_of_its_definition() -> None:
    own, told = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, -1.0]]).log_softmax(dim=1)
    p, q = torch.tensor([1.0, -0.5]).softmax(0), torch.tensor([0.5, 0.0]).softmax(0)
    assert float(soft_label_loss(own, told, 2.0)) == pytest.approx(float(4 * (p * (p / q).log()).sum()))


def test_a_task_that_the_teacher_lacks_is_refused(teacher: Path, tmp_path: Path) -> None:
    files = {"need": labelled(tmp_path / "rows.jsonl", opinions(20, 1))}
    with pytest.raises(InputError, match="has no task 'need'"):
        distill([teacher], None, files, tmp_path / "out", config=QUICK, how=DistillConfig())
    with pytest.raises(ModelError, match="no fine-tuned model"):
        distill([tmp_path], None, files, tmp_path / "out", config=QUICK, how=DistillConfig())


TWINS = {"电池": "strap", "屏幕": "cable", "客服": "charger", "快递": "battery",
         "很好": "great", "太差": "awful", "耐用": "solid", "坏了": "broken"}  # fmt: skip


def test_vectors_are_learnt_in_one_language_and_across_two(
    opinion_base: Path, narrow: Path, tmp_path: Path
) -> None:
    parts, words = list(TWINS)[:4], list(TWINS)[4:]
    texts = [" ".join(four) for four in itertools.product(parts, words, parts, words)]
    pairs = [" ".join(TWINS[word] for word in text.split()) for text in texts]
    config = FinetuneConfig(epochs=12, patience=12, batch_rows=16, max_tokens=32, learning_rate=2e-3,
                            dropout=0.0, held_out_share=0.2)  # fmt: skip
    done = distill_vectors(opinion_base, narrow, [], (texts, pairs), tmp_path / "out", config=config)
    assert done.measures["vectors"]["spearman"] > 0.8
    assert done.measures["vectors"]["translation_top1"] > 0.6
    first = done.epochs[0]["vectors"]
    assert first["translation_top1"] < done.measures["vectors"]["translation_top1"]
    alone = distill_vectors(opinion_base, narrow, texts, ([], []), tmp_path / "one", config=config)
    assert alone.measures["vectors"]["spearman"] > 0.8
    assert (tmp_path / "one/encoder/config.json").is_file()
    again = load_sentence_teacher(tmp_path / "one").vectors(texts[:3])
    assert np.allclose(again, load_tuned(tmp_path / "one").vectors(texts[:3]), atol=1e-5)


def test_vectors_of_another_width_keep_their_cosines() -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 40))
    vectors = (flat / np.linalg.norm(flat, axis=1, keepdims=True)).astype(np.float32)
    for width in (8, 64):
        moved = fit_width(vectors, width)
        assert moved.shape == (200, width)
        assert np.allclose(moved @ moved.T, vectors @ vectors.T, atol=1e-4)


def sentence_model(base: Path, folder: Path, pooling: dict[str, Any], *, dense: bool = False) -> Path:
    """The layout of sentence-transformers around an encoder."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("checkpoints"))
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": 128, **pooling}))
    if dense:
        modules.append(("2_Dense", "Dense"))
        (folder / "2_Dense").mkdir()
        settings = {"in_features": 128, "out_features": 7, "bias": False,
                    "activation_function": "torch.nn.modules.activation.Tanh"}  # fmt: skip
        (folder / "2_Dense/config.json").write_text(json.dumps(settings))
        torch.manual_seed(1)
        save_file({"linear.weight": torch.randn(7, 128)}, str(folder / "2_Dense/model.safetensors"))
    listed = [
        {"idx": i, "path": p, "type": f"sentence_transformers.models.{t}"} for i, (p, t) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    return folder


def test_the_layout_of_sentence_transformers_is_read(opinion_base: Path, tmp_path: Path) -> None:
    texts = ["电池 很好。", "the battery strap is awful", "屏幕"]
    plain = load_sentence_teacher(opinion_base)
    mean = plain.vectors(texts)
    assert np.allclose(np.linalg.norm(mean, axis=1), 1, atol=1e-5)
    assert np.allclose(plain.vectors(texts[:1]), mean[:1], atol=1e-5)  # alone as in a batch
    cls = load_sentence_teacher(
        sentence_model(opinion_base, tmp_path / "cls", {"pooling_mode_cls_token": True})
    )
    assert cls.pooling == "cls"
    assert not np.allclose(cls.vectors(texts), mean, atol=1e-3)
    new = sentence_model(opinion_base, tmp_path / "new", {"pooling_mode": "mean"}, dense=True)
    found = load_sentence_teacher(new).vectors(texts)
    encoder, reader = plain.encoder, plain.reader
    ids = torch.tensor([[reader.start, *reader.encode_batch(texts[:1])[0].ids, reader.end]])
    torch.manual_seed(1)
    weight = torch.randn(7, 128)
    with torch.no_grad():
        expected = torch.tanh(encoder(input_ids=ids).last_hidden_state.mean(dim=1) @ weight.T)
    assert np.allclose(found[0], torch.nn.functional.normalize(expected, dim=1)[0].numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("pooling", "message"),
    [({"pooling_mode_weightedmean_tokens": True}, "weightedmean"), ({}, "pooling none")],
)
def test_a_pooling_that_is_not_known_is_refused(
    opinion_base: Path, tmp_path: Path, pooling: dict[str, Any], message: str
) -> None:
    folder = sentence_model(opinion_base, tmp_path / "model", pooling)
    with pytest.raises(ModelError, match=message):
        load_sentence_teacher(folder)


def test_each_pooling_is_what_its_name_says() -> None:
    states = torch.tensor([[[1.0], [5.0], [3.0], [9.0]]])
    attention = torch.tensor([[1, 1, 1, 0]])
    found = {how: float(pool(states, attention, how)) for how in ("mean", "cls", "max", "lasttoken")}
    assert found == {"mean": 3.0, "cls": 1.0, "max": 5.0, "lasttoken": 3.0}
