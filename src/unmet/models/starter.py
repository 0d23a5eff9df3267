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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES, Entity, GivenAspect, Opinion, Polarity
from unmet.models.calibration import biased_argmax
from unmet.models.encoder import EncoderModel, ScoredSpan, load_encoder
from unmet.models.given_aspects import each_pair
from unmet.models.heads import in_order
from unmet.models.intensity import HIGHEST, LOWEST
from unmet.models.late_fusion import Join, read_join
from unmet.models.linear import LinearModels, TextModels
from unmet.models.tags import whole_words
from unmet.models.tier_file import HEADS_OF, Tier, check_heads, read_tier, tier_of_package

Floats = NDArray[np.float32]
KEPT_BATCHES = 2
_POLAR = tuple(str(polarity) for polarity in POLARITIES)


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

    def _outputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """All heads' outputs for a batch, from the last batches if these texts were among them."""
        key = tuple(texts)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._kept[key] = self.encoder.run(texts, None, self._heads)
        while len(self._kept) > KEPT_BATCHES:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _entry(self, task: str) -> Mapping[str, Any]:
        return self.tier.tasks[task]

    @cached_property
    def _sentiment_join(self) -> Join:
        return read_join(self._entry("sentiment"), len(POLARITIES), self.tier.where)

    @cached_property
    def _need_join(self) -> Join:
        return read_join(self._entry("need"), 2, self.tier.where)

    @property
    def need_threshold(self) -> float:
        """From the tier file, else the head's own or the linear model's."""
        told = self._entry("need").get("threshold")
        if told is not None:
            return float(told)
        by_encoder = self.tier.by("need") == "encoder"
        return self.encoder.heads["need"].threshold if by_encoder else self.linear.need_threshold

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
        return self._joined_sentiment(texts, self.linear.sentiment(texts))

    def _deep_sentiment(self, texts: Sequence[str]) -> Floats:
        return self._ordered("sentiment", self._outputs(texts)["sentiment"], _POLAR)

    def _joined_sentiment(self, texts: Sequence[str], said: Floats) -> Floats:
        return self._sentiment_join.probabilities(said, self._deep_sentiment(texts))

    def sentiment_labels(self, probabilities: NDArray[np.floating]) -> list[str]:
        """Most probable label of each row, shape ``(n, 3)``."""
        return [_POLAR[k] for k in np.argmax(probabilities, axis=1).tolist()] if len(probabilities) else []

    def sentiment_with_labels(self, texts: Sequence[str]) -> tuple[Floats, list[str]]:
        """Probabilities ``(n, 3)`` and labels.

        Where the models are joined, the linear tier's label biases count with the join's ``bias_share``.
        """
        if self.tier.by("sentiment") == "linear":
            return self.linear.sentiment_with_labels(texts)
        if self.tier.by("sentiment") != "join" or not self._sentiment_join.bias_share or not len(texts):
            probabilities = self.sentiment(texts)
            return probabilities, self.sentiment_labels(probabilities)
        said, biases = self._linear_tier.sentiment_with_biases(texts)
        probabilities = self._joined_sentiment(texts, said)
        decided = biased_argmax(probabilities, np.float32(self._sentiment_join.bias_share) * biases)
        return probabilities, [_POLAR[k] for k in decided.tolist()]

    def intensity(self, texts: Sequence[str]) -> Floats:
        """Valence and arousal, shape ``(n, 2)``, both 1–9."""
        if self.tier.by("intensity") == "linear":
            return self.linear.intensity(texts)
        deep = self._ordered("intensity", self._outputs(texts)["intensity"], ("valence", "arousal"))
        if self.tier.by("intensity") == "join":
            share = np.broadcast_to(np.array(self._encoder_share, np.float32), deep.shape)
            deep = share * deep + (1 - share) * self.linear.intensity(texts)
        return np.clip(deep, LOWEST, HIGHEST).astype(np.float32)

    @cached_property
    def _encoder_share(self) -> list[float]:
        share = self._entry("intensity").get("encoder_share")
        values: list[Any] = share if isinstance(share, list) else [share, share]
        if len(values) != 2 or not all(isinstance(v, (int, float)) and 0 <= v <= 1 for v in values):
            raise ModelError(f"encoder_share of intensity is {share!r}, not 0–1", where=self.tier.where)
        return [float(value) for value in values]

    def need(self, sentences: Sequence[str]) -> Floats:
        """Calibrated probability that a sentence states a need or suggestion, shape ``(n,)``."""
        if self.tier.by("need") == "linear":
            return self.linear.need(sentences)
        deep = self._ordered("need", self._outputs(sentences)["need"], ("0", "1"))
        if self.tier.by("need") == "encoder":
            return deep[:, 1]
        said = self.linear.need(sentences)
        return self._need_join.probabilities(np.stack([1 - said, said], axis=1), deep)[:, 1]

    def opinions(self, texts: Sequence[str]) -> list[list[Opinion]]:
        """Aspect–opinion pairs of each text: spans by the encoder, the rest as in the linear tier.

        Where the encoder has a head for given aspects and the tier uses it, it says the polarity of pairs
        with a named aspect.
        """
        if self.tier.by("aspects") == "linear":
            return self.linear.opinions(texts)
        spans = self._sure_spans("opinions", texts)
        found = self._linear_tier.opinions_from(texts, spans)
        if self.tier.by("given_aspects") != "encoder":
            return found
        aspects = [[o.aspect for o in own if o.aspect is not None] for own in found]
        said = self.given_aspects(texts, aspects)
        return [_with_polarity(own, given) for own, given in zip(found, said, strict=True)]

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
        spans = self._sure_spans("entities", texts)
        return [
            [
                Entity(text[s.start : s.end], s.type, (s.start, s.end))
                for s in own
                if text[s.start : s.end].strip()
            ]
            for text, own in zip(texts, spans, strict=True)
        ]

    def given_aspects(
        self, texts: Sequence[str], aspects: Sequence[Sequence[str]]
    ) -> list[list[GivenAspect]]:
        """Polarity, valence and arousal towards the named aspects of each text, in their order."""
        return each_pair(texts, aspects, self._about)

    def _about(self, texts: list[str], aspects: list[str]) -> list[tuple[str, float, float]]:
        heads = [name for name in HEADS_OF["given_aspects"] if name in self.encoder.heads]
        if self.tier.by("given_aspects") == "linear":
            heads = []
        answers = self._linear_tier.about(texts, aspects) if len(heads) < 2 else [("", 0.0, 0.0)] * len(texts)
        labels, values = [a[0] for a in answers], np.array([a[1:] for a in answers])
        if heads:
            read = self.encoder.run(self.encoder.around(texts, aspects), aspects, heads)
            if "given_aspect" in read:
                labels = self.sentiment_labels(self._ordered("given_aspect", read["given_aspect"], _POLAR))
            if "given_intensity" in read:
                values = self._ordered("given_intensity", read["given_intensity"], ("valence", "arousal"))
        bounded = np.clip(values, LOWEST, HIGHEST).tolist()
        return [(label, v, a) for label, (v, a) in zip(labels, bounded, strict=True)]

    def _ordered(self, head: str, values: Floats, labels: tuple[str, ...]) -> Floats:
        """Columns in our order of labels."""
        return in_order(values, self.encoder.heads[head].task.labels, labels)

    def _sure_spans(self, head: str, texts: Sequence[str]) -> list[list[ScoredSpan]]:
        """Spans of a tag head that are sure enough, widened to whole words, without overlaps."""
        threshold = self.encoder.heads[head].threshold
        found = []
        for text, own in zip(texts, self._outputs(texts)[head], strict=True):
            kept: list[ScoredSpan] = []
            for span in own:
                if span.probability < threshold:
                    continue
                start, end = whole_words(text, span.start, span.end)
                if not kept or start >= kept[-1].end:
                    kept.append(span._replace(start=start, end=end))
            found.append(kept)
        return found


def _with_polarity(opinions: list[Opinion], said: list[GivenAspect]) -> list[Opinion]:
    """Opinions with what was said of their aspects; ``said`` follows the opinions that name one."""
    answers = iter(said)
    changed = []
    for opinion in opinions:
        given = next(answers) if opinion.aspect is not None else None
        if given is None or given.polarity == opinion.polarity:
            changed.append(opinion)
            continue
        changed.append(replace(opinion, polarity=given.polarity, valence=_on_side(given)))
    return changed


def _on_side(given: GivenAspect) -> float:
    """Valence on the side of the neutral point that the polarity names."""
    low, high = {Polarity.NEGATIVE: (1.0, 5.0), Polarity.POSITIVE: (5.0, 9.0)}.get(given.polarity, (1.0, 9.0))
    return float(np.clip(given.valence, low, high))


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
    """The models, after reading whatever of the tier file is read later."""
    check_heads(models.tier, models.encoder.heads)
    for task, read in (
        ("sentiment", "_sentiment_join"),
        ("need", "_need_join"),
        ("intensity", "_encoder_share"),
    ):
        if models.tier.by(task) == "join":
            getattr(models, read)
    return models
