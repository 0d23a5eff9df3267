"""A rule-made tier with known answers, so that mining is tested apart from model quality."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from unmet.core.records import Entity, Opinion, Polarity

PATTERN = re.compile(
    r"(屏幕|电池|物流|battery|screen|zipper)?\s*(?:is |was )?(很慢|不好|太暗|漏液|很快|great|dim|broken)"
)
POSITIVE = {"很快", "great"}


@dataclass
class RuleModels:
    name: str = "rules@1"
    versions: dict[str, str] = field(default_factory=lambda: {"opinions": "rules@1"})
    need_threshold: float = 0.5
    unsure_below: dict[str, float] = field(default_factory=dict)

    def abstain_below(self, task: str) -> float:
        return self.unsure_below.get(task, 0.0)

    def only(self, task: str) -> RuleModels:
        return self

    def sentiment(self, texts: Sequence[str]) -> np.ndarray:
        bad = np.array([1.0 if re.search("不好|broken|慢", t) else 0.0 for t in texts]).reshape(-1, 1)
        return np.hstack([bad * 0.8 + 0.1, np.full_like(bad, 0.1), 0.8 - bad * 0.8])

    def sentiment_with_labels(self, texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        probabilities = self.sentiment(texts)
        return probabilities, [("negative", "neutral", "positive")[i] for i in probabilities.argmax(axis=1)]

    def intensity(self, texts: Sequence[str]) -> np.ndarray:
        return np.full((len(texts), 2), 5.0)

    def need(self, sentences: Sequence[str]) -> np.ndarray:
        return np.array([0.9 if re.search("希望|please add", s) else 0.1 for s in sentences])

    def opinions(self, texts: Sequence[str]) -> list[list[Opinion]]:
        return [[self._opinion(m) for m in PATTERN.finditer(text)] for text in texts]

    def entities(self, texts: Sequence[str]) -> list[list[Entity]]:
        return [[Entity(m.group(), "brand", m.span()) for m in re.finditer("Acme", text)] for text in texts]

    def _opinion(self, match: re.Match[str]) -> Opinion:
        polarity = Polarity.POSITIVE if match.group(2) in POSITIVE else Polarity.NEGATIVE
        return Opinion(
            aspect=match.group(1),
            aspect_span=match.span(1) if match.group(1) else None,
            opinion=match.group(2),
            opinion_span=match.span(2),
            category="quality",
            polarity=polarity,
            valence=7.0 if polarity is Polarity.POSITIVE else 3.0,
        )


@pytest.fixture
def rule_models() -> RuleModels:
    return RuleModels()
