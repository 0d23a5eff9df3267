"""The starter tier: an encoder for what it does better, n-grams for the rest, both joined where that is best.

``tier.json`` says which model answers which task (:mod:`unmet.models.tier_file`). The encoder reads a batch
of texts once for all its heads: the outputs of the last two batches are kept, found again by the texts
themselves, so that sentiment, intensity, opinions and entities of the same texts cost one pass. (Two,
because `mine` goes back and forth between texts and their sentences.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES, Entity, GivenAspect, Opinion
from unmet.models.calibration import biased_argmax
from unmet.models.encoder import EncoderModel, load_encoder
from unmet.models.encoder_package import VECTOR
from unmet.models.entity_features import ENTITY_LABELS, ENTITY_TYPES
from unmet.models.given_aspects import Answer, each_pair
from unmet.models.heads import in_order
from unmet.models.intensity import HIGHEST, LOWEST
from unmet.models.linear import LinearModels, TextModels
from unmet.models.opinion_templates import OPINION_LABELS
from unmet.models.span_join import JoinedTags, tag_columns
from unmet.models.span_transfer import LABELS as SPAN_LABELS
from unmet.models.starter_given import about_aspects
from unmet.models.starter_joins import TierJoins, read_joins
from unmet.models.starter_spans import entities_of, sure_spans, with_polarity
from unmet.models.tier_file import HEADS_OF, Tier, check_heads, read_tier, tier_of_package

Floats = NDArray[np.float32]
KEPT_BATCHES = 2
_POLAR = tuple(str(polarity) for polarity in POLARITIES)
_SPAN_TASKS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = MappingProxyType(
    {
        "aspects": (OPINION_LABELS, SPAN_LABELS),
        "entities": (ENTITY_LABELS, {kind: kind for kind in ENTITY_TYPES}),
    }
)
"""Task → labels of the linear tagger, and their names by the encoder's types."""


