"""Everything a tier file says of how models are joined, read and checked at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES
from unmet.models.late_fusion import Join, read_join
from unmet.models.span_join import SpanJoin, read_span_join
from unmet.models.starter_given import GivenJoin, read_given_join
from unmet.models.tier_file import Tier
from unmet.models.vector_map import VectorMap, read_vector_map

SPAN_TASKS = ("aspects", "entities")


@dataclass(frozen=True, slots=True)
class TierJoins:
    """Joins of a tier; a task that is not joined has none.

    Attributes:
        classes: ``sentiment`` and ``need`` → join of probabilities.
        encoder_share: of valence and of arousal, 0–1.
        spans: ``aspects`` and ``entities`` → join of tags.
        given: read-out of given aspects.
        vectors: read-out of sentence vectors, if the tier has one.
        polarity_by_encoder: whether the encoder's aspect head says the polarity of found opinions.
    """

    classes: Mapping[str, Join]
    encoder_share: tuple[float, float] | None
    spans: Mapping[str, SpanJoin]
    given: GivenJoin | None
    vectors: VectorMap | None
    polarity_by_encoder: bool


def read_joins(tier: Tier, width: int) -> TierJoins:
    """Read what a tier file says.

    Args:
        tier: the file.
        width: of the encoder's vectors.

    Raises:
        ModelError: something is missing, has another shape or is out of range.
    """
    joined = {task: entry for task, entry in tier.tasks.items() if entry["by"] == "join"}
    sizes = {"sentiment": len(POLARITIES), "need": 2}
    return TierJoins(
        {task: read_join(joined[task], n, tier.where) for task, n in sizes.items() if task in joined},
        _share(joined["intensity"], tier.where) if "intensity" in joined else None,
        {task: read_span_join(joined[task], tier.where) for task in SPAN_TASKS if task in joined},
        read_given_join(joined["given_aspects"], tier.where) if "given_aspects" in joined else None,
        None if tier.vectors is None else read_vector_map(tier.folder, tier.vectors, width),
        _polarity_by_encoder(tier),
    )


def _share(told: Mapping[str, Any], where: str) -> tuple[float, float]:
    share = told.get("encoder_share")
    values: list[Any] = share if isinstance(share, list) else [share, share]
    if len(values) != 2 or not all(isinstance(v, (int, float)) and 0 <= v <= 1 for v in values):
        raise ModelError(f"encoder_share of intensity is {share!r}, not 0–1", where=where)
    return float(values[0]), float(values[1])


def _polarity_by_encoder(tier: Tier) -> bool:
    told = tier.tasks["aspects"].get("polarity", "encoder")
    if told not in ("linear", "encoder"):
        raise ModelError(f"polarity of aspects is by {told!r}, not linear or encoder", where=tier.where)
    return told == "encoder" and tier.by("given_aspects") != "linear"
