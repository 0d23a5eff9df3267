from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmet.core.errors import InputError, MappingError
from unmet.core.tables import RECORDS
from unmet.ingest.dialects import detect_dialect
from unmet.ingest.profile import profile_inputs
from unmet.ingest.reading import RecordBatch, read_records

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=40)
TABLE = st.lists(st.tuples(TEXT, st.sampled_from(["1", "2", "5"]), TEXT), min_size=1, max_size=25)
DELIMITER = st.sampled_from([",", "\t", ";", "|"])


def read(content: bytes, name: str, chunk_rows: int = 20_000, **mapping: str) -> list[RecordBatch]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return list(read_records([path], mapping=mapping, chunk_rows=chunk_rows))


def texts(batches: list[RecordBatch]) -> list[str]:
    return [text for batch in batches for text in batch.records["text"]]


@settings(max_examples=30, deadline=None)
@given(TABLE, DELIMITER, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]), st.integers(1, 30))
def test_delimited_round_trip(
    table: list[tuple[str, str, str]], delimiter: str, encoding: str, chunk: int
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["评论内容", "评分", "商品名称"])
    writer.writerows(table)
    # GB18030 is recognised by everyday Chinese; arbitrary characters alone are no evidence.
    tail = (
        [("这个东西的质量很好，我们都很喜欢，下次还会再买", "5", "手机")] * 40
        if encoding == "gb18030"
        else []
    )
    writer.writerows(tail)
    batches = read(buffer.getvalue().encode(encoding), "a.csv", chunk, text="评论内容", rating="评分")
    expected = [row for row in [*table, *tail] if row != ("评论内容", "评分", "商品名称")]
    assert texts(batches) == [row[0] for row in expected]
    assert [r for b in batches for r in b.records["rating"]] == [float(row[1]) for row in expected]
    assert sum(b.n_rows for b in batches) == len(table) + len(tail)


@settings(max_examples=30, deadline=None)
@given(TABLE, st.booleans(), st.integers(1, 30), st.sampled_from(["lines", "array", "wrapped"]))
def test_json_round_trip(
    table: list[tuple[str, str, str]], ascii_only: bool, chunk: int, layout: str
) -> None:
    rows = [{"text": text, "rating": int(rating), "product": product} for text, rating, product in table]
    if layout == "lines":
        content = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    else:
        whole: object = rows if layout == "array" else {"meta": 1, "items": rows}
        content = json.dumps(whole, ensure_ascii=ascii_only)
    batches = read(gzip.compress(content.encode()), "a.json.gz", chunk, text="text", rating="rating")
    assert texts(batches) == [row["text"] for row in rows]
    assert sum(b.n_rows for b in batches) == len(rows)


@settings(max_examples=30, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.csv.gz", "a.xlsx", "a.parquet"]),
)
def test_any_bytes_give_rows_or_an_input_error(content: bytes, name: str) -> None:
    try:
        batches = read(content, name, 3)
    except InputError:
        return
    for batch in batches:
        assert batch.n_rows == batch.records.height + batch.rejected.height


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.sampled_from('"",\n\r;ab好 '), max_size=30), min_size=1, max_size=12))
def test_any_quoting_keeps_count_of_its_rows(lines: list[str]) -> None:
    content = "text,rating\n" + "很好用啊,5\n" * 30 + "\n".join(lines) + "\n"
    batches = read(content.encode(), "a.csv", 4)
    rows = sorted(row for b in batches for f in (b.records, b.rejected) for row in f["row"])
    assert rows == list(range(len(rows)))
    assert texts(batches)[:30] == ["很好用啊"] * 30


def test_all_fields_are_read_and_typed() -> None:
    content = (
        "评论内容,标题,评分,评论时间,商品ID,商品名称,类目,用户ID,价格,平台\n"
        '很好用，下次再买,不错,5,2021/8/15 0:12, 100 ,空调,家电,u1,"¥5,999.00",京东\n'
        ",,,,,,,,,\n"
        "坏了,,1,2021-08-16T10:00:00+08:00,101,空调,家电,u2,12,天猫\n"
    )
    (batch,) = read(content.encode(), "a.csv")
    assert dict(batch.records.schema) == RECORDS
    assert batch.records.row(0, named=True) == {
        "source": "a.csv", "row": 0, "kind": "review", "text": "很好用，下次再买", "title": "不错",
        "rating": 5.0, "rating_raw": "5", "created_at": datetime(2021, 8, 15, 0, 12), "product_id": "100",
        "product": "空调", "category": "家电", "author_id": "u1", "price": 5999.0, "channel": "京东",
    }  # fmt: skip
    empty = batch.records.row(1, named=True)
    assert empty["text"] == ""
    assert [v for k, v in empty.items() if k not in ("source", "row", "kind", "text")] == [None] * 10
    assert batch.records["created_at"][2] == datetime(2021, 8, 16, 2)


