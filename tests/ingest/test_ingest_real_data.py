"""Cleaning on the public sets: counts that were read and checked by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from unmet.core.config import MineConfig
from unmet.ingest.documents import ingest_documents
from unmet.ingest.reading import read_records

DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="public data not there (set UNMET_DATA)"),
]


def ingest(name: str, folder: Path) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    paths = folder / "documents.parquet", folder / "rejected.parquet"
    report = ingest_documents(
        read_records([DATA / name], mapping={}),
        config=MineConfig(),
        detect_languages=lambda texts: ["zh"] * len(texts),
        out_documents=paths[0],
        out_rejected=paths[1],
    )
    documents, rejected = (pl.read_parquet(path) for path in paths)
    assert len(documents) + len(rejected) == report["rows_in"]
    return report, documents, rejected


def test_filler_and_copies_of_air_conditioners(tmp_path: Path) -> None:
    report, documents, rejected = ingest("reviews_zh/air_conditioners_dated.csv.gz", tmp_path)
    assert report["rejected"]["boilerplate"]["count"] == 676
    assert set(rejected.filter(pl.col("reason") == "boilerplate")["text"].str.head(3)) <= {
        "此用户",
        "该用户",
        "您没有",
    }
    assert not documents["text"].str.contains("未填写评价|没有填写评价").any()
    copies = rejected.filter(pl.col("reason").is_in(["duplicate", "near_duplicate"]))
    assert copies["detail"].is_in(documents["document_id"].implode()).all()
    assert documents["copies"].sum() == len(copies)
    assert 800 <= len(copies) <= 950


def test_advertising_among_phone_reviews(tmp_path: Path) -> None:
    report, _, rejected = ingest("reviews_zh/phones_dated.csv", tmp_path)
    spam = rejected.filter(pl.col("reason") == "spam")
    assert len(spam) == report["rejected"]["spam"]["count"] >= 6
    assert spam["text"].str.contains("领|微|券|卷").all()
    assert "all ratings are 5: importance cannot be measured" in report["warnings"]
