"""Every hostile input gives a clear message or counted rows: no trace, no loss, no broken strings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hostile_files import HOSTILE, Hostile

from unmet.core.errors import InputError
from unmet.core.tables import RECORDS, REJECTED
from unmet.ingest.profile import profile_inputs
from unmet.ingest.reading import read_records


def test_there_are_many_and_their_names_differ() -> None:
    assert len(HOSTILE) >= 60
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_hostile_input(hostile: Hostile, tmp_path: Path) -> None:
    path = tmp_path / hostile.name
    hostile.make(path)
    if hostile.error is not None:
        with pytest.raises(InputError, match=hostile.error) as caught:
            list(read_records([path], mapping={}))
        assert hostile.name.split(".")[0] in str(caught.value), "the message names the file"
        assert caught.value.hint or caught.value.where
        return
    batches = list(read_records([path], mapping={}, chunk_rows=7))
    rejected = Counter(reason for batch in batches for reason in batch.rejected["reason"])
    texts = [text for batch in batches for text in batch.records["text"]]
    assert dict(rejected) == hostile.rejected
    assert len(texts) == hostile.records
    if hostile.texts is not None:
        assert tuple(texts) == hostile.texts
    _rows_are_complete(batches)


def _rows_are_complete(batches: list) -> None:
    rows: dict[str, list[int]] = {}
    for batch in batches:
        assert dict(batch.records.schema) == RECORDS
        assert dict(batch.rejected.schema) == REJECTED
        assert batch.n_rows == batch.records.height + batch.rejected.height
        for frame in (batch.records, batch.rejected):
            for source, row in frame.select("source", "row").rows():
                rows.setdefault(source, []).append(row)
        assert all(len(text) <= 500 for text in batch.rejected["text"])
    for found in rows.values():
        assert sorted(found) == list(range(len(found)))


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_check_says_the_same(hostile: Hostile, tmp_path: Path) -> None:
    if "bomb" in hostile.name or "huge" in hostile.name:
        pytest.skip("slow, and the same code as reading")
    path = tmp_path / hostile.name
    hostile.make(path)
    if hostile.error is not None:
        with pytest.raises(InputError, match=hostile.error):
            profile_inputs([path], {})
        return
    profile = profile_inputs([path], {})
    assert profile["n_rows"] == hostile.records + sum(hostile.rejected.values())
    assert profile["n_malformed"] == sum(hostile.rejected.values())


def test_one_bad_file_among_good_ones_stops_everything_and_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "torn.csv.gz"
    good.write_text("text,rating\nvery nice thing,5\n", encoding="utf-8")
    next(h for h in HOSTILE if h.name == "cut.csv.gz").make(bad)
    with pytest.raises(InputError, match=r"torn\.csv\.gz"):
        next(read_records([good, bad], mapping={}))
