"""The quality report and its warnings."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from test_ingest_documents import Result, batch, run

from unmet.core.files import dump_json
from unmet.ingest.quality_warnings import sentence


def texts(n: int) -> list[dict[str, Any]]:
    return [
        {"text": f"第{n}台用了{n * 7}天，{'声音' * (n % 3)}制冷{'快' if n % 2 else '慢'}{n * n}"}
        for n in range(n)
    ]


def with_columns(rows: list[dict[str, Any]], **columns: Any) -> list[dict[str, Any]]:
    return [row | {name: make(n) for name, make in columns.items()} for n, row in enumerate(rows)]


def warnings_of(folder: Path, rows: list[dict[str, Any]]) -> str:
    return "\n".join(run(folder, batch(*rows)).report["warnings"])


def test_what_the_data_cannot_show(tmp_path: Path) -> None:
    bare = warnings_of(tmp_path, texts(20))
    for words in ("no ratings", "no time column", "no author column", "no product column"):
        assert words in bare
    full = with_columns(
        texts(20),
        rating=lambda n: float(1 + n % 5),
        created_at=lambda n: datetime(2024, 1 + n % 12, 3),
        author_id=str,
        product_id=lambda n: f"p{n % 2}",
    )
    assert warnings_of(tmp_path, full) == ""


def test_ratings(tmp_path: Path) -> None:
    assert "all ratings are 5: importance" in warnings_of(
        tmp_path, with_columns(texts(20), rating=lambda n: 5.0)
    )
    mostly = with_columns(texts(40), rating=lambda n: 1.0 if n == 3 else 5.0)
    assert "98% of the ratings are 5" in warnings_of(tmp_path, mostly)
    broken = with_columns(
        texts(20), rating=lambda n: None if n == 1 else float(1 + n % 5), rating_raw=lambda n: "?"
    )
    assert "1 ratings could not be read" in warnings_of(tmp_path, broken)


def test_large_rejections_are_named(tmp_path: Path) -> None:
    rows = [*texts(16), *({"text": "此用户没有填写评价。"} for _ in range(4))]
    assert "20% of the rows are the platform's filler text" in warnings_of(tmp_path, rows)
    assert "could not be read (ragged_row)" in "\n".join(
        run(tmp_path, batch(*texts(5), unreadable=[7])).report["warnings"]
    )


def test_every_sentence_has_its_code(tmp_path: Path) -> None:
    rows = [*texts(16), *({"text": "此用户没有填写评价。"} for _ in range(4))]
    report = run(tmp_path, batch(*rows, unreadable=[20])).report
    assert [sentence(warning) for warning in report["warning_codes"]] == report["warnings"]
    assert {"code": "many_boilerplate", "values": {"share": 4 / 21}} in report["warning_codes"]
    assert {"code": "unreadable_rows", "values": {"count": 1, "reason": "ragged_row"}} in report[
        "warning_codes"
    ]


def test_rounded_author_ids(tmp_path: Path) -> None:
    rows = with_columns(texts(60), author_id=lambda n: "1.00008E+11" if n % 2 else str(n))
    assert "ids may be damaged" in warnings_of(tmp_path, rows)


@pytest.fixture
def mixed(tmp_path: Path) -> Result:
    others = ["works well, quiet", "👍", "", "默认好评", "默认好评！", "系统默认好评", "N/A", "无"]
    rows = with_columns(
        [*texts(10), *({"text": text} for text in others)],
        rating=lambda n: 5.0 if n < 6 else 4.5,
        created_at=lambda n: datetime(2023 + n % 2, 7, 1),
        author_id=lambda n: f"u{n % 3}",
        product=lambda n: "空调",
    )
    return run(tmp_path, batch(*rows, source="x.csv"))


def test_numbers_equal_the_tables(mixed: Result) -> None:
    report, documents = mixed.report, mixed.documents
    assert report["languages"] == dict(documents["language"].value_counts().iter_rows())
    assert report["ratings"] == {"4.5": 6, "5.0": 6}
    assert report["months"] == {"2023-07": 6, "2024-07": 6}
    assert (report["n_authors"], report["n_products"]) == (3, 1)
    assert report["copies_of_kept"] == documents["copies"].sum() == 0
    assert sum(report["months"].values()) == len(documents) - documents["created_at"].null_count()
    for reason, entry in report["rejected"].items():
        rows = mixed.rejected.filter(pl.col("reason") == reason)
        assert entry["count"] == len(rows)
        assert entry["share"] == pytest.approx(len(rows) / report["rows_in"])
        assert 1 <= len(entry["examples"]) <= 3
        for example in entry["examples"]:
            assert example["row"] in rows["row"].to_list()
    different = [example["text"] for example in report["rejected"]["boilerplate"]["examples"]]
    assert len(set(different)) == 3


def test_report_is_plain_json(mixed: Result) -> None:
    assert dump_json(mixed.report).startswith("{")
