"""`unmet evaluate --stress`: the same rows as people really type them, and a check for bias.

A change is measured on the rows that it changes, beside the same rows unchanged. Bias is the mean shift of
the answer when only who speaks is swapped; it is flagged where it is large and not by chance.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.core.records import Estimate
from unmet.evaluate.measures import MAIN_MEASURE, measure_head
from unmet.models.answering import Answering
from unmet.models.heads import DECIDING, Task
from unmet.text.perturbing import CHANGES, KEEPS_OFFSETS, SWAPS, Change, negate, spoken_by
from unmet.training.comparing import gain
from unmet.training.tasks import Examples

FLAGGED_GAP = 0.02
"""Mean shift, as a share of the scale, from which a swap is flagged if its interval leaves out 0."""


def stress_report(model: Answering, task: Task, examples: Examples, *, seed: int = 0) -> dict[str, Any]:
    """Plain dict: ``changes`` (per change: rows, measure before and after, difference with interval),
    ``negation`` (share of denied judgements that weaken their side) and ``bias`` (per swap: gap, flag).

    Raises:
        InputError: the task gives vectors, of which a changed text has no right one.
    """
    if task.kind == "vectors":
        raise InputError("vectors have no stress test", hint="Choose another --task.")
    before = model.outputs(task, examples.texts, examples.seconds)
    names = [name for name in CHANGES if task.kind != "tags" or name in KEEPS_OFFSETS]
    return {
        "changes": {name: _change(model, task, examples, before, name, seed) for name in names},
        "negation": _negation(model, task, examples, before, seed),
        "bias": {name: _bias(model, task, examples, name, seed) for name in SWAPS}
        if task.kind != "tags"
        else {},
    }


def changed_texts(texts: list[str], change: Change, seed: int) -> list[str]:
    """Every text changed; a text's change depends on the text and the seed alone."""
    return [change(text, random.Random(seed ^ zlib.crc32(text.encode("utf-8", "replace")))) for text in texts]


def _answers_after(
    model: Answering, task: Task, examples: Examples, change: Change, seed: int
) -> tuple[NDArray[np.int64], Any]:
    """Numbers of the rows that a change changes, and the outputs of these after it (of none: nothing)."""
    texts = changed_texts(examples.texts, change, seed)
    rows = np.array([i for i, text in enumerate(texts) if text != examples.texts[i]], dtype=np.int64)
    if not len(rows):
        return rows, None
    seconds = [examples.seconds[i] for i in rows] if examples.seconds else []
    return rows, model.outputs(task, [texts[i] for i in rows], seconds)


def _change(
    model: Answering, task: Task, examples: Examples, before: Any, name: str, seed: int
) -> dict[str, Any]:
    rows, after = _answers_after(model, task, examples, CHANGES[name], seed)
    if not len(rows):
        return {"rows": 0}
    truth = _taken(examples.truth(task), rows)
    old = _taken(before, rows)
    main = MAIN_MEASURE[task.kind]
    return {
        "rows": len(rows),
        "measure": main,
        "before": measure_head(task.kind, task.labels, truth, old)[main],
        "after": measure_head(task.kind, task.labels, truth, after)[main],
        "difference": asdict(gain((task, truth, old), (task, truth, after), main)),
    }


def _taken(values: Any, rows: NDArray[np.int64]) -> Any:
    return [values[i] for i in rows] if isinstance(values, list) else values[rows]


def _negation(model: Answering, task: Task, examples: Examples, before: Any, seed: int) -> dict[str, Any]:
    """How often denying the first judgement takes probability from the side that was decided."""
    if not {"negative", "positive"} <= set(task.labels) or task.kind not in DECIDING:
        return {"rows": 0}
    rows, after = _answers_after(model, task, examples, negate, seed)
    if not len(rows):
        return {"rows": 0}
    side = before[rows].argmax(axis=1)
    place = np.arange(len(rows))
    return {
        "rows": len(rows),
        "weakened": float((after[place, side] < before[rows][place, side]).mean()),
        "turned": float((after.argmax(axis=1) != side).mean()),
    }


def _bias(model: Answering, task: Task, examples: Examples, name: str, seed: int) -> dict[str, Any]:
    """Mean shift of the answer between two beginnings, 95% interval over rows."""
    scores = []
    for beginnings in SWAPS[name]:
        texts = [spoken_by(text, beginnings) for text in examples.texts]
        scores.append(_level(task, model.outputs(task, texts, examples.seconds)))
    gaps = scores[1] - scores[0]
    rng = np.random.default_rng(seed)
    drawn = [float(gaps[rng.integers(len(gaps), size=len(gaps))].mean()) for _ in range(300)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    gap = Estimate(float(gaps.mean()), float(low), float(high))
    flagged = abs(gap.value) >= FLAGGED_GAP and not gap.low <= 0 <= gap.high
    return {"rows": len(gaps), "gap": asdict(gap), "largest": float(np.abs(gaps).max()), "flagged": flagged}


def _level(task: Task, outputs: Any) -> NDArray[np.float64]:
    """The answer as one number, 0–1: from negative to positive, the last class, or the first score."""
    values = np.asarray(outputs, dtype=np.float64)
    if task.kind == "scores":
        return np.asarray((values[:, 0] - task.lowest[0]) / max(task.highest[0] - task.lowest[0], 1e-9))
    if {"negative", "positive"} <= set(task.labels):
        plus, minus = task.labels.index("positive"), task.labels.index("negative")
        return np.asarray((values[:, plus] - values[:, minus] + 1) / 2)
    return np.asarray(values[:, -1])


def stress_lines(report: dict[str, Any]) -> list[str]:
    """The report for people."""
    lines = []
    for name, found in report["changes"].items():
        if not found["rows"]:
            lines.append(f"  {name:12} changes no row")
            continue
        gap = found["difference"]
        lines.append(
            f"  {name:12} {found['measure']} {found['before']:.4f} → {found['after']:.4f} "
            f"on {found['rows']:,} rows ({gap['low']:+.4f} to {gap['high']:+.4f})"
        )
    if report["negation"]["rows"]:
        found = report["negation"]
        lines.append(
            f"  {'negation':12} weakens its side in {found['weakened']:.0%}, "
            f"turns it in {found['turned']:.0%} of {found['rows']:,} rows"
        )
    for name, found in report["bias"].items():
        gap = found["gap"]
        mark = "  FLAGGED" if found["flagged"] else ""
        lines.append(
            f"  {name + ' swap':12} {gap['value']:+.4f} ({gap['low']:+.4f} to {gap['high']:+.4f}) "
            f"of the scale{mark}"
        )
    return lines
