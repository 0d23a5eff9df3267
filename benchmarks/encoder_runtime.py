"""Forms of 8 bits for the encoder: size, speed, how far they are from fp32, and whether neighbours matter.

``python benchmarks/encoder_runtime.py [--rounds 6]``: random weights, BERT 3 × 384 and ModernBERT 4 × 256,
16,000 tokens, one thread. Needs the extra ``train``.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, ModernBertConfig, ModernBertModel

from unmet.core.config import FinetuneConfig
from unmet.models.encoder import load_encoder
from unmet.models.encoder_package import Head, save_encoder_package
from unmet.models.heads import Task
from unmet.models.reading import Reader
from unmet.training.exporting import to_onnx
from unmet.training.loading import LoadedModel
from unmet.training.multitask import MultiTaskModel
from unmet.training.quantizing import quantize

VOCABULARY, TOKENS, ROWS = 16_000, 64, 32
HEADS = (Task("sentiment", "classes", ("a", "b", "c")), Task("opinions", "tags", ("ASPECT", "OPINION")))


def encoders() -> dict[str, Any]:
    common = {"vocab_size": VOCABULARY, "max_position_embeddings": 256, "pad_token_id": 0}
    bert = BertConfig(
        **common, hidden_size=384, num_hidden_layers=3, num_attention_heads=6, intermediate_size=1536
    )
    ids = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    modern = ModernBertConfig(
        **common, **ids, hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=640,
        layer_types=["full_attention"] * 4,
    )  # fmt: skip
    torch.manual_seed(0)
    return {
        "BERT 3 × 384": BertModel(bert, add_pooling_layer=False),
        "ModernBERT 4 × 256": ModernBertModel(modern),
    }


def made_up_reader() -> Reader:
    """A vocabulary as large as a real one, for the time that reading it takes."""
    pieces = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
    pieces |= {f"w{number}": number for number in range(5, VOCABULARY)}
    return Reader(Tokenizer(WordPiece(pieces, unk_token="[UNK]")), True, 0, 1, 2, 3, 4)


def exported(encoder: Any) -> onnx.ModelProto:
    model = MultiTaskModel(encoder, encoder.config.hidden_size, HEADS, 0.0).eval()
    loaded = LoadedModel(model, HEADS, made_up_reader(), FinetuneConfig(), encoder.config, {})
    return to_onnx(model, loaded)


def loading_seconds(graph: onnx.ModelProto, width: int, folder: Path) -> float:
    """A whole package: hashes, graph and tokenizer; importing ONNX Runtime is not counted."""
    names = [entry.name for entry in graph.graph.input]
    manifest = {"name": "x", "version": "1", "training_data": {}, "max_tokens": 128, "inputs": names}
    heads = {task.name: Head(task) for task in HEADS}
    written = {**manifest, "vector_width": width}
    save_encoder_package(folder, written, heads, graph.SerializeToString(), made_up_reader(), "card")
    began = time.perf_counter()
    model = load_encoder(folder, threads=1)
    assert model.reader is not None
    assert model.session is not None
    return time.perf_counter() - began


def dynamic(graph: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    onnx.save(graph, folder / "in.onnx")
    quantize_dynamic(folder / "in.onnx", folder / "out.onnx", weight_type=QuantType.QInt8)
    return onnx.load(folder / "out.onnx")


def blocks(graph: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    from onnxruntime.quantization.matmul_nbits_quantizer import (
        DefaultWeightOnlyQuantConfig,
        MatMulNBitsQuantizer,
    )

    copied = quantize(graph, matrices=False)
    settings = DefaultWeightOnlyQuantConfig(block_size=64, is_symmetric=True, accuracy_level=4, bits=8)
    made = MatMulNBitsQuantizer(copied, algo_config=settings)
    made.process()
    return made.model.model


FORMS: dict[str, Callable[[onnx.ModelProto, Path], onnx.ModelProto]] = {
    "fp32": lambda graph, _: graph,
    "ours: a scale per token": lambda graph, _: quantize(graph),
    "ONNX Runtime dynamic": dynamic,
    "MatMulNBits, 8 bits, blocks of 64": blocks,
}


def session(graph: onnx.ModelProto, path: Path) -> tuple[onnxruntime.InferenceSession, float]:
    onnx.save(graph, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    began = time.perf_counter()
    made = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return made, time.perf_counter() - began


def seconds(run: Callable[[], Any], rounds: int) -> float:
    """Best of several runs, so that other load on the machine matters less."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def feeds(made: onnxruntime.InferenceSession, ids: Any) -> dict[str, Any]:
    known = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    return {entry.name: known[entry.name] for entry in made.get_inputs()}


def farthest(first: list[Any], second: list[Any]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    ids = np.random.default_rng(0).integers(5, VOCABULARY, (ROWS, TOKENS))
    print("| encoder | form | MB | load s | texts/s | single ms | from fp32 | alone or in a batch |")
    print("|---|---|---|---|---|---|---|---|")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, encoder in encoders().items():
            graph, exact = exported(encoder.eval()), None
            for form, make in FORMS.items():
                made, loading = session(make(graph, folder), folder / "model.onnx")
                out = made.run(None, feeds(made, ids))
                exact = exact or out
                alone = made.run(None, feeds(made, ids[:1]))
                many = seconds(partial(made.run, None, feeds(made, ids)), rounds)
                one = seconds(partial(made.run, None, feeds(made, ids[:1])), 4 * rounds)
                size = os.path.getsize(folder / "model.onnx") / 1e6
                print(
                    f"| {name} | {form} | {size:.1f} | {loading:.2f} | {ROWS / many:.0f} | {1000 * one:.1f} "
                    f"| {farthest(exact, out):.1g} | {farthest([o[:1] for o in out], alone):.1g} |",
                    flush=True,
                )
            whole = loading_seconds(quantize(graph), encoder.config.hidden_size, folder / "package")
            print(f"| {name} | whole package, 8 bits | | {whole:.2f} | | | | |", flush=True)


if __name__ == "__main__":
    main()
