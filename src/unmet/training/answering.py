"""A fine-tuned folder asked like any installed model (:class:`unmet.models.answering.Answering`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmet.models.heads import Task
from unmet.training.loading import LoadedModel, load_finetuned
from unmet.training.predicting import predict_examples
from unmet.training.tasks import Examples


@dataclass(frozen=True)
class FinetunedAnswers:
    """A loaded model with the name of its folder."""

    name: str
    loaded: LoadedModel

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its heads."""
        return self.loaded.tasks

    def threshold(self, task: Task) -> float:
        """Not fitted before export."""
        return 0.5

    def outputs(self, task: Task, texts: Sequence[str], seconds: Sequence[str]) -> Any:
        """Outputs by torch."""
        spans: list[list[tuple[int, int, str]]] = [[] for _ in texts]
        examples = Examples(list(texts), list(seconds), np.zeros(0), spans)
        loaded = self.loaded
        longest, segments = loaded.config.max_tokens, loaded.segments
        return predict_examples(
            loaded.model, task, examples, loaded.reader, max_tokens=longest, segments=segments
        )


def finetuned_answers(folder: Path) -> FinetunedAnswers:
    """Load a fine-tuned folder to be measured.

    Raises:
        ModelError: see :func:`unmet.training.loading.load_finetuned`.
    """
    return FinetunedAnswers(f"{folder.name}@finetuned", load_finetuned(folder))
