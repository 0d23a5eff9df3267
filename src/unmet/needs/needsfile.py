"""``needs.json``: the cards as plain data, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.config import MineConfig
from unmet.core.errors import RunFolderError
from unmet.core.files import rounded
from unmet.core.records import Count, Estimate, Impact, Need, Quote, Segment, TrendPoint
from unmet.core.tables import height
from unmet.needs.cards import data_as_of
from unmet.needs.quotes import quote_of, with_texts

SCHEMA_VERSION = 1
UNCLUSTERED_EXAMPLES = 10
UNCLUSTERED_FIELDS = ("mentions", "share", "reasons", "examples")


@dataclass(frozen=True, slots=True)
class NeedsFile:
    """Contents of ``needs.json``. ``unclustered``: mentions, share, reasons, examples (quotes)."""

    data_as_of: str | None
    seed: int
    confidence_level: float
    documents: int
    mentions: int
    needs: tuple[Need, ...]
    unclustered: dict[str, Any]


def to_json(
    needs: Iterable[Need],
    *,
    documents: pl.DataFrame,
    mentions: pl.DataFrame | pl.LazyFrame,
    config: MineConfig,
    texts: pl.LazyFrame | None = None,
) -> dict[str, Any]:
    """Plain, rounded data for ``core.files.write_json``.

    Args:
        needs: cards by rank.
        documents: table DOCUMENTS.
        mentions: table MENTIONS as settled by ``measure_needs``.
        config: seed and confidence level are written down with the numbers.
        texts: where texts of documents are looked up, as in ``measure_needs``.
    """
    unclustered = unclustered_summary(documents, mentions.lazy(), texts)
    plain: dict[str, Any] = rounded(
        {
            "schema_version": SCHEMA_VERSION,
            "data_as_of": data_as_of(documents),
            "seed": config.seed,
            "confidence_level": config.needs.confidence_level,
            "documents": documents.height,
            "mentions": height(mentions.lazy()),
            "needs": [asdict(need) for need in needs],
            "unclustered": unclustered,
        }
    )
    return plain


def unclustered_summary(
    documents: pl.DataFrame, mentions: pl.LazyFrame, texts: pl.LazyFrame | None = None
) -> dict[str, Any]:
    """Mentions without a need: how many, why, and the surest of them as quotes from ten documents."""
    total = height(mentions)
    left = mentions.filter(pl.col("need_id").is_null())
    reason = pl.col("unclustered_reason").fill_null("unknown")
    reasons = left.select(reason).collect().to_series().value_counts(name="n")
    read = ("mention_id", "document_id", "start", "end", "polarity", "need_probability")
    surest = (
        left.select(read)
        .collect()
        .sort(["need_probability", "mention_id"], descending=[True, False], nulls_last=True)
        .unique("document_id", keep="first", maintain_order=True)
        .head(UNCLUSTERED_EXAMPLES)
    )
    kept = documents.drop("text", "text_hash", strict=False).join(surest, on="document_id", how="semi")
    examples = surest.join(
        with_texts(kept, texts if texts is not None else documents.lazy()),
        on="document_id",
        how="inner",
        maintain_order="left",
    )
    count = sum(n for _, n in reasons.iter_rows())
    return {
        "mentions": count,
        "share": count / total if total else 0.0,
        "reasons": dict(sorted(reasons.iter_rows())),
        "examples": [asdict(quote_of(row, row)) for row in examples.iter_rows(named=True)],
    }


def from_json(path: Path) -> NeedsFile:
    """Read ``needs.json``.

    Raises:
        RunFolderError: the file is missing, no JSON, of another schema version, or lacks a field.
    """
    plain = read_plain(path)
    try:
        return NeedsFile(
            data_as_of=plain["data_as_of"],
            seed=plain["seed"],
            confidence_level=plain["confidence_level"],
            documents=plain["documents"],
            mentions=plain["mentions"],
            needs=tuple(need_from_dict(need) for need in plain["needs"]),
            unclustered={key: plain["unclustered"][key] for key in UNCLUSTERED_FIELDS},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise RunFolderError(f"a field is missing or of the wrong type: {error}", where=str(path)) from error


def read_plain(path: Path) -> dict[str, Any]:
    """The JSON object of ``needs.json``, its schema version checked."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunFolderError("the file is missing", where=str(path)) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunFolderError(f"the file is not valid JSON: {error}", where=str(path)) from error
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if version != SCHEMA_VERSION:
        raise RunFolderError(
            f"schema_version is {version!r}, this version reads {SCHEMA_VERSION}",
            where=str(path),
            hint="Mine again with this version.",
        )
    return plain  # type: ignore[no-any-return]


def need_from_dict(plain: Mapping[str, Any]) -> Need:
    """A card from its plain form."""
    fields = dict(plain)
    for name in ("aspect_terms", "complaints", "praises"):
        fields[name] = _counts(fields[name])
    fields["segment"] = Segment(**{name: _counts(values) for name, values in fields["segment"].items()})
    fields["quotes"] = tuple(Quote(**quote) for quote in fields["quotes"])
    for name in ("share", "satisfaction", "importance", "opportunity"):
        fields[name] = Estimate(**fields[name]) if fields[name] is not None else None
    if fields["impact"] is not None:
        fields["impact"] = Impact(**{side: Estimate(**value) for side, value in fields["impact"].items()})
    if fields["trend"] is not None:
        fields["trend"] = tuple(
            TrendPoint(**{**point, "share": Estimate(**point["share"])}) for point in fields["trend"]
        )
    fields["notes"] = tuple(fields["notes"])
    return Need(**fields)


def _counts(values: Iterable[Mapping[str, Any]]) -> tuple[Count, ...]:
    return tuple(Count(**value) for value in values)
