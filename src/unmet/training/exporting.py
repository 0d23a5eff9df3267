"""A fine-tuned folder → a package that runs without torch (:mod:`unmet.models.encoder`).

What a method added is folded into the matrices first; methods whose parts cannot be folded in are refused.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from unmet.core.errors import InputError, ModelError
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.encoder_package import VECTOR, Head, save_encoder_package
from unmet.models.head_calibration import Calibrated, calibrate, outputs_for
from unmet.training.encoder_cards import encoder_card
from unmet.training.graph_cleaning import without_nan_guards
from unmet.training.loading import LoadedModel, load_finetuned
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel
from unmet.training.quantizing import quantize
from unmet.training.quiet import quietly
from unmet.training.tasks import Examples, Task, read_task

if TYPE_CHECKING:
    from onnx import ModelProto

PRECISIONS = ("int8", "fp32")
CLOSE = 1e-3
"""Largest difference of a raw fp32 output from torch's before the export is refused."""
SHAPE = "shape"
"""Key of the manifest with the encoder's configuration (:mod:`unmet.training.unpacking` reads it)."""
_ORIGIN = ("_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export.

    Attributes:
        folder: of the package.
        precision: ``int8`` or ``fp32``.
        size: bytes of the graph.
        difference: largest difference between raw outputs of torch and of the fp32 graph.
        heads: head → what was measured on its calibration file, before and after 8 bits.
    """

    folder: Path
    precision: str
    size: int
    difference: float
    heads: dict[str, HeadReport]


@dataclass(frozen=True, slots=True)
class HeadReport:
    """A head on its calibration file: fp32 beside the exported precision."""

    fp32: Calibrated
    exported: Calibrated


def export_model(
    source: str | Path,
    out: Path,
    *,
    precision: str = "int8",
    calibration: Mapping[str, Path] | None = None,
    name: str | None = None,
    version: str = "1",
    risk: float = 0.05,
    training_data: Mapping[str, Any] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write an encoder package.

    Args:
        source: folder of a fine-tuned model.
        out: folder of the package.
        precision: ``int8`` (:mod:`unmet.training.quantizing`) or ``fp32``.
        calibration: head → labelled file on which temperature, thresholds and quality are found.
        name: of the package; the folder's name if not given.
        version: of the package.
        risk: error rate that answers above the abstention threshold are to keep, 0–1.
        training_data: source → rows, for manifest and card.
        report: told what is under way.

    Raises:
        ModelError: the folder cannot be loaded, its method cannot be folded in, or the graph differs.
        InputError: an unknown precision, or a calibration file that does not fit.
    """
    if precision not in PRECISIONS:
        raise InputError(f"no precision {precision!r}", hint=f"Use one of {', '.join(PRECISIONS)}.")
    loaded = load_finetuned(source)
    model = folded(loaded)
    examples = _calibration_examples(loaded, calibration or {})
    report("exporting the graph")
    graph = to_onnx(model, loaded)
    with TemporaryDirectory() as scratch:
        plain = _Writer(loaded, name or out.name, version, dict(training_data or {}))
        exact = plain.write(Path(scratch) / "fp32", graph, "fp32", {})
        difference = largest_difference(model, loaded, exact)
        if difference > CLOSE:
            raise ModelError(f"the graph differs from the model by {difference:.2g}", where=str(source))
        chosen = exact
        if precision == "int8":
            report("quantizing")
            graph = quantize(graph)
            chosen = plain.write(Path(scratch) / "int8", graph, "int8", {})
        reports = {}
        for head, rows in examples.items():
            report(f"measuring {head}")
            task = loaded.task(head)
            measured = [_measured(encoder, task, rows, risk) for encoder in (exact, chosen)]
            reports[head] = HeadReport(*measured)
        plain.write(out, graph, precision, {head: found.exported for head, found in reports.items()}, risk)
    return Exported(out, precision, (out / "model.onnx").stat().st_size, difference, reports)


def folded(loaded: LoadedModel) -> MultiTaskModel:
    """The model with the parts its method added folded into the encoder's matrices.

    Raises:
        ModelError: they cannot be.
    """
    method = loaded.config.method
    merge = METHODS[method].merge
    if merge is None:
        able = ", ".join(name for name, m in METHODS.items() if m.merge is not None)
        raise ModelError(
            f"{method} adds parts that cannot be folded into the encoder, so it cannot be exported",
            hint=f"Fine-tune with one of {able}.",
        )
    model = copy.deepcopy(loaded.model)
    model.encoder = merge(model.encoder)
    return model.eval()


def _calibration_examples(loaded: LoadedModel, files: Mapping[str, Path]) -> dict[str, Examples]:
    found = {}
    for name, path in files.items():
        task = loaded.task(name)
        read, examples = read_task(name, path, like=task)
        if task.reads_two != bool(examples.seconds) and task.kind != "vectors":
            raise InputError(f"the file does not fit the {read.kind} task {name!r}", where=str(path))
        if not len(examples):
            raise InputError("no rows to calibrate on", where=str(path))
        found[name] = examples
    return found


class _AllHeads(nn.Module):
    """Every head's raw output and the vector from one reading."""

    def __init__(self, model: MultiTaskModel, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.model = model
        self.tasks = [task for task in tasks if task.kind != "vectors"]

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, ...]:
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        states = self.model.states(inputs)
        vector = self.model.read(Task(VECTOR, "vectors"), states, attention_mask)
        return vector, *(self.model.read(task, states, attention_mask) for task in self.tasks)


def to_onnx(model: MultiTaskModel, loaded: LoadedModel) -> ModelProto:
    """The graph: dynamic batch and length; outputs ``vector`` and one per head that has weights.

    Raises:
        ModelError: torch cannot export this encoder, or two outputs would share a name.
    """
    heads = _AllHeads(model, loaded.tasks)
    names = [VECTOR, *(task.name for task in heads.tasks)]
    if len({*names, *_INPUTS}) < len(names) + len(_INPUTS):
        raise ModelError(f"a head may not be called {VECTOR} or like an input", hint="Rename the task.")
    ids = torch.full((2, 7), loaded.reader.unknown)
    arguments = [ids, torch.ones_like(ids), torch.zeros_like(ids)][: 3 if loaded.segments else 2]
    inputs = _INPUTS[: len(arguments)]
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens")
    try:
        with _silently(), torch.no_grad():
            program = torch.onnx.export(
                heads,
                tuple(arguments),
                dynamo=True,
                input_names=list(inputs),
                output_names=names,
                dynamic_shapes={name: {0: batch, 1: tokens} for name in inputs},
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(f"torch cannot export this encoder: {first}") from error
    if program is None:
        raise ModelError("torch exported nothing")
    return without_nan_guards(program.model_proto)


@contextmanager
def _silently() -> Iterator[None]:
    """Without the exporter's reports about optional packages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with quietly(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@dataclass(frozen=True, slots=True)
class _Writer:
    loaded: LoadedModel
    name: str
    version: str
    training_data: dict[str, Any]

    def write(
        self,
        folder: Path,
        graph: ModelProto,
        precision: str,
        measured: Mapping[str, Calibrated],
        risk: float = 0.05,
    ) -> EncoderModel:
        heads = {}
        for task in self.loaded.tasks:
            head = measured[task.name].head if task.name in measured else Head(task)
            heads[task.name] = (
                head if head.task.kind != "tags" or task.name in measured else replace(head, threshold=0.0)
            )
        manifest = {
            "name": self.name,
            "version": self.version,
            "training_data": self.training_data,
            "precision": precision,
            "max_tokens": self.loaded.config.max_tokens,
            "inputs": list(_INPUTS[: 3 if self.loaded.segments else 2]),
            "vector_width": self.loaded.model.width,
            SHAPE: _shape(self.loaded.encoder_config),
            "method": self.loaded.config.method,
            "seed": self.loaded.config.seed,
            "abstention_risk": risk,
            "measures": {name: found.told() for name, found in measured.items()},
            "made_with": {
                package: installed(package)
                for package in ("unmet", "torch", "transformers", "onnx", "onnxscript")
            },
        }
        card = encoder_card(manifest, heads)
        save_encoder_package(folder, manifest, heads, graph.SerializeToString(), self.loaded.reader, card)
        return load_encoder(folder, threads=1)


def _shape(config: Any) -> dict[str, Any]:
    """An encoder's configuration without what only says where it came from."""
    told = {"model_type": config.model_type, **config.to_diff_dict()}
    return {key: value for key, value in told.items() if key not in _ORIGIN}


def _measured(encoder: EncoderModel, task: Task, rows: Examples, risk: float) -> Calibrated:
    outputs = outputs_for(encoder, task, rows.texts, rows.seconds, calibrated=False)
    return calibrate(task, rows.truth(task), outputs, risk)


def largest_difference(model: MultiTaskModel, loaded: LoadedModel, encoder: EncoderModel) -> float:
    """Largest difference between raw outputs of torch and of a package on random tokens, padding included."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, loaded.reader.size, size=(3, 16))
    attention = (np.arange(16)[None, :] < np.array([[16], [9], [3]])).astype(np.int64)
    feeds = {"input_ids": ids, "attention_mask": attention, "token_type_ids": np.zeros_like(ids)}
    inputs = {name: feeds[name] for name in _INPUTS[: 3 if loaded.segments else 2]}
    heads = _AllHeads(model, loaded.tasks)
    with torch.no_grad():
        ours = [out.numpy() for out in heads(**{name: torch.as_tensor(v) for name, v in inputs.items()})]
    names = [VECTOR, *(task.name for task in heads.tasks)]
    theirs = encoder.session.run(names, inputs)
    gaps = []
    for mine, other in zip(ours, theirs, strict=True):
        gap = np.abs(mine - other)
        gaps.append(float(gap[attention == 1].max() if gap.ndim == 3 else gap.max()))
    return max(gaps)
