"""What will sell and what its customers complain about: a forecast beside the needs of a run.

Products of orders and of texts are the same where their ids are equal; texts without a product id go by the
name of the product. A complaint of a product is a text with a negative mention, or a request, in a need.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.inventory.folder import ForecastFolder, read_forecast_folder, read_table
from unmet.forecast.page import clean, histories, title_of
from unmet.forecast.plots import DemandPicture, draw
from unmet.forecast.run_texts import read_run_texts
from unmet.report.wording import Plain, Words, percent, printable, shortened, whole

Floats = NDArray[np.float64]
MAX_PRODUCTS, MAX_NEEDS = 12, 3
FEWEST_TEXTS = 3
"""Fewer complaints about a need than this are not shown for a product."""
STATEMENT_CHARACTERS = 48
_SUMS = {"series_id": pl.String(), "periods": pl.Int64(), "p10": pl.Float64(), "p90": pl.Float64()}


def selling(run: Path, forecast: Path, needs: Plain, words: Words) -> dict[str, Any]:
    """Settle the section: the products that are expected to sell most, and their commonest complaints.

    Args:
        run: folder of `unmet mine`.
        forecast: folder of `unmet forecast` with products among its levels.
        needs: content of the run's ``needs.json``.
        words: of the page.

    Raises:
        InputError: no product of the forecast is among those of the texts.
        RunFolderError: one of the folders cannot be read.
    """
    folder = read_forecast_folder(forecast)
    texts, complaints = complaints_of(run)
    known = set(texts["product"])
    if not known & set(folder.ids):
        shown = ", ".join(repr(name) for name in sorted(known)[:3]) or "nothing"
        raise InputError(
            f"no product of the forecast is among those of the texts ({shown}, …)",
            where=str(forecast),
            hint="Orders and texts need the same product ids.",
        )
    largest = np.argsort(-folder.means.sum(axis=1), kind="stable")[:MAX_PRODUCTS]
    names = {row["series_id"]: title_of(row) for row in clean(folder.series).iter_rows(named=True)}
    pasts = histories(folder, [folder.ids[i] for i in largest])
    ranges = _ranges(folder)
    n_texts = dict(texts.iter_rows())
    cards = {need["id"]: need for need in needs["needs"]}
    said = {key[0]: part for key, part in complaints.group_by("product", maintain_order=True)}
    rows = []
    for index in largest:
        name = folder.ids[index]
        days, past = pasts.get(name, ([], np.empty(0)))
        title = printable(names.get(name, name))
        picture = DemandPicture(title, past, days, folder.starts, folder.quantiles[index])
        rows.append(
            {
                "title": title,
                "picture": draw(picture),
                "expected": _expected(folder, int(index), past, ranges[name], words),
                "texts": _texts(n_texts.get(name, 0), words),
                "needs": _needs(said.get(name), n_texts.get(name, 0), cards, words),
            }
        )
    return {"note": _note(folder, len(rows), len(known & set(folder.ids)), words), "rows": rows}


def _note(folder: ForecastFolder, shown: int, matched: int, words: Words) -> str:
    return str(
        words["selling_note"].format(
            span=_span(folder, words), start=printable(str(folder.starts[0])), shown=whole(shown),
            products=whole(len(folder.ids)), matched=whole(matched),
        )
    )  # fmt: skip


def _expected(
    folder: ForecastFolder, index: int, past: Floats, bounds: tuple[float, float], words: Words
) -> str:
    """Units ahead, with their range, beside what the same span sold before."""
    before = float(np.nansum(past[-len(folder.starts) :]))
    return str(
        words["selling_expected"].format(
            units=whole(folder.means[index].sum()), low=whole(bounds[0]), high=whole(bounds[1]),
            past=whole(before), span=_span(folder, words),
        )
    )  # fmt: skip


def complaints_of(run: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number of texts of each product, and of those that complain of each of its needs, commonest first.

    Returns:
        ``product, texts`` and ``product, need_id, texts``.

    Raises:
        RunFolderError: a table of the run is missing or damaged.
    """
    documents, mentions = read_run_texts(run, (), ("polarity", "is_request"))
    documents = documents.select("document_id", product="product_id").drop_nulls("product")
    texts = documents.group_by("product").agg(pl.len().alias("texts")).sort("product")
    unmet = mentions.filter(
        pl.col("need_id").is_not_null() & ((pl.col("polarity") == "negative") | pl.col("is_request"))
    )
    complaints = (
        unmet.join(documents, on="document_id")
        .group_by("product", "need_id")
        .agg(pl.col("document_id").n_unique().alias("texts"))
        .sort("product", "texts", "need_id", descending=[False, True, False])
    )
    return texts, complaints


def _ranges(folder: ForecastFolder) -> dict[str, tuple[float, float]]:
    """10th and 90th percentile of the units of all periods together; quantiles of a sum are no sums."""
    sums = read_table(folder.path / "sums.parquet", _SUMS)
    whole_span = sums.filter(pl.col("periods") == len(folder.starts))
    return {name: (low, high) for name, _, low, high in whole_span.iter_rows()}


def _span(folder: ForecastFolder, words: Words) -> str:
    """How far the forecast reaches, in words.

    One period and many are worded apart in English.
    """
    kind = "one" if len(folder.starts) == 1 else "many"
    return str(words["selling_spans"][folder.freq][kind].format(n=whole(len(folder.starts))))


def _texts(n_texts: int, words: Words) -> str:
    return str(words["selling_texts" if n_texts else "selling_no_texts"].format(n=whole(n_texts)))


def _needs(
    complaints: pl.DataFrame | None, n_texts: int, cards: Mapping[str, Plain], words: Words
) -> list[dict[str, str]]:
    """The commonest complaints of a product, as links to their cards."""
    if complaints is None:
        return []
    found: list[dict[str, str]] = []
    for _, need, n_complaints in complaints.iter_rows():
        if need in cards and n_complaints >= FEWEST_TEXTS and len(found) < MAX_NEEDS:
            share = words["selling_share"].format(
                share=percent(n_complaints / n_texts), n=whole(n_complaints)
            )
            statement = shortened(printable(cards[need]["statement"]), STATEMENT_CHARACTERS)
            found.append(
                {"id": need, "rank": whole(cards[need]["rank"]), "statement": statement, "share": share}
            )
    return found
