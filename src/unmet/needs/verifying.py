"""``unmet verify``: every number computed again, every quote found again.

Nothing is taken from the report: cards, their statements and ids are rebuilt from ``documents.parquet`` and
``mentions.parquet`` with the configuration and seed of the manifest and compared field by field with
``needs.json``. Hashes of
whole files come last, so that a changed digit is named as a digit and not as a changed file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.config import CleanConfig, MineConfig, NeedsConfig
from unmet.core.errors import RunFolderError
from unmet.core.hashing import file_hash
from unmet.core.manifest import manifest_hash
from unmet.core.runs import RunFolder
from unmet.core.tables import DOCUMENTS, MENTIONS, REJECTED, conforming, height, slices
from unmet.needs.cards import COUNTED_DOCUMENTS, measure_needs
from unmet.needs.evidence_checks import Difference, check_counts, check_documents, check_mentions
from unmet.needs.needsfile import from_json, read_plain, to_json
from unmet.needs.wording_checks import Renamed, check_names, groups_of_ids, rename

MAX_DIFFERENCES = 20
"""Differences listed per check."""
TABLES = {"documents": DOCUMENTS, "mentions": MENTIONS, "rejected": REJECTED}
REQUIRED = (
    "documents.parquet",
    "mentions.parquet",
    "needs.json",
    "quality.json",
    "rejected.parquet",
    "report.html",
)
REPORT_DATA = re.compile(r'<script type="application/json" id="unmet-data">(.*?)</script>', re.DOTALL)
DAMAGE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ArithmeticError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)
"""What reading, counting or wording a damaged table can raise."""

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """``checks``: name and number of things looked at; ``differences``: the most telling first."""

    checks: tuple[tuple[str, int], ...]
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.differences


def verify_run(folder: Path) -> VerifyReport:
    """Check a complete run folder.

    Raises:
        RunFolderError: there is no complete run, or a table or ``needs.json`` cannot be read at all.
    """
    manifest = RunFolder.open(folder).manifest
    tables = {name: _open_table(folder, name) for name in TABLES}
    documents, mentions, rejected = tables["documents"], tables["mentions"], tables["rejected"]
    from_json(folder / "needs.json")  # refuses a file that lacks a field
    found = read_plain(folder / "needs.json")
    config = config_from_dict(manifest["config"])
    quotes = list(_quotes(found))
    checks: list[tuple[str, int]] = []
    differences: list[Difference] = []

    def check(name: str, count: int, found: Iterable[Difference]) -> None:
        checks.append((name, count))
        differences.extend(item for item, _ in zip(found, range(MAX_DIFFERENCES), strict=False))

    check("quotes found byte for byte", len(quotes), _check_quotes(quotes, documents))
    try:
        renamed = rename(documents, mentions, groups_of_ids(mentions, _kept(found, config)))
        expected = _expected(found, documents, mentions, renamed, config, manifest["models"])
    except (*DAMAGE, RunFolderError) as error:
        broken = Difference("documents.parquet, mentions.parquet", "cards", "computable", str(error))
        check("numbers and words of cards recomputed", 0, [broken])
    else:
        numbers = count_leaves(expected)
        check("numbers and words of cards recomputed", numbers, _check_needs(expected, found))
        check("groups have the ids that follow from them", len(renamed.ids), check_names(renamed, mentions))
    n_documents, n_mentions = height(documents), height(mentions)
    check("texts match their hash", n_documents, check_documents(documents))
    check("mentions lie in their documents", n_mentions, check_mentions(documents, mentions))
    check("mentions are in a need or unclustered", n_mentions, _check_partition(found, n_mentions))
    rows = n_documents + height(rejected)
    counts = manifest["counts"]
    check("input rows kept or rejected", rows, check_counts(counts, documents, rejected, mentions))
    check("report.html shows needs.json", len(found["needs"]), _check_report(folder, found))
    outputs = manifest["outputs"]
    check("output files match their hash", len(outputs), _check_hashes(folder, outputs))
    check("manifest matches its hash", 1, _check_manifest(manifest))
    return VerifyReport(tuple(checks), tuple(differences))


def config_from_dict(plain: Mapping[str, Any]) -> MineConfig:
    """The configuration as written in a manifest.

    Raises:
        RunFolderError: a parameter is missing or unknown.
    """
    try:
        parts = {**plain, "clean": CleanConfig(**plain["clean"]), "needs": NeedsConfig(**plain["needs"])}
        return MineConfig(**parts)
    except (KeyError, TypeError) as error:
        raise RunFolderError(
            f"the configuration does not fit this version: {error}", where="manifest.json"
        ) from error


def _open_table(folder: Path, name: str) -> pl.LazyFrame:
    """A table of the run as its contract, read through once so that every later look at it succeeds.

    Tables of millions of rows are never held whole: checks collect the columns or slices they compare.
    """
    file = folder / f"{name}.parquet"
    if not file.is_file():
        raise RunFolderError("the file is missing", where=str(file))
    try:
        scanned = pl.scan_parquet(file)
        older = name == "mentions" and "group" not in scanned.collect_schema().names()
        table = conforming(scanned, TABLES[name], name=name)
        for _ in slices(table):
            pass
    except (*DAMAGE, RunFolderError) as error:
        raise RunFolderError(f"the file is damaged: {error}", where=str(file)) from error
    if older:
        raise RunFolderError(
            "an earlier version made this run and did not store what statements are made from",
            where=str(file),
            hint="Mine again with this version, or verify with the one in manifest.json.",
        )
    return table


def _quotes(found: Plain) -> Iterator[tuple[str | None, str, Plain]]:
    """Need id, place and quote of all quotes in ``needs.json``."""
    for need in found["needs"]:
        for index, quote in enumerate(need["quotes"]):
            yield need["id"], f"quotes[{index}]", quote
    for index, quote in enumerate(found["unclustered"]["examples"]):
        yield None, f"unclustered.examples[{index}]", quote


def _check_quotes(
    quotes: Iterable[tuple[str | None, str, Plain]], documents: pl.LazyFrame
) -> Iterator[Difference]:
    wanted = pl.col("document_id").is_in(sorted({str(quote["document_id"]) for _, _, quote in quotes}))
    texts = dict(documents.filter(wanted).select("document_id", "text").collect().iter_rows())
    for need_id, place, quote in quotes:
        text = texts.get(quote["document_id"])
        span = (quote["start"], quote["end"])
        if not all(isinstance(offset, int) for offset in span):
            yield Difference("needs.json", f"{place}.start, end", "whole numbers", span, need_id)
        elif text is None:
            yield Difference(
                "needs.json", f"{place}.document_id", "a stored document", quote["document_id"], need_id
            )
        elif text[quote["start"] : quote["end"]] != quote["text"]:
            sliced = text[quote["start"] : quote["end"]]
            yield Difference("needs.json", f"{place}.text", sliced, quote["text"], need_id)


def _expected(
    found: Plain,
    documents: pl.LazyFrame,
    mentions: pl.LazyFrame,
    renamed: Renamed,
    config: MineConfig,
    models: dict[str, str],
) -> Plain:
    """``needs.json`` as it follows from the tables; only descent is taken from the file."""
    lineage = {
        need["id"]: {key: need["extra"][key] for key in ("split_from", "merged_from") if key in need["extra"]}
        for need in found["needs"]
    }
    counted = documents.select(COUNTED_DOCUMENTS).collect()
    measured = measure_needs(
        counted,
        mentions.with_columns(renamed.need_id),
        statements=renamed.statements,
        config=config,
        models=models,
        previous={need: need for need in _kept(found, config)},
        lineage=lineage,
        texts=documents,
    )
    return to_json(
        measured.needs, documents=counted, mentions=measured.mentions, config=config, texts=documents
    )


def _kept(found: Plain, config: MineConfig) -> set[str]:
    """Ids that cards have from an earlier run."""
    return {need["id"] for need in found["needs"] if need["previous_id"] and config.previous is not None}


def _check_needs(expected: Plain, found: Plain) -> Iterator[Difference]:
    """Cards by id first, then everything outside the cards."""
    cards = {need["id"]: need for need in found["needs"]}
    rebuilt = {need["id"]: need for need in expected["needs"]}
    for need_id in sorted(rebuilt.keys() | cards.keys()):
        if need_id not in cards:
            yield Difference("needs.json", "card", "a card for this need", None, need_id)
        elif need_id not in rebuilt:
            yield Difference("needs.json", "card", None, "a card without mentions", need_id)
        else:
            for place, right, wrong in differing(rebuilt[need_id], cards[need_id]):
                yield Difference("needs.json", place, right, wrong, need_id)
    order = [need["id"] for need in expected["needs"]], [need["id"] for need in found["needs"]]
    if order[0] != order[1]:
        yield Difference("needs.json", "order of needs", *order)
    for place, right, wrong in differing({**expected, "needs": None}, {**found, "needs": None}):
        yield Difference("needs.json", place, right, wrong)


def differing(expected: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Places where two plain structures differ, with both values, in order.

    >>> list(differing({"a": [1, 2]}, {"a": [1, 3]}))
    [('a[1]', 2, 3)]
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            inner = f"{place}.{key}" if place else str(key)
            yield from differing(expected.get(key), found.get(key), inner)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from differing(*pair, f"{place}[{index}]")
    elif expected != found or type(expected) is not type(found):
        yield place, expected, found


def count_leaves(value: Any) -> int:
    """Number of values in a nested plain structure."""
    if isinstance(value, dict):
        return sum(count_leaves(item) for item in value.values())
    if isinstance(value, list):
        return sum(count_leaves(item) for item in value)
    return 1


def _check_partition(found: Plain, n_mentions: int) -> Iterator[Difference]:
    in_needs = sum(need["mentions"] for need in found["needs"])
    total = in_needs + found["unclustered"]["mentions"]
    if total != n_mentions:
        yield Difference("needs.json", "mentions of needs + unclustered", n_mentions, total)
    reasons = sum(found["unclustered"]["reasons"].values())
    if reasons != found["unclustered"]["mentions"]:
        yield Difference("needs.json", "unclustered.reasons", found["unclustered"]["mentions"], reasons)


def _check_report(folder: Path, found: Plain) -> Iterator[Difference]:
    """The data inside the page are the cards: the list, or the whole of ``needs.json``."""
    file = folder / "report.html"
    if not file.is_file():
        return  # named by the check of the output files
    match = REPORT_DATA.search(file.read_text(encoding="utf-8", errors="replace"))
    try:
        shown = json.loads(match.group(1))["needs"] if match else None
    except (ValueError, KeyError, TypeError):
        shown = None
    if shown is None:
        yield Difference("report.html", "embedded data", "readable JSON with needs", None)
        return
    if isinstance(shown, dict):
        shown = shown.get("needs")
    if not isinstance(shown, list) or len(shown) != len(found["needs"]):
        count = len(shown) if isinstance(shown, list) else None
        yield Difference("report.html", "number of cards", len(found["needs"]), count)
        return
    for card, drawn in zip(found["needs"], shown, strict=True):
        for place, right, wrong in differing(card, drawn):
            yield Difference("report.html", place, right, wrong, card["id"])


def _check_hashes(folder: Path, outputs: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*outputs, *REQUIRED}):
        file = folder / name
        if not file.is_file():
            yield Difference(name, "file", "present", "missing")
        elif name not in outputs:
            yield Difference("manifest.json", f"outputs.{name}", "a hash", None)
        elif file_hash(file) != outputs[name]:
            yield Difference(name, "sha256", outputs[name], file_hash(file))


def _check_manifest(manifest: Plain) -> Iterator[Difference]:
    stored, actual = manifest.get("manifest_sha256"), manifest_hash(manifest)
    if stored != actual:
        yield Difference("manifest.json", "manifest_sha256", actual, stored)
