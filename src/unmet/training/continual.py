"""Continual learning: domains or tasks one after the other, without forgetting the earlier ones.

Replay (Chaudhry et al., "Tiny episodic memories", 2019): a few rows of every earlier stage are trained along.
Forgetting is reported as the matrix R of Lopez-Paz & Ranzato 2017: ``R[i][j]`` is the quality on stage j
after training on stage i.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.core.config import FinetuneConfig, ReplayConfig
from unmet.core.errors import InputError
from unmet.training.batch_losses import Fit
from unmet.training.encoders import load_encoder, longest_window
from unmet.training.finetuning import Finetuned, Report, Tuned, write_tuned
from unmet.training.fitting import fit, new_fit, planned_steps
from unmet.training.predicting import MAIN_MEASURE, measure
from unmet.training.task_data import TaskData, TaskRows, split_task, sure_labels, tokenize_task
from unmet.training.tasks import Task, joined

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model that has learnt stage by stage.

    Attributes:
        model: after the last stage.
        stages: names.
        matrix: R, shape ``(stages + 1, stages)``; row 0 is before any training.
        forgetting: see :func:`forgetting_report`.
    """

    model: Finetuned
    stages: list[str]
    matrix: Floats
    forgetting: dict[str, Any]


def learn_in_stages(
    base: str | Path,
    files: Mapping[str, Path],
    out: Path,
    *,
    config: FinetuneConfig,
    how: ReplayConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Learnt:
    """Fine-tune on one file after the other.

    Args:
        base: see :func:`unmet.training.finetuning.finetune`.
        files: stage name → labelled file, in the order of learning.
        out: receives the last model; ``finetune.json`` holds the forgetting report.
        config: settings of every stage.
        how: size of the replay, and whether all stages share one head (domains of one task).
        dev_files: stage name → held-out file.
        report: told one line per epoch and per stage.

    Raises:
        InputError: one stage only, or domains whose labels differ in kind.
    """
    if len(files) < 2:
        raise InputError("one stage is no sequence", hint="Give --stage twice or more, in order.")
    rows = _read_stages(files, config, how, dev_files or {})
    names = list(files)
    torch.manual_seed(config.seed)
    encoder, reader = load_encoder(base, config)
    config = replace(config, max_tokens=longest_window(encoder, config.max_tokens))
    data = [tokenize_task(r, reader, config) for r in rows]
    run = new_fit(encoder, reader, data, config, sum(planned_steps([d], config) for d in data))
    qualities = [_measures(run, data)]
    history: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        report(f"stage {name}")
        stage = [rows[number]] if not number else with_replay(rows[: number + 1], how, config.seed)
        run.data = [tokenize_task(r, reader, config) for r in stage]
        run.config = replace(config, seed=config.seed + number)
        history += [
            {"stage": name, **entry} for entry in fit(run, planned_steps(run.data, config), report=report)
        ]
        qualities.append(_measures(run, data))
        report(", ".join(f"{n} {q:.4f}" for n, q in zip(names, _main(qualities[-1], data), strict=True)))
    table = np.array([_main(found, data) for found in qualities])
    forgetting = forgetting_report(names, table)
    measures = dict(zip(names, qualities[-1], strict=True))
    run.config = config
    tuned = Tuned(run, measures, history, tuple({d.task.name: d.task for d in data}.values()))
    done = write_tuned(tuned, out, {"continual": {**asdict(how), **forgetting}})
    return Learnt(done, names, table, forgetting)


def with_replay(stages: Sequence[TaskRows], how: ReplayConfig, seed: int) -> list[TaskRows]:
    """Rows of the last stage, and with them a buffer of rows of the earlier ones.

    The buffer holds ``replay_share`` of each earlier stage's rows, drawn once by chance. With a shared head,
    held-out rows are those of the last stage only.
    """
    now = stages[-1]
    tasks: dict[str, TaskRows] = {now.task.name: now}
    for number, earlier in enumerate(stages[:-1]):
        n = round(how.replay_share * len(earlier.train))
        chosen = np.random.default_rng([seed, number]).permutation(len(earlier.train))[:n]
        kept = earlier.train.take(np.sort(chosen))
        if not n:
            continue
        if how.shared_head:
            tasks[now.task.name] = replace(now, train=joined([tasks[now.task.name].train, kept]))
        else:
            tasks[earlier.task.name] = TaskRows(earlier.task, kept, earlier.dev)
    return list(tasks.values())


def forgetting_report(names: Sequence[str], matrix: Floats) -> dict[str, Any]:
    """What learning later stages did to earlier ones.

    Args:
        names: of the ``T`` stages.
        matrix: ``(T + 1, T)``; row 0 before training, row ``i`` after stage ``i``.

    Returns:
        ``matrix``; ``average``: mean quality after the last stage; ``backward_transfer``: mean of
        ``R[T][j] - R[j][j]`` over the earlier stages, negative where something was forgotten;
        ``forward_transfer``: mean of ``R[j-1][j] - R[0][j]`` over the later stages (both Lopez-Paz & Ranzato
        2017); ``forgetting``: mean drop from the best quality ever reached (Chaudhry et al. 2018).

    >>> found = forgetting_report(["a", "b"], np.array([[0.5, 0.5], [0.9, 0.6], [0.7, 0.8]]))
    >>> [round(found[k], 3) for k in ("average", "backward_transfer", "forward_transfer", "forgetting")]
    [0.75, -0.2, 0.1, 0.2]
    """
    after = matrix[1:]
    n = len(names)
    last = after[-1]
    backward = [last[j] - after[j, j] for j in range(n - 1)]
    forward = [matrix[j, j] - matrix[0, j] for j in range(1, n)]
    lost = [max(after[j:, j].max() - last[j], 0.0) for j in range(n - 1)]
    return {
        "stages": list(names),
        "matrix": matrix.tolist(),
        "average": float(last.mean()),
        "backward_transfer": float(np.mean(backward)),
        "forward_transfer": float(np.mean(forward)),
        "forgetting": float(np.mean(lost)),
    }


def _read_stages(
    files: Mapping[str, Path], config: FinetuneConfig, how: ReplayConfig, dev_files: Mapping[str, Path]
) -> list[TaskRows]:
    """Rows of every stage; with a shared head all have the labels of the first file that has all of them."""

    def read_as(task: str | None) -> list[TaskRows]:
        rows = [split_task(task or n, path, dev_files.get(n), config) for n, path in files.items()]
        return [sure_labels(r, "continual learning") for r in rows]

    if not how.shared_head:
        return read_as(None)
    read = read_as("task")
    if len({r.task.kind for r in read}) > 1:
        kinds = ", ".join(f"{n} {r.task.kind}" for n, r in zip(files, read, strict=True))
        raise InputError(f"stages of one head are of different kinds: {kinds}", hint="Use --own-heads.")
    task = _union([r.task for r in read])
    return [split_task("task", path, dev_files.get(name), config, like=task) for name, path in files.items()]


def _union(tasks: Sequence[Task]) -> Task:
    first = tasks[0]
    if first.kind == "scores":
        if any(t.labels != first.labels for t in tasks):
            raise InputError("stages of one head have different scores", hint="Use --own-heads.")
        lowest = tuple(min(values) for values in zip(*(t.lowest for t in tasks), strict=True))
        highest = tuple(max(values) for values in zip(*(t.highest for t in tasks), strict=True))
        return replace(first, lowest=lowest, highest=highest)
    return replace(first, labels=tuple(sorted({label for t in tasks for label in t.labels})))


def _measures(run: Fit, data: Sequence[TaskData]) -> list[dict[str, float]]:
    """Measures on the held-out rows of every stage."""
    return [measure(d.task, d.dev, run.predict(d.task, d.dev_windows, d.dev)) for d in data]


def _main(found: Sequence[Mapping[str, float]], data: Sequence[TaskData]) -> list[float]:
    """The measure that counts, of every stage."""
    return [measures[MAIN_MEASURE[d.task.kind]] for measures, d in zip(found, data, strict=True)]
