"""The list of augmentations, and labelled rows with their copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError
from unmet.evaluate.splits import text_key
from unmet.training.augmentation.back_translation import BackTranslation
from unmet.training.augmentation.edits import Edits
from unmet.training.augmentation.masked_replacement import MaskedReplacement
from unmet.training.task_data import TaskRows
from unmet.training.tasks import Span, joined
from unmet.training.tokenizing import load_reader

NAMES = ("none", "eda", "mlm", "back-translation")


class Augmenter(Protocol):
    """Texts with their spans → other texts that mean about the same, with their spans."""

    def __call__(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], rng: np.random.Generator
    ) -> list[tuple[str, list[Span]]]:
        """One new text for each."""


def find_augmenter(base: str | Path, texts: Sequence[str], config: FinetuneConfig) -> Augmenter:
    """The augmentation that the settings name.

    Args:
        base: the model that replaces words, unless the settings name another.
        texts: training texts.
        config: see :class:`FinetuneConfig`.

    Raises:
        InputError: there is none of that name.
        ModelError: its model cannot be loaded.
    """
    if config.augment == "eda":
        return Edits(texts, config.augment_share)
    if config.augment == "mlm":
        folder = config.augment_models[0] if config.augment_models else str(base)
        return MaskedReplacement(folder, load_reader(Path(folder)), config.augment_share)
    if config.augment == "back-translation":
        return BackTranslation(config.augment_models)
    raise InputError(f"no augmentation {config.augment!r}", hint=f"Use one of {', '.join(NAMES)}.")


def augment_rows(
    rows: TaskRows, augmenter: Augmenter, config: FinetuneConfig, report: Callable[[str], None]
) -> TaskRows:
    """A task's training rows followed by their copies; held-out rows stay as they are.

    Copies that are empty, say the same as the row they come from, or equal a held-out text are left out
    and counted. Both texts of a pair are changed.
    """
    train = rows.train
    if rows.task.kind == "tags" and config.augment == "back-translation":
        raise InputError(
            f"back-translation loses the spans of {rows.task.name}", hint="Use --augment eda or mlm for them."
        )
    held_out = {text_key(text) for text in rows.dev.texts}
    made = [train]
    n_dropped = 0
    for copy in range(config.augment_copies):
        rng = np.random.default_rng([config.seed, copy])
        spans = train.spans or [[] for _ in train.texts]
        firsts = augmenter(train.texts, spans, rng)
        seconds = augmenter(train.seconds, [[] for _ in train.seconds], rng) if train.seconds else []
        kept = [
            number
            for number, (text, _) in enumerate(firsts)
            if text.strip()
            and text_key(text) not in held_out
            and (text_key(text) != text_key(train.texts[number]) or bool(seconds))
            and (not seconds or seconds[number][0].strip())
        ]
        n_dropped += len(train) - len(kept)
        chosen = train.take(np.array(kept, dtype=np.int64))
        made.append(
            replace(
                chosen,
                texts=[firsts[i][0] for i in kept],
                seconds=[seconds[i][0] for i in kept] if seconds else [],
                spans=[firsts[i][1] for i in kept] if train.spans else [],
            )
        )
    more = joined(made)
    report(
        f"{rows.task.name}: {len(more) - len(train):,} texts added by {config.augment}, "
        f"{n_dropped:,} left out"
    )
    return replace(rows, train=more)
