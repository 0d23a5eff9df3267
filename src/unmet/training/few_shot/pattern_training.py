"""PET, pattern-exploiting training (Schick & Schütze 2021).

1. For every pattern a masked language model is trained on the labels: it fills the gap.
2. Together they label unlabelled texts, softly.
3. A plain classifier is trained on those. It is what is written: no pattern is needed to run it.

The auxiliary masked-word loss of the paper (weight 1e-4) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from unmet.core.config import FewShotConfig, FinetuneConfig
from unmet.core.errors import InputError
from unmet.training.architectures import load_model
from unmet.training.encoders import has_segments, load_encoder, longest_window
from unmet.training.few_shot.patterns import Pattern, fill_pattern, read_pattern, read_verbalizer
from unmet.training.finetuning import Finetuned, Report, train_heads, write_tuned
from unmet.training.objectives import parts_of
from unmet.training.precision import Precision
from unmet.training.predicting import MAIN_MEASURE, measure, model_inputs
from unmet.training.task_data import TaskRows, split_task, sure_labels
from unmet.training.tasks import Examples, joined
from unmet.training.tokenizing import Reader, load_reader

Floats = NDArray[np.float32]


class GapModel:
    """A masked language model that classifies through one pattern.

    Args:
        base: folder of a masked language model.
        pattern, words: see :mod:`unmet.training.few_shot.patterns`.
        reader: its tokenizer.
        config, how: settings.
    """

    def __init__(
        self, base: str, pattern: Pattern, words: Sequence[Any], reader: Reader,
        config: FinetuneConfig, how: FewShotConfig,
    ) -> None:  # fmt: skip
        torch.manual_seed(config.seed)
        self.pattern, self.words, self.reader = pattern, words, reader
        self.config, self.how = config, how
        self.model: Any = load_model(base, "mlm")
        self.encoder, self.head, _ = parts_of(self.model)
        self.precision = Precision(config.precision)
        self.model.to(self.precision.device)
        self.n_cut = 0

    def logits(self, texts: Sequence[str]) -> torch.Tensor:
        """How well a label's words fill the gap, on average; shape ``(n, labels)``."""
        reader, device = self.reader, self.precision.device
        longest = longest_window(self.encoder, self.config.max_tokens)
        batch, gaps, n_cut = fill_pattern(self.pattern, reader.encode_batch(texts), reader, longest)
        self.n_cut += n_cut
        states = self.encoder(**model_inputs(batch, device, has_segments(self.encoder))).last_hidden_state
        rows = torch.arange(len(gaps), device=device)
        words = self.head(states[rows, torch.as_tensor(gaps, device=device)]).float()
        return torch.stack([words[:, torch.as_tensor(ids)].mean(dim=1) for ids in self.words], dim=1)

    def train(self, rows: Examples) -> None:
        """Learn labelled rows; encoder and vocabulary head are trained."""
        config = self.config
        rate = config.learning_rate or self.how.gap_rate
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=config.weight_decay)
        rng = np.random.default_rng(config.seed)
        self.model.train()
        for step in range(self.how.gap_steps):
            chosen = rng.permutation(len(rows))[: config.batch_rows]
            with self.precision.forward():
                outputs = self.logits([rows.texts[i] for i in chosen])
                loss = functional.cross_entropy(
                    outputs, torch.as_tensor(rows.targets[chosen], device=outputs.device)
                )
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 - step / self.how.gap_steps)
            self.precision.backward(loss)
            self.precision.step(optimizer, config.gradient_norm)
            self.model.zero_grad(set_to_none=True)

    @torch.no_grad()
    def probabilities(self, texts: Sequence[str], temperature: float = 1.0) -> Floats:
        """Of the labels, shape ``(n, labels)``."""
        self.model.eval()
        parts = [
            (self.logits(texts[first : first + 64]) / temperature).softmax(dim=1).cpu().numpy()
            for first in range(0, len(texts), 64)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.words)), np.float32)


def finetune_with_patterns(
    base: str | Path,
    files: Mapping[str, Path],
    out: Path,
    *,
    patterns: Sequence[str],
    words: Mapping[str, Sequence[str]],
    unlabelled: Sequence[str],
    config: FinetuneConfig,
    how: FewShotConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Finetuned:
    """Train a classifier from few labels, patterns and unlabelled texts.

    Args:
        base: folder of a masked language model (its vocabulary head is needed).
        files: one task of kind classes or flag.
        out: receives a model like those of ``unmet finetune``.
        patterns: with ``{text}`` and ``[MASK]``.
        words: label → words, each one token.
        unlabelled: texts that the patterns label for the classifier.
        config, how: settings.
        dev_files, report: see :func:`unmet.training.finetuning.finetune`.

    Raises:
        InputError: the task, a pattern, a word or the texts cannot be used.
        ModelError: the base is no masked language model.
    """
    rows = only_classes(files, config, dev_files)
    if not patterns or not unlabelled:
        what = "--unlabelled texts" if patterns else '--pattern, for example "{text} 总之很[MASK]。"'
        raise InputError("patterns label texts that have no label", hint=f"Give {what}.")
    reader = load_reader(Path(base))
    chosen = read_verbalizer(words, rows.task.labels, reader)
    read = [read_pattern(pattern, reader) for pattern in patterns]
    told, soft = [], []
    for pattern in read:
        model = GapModel(str(base), pattern, chosen, reader, config, how)
        before = _quality(model, rows)
        model.train(rows.train)
        told.append({"pattern": pattern.written, "untrained": before, "trained": _quality(model, rows)})
        report(f"pattern {pattern.written}: held out {before:.4f}, after training {told[-1]['trained']:.4f}")
        soft.append(model.probabilities(unlabelled, how.soft_temperature))
        if model.n_cut:
            report(
                f"pattern {pattern.written}: {model.n_cut:,} readings lost the end of a text that did not fit"
            )
    taught = with_soft_labels(rows, unlabelled, np.mean(soft, axis=0))
    loaded = load_encoder(base, config)
    tuned = train_heads(*loaded, [taught], replace(config, method="full"), report=report)
    verbalizer = {label: list(words.get(label) or [label]) for label in rows.task.labels}
    about = {"method": "pet", "patterns": told, "verbalizer": verbalizer, "n_unlabelled": len(unlabelled)}
    return write_tuned(tuned, out, {"few_shot": about})


def only_classes(
    files: Mapping[str, Path], config: FinetuneConfig, dev_files: Mapping[str, Path] | None
) -> TaskRows:
    """Rows of the one task.

    Raises:
        InputError: there are several, or it is no classification of single texts.
    """
    if len(files) != 1:
        raise InputError("few-shot methods train one task", hint="Give one --task.")
    ((name, path),) = files.items()
    rows = split_task(name, path, (dev_files or {}).get(name), config)
    if rows.task.kind not in ("classes", "flag"):
        raise InputError(
            f"{name} is of kind {rows.task.kind}; few-shot methods need labels of texts", where=str(path)
        )
    return sure_labels(rows, "a few-shot method")


def with_soft_labels(rows: TaskRows, texts: Sequence[str], soft: Floats) -> TaskRows:
    """Labelled rows, with all probability on their label, followed by texts with probabilities."""
    hard = np.eye(len(rows.task.labels), dtype=np.float32)[rows.train.targets]
    added = Examples(list(texts), [], soft.astype(np.float32), [])
    return replace(rows, train=joined([replace(rows.train, targets=hard), added]))


def _quality(model: GapModel, rows: TaskRows) -> float:
    found = measure(rows.task, rows.dev, model.probabilities(rows.dev.texts))
    return found[MAIN_MEASURE[rows.task.kind]]
