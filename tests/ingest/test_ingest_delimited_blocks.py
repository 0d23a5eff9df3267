"""Blocks give the rows that the line-by-line reader gives."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from unmet.ingest import delimited_blocks
from unmet.ingest.delimited import DelimitedTable
from unmet.ingest.rows import Chunk, Rejection
from unmet.ingest.sources import open_sources

HEADER = "order,product,quantity,price"
PLAIN = [f"o{n},p{n % 7},{n % 5},{n}.50" for n in range(400)]


def both(path: Path, monkeypatch, block: int) -> tuple[list[Chunk], list[Chunk]]:
    monkeypatch.setattr(delimited_blocks, "BLOCK_CHARACTERS", block)
    table = DelimitedTable(open_sources([path])[0])
    columns = list(reversed(table.columns))
    return list(table.chunks(columns, 50)), list(delimited_blocks.quick_chunks(table, columns, 50))


def whole(chunks: list[Chunk]) -> tuple[pl.DataFrame, list[int], list[Rejection]]:
    frame = pl.concat([chunk.frame for chunk in chunks])
    return frame, [r for c in chunks for r in c.rows], [r for c in chunks for r in c.rejected]


def assert_same(path: Path, monkeypatch, block: int = 700) -> None:
    slow, quick = map(whole, both(path, monkeypatch, block))
    assert slow[0].equals(quick[0])
    assert slow[1:] == quick[1:]


@pytest.mark.parametrize(
    "odd",
    [
        "", "o1,p2", "o1,p2,3,4,5", 'o1,"p,2",3,4', 'o1,"p\n2",3,4', 'o1,"p""2",3,4', 'o1,p"2,3,4',
        'o1,"p"2,3,4', 'o1,"p2,3,4', "order,product,quantity,price", "   ", "o1,p\0,3,4", "o1,,,", ",,,",
        "o1,p2,3,4,,,",
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_odd_line_is_read_alike(tmp_path, monkeypatch, odd, newline) -> None:
    path = tmp_path / "orders.csv"
    lines = [HEADER, *PLAIN[:150], odd, *PLAIN[150:], odd]
    path.write_bytes(newline.join(lines).encode())
    assert_same(path, monkeypatch)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_read_alike(tmp_path, monkeypatch, encoding) -> None:
    path = tmp_path / "orders.csv"
    lines = ["订单,商品名称,数量,价格", *(f"o{n},保温杯{n % 7},{n % 5},{n}.5" for n in range(300))]
    path.write_bytes("\n".join(lines).encode(encoding))
    assert_same(path, monkeypatch)


def test_invalid_bytes_cost_their_own_line(tmp_path, monkeypatch) -> None:
    path = tmp_path / "orders.csv"
    body = "\n".join([HEADER, *PLAIN]).encode()
    path.write_bytes(body.replace(b"o200,", b"o\xff200,") + "\no9,p€,1,2".encode())
    assert_same(path, monkeypatch)


def test_made_up_dirt_is_read_alike(tmp_path, monkeypatch) -> None:
    random_ = random.Random(7)
    path = tmp_path / "orders.csv"
    pieces = ["a", "1", '"', '""', ",", "\n", "\r\n", " ", "x,y,z,w\n", 'q,"r\ns",t,u\n', "é"]
    for _ in range(60):
        dirt = "".join(random_.choice(pieces) for _ in range(random_.randrange(1, 40)))
        path.write_text("\n".join([HEADER, *PLAIN[:60], dirt, *PLAIN[60:90]]), encoding="utf-8", newline="")
        assert_same(path, monkeypatch, block=random_.choice([300, 900, 5000]))


def test_blocks_do_not_depend_on_their_size(tmp_path, monkeypatch) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *PLAIN]), encoding="utf-8")
    for block in (64, 333, 1 << 20):
        assert_same(path, monkeypatch, block)
