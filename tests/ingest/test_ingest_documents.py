"""From records to documents: nothing is lost, everything maps back, equal input gives equal output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unmet.core.config import CleanConfig, MineConfig
from unmet.core.errors import UnmetError
from unmet.core.hashing import text_hash
from unmet.core.offsets import load_edits, to_source
from unmet.core.tables import DOCUMENTS, RECORDS, REJECTED
from unmet.ingest.documents import examine, ingest_documents

LONG = "空调制冷效果很好，安装师傅也很专业，推荐购买，就是外机声音有点大"


@dataclass(frozen=True)
class Batch:
    records: pl.DataFrame
    rejected: pl.DataFrame
    n_rows: int


def languages(texts: Sequence[str]) -> list[str]:
    def one(text: str) -> str:
        if re.search("[а-яñ¿]", text):
            return "other"
        if re.search("[一-鿿]", text):
            return "zh"
        return "en" if re.search("[a-z]{2}", text) else "und"

    return [one(text) for text in texts]


def batch(
    *rows: dict[str, Any], source: str = "a.csv", first: int = 0, unreadable: Sequence[int] = ()
) -> Batch:
    filled = [{"source": source, "row": first + n, "kind": "review"} | row for n, row in enumerate(rows)]
    records = pl.DataFrame(filled, schema_overrides=RECORDS) if filled else pl.DataFrame(schema=RECORDS)
    missing = [pl.lit(None, dtype=dtype).alias(c) for c, dtype in RECORDS.items() if c not in records.columns]
    records = records.with_columns(missing).select(list(RECORDS))
    rejected = pl.DataFrame(
        [{"source": source, "row": n, "reason": "ragged_row", "detail": "3 of 5 cells",
          "text": "打13812345678<b>x</b>" + "长" * 900} for n in unreadable],
        schema=REJECTED,
    )  # fmt: skip
    return Batch(records, rejected, len(records) + len(rejected))


@dataclass(frozen=True)
class Result:
    report: dict[str, Any]
    documents: pl.DataFrame
    rejected: pl.DataFrame


def run(folder: Path, *batches: Batch, **clean: Any) -> Result:
    language = clean.pop("language", None)
    config = MineConfig(clean=CleanConfig(**clean), language=language)
    paths = folder / "documents.parquet", folder / "rejected.parquet"
    report = ingest_documents(
        iter(batches),
        config=config,
        detect_languages=languages,
        out_documents=paths[0],
        out_rejected=paths[1],
    )
    assert sorted(p.name for p in folder.iterdir()) == ["documents.parquet", "rejected.parquet"], (
        "no leftovers"
    )
    documents, rejected = (pl.read_parquet(path) for path in paths)
    assert dict(documents.schema) == DOCUMENTS
    assert dict(rejected.schema) == REJECTED
    return Result(report, documents, rejected)


def reasons(result: Result) -> dict[int, str]:
    return dict(result.rejected.select("row", "reason").iter_rows())


ONE_OF_EACH: list[tuple[dict[str, Any], str | None]] = [
    ({"text": LONG, "rating": 5.0, "rating_raw": "5"}, None),
    ({"text": ""}, "empty_text"),
    ({"text": None}, "empty_text"),
    ({"text": "<p>&nbsp;</p>\u200b"}, "empty_text"),
    ({"text": "此用户没有填写评价。"}, "boilerplate"),
    ({"text": "......1234"}, "no_words"),
    ({"text": "13812345678"}, "no_words"),
    ({"text": "👍👍"}, None),
    ({"text": "666"}, None),
    ({"text": "Очень хорошо, спасибо"}, "other_language"),
    ({"text": "加我微信vx138abc999领优惠券，兼职日结"}, "spam"),
    ({"text": LONG + "！"}, "duplicate"),
    ({"text": LONG, "rating": 1.0, "rating_raw": "1"}, "duplicate_conflicting_rating"),
    ({"text": LONG + "了"}, "near_duplicate"),
    ({"text": "啊" * 20_001}, "too_long"),
    ({"text": "很好"}, None),
    ({"text": "很好"}, None),
]


def test_every_reason_and_no_row_lost(tmp_path: Path) -> None:
    result = run(tmp_path, batch(*(row for row, _ in ONE_OF_EACH), unreadable=[90, 91]))
    expected = {number: reason for number, (_, reason) in enumerate(ONE_OF_EACH) if reason}
    assert reasons(result) == {**expected, 90: "ragged_row", 91: "ragged_row"}
    kept = [number for number, (_, reason) in enumerate(ONE_OF_EACH) if reason is None]
    assert result.documents["row"].to_list() == kept
    assert result.rejected["row"].to_list() == sorted(result.rejected["row"].to_list()), "in input order"
    assert result.report["rows_in"] == len(ONE_OF_EACH) + 2
    assert result.report["kept"] + result.report["rejected_rows"] == result.report["rows_in"]
    counts = {reason: entry["count"] for reason, entry in result.report["rejected"].items()}
    assert sum(counts.values()) == result.report["rejected_rows"]
    assert counts["empty_text"] == 3
    first = result.documents.row(0, named=True)
    assert first["copies"] == 3
    copies = result.rejected.filter(pl.col("reason").str.contains("duplicate"))
    assert copies["detail"].to_list() == [first["document_id"]] * 3


def test_counts_hold_per_source_and_across_batches(tmp_path: Path) -> None:
    rows = [row for row, _ in ONE_OF_EACH]
    result = run(
        tmp_path,
        batch(*rows, source="a.csv", unreadable=[50]),
        batch(*rows, source="b.csv"),
        batch(source="c.csv", unreadable=[0, 1]),
        batch(*rows[:3], source="b.csv", first=100),
        batch(source="d.csv"),
    )
    total = 2 * len(rows) + 3 + 3
    assert result.report["rows_in"] == total == len(result.documents) + len(result.rejected)
    assert set(result.report["sources"]) == {"a.csv", "b.csv", "c.csv"}
    for source, counts in result.report["sources"].items():
        kept = result.documents.filter(pl.col("source") == source)
        rejected = result.rejected.filter(pl.col("source") == source)
        assert counts == {
            "rows_in": len(kept) + len(rejected),
            "kept": len(kept),
            "rejected_rows": len(rejected),
        }
    assert result.rejected["source"].unique(maintain_order=True).to_list() == ["a.csv", "b.csv", "c.csv"]


def test_no_rows_at_all(tmp_path: Path) -> None:
    for batches in ([], [batch()]):
        result = run(tmp_path, *batches)
        assert (len(result.documents), len(result.rejected)) == (0, 0)
        assert result.report["warnings"] == ["the input holds no rows"]


def test_stored_text_maps_back_to_the_source_field(tmp_path: Path) -> None:
    sources = [
        "<p>打我电话13812345678，电池&ldquo;不耐用&rdquo;</p>\r\n\r\n屏幕也 坏了",
        "\u200b  Please mail me at kim@example.com, the <b>battery</b> died \x00 after&nbsp;two days",
        "普通的一句话，没有改动",
    ]
    result = run(tmp_path, batch(*({"text": text} for text in sources)))
    for document in result.documents.iter_rows(named=True):
        source, text = sources[document["row"]], document["text"]
        assert document["text_hash"] == text_hash(text)
        edits = load_edits(document["edits"])
        position = source_position = 0
        for start, end, source_start, source_end in edits:
            assert text[position:start] == source[source_position:source_start]
            position, source_position = end, source_end
        assert text[position:] == source[source_position:]
    texts = result.documents["text"].to_list()
    assert texts[0] == "打我电话[PHONE]，电池“不耐用”\n屏幕也 坏了"
    assert result.documents["edits"].to_list()[2] is None
    edits = load_edits(result.documents["edits"][0])
    place = texts[0].index("[PHONE]")
    assert sources[0][slice(*to_source(edits, place, place + len("[PHONE]")))] == "13812345678"
    assert result.report["private_items_masked"] == {"EMAIL": 1, "PHONE": 1}
    assert result.report["texts_edited_by_cleaning"] == 2


def test_private_data_is_nowhere(tmp_path: Path) -> None:
    secret = "13812345678"
    rows = [
        {"text": f"很好用，打{secret}找我", "title": f"call {secret}", "author_id": "zhang.wei"},
        {"text": f"加我微信领优惠券，兼职日结，电话{secret}", "author_id": "zhang.wei"},
        {"text": f"Очень {secret}"},
        {"text": secret},
        {"text": f"{secret}" + "长" * 30_000},
    ]
    result = run(tmp_path, batch(*rows, unreadable=[77]))
    everything = repr(result.report) + result.documents.write_csv() + result.rejected.write_csv()
    assert secret not in everything
    assert "zhang.wei" not in everything
    assert re.fullmatch("a[0-9a-f]{16}", result.documents["author_id"][0])
    assert result.documents["title"][0] == "call [PHONE]"
    assert result.rejected["text"].str.len_chars().max() <= 500
    raw = run(tmp_path, batch(*rows), mask_private=False)
    assert secret in raw.documents["text"][0]
    assert any("not masked" in warning for warning in raw.report["warnings"])


def test_a_cut_does_not_bare_half_a_number(tmp_path: Path) -> None:
    number = "13812345678"
    places = range(480, 500)
    rows = [
        {"text": "长" * place + number + "长" * 30_000, "title": "t" * place + number} for place in places
    ]
    broken = batch(*rows)
    cut = pl.DataFrame(
        [{"source": "a.csv", "row": 100 + place, "reason": "ragged_row", "detail": "",
          "text": ("长" * place + number)[:500]} for place in places], schema=REJECTED,
    )  # fmt: skip
    result = run(tmp_path, Batch(broken.records, cut, len(rows) + len(cut)))
    assert "1381" not in result.rejected.write_csv()
    assert len(result.rejected) == 40


def test_ids_are_stable_when_data_grows(tmp_path: Path) -> None:
    rows = [{"text": text, "rating": 4.0} for text in ("很好", "很好", LONG, "一般", "Great phone")]
    few = run(tmp_path, batch(*rows[:3]))
    more = run(tmp_path, batch(*rows[:2], source="x.csv"), batch(*rows[2:], source="y.csv", first=9))
    assert more.documents["document_id"].to_list()[:3] == few.documents["document_id"].to_list()
    ids = more.documents["document_id"].to_list()
    assert len(set(ids)) == len(ids) == 5
    assert all(re.fullmatch("d[0-9a-f]{16}", identity) for identity in ids)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    rows = [row for row, _ in ONE_OF_EACH]
    out = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, batch(*rows), batch(*rows, source="b.csv"))
        out.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert out[0] == out[1]


@pytest.mark.parametrize(
    ("switch", "reason"),
    [("drop_boilerplate", "boilerplate"), ("drop_spam", "spam"), ("drop_duplicates", "duplicate")],
)
def test_switches(tmp_path: Path, switch: str, reason: str) -> None:
    rows = [row for row, _ in ONE_OF_EACH]
    assert reason in reasons(run(tmp_path, batch(*rows))).values()
    off = run(tmp_path, batch(*rows), **{switch: False})
    assert reason not in reasons(off).values()
    assert off.report["kept"] + off.report["rejected_rows"] == len(rows)


def test_language_asked_for(tmp_path: Path) -> None:
    rows = [{"text": "很好用"}, {"text": "works well"}, {"text": "👍"}, {"text": "muy español"}]
    result = run(tmp_path, batch(*rows), language="zh")
    assert result.documents["row"].to_list() == [0, 2]
    assert result.rejected.select("row", "reason", "detail").rows() == [
        (1, "other_language", "en"), (3, "other_language", "other"),
    ]  # fmt: skip


def test_queries_may_repeat(tmp_path: Path) -> None:
    rows = [{"text": "静音 空调 大一匹 一级能效 变频 冷暖", "kind": "query", "author_id": "u"}] * 3 + [
        {"text": "无", "kind": "query"}
    ]
    assert len(run(tmp_path, batch(*rows)).documents) == 4


def filler_batches(text: str) -> Iterator[Batch]:
    for part in range(3):
        rows = [
            {
                "text": text if n % 2 else f"第{part}批第{n}位顾客说制冷不错{n * 37 + part}",
                "author_id": f"u{part}-{n}",
                "product_id": f"p{n % 5}",
            }
            for n in range(40)
        ]
        yield batch(*rows, first=100 * part)


@pytest.mark.parametrize("text", ["由平台代为展示", "本条由平台代为展示并不代表任何立场声明如上"])
def test_unknown_filler_is_found_by_its_repetition(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, *filler_batches(text))
    assert result.report["rejected"]["boilerplate"]["count"] == 60
    assert set(result.rejected["reason"]) == {"boilerplate"}, "copies of filler are filler, not copies"
    assert len(result.documents) == 60
    assert result.documents["copies"].sum() == 0
    assert result.rejected["row"].to_list() == sorted(result.rejected["row"].to_list())
    stays = run(tmp_path, *filler_batches(text), drop_boilerplate=False)
    assert "boilerplate" not in stays.report["rejected"]


def test_opinions_repeat_freely(tmp_path: Path) -> None:
    assert len(run(tmp_path, *filler_batches("质量很好")).documents) == 120


def test_one_author_on_many_products_is_spam_unless_the_shop_copied(tmp_path: Path) -> None:
    def rows(step: timedelta) -> list[dict[str, Any]]:
        start = datetime(2024, 1, 1, 8, 0, 1)
        return [
            {"text": LONG, "author_id": "same", "product_id": f"p{n}", "created_at": start + n * step}
            for n in range(6)
        ]

    pasted = run(tmp_path, batch(*rows(timedelta(days=1))))
    assert set(reasons(pasted).values()) == {"spam"}
    assert len(pasted.documents) == 0
    colours = run(tmp_path, batch(*rows(timedelta(0))))
    assert list(reasons(colours).values()) == ["duplicate"] * 5
    assert colours.documents["copies"].to_list() == [5]


def test_broken_batch_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    good = batch({"text": "很好"})
    with pytest.raises(UnmetError, match="a batch of 5 rows"):
        run(tmp_path, good, replace(good, n_rows=5))
    assert list(tmp_path.iterdir()) == []


def test_examine_reports_the_same_and_writes_nothing(tmp_path: Path) -> None:
    rows = [row for row, _ in ONE_OF_EACH]
    written = run(tmp_path, batch(*rows))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    report = examine(iter([batch(*rows)]), MineConfig(), languages)
    assert report == written.report
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_chunking_changes_nothing(tmp_path: Path) -> None:
    rows = [row for row, _ in ONE_OF_EACH] * 2
    whole = run(tmp_path, batch(*rows))
    parted = run(
        tmp_path, *(batch(*rows[first : first + 5], first=first) for first in range(0, len(rows), 5))
    )
    assert whole.documents.equals(parted.documents)
    assert whole.rejected.equals(parted.rejected)
    assert whole.report == parted.report


TEXT = st.lists(
    st.sampled_from(
        ["很好", "差", LONG, "great ", "\n", "<b>", "&nbsp;", "\x00", "\u200b", "13812345678", "a@b.cn",
         "默认好评", "👍", "6", "。", "哈哈哈哈哈哈哈哈", "да", "加我微信", " "]
    ),
    max_size=7,
).map("".join)  # fmt: skip
ROW = st.fixed_dictionaries(
    {"text": st.one_of(st.none(), TEXT)},
    optional={
        "rating": st.sampled_from([1.0, 3.0, 5.0]),
        "author_id": st.sampled_from(["u1", "u2"]),
        "product_id": st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6"]),
        "created_at": st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 9)),
        "kind": st.sampled_from(["review", "query"]),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(ROW, max_size=12), st.sampled_from("ab"), st.integers(0, 2)), max_size=4))
def test_whatever_comes_in_is_in_exactly_one_table(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[list[dict[str, Any]], str, int]]
) -> None:
    batches, first = [], 0
    for rows, source, n_unreadable in parts:
        batches.append(
            batch(
                *rows,
                source=source,
                first=first,
                unreadable=range(first + len(rows), first + len(rows) + n_unreadable),
            )
        )
        first += len(rows) + n_unreadable
    result = run(tmp_path_factory.mktemp("run"), *batches)
    rows_out = [*result.documents["row"].to_list(), *result.rejected["row"].to_list()]
    assert sorted(rows_out) == list(range(first))
    assert result.documents["document_id"].n_unique() == len(result.documents)
    assert result.rejected["reason"].null_count() == 0
    ids = set(result.documents["document_id"])
    copies = result.rejected.filter(pl.col("reason").str.contains("duplicate"))
    assert set(copies["detail"]) <= ids
    assert result.documents["copies"].sum() == len(copies)
    sources = {row["row"]: row["text"] for part in batches for row in part.records.iter_rows(named=True)}
    for row, text, cell in result.documents.select("row", "text", "edits").iter_rows():
        edits, source = load_edits(cell), sources[row]
        position = source_position = 0
        for start, end, source_start, source_end in edits:
            assert text[position:start] == source[source_position:source_start]
            position, source_position = end, source_end
        assert text[position:] == source[source_position:]
