"""An encoder package and the linear tier → a tier in which the better one answers each task, or both.

On held-out texts that neither model was trained on: a join is fitted on one half and judged on the other,
both ways round, so that it has no advantage over the models it joins. What is best by the task's main measure
is chosen; the join that is kept is then fitted on all texts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.core.files import write_json
from unmet.core.records import Estimate
from unmet.evaluate.measures import MAIN_MEASURE, measure_head
from unmet.evaluate.metrics import f1_of
from unmet.evaluate.splits import text_folds
from unmet.models.answering import PackageAnswers, TierAnswers, chosen_task
from unmet.models.encoder import load_encoder
from unmet.models.head_calibration import abstention, best_f1_threshold
from unmet.models.heads import DECIDING, Task, in_order
from unmet.models.late_fusion import fit_join, join_told
from unmet.models.linear import TextModels
from unmet.models.tier_file import FORMAT, HEADS_OF, TIER_FILE, TIER_TASKS, fits
from unmet.training.comparing import gain
from unmet.training.measuring import read_labelled
from unmet.training.tasks import Examples

Floats = NDArray[np.float32]
SHARES = tuple(step / 10 for step in range(11))
"""Shares of the encoder that are tried for intensities."""
RISK = 0.05
"""Error rate that answers above the abstention threshold are to keep."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a task.

    Attributes:
        task: of the tier.
        by: ``linear``, ``encoder`` or ``join``.
        measure: name of what was compared.
        values: candidate → value on held-out texts.
        gain: of the chosen one over the linear tier, with its interval.
        entry: for ``tier.json``.
    """

    task: str
    by: str
    measure: str
    values: dict[str, float]
    gain: Estimate
    entry: dict[str, Any]


def make_tier(
    package: Path,
    files: Mapping[str, Path],
    out: Path,
    linear: TextModels,
    *,
    name: str,
    version: str = "1",
    report: Callable[[str], None] = lambda _: None,
) -> list[Choice]:
    """Write a tier folder.

    Args:
        package: an exported encoder.
        files: head → labelled file of texts that neither model was trained on; tasks without a file stay
            linear.
        out: folder of the tier.
        linear: the linear tier.
        name, version: of the tier.
        report: told which task is measured.

    Raises:
        InputError: a file that is of no task, or does not fit.
        ModelError: the package cannot be used.
    """
    encoder = PackageAnswers(load_encoder(package))
    tasks = {head: task for task in TIER_TASKS for head in HEADS_OF[task]}
    unknown = [head for head in files if head not in tasks]
    if unknown:
        raise InputError(f"no tier task has a head {unknown[0]!r}", hint=f"Heads: {', '.join(tasks)}.")
    choices: dict[str, Choice] = {}
    for head, path in files.items():
        if head not in encoder.encoder.heads or not fits(encoder.encoder.heads[head]):
            raise InputError(f"the package has no fitting head {head!r}", where=str(package))
        report(f"measuring {head}")
        choice = _choose(head, tasks[head], path, TierAnswers(linear), encoder)
        # Two heads answer given aspects: the encoder has to be better on the first that is measured.
        choices.setdefault(choice.task, choice)
    told = {"format": FORMAT, "name": name, "version": version, "encoder": "encoder"}
    entries = {task: choice.entry for task, choice in choices.items()}
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(package, out / "encoder", dirs_exist_ok=True)
    write_json(out / TIER_FILE, {**told, "tasks": entries})
    return list(choices.values())


def _choose(head: str, task_name: str, path: Path, linear: TierAnswers, encoder: PackageAnswers) -> Choice:
    task, examples = read_labelled(linear, head, path)
    own = chosen_task(encoder, head)
    said = linear.outputs(task, examples.texts, examples.seconds)
    deep = encoder.outputs(own, examples.texts, examples.seconds)
    if own.kind != "tags":
        deep = in_order(deep, own.labels, task.labels)
    truth, candidates = examples.truth(task), {"linear": said, "encoder": deep}
    if task_name in ("sentiment", "need", "intensity"):
        candidates["join"] = _crossed(task, examples, truth, said, deep)
    measure = _main(task)
    values = {by: _value(task, truth, outputs, measure) for by, outputs in candidates.items()}
    by = max(values, key=lambda name: (values[name], name == "linear"))
    entry = _entry(task, by, truth, said, deep, candidates[by])
    better = gain((task, truth, said), (task, truth, candidates[by]), MAIN_MEASURE[task.kind])
    return Choice(task_name, by, measure, values, better, entry)


def _main(task: Task) -> str:
    return "best_f1" if task.kind == "flag" else MAIN_MEASURE[task.kind]


def _value(task: Task, truth: Any, outputs: Any, measure: str) -> float:
    if measure == "best_f1":  # every candidate gets a threshold of its own
        threshold = best_f1_threshold(truth == 1, outputs[:, 1])
        return f1_of(1)(truth, (outputs[:, 1] >= threshold).astype(np.int64))
    return measure_head(task.kind, task.labels, truth, outputs)[measure]


def _crossed(task: Task, examples: Examples, truth: Any, said: Floats, deep: Floats) -> Floats:
    """Joined outputs of every text by a join that was fitted on the other half."""
    try:
        folds = text_folds(examples.texts, 2)
    except ValueError as error:
        raise InputError("too few different texts to judge a join on", hint="Give more rows.") from error
    joined = np.empty_like(said)
    for fold in folds:
        a, b = fold.train, fold.test
        joined[b] = _joined(task, truth[a], said[a], deep[a], said[b], deep[b])
    return joined


def _joined(task: Task, truth: Any, said: Floats, deep: Floats, new_said: Floats, new_deep: Floats) -> Floats:
    if task.kind == "scores":
        share = np.array(_best_shares(truth, said, deep), np.float32)
        return (share * new_deep + (1 - share) * new_said).astype(np.float32)
    return fit_join(said, deep, truth).probabilities(new_said, new_deep)


def _best_shares(truth: Floats, said: Floats, deep: Floats) -> list[float]:
    """Share of the encoder with the least squared error, per score."""
    shares = np.array(SHARES)[:, None, None]
    errors = ((shares * deep + (1 - shares) * said - truth) ** 2).mean(axis=1)
    return [SHARES[best] for best in errors.argmin(axis=0).tolist()]


def _entry(task: Task, by: str, truth: Any, said: Any, deep: Any, outputs: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"by": by}
    if by == "join" and task.kind == "scores":
        entry["encoder_share"] = _best_shares(truth, said, deep)
    elif by == "join":
        entry |= join_told(fit_join(said, deep, truth))
    if task.kind == "flag" and by != "linear":
        entry["threshold"] = best_f1_threshold(truth == 1, outputs[:, 1])
    if task.kind in DECIDING and by != "linear":
        entry["abstain_below"] = abstention(truth, outputs, RISK, entry.get("threshold"))[0]
    return entry
