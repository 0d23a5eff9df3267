"""Self-training (Yarowsky 1995; Xie et al., "Noisy Student", 2020): a model learns from what it is sure of.

Each round trains anew from the base on the labels and on the unlabelled texts that the model of the round
before was sure of. Dropout is the student's noise. The model of the round with the best held-out result
is kept, and a round that is no better than the one before ends the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmet.core.config import FinetuneConfig, SelfTrainConfig
from unmet.core.errors import InputError
from unmet.evaluate.splits import text_key
from unmet.training.encoders import load_encoder
from unmet.training.finetuning import Finetuned, Report, Tuned, augmented, train_heads, write_tuned
from unmet.training.fitting import main_score
from unmet.training.task_data import TaskRows, split_task, sure_labels
from unmet.training.tasks import Examples, Task, joined
from unmet.training.windows import make_windows


@dataclass(frozen=True, slots=True)
class Taken:
    """What one round took in of one task.

    Attributes:
        rows: numbers of the texts.
        labels: class numbers given to them.
        confidence: probability of that class.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    confidence: NDArray[np.float64]


def self_train(
    base: str | Path,
    files: Mapping[str, Path],
    unlabelled: Sequence[str],
    out: Path,
    *,
    config: FinetuneConfig,
    how: SelfTrainConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Finetuned:
    """Fine-tune on labelled files, then again on those and on texts that the model labelled with confidence.

    Args:
        base, files, dev_files: see :func:`unmet.training.finetuning.finetune`.
        unlabelled: texts; those that are among the labelled or held-out ones are not used.
        out: receives the model of the best round; ``finetune.json`` tells what each round took in.
        config, how: settings.
        report: told one line per epoch and per round.

    Raises:
        InputError: no task of kind classes or flag, or no text left.
    """
    held_out = dev_files or {}
    read = [split_task(name, path, held_out.get(name), config) for name, path in files.items()]
    rows = [sure_labels(r, "self-training") for r in read]
    if not any(r.task.kind in ("classes", "flag") for r in rows):
        raise InputError("self-training needs a task whose texts have labels", hint="Leave --unlabelled out.")
    seen = {text_key(text) for r in rows for text in (*r.train.texts, *r.dev.texts)}
    texts = [text for text in dict.fromkeys(unlabelled) if text_key(text) not in seen]
    if not texts:
        raise InputError("every unlabelled text is among the labelled ones")
    best = _round(base, rows, config, report)
    best_score = main_score(best.measures, rows)
    told: list[dict[str, Any]] = [{"round": 0, "held_out": best_score}]
    model, before = best, dict[str, Taken]()
    for number in range(1, how.rounds + 1):
        taken = {
            r.task.name: choose(model, r.task, texts, how) for r in rows if r.task.kind in ("classes", "flag")
        }
        told.append({"round": number, **_counts(rows, taken, before)})
        if not any(len(t.rows) for t in taken.values()):
            report(f"round {number}: no text is surer than {how.confidence}")
            break
        model = _round(base, [_with(r, texts, taken.get(r.task.name)) for r in rows], config, report)
        score = main_score(model.measures, rows)
        told[-1]["held_out"] = score
        report(f"round {number}: {told[-1]['taken']} taken in of {len(texts):,}, held out {score:.4f}")
        before = taken
        if score <= best_score:
            break
        best, best_score = model, score
    about = {"confidence": how.confidence, "n_texts": len(texts), "rounds": told}
    return write_tuned(best, out, {"self_training": about})


def choose(tuned: Tuned, task: Task, texts: Sequence[str], how: SelfTrainConfig) -> Taken:
    """Texts whose most probable class is at least as probable as the threshold.

    No class takes in more than ``balance`` times as many as the smallest one that takes in any: otherwise
    the commonest class grows round by round.
    """
    examples = Examples(list(texts), [], np.zeros(0), [])
    windows = make_windows(task, examples, tuned.run.reader, tuned.run.config.max_tokens)
    probabilities: Any = tuned.run.predict(task, windows, examples)
    labels, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    sure = order[confidence[order] >= how.confidence]
    counts = np.bincount(labels[sure], minlength=len(task.labels))
    if how.balance and counts.any():
        most = round(how.balance * counts[counts > 0].min())
        kept = [rows[:most] for k in range(len(counts)) if len(rows := sure[labels[sure] == k])]
        sure = np.sort(np.concatenate(kept))
    return Taken(np.sort(sure), labels[np.sort(sure)], confidence[np.sort(sure)])


def _round(base: str | Path, rows: Sequence[TaskRows], config: FinetuneConfig, report: Report) -> Tuned:
    torch.manual_seed(config.seed)
    more = augmented(base, rows, config, report)
    return train_heads(*load_encoder(base, config), more, config, report=report)


def _with(rows: TaskRows, texts: Sequence[str], taken: Taken | None) -> TaskRows:
    if taken is None:
        return rows
    added = Examples([texts[i] for i in taken.rows], [], taken.labels, [])
    return replace(rows, train=joined([rows.train, added]))


def _counts(
    rows: Sequence[TaskRows], taken: Mapping[str, Taken], before: Mapping[str, Taken]
) -> dict[str, Any]:
    """Per task: texts taken in, by class, their mean confidence, and how many changed class since."""
    found: dict[str, Any] = {"taken": {}, "by_class": {}, "confidence": {}, "changed": {}}
    for r in rows:
        if r.task.name not in taken:
            continue
        own, last = taken[r.task.name], before.get(r.task.name)
        found["taken"][r.task.name] = len(own.rows)
        counts = np.bincount(own.labels, minlength=len(r.task.labels)).tolist()
        found["by_class"][r.task.name] = dict(zip(r.task.labels, counts, strict=True))
        found["confidence"][r.task.name] = float(own.confidence.mean()) if len(own.rows) else 0.0
        known = dict(zip(last.rows.tolist(), last.labels.tolist(), strict=True)) if last else {}
        pairs = zip(own.rows.tolist(), own.labels.tolist(), strict=True)
        found["changed"][r.task.name] = sum(known.get(row, label) != label for row, label in pairs)
    return found