def test_the_scale_is_decided_by_all_rows_not_the_first() -> None:
    content = "label,review\n" + "1,很好很好很好\n" * 6000 + "0,不好不好不好\n" * 10
    batches = read(content.encode(), "a.csv", 1000)
    assert batches[0].records["rating"].unique().to_list() == [5.0]
    assert batches[-1].records["rating"][-1] == 1.0
    late = "label,review\n" + "1,很好很好很好\n" * 6000 + "2,不好不好不好\n" * 900
    assert read(late.encode(), "a.csv")[0].records["rating"].null_count() == 6900, "0/1 turned out as 1/2"


def test_rating_turned_off() -> None:
    (batch,) = read("label,review\n1,很好很好很好\n0,不好不好\n".encode(), "a.csv", rating="")
    assert batch.records["rating"].null_count() == 2


def test_errors_come_before_the_first_batch(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_text("text\nnice and sturdy chair\n", encoding="utf-8")
    bad.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(MappingError, match=r"b\.csv.*Columns found: a, b"):
        read_records([good, bad], mapping={})
    with pytest.raises(InputError, match="kind"):
        read_records([good], mapping={}, kind="poem")
    with pytest.raises(InputError, match="chunk_rows"):
        read_records([good], mapping={}, chunk_rows=0)


def test_parquet_types(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "text": ["很好用啊", None, "坏了"], "rating": [5.0, 4.5, None],
            "date": [datetime(2021, 8, 15, 1, 2), None, datetime(2021, 8, 16)], "user_id": [1, 2, 3],
            "tags": [["a"], None, []], "shop": pl.Series(["京东", "天猫", "京东"], dtype=pl.Categorical),
        }
    )  # fmt: skip
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=2)
    first, second = read_records([tmp_path / "a.parquet"], mapping={}, chunk_rows=2)
    assert first.records["text"].to_list() == ["很好用啊", ""]
    assert first.records["rating"].to_list() == [5.0, 4.5]
    assert first.records["created_at"][0] == datetime(2021, 8, 15, 1, 2)
    assert second.records["author_id"].to_list() == ["3"]
    with pytest.raises(MappingError, match="lists or objects"):
        list(read_records([tmp_path / "a.parquet"], mapping={"text": "tags"}))


def test_damaged_parquet_pages_print_no_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"text": ["很好用", "坏了啊"] * 25, "rating": list(range(50)), "tags": [[1]] * 50})
    frame.write_parquet(path)
    whole = path.read_bytes()
    refused: list[str] = []
    for place in range(4, len(whole) - 8, 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF, 0xFF]) + whole[place + 2 :])
        try:
            assert sum(b.n_rows for b in read_records([path], mapping={})) > 0
        except InputError as error:
            refused.append(str(error))
    assert len(refused) > 5
    assert all("a.parquet" in message for message in refused)
    assert capfd.readouterr().err == ""


def test_excel_dates_and_numbers(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["评论内容", "评分", "评论时间", "用户ID"])
    book.active.append(["很好用啊", 5, datetime(2021, 8, 15, 10, 30), 100000000001])
    book.active.append([None, None, None, None])
    book.active.append(["坏了不能用", 1, "2021/8/16", "u2"])
    book.save(tmp_path / "a.xlsx")
    (batch,) = read_records([tmp_path / "a.xlsx"], mapping={})
    assert batch.records["created_at"].to_list() == [datetime(2021, 8, 15, 10, 30), datetime(2021, 8, 16)]
    assert batch.records["author_id"].to_list() == ["100000000001", "u2"]
    assert batch.records["row"].to_list() == [0, 1]


@pytest.mark.parametrize(
    ("sample", "delimiter", "n_columns"),
    [
        ("a,b\n1,2\n", ",", 2),
        ("text\trating\ngood, really\t5\n", "\t", 2),
        ("text;price\ngut;4,5\nschlecht;1,0\n", ";", 2),
        ("text|rating\nx, y|1\n", "|", 2),
        ("review^rating^date\nx^1^2\ny, z^2^3\n", "^", 3),
        ("评论,评分\n好,的,吗,5\n好,5\n坏,1\n", ",", 2),
    ],
)
def test_delimiters(sample: str, delimiter: str, n_columns: int) -> None:
    dialect = detect_dialect(sample, whole=True)
    assert (dialect.delimiter, dialect.n_columns) == (delimiter, n_columns)


