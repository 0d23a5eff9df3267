"""Memory of the stage that looks at the whole corpus: bounded per document, so that a million fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from unmet.core.memory import peak_memory_bytes
from unmet.core.tables import DOCUMENTS, MENTIONS, conform

ASPECTS = "屏幕 电池 音质 物流 客服 包装 外观 价格 系统 按键 内胆 滤网 水箱 底座 线材 支架".split()
OPINIONS = "清晰 耐用 刺耳 很慢 热情 破损 漂亮 便宜 卡顿 松动 粘底 难洗 漏水 晃动 太短 结实".split()
PADDING = "买回来用了一段时间，家里人都在用，和之前那台比起来说说感受，第"
BYTES_PER_DOCUMENT = 2_700
"""Measured 1,900; 4,500 when every mention carried the id, the text and the sentence of its document."""

BUILD = """
import sys
from pathlib import Path
from unmet.core.config import MineConfig
from unmet.core.memory import peak_memory_bytes, reset_peak_memory
from unmet.pipeline.needing import build_cards

folder = Path(sys.argv[1])
reset_peak_memory()
plain = build_cards(
    folder / "documents.parquet", folder / "read.parquet", out=folder / "mentions.parquet", work=folder,
    config=MineConfig(), models={},
)
assert len(plain["needs"]) > 5
print(peak_memory_bytes())
"""


def write_tables(folder: Path, count: int) -> Path:
    """Documents with three opinions each, the last of them sometimes a bare complaint."""
    folder.mkdir()
    rng = np.random.Generator(np.random.PCG64(count))
    number = pl.Series("n", np.arange(count))
    aspect, opinion = (
        pl.Series(words)[rng.integers(0, len(words), 3 * count)] for words in (ASPECTS, OPINIONS)
    )
    clause = (aspect + opinion + "，").to_frame("c").with_columns(d=pl.Series(np.arange(3 * count) // 3))
    joined = clause.group_by("d", maintain_order=True).agg(pl.col("c").str.join(""))["c"]
    text = joined + PADDING + number.cast(pl.String) + "次了。"
    ids = "d" + number.hash(1).cast(pl.String).str.zfill(20).str.slice(4)
    documents = pl.DataFrame(
        {
            "document_id": ids,
            "text": text,
            "text_hash": ids.str.slice(1) + ids.str.slice(1) + ids.str.slice(1) + ids.str.slice(1),
            "language": "zh",
            "rating": rng.integers(1, 6, count).astype(float),
            "product": pl.Series(rng.integers(0, 500, count)).cast(pl.String),
            "author_id": ids,
        },
    )
    conform(documents, DOCUMENTS, name="documents").write_parquet(folder / "documents.parquet")
    bare = pl.Series(rng.random(3 * count) < 0.02)
    start = pl.Series(np.tile([0, 5, 10], count))
    mentions = pl.DataFrame(
        {
            "mention_id": "m" + pl.Series(np.arange(3 * count)).hash(2).cast(pl.String).str.zfill(20),
            "document_id": ids[np.arange(3 * count) // 3],
            "start": 0,
            "end": text.str.len_chars()[np.arange(3 * count) // 3],
            "aspect": aspect.zip_with(~bare, pl.Series([None], dtype=pl.String).new_from_index(0, 3 * count)),
            "aspect_start": start,
            "aspect_end": start + 2,
            "opinion": opinion.zip_with(
                ~bare, pl.Series([None], dtype=pl.String).new_from_index(0, 3 * count)
            ),
            "opinion_start": start + 2,
            "opinion_end": start + 4,
            "category": pl.Series(["quality", "service", "function"])[rng.integers(0, 3, 3 * count)],
            "polarity": pl.Series(["positive", "negative"])[rng.integers(0, 2, 3 * count)],
            "valence": 5.0,
            "sentence_sentiment": rng.uniform(-1, 1, 3 * count).round(6),
            "need_probability": rng.random(3 * count),
            "is_request": rng.random(3 * count) < 0.05,
        }
    )
    conform(mentions, MENTIONS, name="mentions").write_parquet(folder / "read.parquet")
    return folder


def peak(folder: Path) -> int:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, folder], check=True, capture_output=True, text=True, env=environment
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(peak_memory_bytes() is None, reason="the system does not count peak memory")
def test_memory_of_building_needs_grows_by_little_per_document(tmp_path) -> None:
    few, many = 40_000, 160_000
    small = peak(write_tables(tmp_path / "few", few))
    large = peak(write_tables(tmp_path / "many", many))
    assert (large - small) / (many - few) < BYTES_PER_DOCUMENT
