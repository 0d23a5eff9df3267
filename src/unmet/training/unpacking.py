"""Exported encoder packages back into Hugging Face folders, to train further from what was shipped.

A package holds matrices without names (the exporter folds transposes into constants), so each is found by
the bias that is added to its product; encoders without biases (ModernBERT) are refused. What 8 bits rounded
away stays away; the rest of the encoder is exact. The head that guesses masked words starts anew; heads of
tasks are left behind by :func:`unpack` and kept by :func:`unpack_tuned`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.core.files import write_json
from unmet.models.encoder_package import (
    MODEL_FILE,
    TOKENIZER_FILE,
    VECTOR,
    EncoderPackage,
    load_encoder_package,
)
from unmet.training.exporting import SHAPE
from unmet.training.multitask import MultiTaskModel
from unmet.training.pretraining import save_model
from unmet.training.quiet import quietly
from unmet.training.saving import save_finetuned
from unmet.training.tokenizing import READING, load_reader

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

LEAST_COSINE = 0.98
"""Least cosine between sentence vectors of the package and of what was unpacked; 8 bits give .999."""
_PREFIX = "model.encoder."
_HEADS = "model.heads."
_PRODUCTS = ("MatMul", "MatMulIntegerToFloat")
_PASSED = ("Mul", "Reshape", "Add")  # between a product and its bias

Floats = NDArray[np.float32]


def unpack(package: Path, out: Path) -> Path:
    """Write the encoder of a package as ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

    Args:
        package: folder of an encoder package.
        out: folder to make; it may be the ``base`` of any training command.

    Raises:
        InputError: ``out`` holds something already.
        ModelError: the package is damaged, tells no shape, or its weights cannot all be found.
    """
    _must_be_empty(out)
    told = load_encoder_package(package)
    model = _filled_model(told, _read(package))
    save_model(model, out)
    _save_reader(told, out)
    return out


def unpack_tuned(package: Path, out: Path) -> Path:
    """Write a package as ``unmet finetune`` writes a model, heads included, so that tuning goes on with them.

    Args:
        package: folder of an encoder package.
        out: folder to make; ``unmet finetune --base`` keeps its heads.

    Raises:
        InputError, ModelError: see :func:`unpack`; a head whose weights cannot be found.
    """
    _must_be_empty(out)
    told, graph = load_encoder_package(package), _read(package)
    encoder = _filled_model(told, graph).base_model
    tasks = [head.task for head in told.heads.values()]
    config = FinetuneConfig(max_tokens=int(told.manifest["max_tokens"]))
    model = MultiTaskModel(encoder, int(encoder.config.hidden_size), tasks, config.dropout)
    model.heads.load_state_dict(_complete(graph, model.heads, package, _HEADS))
    _save_reader(told, out)
    about = {"measures": {}, "unpacked_from": told.version}
    save_finetuned(model, tasks, load_reader(out), config, out, about)
    return out


def _must_be_empty(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise InputError("the folder is not empty", where=str(out), hint="Choose another --out.")


def _filled_model(told: EncoderPackage, graph: ModelProto) -> Any:
    """The encoder of a package under a new head for masked words, checked to answer as the package does."""
    model = _empty_model(told)
    encoder = model.base_model
    encoder.load_state_dict(_complete(graph, encoder, told.folder, _PREFIX))
    _check_same(told, encoder.eval())
    return model


def _complete(
    graph: ModelProto, part: torch.nn.Module, package: Path, prefix: str
) -> dict[str, torch.Tensor]:
    """Weights of all of a module's names.

    Raises:
        ModelError: one is not in the graph.
    """
    wanted = part.state_dict()
    found = weights(graph, set(wanted), prefix)
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise ModelError(f"no weights found for {', '.join(missing[:3])}", where=str(package))
    return {name: torch.as_tensor(value) for name, value in found.items()}


def weights(graph: ModelProto, names: set[str], prefix: str = _PREFIX) -> dict[str, Floats]:
    """Those weights of an encoder, or of its heads, that a graph holds, by their names in torch.

    Args:
        graph: exported by :mod:`unmet.training.exporting`, in fp32 or 8 bits.
        names: of the module's state.
        prefix: that the graph puts before them.
    """
    from onnx import numpy_helper

    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    found = {}
    for name in names:
        value = _value(stored, prefix + name)
        if value is not None:
            found[name] = value
    for bias, matrix in _matrices(graph, stored):
        name = bias.removeprefix(prefix).removesuffix("bias") + "weight"
        value = _value(stored, matrix)
        if name in names and value is not None:
            found[name] = np.ascontiguousarray(value.T)
    return found


def _empty_model(package: EncoderPackage) -> Any:
    import transformers

    loader: Any = transformers.AutoModelForMaskedLM
    shape = package.manifest.get(SHAPE)
    if not shape:
        raise ModelError(
            "the package does not tell the shape of its encoder",
            where=str(package.folder),
            hint="It was exported by an older version; export the fine-tuned folder again.",
        )
    try:
        with quietly():
            return loader.from_config(transformers.AutoConfig.for_model(**shape))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"no encoder of this shape can be made: {str(error).splitlines()[0]}", where=str(package.folder)
        ) from error


def _read(package: Path) -> ModelProto:
    import onnx

    return onnx.load(str(package / MODEL_FILE))


def _value(stored: Mapping[str, NDArray[Any]], name: str) -> Floats | None:
    """A weight as it is computed with: exact, or integers times their scales."""
    if name in stored:
        return np.array(stored[name], np.float32)  # a copy: arrays of a graph cannot be written to
    if f"{name}_q" in stored:
        return np.asarray(stored[f"{name}_q"] * stored[f"{name}_scale"], np.float32)
    return None


def _matrices(graph: ModelProto, stored: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, str]]:
    """Names of the bias and of the matrix of every linear layer."""
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for node in graph.graph.node:
        if node.op_type in _PRODUCTS:
            bias = _bias_after(node, readers, stored)
            if bias is not None:
                yield bias, node.input[1].removesuffix("_q")


def _bias_after(
    node: NodeProto, readers: Mapping[str, list[NodeProto]], stored: Mapping[str, NDArray[Any]]
) -> str | None:
    while True:
        following = [reader for reader in readers.get(node.output[0], []) if reader.op_type in _PASSED]
        if len(following) != 1:
            return None
        node = following[0]
        if node.op_type == "Add":
            return next((name for name in node.input if name in stored and name.endswith(".bias")), None)


def _save_reader(package: EncoderPackage, out: Path) -> None:
    """The tokenizer with the names of its special tokens, and whether texts are folded before it."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    loader: Any = PreTrainedTokenizerFast
    tokenizer = Tokenizer.from_file(str(package.folder / TOKENIZER_FILE))
    reading = package.manifest["reading"]
    names = {"pad": "pad", "unk": "unknown", "cls": "start", "sep": "end", "mask": "mask"}
    special = {f"{name}_token": tokenizer.id_to_token(reading[key]) for name, key in names.items()}
    with quietly():
        loader(tokenizer_object=tokenizer, **special).save_pretrained(str(out))
    write_json(out / READING, {"folds": bool(reading["folds"])})


def _check_same(package: EncoderPackage, encoder: torch.nn.Module) -> None:
    """Compare sentence vectors of random tokens with the package's own."""
    from unmet.models.encoder import load_encoder

    runtime = load_encoder(package.folder, threads=1)
    rng = np.random.default_rng(0)
    ids = rng.integers(0, runtime.reader.size, size=(4, 16))
    feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    inputs = {name: feeds[name] for name in package.manifest["inputs"]}
    theirs = runtime.session.run([VECTOR], inputs)[0]
    with torch.no_grad():
        states = encoder(**{name: torch.as_tensor(value) for name, value in inputs.items()})
    ours = states.last_hidden_state.mean(dim=1).numpy()
    cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    if cosines.min() < LEAST_COSINE:
        raise ModelError(
            f"what was unpacked answers otherwise than the package (cosine {cosines.min():.3f})",
            where=str(package.folder),
        )