def test_runs_of_signs_separate_and_single_columns_stay_whole() -> None:
    (batch,) = read(b"5 #### works well , I like it\n1 #### broke ; sad\n4 #### fine #1 thing\n", "a.txt")
    assert batch.records["text"].to_list() == ["works well , I like it", "broke ; sad", "fine #1 thing"]
    assert batch.records["rating"].to_list() == [5.0, 1.0, 4.0]
    lines = "很好，推荐给大家购买\nworks, well; really | good\n质量太差了，退货\n"
    (batch,) = read(lines.encode(), "a.txt")
    assert texts([batch]) == lines.splitlines()


def test_raw_quotes_in_tab_separated_text_are_kept() -> None:
    content = "text\trating\n" + '"Great" product, as they say\t5\nsays "it fits"\t4\n' * 5
    assert texts(read(content.encode(), "a.tsv"))[0] == '"Great" product, as they say'


def test_profile_tells_what_was_recognised_and_why() -> None:
    content = "评论内容,评分,评论时间\n" + "很好用啊,5,2021/8/15 0:12\n,1,x\n少\n" * 5
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(content, encoding="gb18030")
        profile = profile_inputs([path], {})
    json.dumps(profile)
    (source,) = profile["sources"]
    assert (profile["n_rows"], profile["n_malformed"]) == (15, 5)
    assert source["read_as"]["encoding"] == "gb18030"
    assert source["read_as"]["delimiter"] == ","
    assert source["malformed"] == {"ragged_row": 5}
    assert source["n_empty_text"] == 5
    assert source["rating"]["stars"] == {"1": 5, "5": 5}
    assert source["time"]["first"] == "2021-08-15T00:12:00"
    assert source["time"]["n_unreadable"] == 5
    assert {d["field"]: d["column"] for d in source["mapping"]} == {
        "text": "评论内容",
        "rating": "评分",
        "time": "评论时间",
    }
    assert all(d["why"] for d in source["mapping"])


DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

REAL = {  # rows, scale, columns as field=column
    "reviews_zh/air_conditioners_dated.csv.gz": (
        8449, "1-5",
        "text=评论内容 rating=打分 time=评论时间 product=商品名称 product_id=商品ID user=用户ID"),
    "reviews_zh/online_shopping_10_cats.csv": (56560, "0/1", "text=review rating=label category=cat"),
    "reviews_zh/waimai_10k.csv": (11987, "0/1", "text=review rating=label"),
    "reviews_zh/car_3class.csv": (7936, "-1/0/1", "text=content rating=sentiment_value category=subject"),
    "reviews_zh/laptop_clauses.csv": (7687, None, "text=text"),
    "reviews_zh/phones_dated.csv": (
        3537, "1-5", "text=评论内容 rating=得分 time=购买时间 product=手机型号 user=用户ID price=价格"),
    "reviews_zh/eprstmt/train_few_all.jsonl": (160, "words", "text=sentence rating=label"),
    "reviews_zh/eprstmt/unlabeled.jsonl": (19442, None, "text=sentence"),
    "reviews_en/electronics_dated.csv.gz": (
        31174, "1-5",
        "text=reviews.text title=reviews.title rating=reviews.rating time=reviews.date product=name "
        "product_id=asins category=categories user=reviews.username"),
    "reviews_en/womens_clothing.csv": (
        18966, "1-5",
        "text=Review_Text title=Title rating=Rating product_id=Clothing_ID category=Class_Name"),
    "reviews_en/musical_instruments.csv.gz": (
        10261, "1-5",
        "text=reviewText title=summary rating=overall time=reviewTime product_id=asin user=reviewerID"),
    "reviews_en/amazon_stars/book.txt": (9954, "1-5", "text=column_2 rating=column_1"),
    "corpus/zh_reviews.jsonl.gz": (
        86594, "1-5", "text=text rating=stars time=time product=product channel=src"),
    "opinions_zh/farm_products.jsonl.gz": (
        6961, "1-5", "text=comment_text rating=user_star product=comment_variety"),
    "dialogues/snack_reviews_with_replies.csv": (5724, None, "text=text product=product"),
    "needs_en/app_reviews.csv": (6398, None, "text=review"),
}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files_are_recognised_without_map(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"public data not found: {path}")
    n_rows, scale, columns = REAL[name]
    (source,) = profile_inputs([path], {})["sources"]
    found = {f"{d['field']}={d['column']}".replace(" ", "_") for d in source["mapping"]}
    assert found == set(columns.split())
    assert source["n_rows"] == n_rows
    assert source["n_malformed"] == 0
    assert (source["rating"] or {}).get("scale") == scale
