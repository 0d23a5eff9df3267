"""Fine-tuned folders read back, to be teachers, members of an ensemble, or to choose texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.config import FinetuneConfig
from unmet.models.heads import named_task
from unmet.training.encoders import tells_parts
from unmet.training.loading import load_finetuned
from unmet.training.methods.catalog import METHODS
from unmet.training.multitask import MultiTaskModel
from unmet.training.precision import training_device
from unmet.training.predicting import predict_examples
from unmet.training.tasks import Examples, Task
from unmet.training.tokenizing import Reader

Floats = NDArray[np.float32]
_VECTORS = Task("", "vectors")


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A fine-tuned model that answers.

    Attributes:
        folder: it was read from.
        model: in evaluation mode.
        tasks: by name.
        reader: tokenizer.
        config: of its training.
        shape: configuration of the plain encoder.
        measures: task → held-out quality, as noted when it was trained.
    """

    folder: Path
    model: MultiTaskModel
    tasks: dict[str, Task]
    reader: Reader
    config: FinetuneConfig
    shape: Any
    measures: dict[str, dict[str, float]]

    @property
    def segments(self) -> bool:
        """Whether the encoder tells first and second part apart."""
        return tells_parts(self.shape)

    def task(self, name: str) -> Task:
        """One of its tasks.

        Raises:
            InputError: it was not trained for that.
        """
        return named_task(self.tasks.values(), name, self.folder)

    def predict(self, task: Task, examples: Examples) -> Any:
        """Probabilities, scores in their unit, unit vectors or spans; see :func:`predicting.predict`."""
        longest = self.config.max_tokens
        return predict_examples(
            self.model, task, examples, self.reader, max_tokens=longest, segments=self.segments
        )

    def vectors(self, texts: list[str]) -> Floats:
        """Unit sentence vectors, shape ``(n, width)``."""
        found: Floats = self.predict(_VECTORS, Examples(texts, [], np.zeros(0), []))
        return found


def load_tuned(folder: Path) -> TunedModel:
    """Read a folder that ``unmet finetune`` wrote; what its method can fold into the encoder is folded in.

    Raises:
        ModelError: it is none.
    """
    loaded = load_finetuned(folder)
    merge = METHODS[loaded.config.method].merge
    if merge is not None:
        loaded.model.encoder = merge(loaded.model.encoder)
    model = loaded.model.to(training_device()).eval()
    tasks = {task.name: task for task in loaded.tasks}
    shape, measures = loaded.encoder_config, loaded.told.get("measures", {})
    return TunedModel(folder, model, tasks, loaded.reader, loaded.config, shape, measures)
