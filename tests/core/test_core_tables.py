import polars as pl
import pytest

from unmet.core import tables
from unmet.core.errors import RunFolderError
from unmet.core.tables import MENTIONS, REJECTED, conform, height, positions_of, slices


@pytest.mark.parametrize(
    ("frame", "schema"),
    [
        (pl.DataFrame(), REJECTED),
        (pl.DataFrame(), MENTIONS),
        (pl.DataFrame({"row": []}), REJECTED),
        (pl.DataFrame({"start": []}), MENTIONS),
    ],
)
def test_no_rows_stay_no_rows(frame, schema):
    result = conform(frame, schema, name="table")
    assert result.height == 0
    assert dict(result.schema) == schema


def test_missing_columns_become_null_row_by_row():
    result = conform(pl.DataFrame({"row": [3, 4], "reason": ["spam", "spam"]}), REJECTED, name="rejected")
    assert result.columns == list(REJECTED)
    assert result["row"].to_list() == [3, 4]
    assert result["text"].to_list() == [None, None]


def test_unknown_columns_and_wrong_types_are_refused():
    with pytest.raises(RunFolderError, match="unknown columns"):
        conform(pl.DataFrame({"colour": ["red"]}), REJECTED, name="rejected")
    with pytest.raises(RunFolderError, match="contract"):
        conform(pl.DataFrame({"row": ["three"]}), REJECTED, name="rejected")


def test_documents_are_numbered_by_the_place_of_their_id():
    ordered = pl.Series(["a", "b", "d"])
    assert positions_of(pl.Series(["d", "a", "c", "d"]), ordered).to_list() == [2, 0, None, 2]


@pytest.mark.parametrize("rows", [0, 1, 7, 8])
def test_slices_are_the_whole_table_in_order(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(tables, "SLICE_ROWS", 4)
    table = pl.DataFrame({"n": pl.Series(range(rows), dtype=pl.Int64)})
    table.write_parquet(tmp_path / "table.parquet", row_group_size=3)
    scanned = pl.scan_parquet(tmp_path / "table.parquet")
    parts = list(slices(scanned))
    assert pl.concat(parts).equals(table)
    assert max(part.height for part in parts) <= 4
    assert height(scanned) == rows