@dataclass(frozen=True)
class StarterModels:
    """Text models of a tier folder; see :class:`unmet.models.linear.TextModels` for what each method gives.

    Attributes:
        tier: who answers what.
        encoder: the loaded encoder package.
        linear: answers the rest.
    """

    tier: Tier
    encoder: EncoderModel
    linear: TextModels
    _kept: OrderedDict[tuple[str, ...], dict[str, Any]] = field(default_factory=OrderedDict, repr=False)

    @property
    def name(self) -> str:
        """``tier@version``."""
        return f"{self.tier.name}@{self.tier.version}"

    @cached_property
    def versions(self) -> dict[str, str]:
        """Task → ``name@version`` of the model that answers it; both, with ``+``, where they are joined."""
        found = {}
        for task, linear in self.linear.versions.items():
            deep = self.encoder.package.version
            found[task] = {"linear": linear, "encoder": deep, "join": f"{linear}+{deep}"}[self.tier.by(task)]
        return found

    @cached_property
    def _heads(self) -> tuple[str, ...]:
        """Heads that any task reads from single texts."""
        names = [
            name
            for task, heads in HEADS_OF.items()
            if self.tier.by(task) != "linear"
            for name in heads
            if name in self.encoder.heads and not self.encoder.heads[name].task.reads_two
        ]
        return tuple(names)

    @cached_property
    def _scored(self) -> tuple[str, ...]:
        """Heads whose tags are joined with the linear taggers', so that every token's scores are wanted."""
        return tuple(HEADS_OF[task][0] for task in self.joins.spans)

    def _outputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """All heads' outputs for a batch, from the last batches if these texts were among them."""
        key = tuple(texts)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._kept[key] = self.encoder.run(texts, None, self._heads, scored=self._scored)
        while len(self._kept) > KEPT_BATCHES:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _entry(self, task: str) -> Mapping[str, Any]:
        return self.tier.tasks[task]

    @cached_property
    def joins(self) -> TierJoins:
        """How the tier joins the two."""
        return read_joins(self.tier, int(self.encoder.package.manifest["vector_width"]))

    @property
    def need_threshold(self) -> float:
        """From the tier file, else the head's own or the linear model's."""
        told = self._entry("need").get("threshold")
        if told is not None:
            return float(told)
        by_encoder = self.tier.by("need") == "encoder"
        return self.encoder.heads["need"].threshold if by_encoder else self.linear.need_threshold

    def abstain_below(self, task: str) -> float:
        """From the tier file, else the encoder head's own; the linear tier's where it answers alone.

        Joined probabilities are calibrated like the head's and no less often right, so its threshold holds.
        """
        told = self._entry(task).get("abstain_below")
        if told is not None:
            return float(told)
        if self.tier.by(task) == "linear":
            return self.linear.abstain_below(task)
        return self.encoder.heads[HEADS_OF[task][0]].abstain_below

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors of unit length, shape ``(n, width)``; texts that mean the same are close.

        Chinese and English share one space. The tier's read-out is applied where it has one.
        """
        found: Floats = self.encoder.run(texts, None, (VECTOR,))[VECTOR]
        return found if self.joins.vectors is None else self.joins.vectors(found)

    def only(self, task: str) -> StarterModels:
        """The same answers to one task: no other head is read, and the batches kept here stay."""
        others: dict[str, Mapping[str, Any]] = {name: {"by": "linear"} for name in self.tier.tasks}
        tier = replace(self.tier, tasks={**others, task: self._entry(task)})
        return replace(self, tier=tier, _kept=OrderedDict())

    def sentiment(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities, shape ``(n, 3)``, order negative, neutral, positive."""
        if self.tier.by("sentiment") == "linear":
            return self.linear.sentiment(texts)
        if self.tier.by("sentiment") == "encoder":
            return self._deep_sentiment(texts)
        join = self.joins.classes["sentiment"]
        if join.by_register is None:
            return join.probabilities(self.linear.sentiment(texts), self._deep_sentiment(texts))
        return self._joined_sentiment(texts)[0]

    def _deep_sentiment(self, texts: Sequence[str]) -> Floats:
        return self._ordered("sentiment", self._outputs(texts)["sentiment"], _POLAR)

    def _joined_sentiment(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Probabilities, and what counts of the linear tier's label biases, both ``(n, 3)``."""
        join = self.joins.classes["sentiment"]
        said, registers = self._linear_tier.sentiment_with_registers(texts)
        probabilities = join.probabilities(said, self._deep_sentiment(texts), registers)
        return probabilities, np.float32(join.bias_share) * self._linear_tier.sentiment_biases(registers)

    def sentiment_labels(self, probabilities: NDArray[np.floating]) -> list[str]:
        """Most probable label of each row, shape ``(n, 3)``."""
        return [_POLAR[k] for k in np.argmax(probabilities, axis=1).tolist()] if len(probabilities) else []

    def sentiment_with_labels(self, texts: Sequence[str]) -> tuple[Floats, list[str]]:
        """Probabilities ``(n, 3)`` and labels.

        Where the models are joined, the linear tier's label biases count with the join's ``bias_share``.
        """
        if self.tier.by("sentiment") == "linear":
            return self.linear.sentiment_with_labels(texts)
        if (
            self.tier.by("sentiment") != "join"
            or not self.joins.classes["sentiment"].bias_share
            or not len(texts)
        ):
            probabilities = self.sentiment(texts)
            return probabilities, self.sentiment_labels(probabilities)
        probabilities, biases = self._joined_sentiment(texts)
        decided = biased_argmax(probabilities, biases)
        return probabilities, [_POLAR[k] for k in decided.tolist()]

    def intensity(self, texts: Sequence[str]) -> Floats:
        """Valence and arousal, shape ``(n, 2)``, both 1–9."""
        if self.tier.by("intensity") == "linear":
            return self.linear.intensity(texts)
        deep = self._ordered("intensity", self._outputs(texts)["intensity"], ("valence", "arousal"))
        if self.joins.encoder_share is not None:
            share = np.broadcast_to(np.array(self.joins.encoder_share, np.float32), deep.shape)
            deep = share * deep + (1 - share) * self.linear.intensity(texts)
        return np.clip(deep, LOWEST, HIGHEST).astype(np.float32)

    def need(self, sentences: Sequence[str]) -> Floats:
        """Calibrated probability that a sentence states a need or suggestion, shape ``(n,)``."""
        if self.tier.by("need") == "linear":
            return self.linear.need(sentences)
        deep = self._ordered("need", self._outputs(sentences)["need"], ("0", "1"))
        if self.tier.by("need") == "encoder":
            return deep[:, 1]
        join = self.joins.classes["need"]
        if join.by_register is not None:
            said, registers = self._linear_tier.need_with_registers(sentences)
            return join.probabilities(said, deep, registers)[:, 1]
        asks = self.linear.need(sentences)
        return join.probabilities(np.stack([1 - asks, asks], axis=1), deep)[:, 1]

    def opinions(self, texts: Sequence[str]) -> list[list[Opinion]]:
        """Aspect–opinion pairs of each text: spans by the encoder or by both, the rest as in the linear tier.

        Where the tier answers given aspects by the encoder, that head says the polarity of pairs with a named
        aspect, unless the tier's entry leaves ``polarity`` to ``linear``.
        """
        if self.tier.by("aspects") == "linear":
            return self.linear.opinions(texts)
        if self.tier.by("aspects") == "join":
            found = self._linear_tier.opinions(texts, self._joined_tags("aspects", texts))
        else:
            spans = sure_spans(texts, self._outputs(texts)["opinions"], self._threshold("opinions"))
            found = self._linear_tier.opinions_from(texts, spans)
        if not self.joins.polarity_by_encoder:
            return found
        aspects = [[o.aspect for o in own if o.aspect is not None] for own in found]
        said = self.given_aspects(texts, aspects)
        return [with_polarity(own, given) for own, given in zip(found, said, strict=True)]

    def _threshold(self, head: str) -> float:
        return self.encoder.heads[head].threshold

    def _joined_tags(self, task: str, texts: Sequence[str]) -> JoinedTags:
        head, (labels, names) = HEADS_OF[task][0], _SPAN_TASKS[task]
        columns = tag_columns(labels, self.encoder.heads[head].task.labels, names)
        return JoinedTags(self.joins.spans[task], self._outputs(texts)[head], columns)

    @property
    def _linear_tier(self) -> LinearModels:
        if not isinstance(self.linear, LinearModels):
            raise ModelError(
                "pairs of spans and label biases come from the linear tier", where=self.tier.where
            )
        return self.linear

    def entities(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Product, brand and model names of each text."""
        if self.tier.by("entities") == "linear":
            return self.linear.entities(texts)
        if self.tier.by("entities") == "join":
            return self._linear_tier.entities(texts, self._joined_tags("entities", texts))
        spans = sure_spans(texts, self._outputs(texts)["entities"], self._threshold("entities"))
        return entities_of(texts, spans)

    def given_aspects(
        self, texts: Sequence[str], aspects: Sequence[Sequence[str]]
    ) -> list[list[GivenAspect]]:
        """Polarity, valence and arousal towards the named aspects of each text, in their order."""
        return each_pair(texts, aspects, self._about)

    def _about(self, texts: list[str], aspects: list[str]) -> list[Answer]:
        if self.tier.by("given_aspects") == "linear":
            return self._linear_tier.about(texts, aspects)
        return about_aspects(
            self.encoder,
            self._linear_tier,
            texts,
            aspects,
            join=self.joins.given,
            sure_from=self.abstain_below("given_aspects"),
        )

    def _ordered(self, head: str, values: Floats, labels: tuple[str, ...]) -> Floats:
        """Columns in our order of labels."""
        return in_order(values, self.encoder.heads[head].task.labels, labels)


def load_tier(folder: Path, linear: LinearModels, threads: int = 0) -> StarterModels:
    """A tier folder: ``tier.json`` and the encoder package it names.

    Raises:
        ModelError: a file is missing or damaged, or the encoder lacks a head that the tier names.
    """
    tier = read_tier(folder)
    return _checked(StarterModels(tier, load_encoder(tier.encoder, threads), linear))


def load_package_tier(folder: Path, linear: LinearModels, threads: int = 0) -> StarterModels:
    """An encoder package alone: its heads as far as they go, the linear tier for the rest."""
    encoder = load_encoder(folder, threads)
    tier = tier_of_package(folder, encoder.package.version, encoder.heads)
    return _checked(StarterModels(tier, encoder, linear))


def _checked(models: StarterModels) -> StarterModels:
    """The models, after reading whatever of the tier file is read later: damage is told at once."""
    check_heads(models.tier, models.encoder.heads)
    _ = models.joins
    return models
