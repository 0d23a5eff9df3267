"""Export: the package gives torch's numbers, in every company and with any padding."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_fixtures import ASPECTS, HEADS, TEXTS, TINY, predicted, tiny_model
from training_fixtures import Prepared

from unmet.core.errors import InputError, ModelError
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.reading import Reader
from unmet.training import exporting
from unmet.training.exporting import export_model
from unmet.training.graph_cleaning import without_nan_guards
from unmet.training.loading import LoadedModel, load_finetuned
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel
from unmet.training.quantizing import integers
from unmet.training.saving import save_finetuned

FOLDED = [name for name, method in METHODS.items() if method.merge is not None]
EXACT, COARSE = 2e-5, 0.08
"""Tolerances against torch: fp32, and 8 bits on random weights, which are harder than trained ones."""
COMPANY = 2e-6
"""Largest difference of a result alone and in a batch; reported are four decimals."""


def saved(prepared: Prepared, folder: Path, kind: str = "bert", method: str = "full") -> Path:
    config = replace(TINY, method=method)
    model = tiny_model(prepared.reader, config, kind=kind, disturb=True)
    save_finetuned(model, HEADS, prepared.reader, config, folder, {})
    return folder


@pytest.fixture(scope="module", params=["bert", "modernbert"])
def exported(
    request: pytest.FixtureRequest, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """A folder of each architecture with its packages of both precisions, made from one graph."""
    folder = tmp_path_factory.mktemp(request.param)
    source = saved(prepared, folder / "model", request.param)
    made: dict[str, Any] = {"torch": load_finetuned(source), "kind": request.param}
    # Tracing takes seconds, and both precisions begin with the same graph.
    graph = exporting.to_onnx(exporting.folded(made["torch"]), made["torch"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "to_onnx", lambda model, loaded: copy.deepcopy(graph))
        for precision in ("fp32", "int8"):
            export_model(source, folder / precision, precision=precision, training_data={"made": 3})
            made[precision] = load_encoder(folder / precision, threads=1)
    return made


def all_outputs(
    model: EncoderModel, texts: list[str] = TEXTS, aspects: list[str] = ASPECTS
) -> dict[str, Any]:
    return {**model.run(texts), **model.run(texts, aspects)}


def as_array(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64)


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", EXACT), ("int8", COARSE)])
def test_numbers_are_those_of_torch(exported: dict[str, Any], precision: str, tolerance: float) -> None:
    loaded: LoadedModel = exported["torch"]
    found = all_outputs(exported[precision])
    assert set(found) == {task.name for task in HEADS}
    for task in HEADS:
        ours = predicted(
            loaded.model, task, loaded.reader, loaded.config, segments=exported["kind"] == "bert"
        )
        theirs = found[task.name]
        if task.kind != "tags":
            scale = 8.0 if task.kind == "scores" else 1.0
            assert np.abs(as_array(ours) - as_array(theirs)).max() < tolerance * scale, task.name
        elif precision == "fp32":
            assert ours == [[span[:3] for span in spans] for spans in theirs]
            assert all(0 < span.probability <= 1 for spans in theirs for span in spans)
    assert any(found["opinions"])


def test_texts_differ(exported: dict[str, Any]) -> None:
    """So that the other tests do not compare constants."""
    for name in ("sentiment", "given_aspect", "intensity"):
        values = all_outputs(exported["int8"])[name]
        assert np.ptp(values, axis=0).max() > 0.01, name


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_neighbours_do_not_matter(exported: dict[str, Any], precision: str) -> None:
    model: EncoderModel = exported[precision]
    loud = ["!" * 40, "很好" * 200, "x" * 300, "屏幕", "😀 " * 30]
    together = all_outputs(model, [*loud, *TEXTS], [*loud, *ASPECTS])
    for row, (text, aspect) in enumerate(zip(TEXTS, ASPECTS, strict=True)):
        alone = all_outputs(model, [text], [aspect])
        for task in HEADS:
            mine, theirs = alone[task.name][0], together[task.name][len(loud) + row]
            if task.kind == "tags":
                assert [s[:3] for s in mine] == [s[:3] for s in theirs]
                continue
            assert np.abs(as_array(mine) - as_array(theirs)).max() < COMPANY, (task.name, text)
            assert np.round(mine, 4).tolist() == np.round(theirs, 4).tolist()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_padding_does_not_matter(exported: dict[str, Any], precision: str) -> None:
    model: EncoderModel = exported[precision]
    tokens = model.reader.encode_batch(TEXTS[:1])[0].ids
    ids = np.array([[model.reader.start, *tokens, model.reader.end]])
    names = [o.name for o in model.session.get_outputs()]
    results = []
    for extra in (0, 3, 11, 30):
        padded = np.pad(ids, ((0, 0), (0, extra)), constant_values=model.reader.pad)
        attention = (np.arange(padded.shape[1]) < ids.shape[1]).astype(np.int64)[None]
        feeds = {"input_ids": padded, "attention_mask": attention, "token_type_ids": padded * 0}
        inputs = {name: feeds[name] for name in model.package.manifest["inputs"]}
        outputs = model.session.run(names, inputs)
        results.append([out[:, : ids.shape[1]] if out.ndim == 3 else out for out in outputs])
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            assert np.abs(first - second).max() < 2e-5


def test_eight_bits_are_small_and_told(exported: dict[str, Any]) -> None:
    sizes = {p: (exported[p].package.folder / "model.onnx").stat().st_size for p in ("fp32", "int8")}
    assert sizes["int8"] < 0.36 * sizes["fp32"]
    manifest = exported["int8"].package.manifest
    assert manifest["precision"] == "int8"
    assert manifest["training_data"] == {"made": 3}
    assert {"torch", "onnx", "unmet"} <= manifest["made_with"].keys()
    card = (exported["int8"].package.folder / "CARD.md").read_text("utf-8")
    for heading in ("## Training data", "## Numbers", "## Limits"):
        assert heading in card


@pytest.mark.parametrize("method", [name for name in FOLDED if name != "full"])
def test_folded_methods_keep_their_outputs(prepared: Prepared, tmp_path: Path, method: str) -> None:
    source = saved(prepared, tmp_path / "model", method=method)
    done = export_model(source, tmp_path / "out", precision="fp32")
    assert done.difference < 1e-4
    loaded, encoder = load_finetuned(source), load_encoder(tmp_path / "out")
    ours = predicted(loaded.model, HEADS[0], loaded.reader, loaded.config)
    assert np.abs(ours - encoder.run(TEXTS, None, ["sentiment"])["sentiment"]).max() < 1e-4


@pytest.mark.parametrize("method", [name for name in METHODS if name not in FOLDED])
def test_methods_that_cannot_be_folded_in_are_refused(
    prepared: Prepared, tmp_path: Path, method: str
) -> None:
    source = saved(prepared, tmp_path / "model", method=method)
    with pytest.raises(ModelError, match=f"{method} adds parts"):
        export_model(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def other_encoder(kind: str, reader: Reader) -> Any:
    """RoBERTa counts positions from the padding on, DistilBERT names everything otherwise."""
    from transformers import DistilBertConfig, DistilBertModel, RobertaConfig, RobertaModel

    common = {"vocab_size": reader.size, "pad_token_id": reader.pad}
    if kind == "roberta":
        shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = RobertaConfig(
            **common, **shape, intermediate_size=128, max_position_embeddings=66, type_vocab_size=1
        )
        return RobertaModel(config, add_pooling_layer=False)
    return DistilBertModel(
        DistilBertConfig(**common, dim=64, n_layers=2, n_heads=2, hidden_dim=128, max_position_embeddings=64)
    )


@pytest.mark.parametrize("kind", ["roberta", "distilbert"])
def test_encoders_of_other_tools_are_exported(prepared: Prepared, tmp_path: Path, kind: str) -> None:
    model = MultiTaskModel(other_encoder(kind, prepared.reader), 64, HEADS, 0.0).eval()
    save_finetuned(model, HEADS, prepared.reader, TINY, tmp_path / "model", {})
    export_model(tmp_path / "model", tmp_path / "out", precision="fp32")
    encoder = load_encoder(tmp_path / "out")
    assert encoder.package.manifest["inputs"] == ["input_ids", "attention_mask"]
    ours = predicted(model, HEADS[0], prepared.reader, TINY, segments=False)
    assert np.abs(ours - encoder.run(TEXTS, None, ["sentiment"])["sentiment"]).max() < EXACT


def test_calibration_is_measured_beside_fp32(prepared: Prepared, tmp_path: Path) -> None:
    source = saved(prepared, tmp_path / "model")
    rows = [
        {"text": text, "label": label, "valence": 5.0, "arousal": 4.0}
        for text, label in zip(TEXTS * 4, ["negative", "neutral", "positive"] * 8, strict=True)
    ]
    files = {"sentiment": ["text", "label"], "intensity": ["text", "valence", "arousal"]}
    given = {}
    for name, keys in files.items():
        given[name] = tmp_path / f"{name}.jsonl"
        lines = [json.dumps({key: row[key] for key in keys}) for row in rows]
        given[name].write_text("\n".join(lines), "utf-8")
    done = export_model(source, tmp_path / "out", calibration=given, risk=0.3)
    sentiment = done.heads["sentiment"]
    assert sentiment.exported.after["ece"] < sentiment.exported.before["ece"]
    assert sentiment.fp32.before["accuracy"] == pytest.approx(sentiment.exported.before["accuracy"], abs=0.2)
    model = load_encoder(tmp_path / "out")
    head = model.heads["sentiment"]
    assert head.temperature != 1.0
    assert len(model.heads["intensity"].half_widths) == 2
    told = model.package.manifest["measures"]["sentiment"]
    assert told["after"]["brier"] == pytest.approx(sentiment.exported.after["brier"], abs=1e-5)
    assert told["rows"] == len(rows)
    raw = model.run(TEXTS, None, ["sentiment"], calibrated=False)["sentiment"]
    sure = model.run(TEXTS, None, ["sentiment"])["sentiment"]
    assert (raw.argmax(axis=1) == sure.argmax(axis=1)).all()
    assert (raw.max(axis=1) > sure.max(axis=1)).all()


def test_what_cannot_be_used_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    source = saved(prepared, tmp_path / "model")
    with pytest.raises(InputError, match="no precision"):
        export_model(source, tmp_path / "out", precision="int3")
    (tmp_path / "a.csv").write_text("text,label\nok,1\n", "utf-8")
    with pytest.raises(InputError, match="no task 'mood'"):
        export_model(source, tmp_path / "out", calibration={"mood": tmp_path / "a.csv"})
    with pytest.raises(InputError, match="unknown to the task"):
        export_model(source, tmp_path / "out", calibration={"sentiment": tmp_path / "a.csv"})
    with pytest.raises(InputError, match="does not fit"):
        export_model(source, tmp_path / "out", calibration={"given_aspect": _polar(tmp_path / "b.csv")})


def _polar(path: Path) -> Path:
    path.write_text("text,label\nok,neutral\n", "utf-8")
    return path


def test_weights_become_integers_within_their_limit() -> None:
    weights = np.random.default_rng(0).normal(size=(40, 7)).astype(np.float32)
    whole, scale = integers(weights, 0, 63)
    assert whole.dtype == np.int8
    assert np.abs(whole).max(axis=0).tolist() == [63] * 7
    assert (np.abs(whole * scale - weights) <= scale / 2 + 1e-7).all()
    assert (integers(np.zeros((3, 2), np.float32), 0, 63)[0] == 0).all()


def test_guards_that_cannot_act_are_taken_out() -> None:
    import onnxruntime
    from onnx import TensorProto, helper

    def graph(shape: str) -> Any:
        values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [shape]) for n in ("x", "y", "z")]
        nodes = [
            helper.make_node("Exp", ["x"], ["e"]),
            helper.make_node("IsNaN", ["e"], ["m"]),
            helper.make_node("Where", ["m", "nil", "e"], ["w"]),
            helper.make_node("Neg", ["w"], ["y"]),
            helper.make_node("IsNaN", ["x"], ["n"]),
            helper.make_node("Where", ["n", "nil", "e"], ["z"]),
        ]
        nil = helper.make_tensor("nil", TensorProto.FLOAT, [], [0.0])
        made = helper.make_graph(nodes, "g", values[:1], values[1:], [nil])
        return helper.make_model(made, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)

    whole = graph("n")
    clean = without_nan_guards(whole)
    assert [node.op_type for node in clean.graph.node] == ["Exp", "Neg", "IsNaN", "Where"]
    x = {"x": np.array([0.5, -1.0], np.float32)}
    runs = [
        onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, x)
        for m in (whole, clean)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*runs, strict=True))
