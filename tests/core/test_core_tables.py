import polars as pl
import pytest

from unmet.core.errors import RunFolderError
from unmet.core.tables import MENTIONS, REJECTED, conform


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
