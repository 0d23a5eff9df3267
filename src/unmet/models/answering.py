"""One way to ask any installed model for a task's outputs on labelled texts: what `unmet evaluate` measures.

A tier answers under the names of an encoder's heads, so that the same labelled files serve both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from unmet.core.errors import InputError
from unmet.models.catalog import load_models
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.encoder_package import is_encoder_package
from unmet.models.head_calibration import outputs_for, plain_spans
from unmet.models.heads import Task, named_task
from unmet.models.linear import TextModels
from unmet.models.tier_file import EXPECTED

NAMES = {"ASPECT": "aspect_span", "OPINION": "opinion_span"}


class Answering(Protocol):
    """A model that answers tasks."""

    @property
    def name(self) -> str:
        """``name@version``."""
        ...

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it can be asked."""
        ...

    def threshold(self, task: Task) -> float:
        """Probability from which a flag is set."""
        ...

    def outputs(self, task: Task, texts: Sequence[str], seconds: Sequence[str]) -> Any:
        """See :mod:`unmet.evaluate.measures` for the shape by kind."""
        ...


@dataclass(frozen=True)
class TierAnswers:
    """A tier asked by the names of heads."""

    models: TextModels

    @property
    def name(self) -> str:
        """``tier@version``."""
        return self.models.name

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Heads of a tier; queries are read like any other text."""
        return tuple(_tier_task(name) for name in EXPECTED if name != "query_entities")

    def threshold(self, task: Task) -> float:
        """Of need; other tasks of a tier are no flags."""
        return self.models.need_threshold if task.name == "need" else 0.5

    def outputs(self, task: Task, texts: Sequence[str], seconds: Sequence[str]) -> Any:
        """Outputs of a task; polarities of given aspects are certain, as the tier gives no probabilities."""
        if task.name in _READ:
            return _READ[task.name](self.models, texts)
        given = [own[0] for own in self.models.given_aspects(texts, [[second] for second in seconds])]
        if task.name == "given_intensity":
            return np.array([[g.valence, g.arousal] for g in given], np.float32).reshape(-1, 2)
        return np.eye(len(task.labels), dtype=np.float32)[
            [task.labels.index(str(g.polarity)) for g in given]
        ].reshape(-1, len(task.labels))


_READ: dict[str, Callable[[TextModels, Sequence[str]], Any]] = {
    "sentiment": lambda models, texts: models.sentiment(texts),
    "intensity": lambda models, texts: models.intensity(texts),
    "need": lambda models, texts: _both_sides(models.need(texts)),
    "entities": lambda models, texts: [[(*e.span, e.type) for e in own] for own in models.entities(texts)],
    "opinions": lambda models, texts: [_opinion_spans(own) for own in models.opinions(texts)],
}


def _both_sides(positive: Any) -> Any:
    return np.stack([1 - positive, positive], axis=1)


def _opinion_spans(opinions: Sequence[Any]) -> list[tuple[int, int, str]]:
    spans = {(*getattr(o, name), kind) for o in opinions for kind, name in NAMES.items() if getattr(o, name)}
    return sorted(spans)


def _tier_task(name: str) -> Task:
    kind, paired, labels = EXPECTED[name]
    bounds = ((1.0,) * len(labels), (9.0,) * len(labels)) if kind == "scores" else ((), ())
    return Task(name, kind, labels, *bounds, paired and kind == "scores")


@dataclass(frozen=True)
class PackageAnswers:
    """An encoder package asked by its heads."""

    encoder: EncoderModel

    @property
    def name(self) -> str:
        """``name@version``."""
        return self.encoder.package.version

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its heads."""
        return tuple(head.task for head in self.encoder.heads.values())

    def threshold(self, task: Task) -> float:
        """As calibrated at export."""
        return self.encoder.heads[task.name].threshold

    def outputs(self, task: Task, texts: Sequence[str], seconds: Sequence[str]) -> Any:
        """Calibrated outputs; spans below the head's threshold are left out."""
        found = outputs_for(self.encoder, task, texts, seconds, calibrated=True)
        return plain_spans(found, self.threshold(task)) if task.kind == "tags" else found


def answering(model: str) -> Answering:
    """A tier by name or folder, or an encoder package.

    Raises:
        ModelError: there is no such model.
    """
    folder = Path(model)
    if is_encoder_package(folder):
        return PackageAnswers(load_encoder(folder))
    return TierAnswers(load_models(model))


def chosen_task(model: Answering, name: str | None) -> Task:
    """The task to measure: the named one, or the only one.

    Raises:
        InputError: none of that name, or several and no name.
    """
    if name is not None:
        return named_task(model.tasks, name)
    if len(model.tasks) == 1:
        return model.tasks[0]
    known = ", ".join(task.name for task in model.tasks)
    raise InputError("the model has several tasks", hint=f"Choose with --task: {known}.")
