"""The linear tier: every task from hashed n-grams and linear taggers, loaded when first used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES, Entity, GivenAspect, Opinion
from unmet.models.classifier import Classifier, load_classifier
from unmet.models.given_aspects import Answer, clauses_with, each_pair
from unmet.models.intensity import IntensityModel, load_intensity_model
from unmet.models.package import MANIFEST_FILE, package_version

if TYPE_CHECKING:
    from unmet.models.entities import EntityModel
    from unmet.models.opinions import OpinionModel
    from unmet.models.span_join import JoinedTags
    from unmet.models.span_transfer import FoundSpan

Floats = NDArray[np.float32]
TASK_FOLDERS = {
    "sentiment": "sentiment",
    "intensity": "intensity",
    "need": "need",
    "aspects": "opinions",
    "entities": "entities",
}
"""Task → folder inside a tier."""


class TextModels(Protocol):
    """What every tier offers to ``mining``. Inputs are whole texts unless said otherwise."""

    @property
    def name(self) -> str:
        """``tier@version``."""
        ...

    @property
    def versions(self) -> dict[str, str]:
        """Task → ``name@version`` of the model that answers it."""
        ...

    @property
    def need_threshold(self) -> float:
        """Probability from which a sentence counts as stating a need."""
        ...

    def abstain_below(self, task: str) -> float:
        """Confidence, 0–1, below which an answer to ``sentiment``, ``need`` or ``given_aspects`` is not sure.

        0: the tier never abstains.
        """
        ...

    def only(self, task: str) -> TextModels:
        """The same answers to one task, for callers that read many texts for nothing else."""
        ...

    def sentiment(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, shape ``(n, 3)``, order negative, neutral, positive."""
        ...

    def sentiment_labels(self, probabilities: NDArray[np.floating]) -> list[str]:
        """Most probable label of each row of :meth:`sentiment`, shape ``(n, 3)``."""
        ...

    def sentiment_with_labels(self, texts: Sequence[str]) -> tuple[Floats, list[str]]:
        """Probabilities ``(n, 3)`` and labels decided by tuned rules, in one read."""
        ...

    def intensity(self, texts: Sequence[str]) -> Floats:
        """Valence and arousal, shape ``(n, 2)``, both 1–9."""
        ...

    def need(self, sentences: Sequence[str]) -> Floats:
        """Calibrated probability that a sentence states a need or suggestion, shape ``(n,)``."""
        ...

    def opinions(self, texts: Sequence[str]) -> list[list[Opinion]]:
        """Aspect–opinion pairs of each text."""
        ...

    def entities(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Product, brand and model names of each text."""
        ...

    def given_aspects(
        self, texts: Sequence[str], aspects: Sequence[Sequence[str]]
    ) -> list[list[GivenAspect]]:
        """Polarity, valence and arousal towards the named aspects of each text, in their order."""
        ...


@dataclass(frozen=True)
class LinearModels:
    """A folder of linear packages; a package is read when its task is first asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """``linear@`` version of the sentiment package."""
        return f"linear@{self._version('sentiment').partition('@')[2]}"

    @cached_property
    def versions(self) -> dict[str, str]:
        """Task → ``name@version``; tasks without a package in this folder are left out."""
        return {
            task: self._version(task)
            for task, folder in TASK_FOLDERS.items()
            if (self.folder / folder / MANIFEST_FILE).is_file()
        }

    def _version(self, task: str) -> str:
        return package_version(self._path(task))

    def _path(self, task: str) -> Path:
        path = self.folder / TASK_FOLDERS[task]
        if not path.is_dir():
            raise ModelError(
                f"This tier has no model for the task {task!r}.",
                where=str(self.folder),
                hint="Leave the task out or choose another tier.",
            )
        return path

    @cached_property
    def _sentiment(self) -> Classifier:
        return load_classifier(self._path("sentiment"), "sentiment")

    @cached_property
    def _need(self) -> Classifier:
        return load_classifier(self._path("need"), "need")

    @cached_property
    def _intensity(self) -> IntensityModel:
        return load_intensity_model(self._path("intensity"), self._sentiment)

    @cached_property
    def _opinions(self) -> OpinionModel:
        from unmet.models.opinions import load_opinion_model

        return load_opinion_model(self._path("aspects"))

    @cached_property
    def _entities(self) -> EntityModel:
        from unmet.models.entities import load_entity_model

        return load_entity_model(self._path("entities"))

    @property
    def need_threshold(self) -> float:
        """Tuned on training folds for the F1 of stated needs."""
        return self._need.threshold

    def abstain_below(self, task: str) -> float:
        """0: linear packages hold no such threshold, every text is answered."""
        return 0.0

    def only(self, task: str) -> LinearModels:
        """Itself: every task is read by a model of its own."""
        return self

    def sentiment(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, shape ``(n, 3)``, order negative, neutral, positive."""
        return self._sentiment.probabilities(texts)

    def sentiment_labels(self, probabilities: NDArray[np.floating]) -> list[str]:
        """Most probable label; :meth:`sentiment_with_labels` decides better where classes are rare."""
        return _label_names(np.argmax(probabilities, axis=1)) if len(probabilities) else []

    def sentiment_with_labels(self, texts: Sequence[str]) -> tuple[Floats, list[str]]:
        """Probabilities ``(n, 3)``, and labels by biases tuned per register for macro-F1.

        A forum post rarely takes sides, a star rating mostly does: one threshold on the
        probabilities would serve one of them badly.
        """
        probabilities, decided = self._sentiment.decide(texts)
        return probabilities, _label_names(decided)

    def sentiment_with_registers(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Probabilities ``(n, 3)``, and each text's shares of the ``E`` registers ``(n, E)``."""
        return self._sentiment.with_registers(texts)

    def sentiment_biases(self, registers: Floats) -> Floats:
        """What :meth:`sentiment_with_labels` adds to log probabilities, ``(n, E)`` → ``(n, 3)``."""
        biases: Floats = registers @ self._sentiment.bias
        return biases

    def intensity(self, texts: Sequence[str]) -> Floats:
        """Valence and arousal, shape ``(n, 2)``, clipped to 1–9."""
        return self._intensity.predict(texts)

    def need(self, sentences: Sequence[str]) -> Floats:
        """Calibrated probability that a sentence states a need or suggestion, shape ``(n,)``."""
        return self._need.probabilities(sentences)[:, 1]

    def need_with_registers(self, sentences: Sequence[str]) -> tuple[Floats, Floats]:
        """Probabilities of no need and of a need ``(n, 2)``, and shares of the registers ``(n, E)``."""
        return self._need.with_registers(sentences)

    def opinions(self, texts: Sequence[str], joined: JoinedTags | None = None) -> list[list[Opinion]]:
        """Aspect–opinion pairs of each text; ``joined`` is what an encoder adds to the tagger's scores."""
        return self._opinions.extract(texts, joined=joined)

    def opinions_from(
        self, texts: Sequence[str], spans: Sequence[Sequence[FoundSpan]]
    ) -> list[list[Opinion]]:
        """Pairs of aspects and opinions that another model found."""
        return self._opinions.extract(texts, spans=spans)

    def entities(self, texts: Sequence[str], joined: JoinedTags | None = None) -> list[list[Entity]]:
        """Product, brand and model names of each text; ``joined`` as in :meth:`opinions`."""
        return self._entities.extract(texts, joined)

    def given_aspects(
        self, texts: Sequence[str], aspects: Sequence[Sequence[str]]
    ) -> list[list[GivenAspect]]:
        """Read from the clauses that name the aspect; from the whole text where none does."""
        return each_pair(texts, aspects, self.about)

    def about(self, texts: Sequence[str], aspects: Sequence[str]) -> list[Answer]:
        """Polarity, valence and arousal of pairs of text and aspect; always sure."""
        clauses = clauses_with(texts, aspects)
        labels, values = self.sentiment_with_labels(clauses)[1], self.intensity(clauses).tolist()
        return [(label, v, a, True) for label, (v, a) in zip(labels, values, strict=True)]


def _label_names(classes: NDArray[np.int64]) -> list[str]:
    return [str(POLARITIES[index]) for index in classes.tolist()]
