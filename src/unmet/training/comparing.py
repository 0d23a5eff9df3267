"""Several models on the same labelled rows; the difference to the first one with a paired interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmet.core.errors import InputError
from unmet.core.records import Estimate
from unmet.evaluate.measures import MAIN_MEASURE, measure_head
from unmet.models.answering import Answering
from unmet.training.measuring import measured_outputs, read_labelled

REPLICATES = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One model of a comparison.

    Attributes:
        model: as the user named it.
        name: ``name@version``.
        measures: with intervals.
        main: the measure that counts.
        gain: main measure less the first model's, over the same drawn rows; ``None`` for the first.
    """

    model: str
    name: str
    measures: dict[str, Estimate]
    main: str
    gain: Estimate | None


def compared(models: Sequence[tuple[str, Answering]], task: str | None, path: Path) -> list[Row]:
    """Measure models on the same rows.

    Raises:
        InputError: a model lacks the task, or the models disagree about what it is.
    """
    rows: list[Row] = []
    first: Any = None
    truth: Any = None
    for given, model in models:
        chosen, examples = read_labelled(model, task, path)
        outputs = model.outputs(chosen, examples.texts, examples.seconds)
        truth = examples.truth(chosen)
        found = measured_outputs(chosen, truth, outputs, model.threshold(chosen))
        main = MAIN_MEASURE[chosen.kind]
        if first is not None and first[0].kind != chosen.kind:
            raise InputError(f"{chosen.name} is {first[0].kind} for one model, {chosen.kind} for another")
        more = None if first is None else gain(first, (chosen, truth, outputs), main)
        first = first or (chosen, truth, outputs)
        rows.append(Row(given, model.name, found, main, more))
    return rows


def gain(first: Any, second: Any, main: str) -> Estimate:
    """Difference of a measure over the same drawn rows (paired bootstrap).

    Args:
        first, second: task, truth and outputs each.
        main: name of the measure.
    """
    kind = first[0].kind
    n_rows = len(first[2]) // 2 if kind == "vectors" else len(first[2])
    rng = np.random.default_rng(0)

    def score(one: Any, rows: Any) -> float:
        task, truth, outputs = one
        if kind == "tags":
            drawn = measure_head(kind, task.labels, [truth[i] for i in rows], [outputs[i] for i in rows])
        elif kind == "vectors":
            both = np.concatenate([rows, rows + n_rows])
            drawn = measure_head(kind, task.labels, None, outputs[both])
        else:
            drawn = measure_head(kind, task.labels, truth[rows], outputs[rows])
        return drawn[main]

    everything = np.arange(n_rows)
    draws = [rng.integers(n_rows, size=n_rows) for _ in range(REPLICATES)]
    gaps = [score(second, rows) - score(first, rows) for rows in draws]
    low, high = np.quantile(gaps, [0.025, 0.975])
    return Estimate(score(second, everything) - score(first, everything), float(low), float(high))
