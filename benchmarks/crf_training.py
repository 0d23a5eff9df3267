"""Training of hashed linear-chain CRFs with CRFsuite, and their export to the run-time tagger's arrays."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.models.tagger import FeatureTable, Tagger, feature_keys, one_per_slot
from unmet.models.tagger_features import Column, Template

Arrays = dict[str, NDArray[Any]]


def train_crf(
    keys: NDArray[np.uint32],
    tags: Sequence[str],
    bounds: NDArray[np.int64],
    *,
    drop: Sequence[int] = (),
    drop_share: float = 0.0,
    sources: Sequence[str] | None = None,
    l1: float = 0.05,
    l2: float = 0.05,
    iterations: int = 80,
    min_count: int = 2,
    seed: int = 0,
) -> dict[str, Any]:
    """Fit by L-BFGS; returns ``{"state": {(key, label): weight}, "moves": {(from, to): weight}}``.

    ``drop`` names templates left out of a random ``drop_share`` of the sequences, so that the others learn
    to do without word identity. ``sources`` (one per sequence) adds a bias per label and source.
    """
    import pycrfsuite

    random = np.random.default_rng(seed)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {"c1": l1, "c2": l2, "max_iterations": iterations, "feature.minfreq": min_count,
         "feature.possible_transitions": True}
    )  # fmt: skip
    all_templates = np.arange(keys.shape[1])
    kept_templates = np.setdiff1d(all_templates, np.array(drop, dtype=int))
    for number, (first, last) in enumerate(pairwise(bounds.tolist())):
        if first == last:
            continue
        chosen = kept_templates if drop_share and random.random() < drop_share else all_templates
        rows = [list(map(str, row)) for row in keys[first:last][:, chosen].tolist()]
        if sources is not None:
            for row in rows:
                row.append(f"source={sources[number]}")
        trainer.append(rows, list(tags[first:last]))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.crf")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
        return {"state": dict(info.state_features), "moves": dict(info.transitions)}


def crf_arrays(
    weights: Mapping[str, Any],
    labels: Sequence[str],
    *,
    max_features: int,
    bias: tuple[int, Mapping[str, float]] | None = None,
) -> Arrays:
    """Prune, quantise to int8 and sort the weights: ``tagger_keys/weights/scale/transitions``.

    ``bias``: the bias template's key and the share of each source whose bias is folded into it.
    """
    column = {label: i for i, label in enumerate(labels)}
    table: dict[int, NDArray[np.float64]] = {}
    extra = np.zeros(len(labels))
    for (name, label), weight in weights["state"].items():
        if label not in column:
            continue
        if name.startswith("source="):
            extra[column[label]] += (bias[1].get(name[7:], 0.0) if bias else 0.0) * weight
            continue
        table.setdefault(int(name), np.zeros(len(labels)))[column[label]] += weight
    if bias:
        table.setdefault(bias[0], np.zeros(len(labels)))[:] += extra
    keys = np.fromiter(table, dtype=np.uint32, count=len(table))
    values = np.array(list(table.values()))
    strength = np.abs(values).max(1)
    kept = np.argsort(-strength, kind="stable")[:max_features]
    keys, values = keys[kept], values[kept]
    chosen = one_per_slot(keys, strength[kept])
    keys, values = keys[chosen], values[chosen]
    scale = np.clip(np.abs(values).max(1), 1e-6, None) / 127.0
    moves = np.zeros((len(labels), len(labels)), dtype=np.float32)
    for (first, second), weight in weights["moves"].items():
        if first in column and second in column:
            moves[column[first], column[second]] = weight
    for j, label in enumerate(labels):  # an inside label needs its beginning
        if label.startswith("I-"):
            for i, before in enumerate(labels):
                if before[2:] != label[2:]:
                    moves[i, j] = min(moves[i, j], -6.0)
    return {
        "tagger_keys": keys,
        "tagger_weights": np.round(values / scale[:, None]).astype(np.int8),
        "tagger_scale": scale.astype(np.float16),
        "tagger_transitions": moves,
    }


def lean_from_outside(arrays: Arrays, bias_key: int, amount: float) -> Arrays:
    """The arrays with the outside label's bias lowered: more spans are found, at some precision."""
    row = int(np.flatnonzero(arrays["tagger_keys"] == bias_key)[0])
    scales = arrays["tagger_scale"].astype(np.float64)
    values = arrays["tagger_weights"][row].astype(np.float64) * scales[row]
    values[0] -= amount  # label 0 is O
    scale = np.abs(values).max() / 127.0
    weights, new_scale = arrays["tagger_weights"].copy(), arrays["tagger_scale"].copy()
    weights[row], new_scale[row] = np.round(values / scale).astype(np.int8), scale
    return {**arrays, "tagger_weights": weights, "tagger_scale": new_scale}


def keys_of(
    templates: Sequence[Template],
    columns: Mapping[str, Column],
    types: NDArray[np.int64],
    bounds: NDArray[np.int64],
) -> NDArray[np.uint32]:
    """Feature keys as the run-time tagger computes them, shape ``(n_tokens, n_templates)``."""
    return feature_keys(templates, columns, types, bounds)


def tagger_of(
    arrays: Mapping[str, NDArray[Any]], labels: Sequence[str], templates: Sequence[Template]
) -> Tagger:
    """The run-time tagger over exported arrays."""
    rows = arrays["tagger_weights"].astype(np.float32) * arrays["tagger_scale"].astype(np.float32)[:, None]
    table = FeatureTable.build(arrays["tagger_keys"], rows)
    return Tagger(tuple(labels), tuple(templates), table, arrays["tagger_transitions"])
