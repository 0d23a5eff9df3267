"""The report's section on what will sell: complaints of each product, words, links, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from inventory_fixtures import make_folder
from mined_run import write_run

from unmet.core.errors import InputError, RunFolderError
from unmet.report.selling import complaints_of, selling
from unmet.report.wording import load_words

HOSTILE = '<script>alert("需求")</script>'
NEEDS = {
    "needs": [
        {"id": "need-a", "rank": 2, "statement": "Battery lasts"},
        {"id": "need-b", "rank": 1, "statement": HOSTILE},
    ]
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """L1 has 10 texts: 4 complain of a (one twice), 3 ask for b, 2 praise a; L2 is known by its name only."""
    documents = [(f"d{n}", "L1" if n < 10 else None, "L1 lamp" if n < 10 else "L2") for n in range(14)]
    said = [(n, "need-a", "negative", False) for n in (0, 1, 2, 3, 0)]
    said += [(n, "need-b", "neutral", True) for n in (4, 5, 6)]
    said += [(n, "need-a", "positive", False) for n in (7, 8)]
    said += [(n, None, "negative", False) for n in range(10)]
    said += [(n, "need-a", "negative", False) for n in (10, 11)]
    mentions = [(f"m{i}", f"d{n}", need, polarity, ask) for i, (n, need, polarity, ask) in enumerate(said)]
    columns = ["mention_id", "document_id", "need_id", "polarity", "is_request"]
    return write_run(
        tmp_path / "run",
        pl.DataFrame(documents, schema=["document_id", "product_id", "product"], orient="row"),
        pl.DataFrame(mentions, schema=columns, orient="row"),
    )


def forecast(path: Path, rates: dict[str, float], horizon: int = 4) -> Path:
    folder = make_folder(path, rates, horizon=horizon, names={"L1": "L1 lamp"})
    rows = [(name, k, k * rate, 0.7 * k * rate, 1.4 * k * rate) for name, rate in rates.items()
            for k in range(1, horizon + 1)]  # fmt: skip
    pl.DataFrame(rows, schema=["series_id", "periods", "mean", "p10", "p90"], orient="row").write_parquet(
        folder / "sums.parquet"
    )
    return folder


def test_texts_count_once_and_praise_is_no_complaint(run: Path) -> None:
    texts, complaints = complaints_of(run)
    assert dict(texts.iter_rows()) == {"L1": 10, "L2": 4}
    assert complaints.rows() == [("L1", "need-a", 4), ("L1", "need-b", 3), ("L2", "need-a", 2)]


def test_products_by_what_is_expected_with_their_commonest_complaints(run: Path, tmp_path: Path) -> None:
    folder = forecast(tmp_path / "f", {"L2": 3.0, "L1": 10.0, "L3": 5.0})
    found = selling(run, folder, NEEDS, load_words("en"))
    assert [row["title"] for row in found["rows"]] == ["L1 lamp · L1", "Product L3 · L3", "Product L2 · L2"]
    first, other, last = found["rows"]
    assert re.fullmatch(
        r"40 expected in 4 weeks \(80%: 28 to 56\); \d+ in the 4 weeks before\.", first["expected"]
    )
    assert [(need["id"], need["rank"], need["share"]) for need in first["needs"]] == [
        ("need-a", "2", "40% of its texts (4)"), ("need-b", "1", "30% of its texts (3)"),
    ]  # fmt: skip
    assert (other["texts"], other["needs"]) == ("No texts of this product.", [])
    assert (last["texts"], last["needs"]) == ("Texts of this product: 4.", [])  # two complaints are too few
    assert "3 of 3 products" in found["note"]
    assert "2 of the products have texts" in found["note"]
    assert first["picture"]["middle"].startswith("M")


def test_one_period_and_the_other_language(run: Path, tmp_path: Path) -> None:
    folder = forecast(tmp_path / "f", {"L1": 10.0}, horizon=1)
    assert "10 expected in one week" in selling(run, folder, NEEDS, load_words("en"))["rows"][0]["expected"]
    zh = selling(run, folder, NEEDS, load_words("zh"))
    assert zh["rows"][0]["expected"].startswith("1 周预计 10 件")
    assert zh["rows"][0]["needs"][0]["share"] == "占其文本的 40%（4 条）"


def test_what_cannot_be_joined_or_read_is_refused(run: Path, tmp_path: Path) -> None:
    words = load_words("en")
    with pytest.raises(InputError, match="no product of the forecast is among those of the texts"):
        selling(run, forecast(tmp_path / "other", {"X9": 2.0}), NEEDS, words)
    folder = forecast(tmp_path / "f", {"L1": 10.0})
    (folder / "sums.parquet").write_bytes(b"no table")
    with pytest.raises(RunFolderError, match="cannot be read"):
        selling(run, folder, NEEDS, words)
    (run / "mentions.parquet").unlink()
    with pytest.raises(RunFolderError, match="the run cannot be read"):
        selling(run, forecast(tmp_path / "g", {"L1": 10.0}), NEEDS, words)
