"""Fine-tuned folders read back, to be teachers, members of an ensemble, or to choose texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.config import FinetuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.training.batch_losses import has_segments
from unmet.training.encoders import load_encoder
from unmet.training.multitask import MultiTaskModel
from unmet.training.precision import training_device
from unmet.training.predicting import predict
from unmet.training.tasks import Examples, Task
from unmet.training.tokenizing import Reader
from unmet.training.windows import make_windows

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
    """

    folder: Path
    model: MultiTaskModel
    tasks: dict[str, Task]
    reader: Reader
    config: FinetuneConfig

    @property
    def segments(self) -> bool:
        """Whether the encoder tells first and second part apart."""
        return has_segments(self.model.encoder)

    def task(self, name: str) -> Task:
        """One of its tasks.

        Raises:
            InputError: it was not trained for that.
        """
        if name not in self.tasks:
            known = ", ".join(self.tasks)
            raise InputError(
                f"the model has no task {name!r}", where=str(self.folder), hint=f"It has {known}."
            )
        return self.tasks[name]

    def predict(self, task: Task, examples: Examples) -> Any:
        """Probabilities, scores in their unit, unit vectors or spans; see :func:`predicting.predict`."""
        windows = make_windows(task, examples, self.reader, self.config.max_tokens)
        n_texts = len(examples) * (2 if task.kind == "vectors" else 1)
        return predict(self.model, task, windows, n_texts, pad=self.reader.pad, segments=self.segments)

    def vectors(self, texts: list[str]) -> Floats:
        """Unit sentence vectors, shape ``(n, width)``."""
        windows = make_windows(
            _VECTORS, Examples(texts, [], np.zeros(0), []), self.reader, self.config.max_tokens
        )
        found: Floats = predict(
            self.model, _VECTORS, windows, len(texts), pad=self.reader.pad, segments=self.segments
        )  # type: ignore[assignment]
        return found


def load_tuned(folder: Path) -> TunedModel:
    """Read a folder that ``unmet finetune`` wrote.

    Raises:
        ModelError: it is none, or its method added parts that are not folded into ``encoder/``.
    """
    path = folder / "finetune.json"
    if not path.is_file():
        raise ModelError(
            "no fine-tuned model lies here", where=str(folder), hint="Give a folder of finetune."
        )
    told = json.loads(path.read_text("utf-8"))
    config = FinetuneConfig(**told["config"])
    tasks = [
        Task(t["name"], t["kind"], tuple(t["labels"]), tuple(t["lowest"]), tuple(t["highest"]))
        for t in told["tasks"]
    ]
    model, reader = _load(folder, tasks, config)
    model.to(training_device())
    return TunedModel(folder, model.eval(), {task.name: task for task in tasks}, reader, config)


def _load(folder: Path, tasks: list[Task], config: FinetuneConfig) -> tuple[MultiTaskModel, Reader]:
    from safetensors import safe_open

    if not (folder / "encoder").is_dir():
        raise ModelError(
            f"a model trained with --method {config.method} cannot be read here",
            where=str(folder),
            hint="Use one trained with full, lora, adalora or bitfit.",
        )
    encoder, reader = load_encoder(folder / "encoder", config)
    model = MultiTaskModel(encoder, int(encoder.config.hidden_size), tasks, config.dropout)
    with safe_open(str(folder / "model.safetensors"), "pt") as file:
        heads = {n.removeprefix("heads."): file.get_tensor(n) for n in file.keys() if n.startswith("heads.")}  # noqa: SIM118
    model.heads.load_state_dict(heads)
    return model, reader
