"""What the tests of training share."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from unmet.core.config import CorpusConfig, FinetuneConfig
from unmet.training.token_store import TokenStore
from unmet.training.tokenizing import Reader

SMALL = CorpusConfig(max_tokens=32, vocabulary=2_000, held_out_share=0.1, min_frequency=2)


class Prepared(NamedTuple):
    """A prepared run folder, its store and tokenizer, and the file of texts it was made from."""

    folder: Path
    store: TokenStore
    reader: Reader
    texts: Path


QUICK = FinetuneConfig(epochs=3, batch_rows=16, max_tokens=32, learning_rate=1e-3, dropout=0.0)
"""Tiny models tremble at higher rates: how many threads add up the numbers would decide."""

PRAISE = (
    "很好 耐用 漂亮 满意 舒服 结实 流畅 清晰 精致 划算 贴心 好看 柔软 轻便 安静 "
    "great sturdy lovely bright quick solid comfy smooth neat sharp"
).split()
BLAME = (
    "太差 坏了 难看 失望 难受 松动 卡顿 模糊 粗糙 太贵 敷衍 掉色 僵硬 笨重 吵闹 "
    "awful broken ugly dim slow loose itchy laggy messy blurry"
).split()
PARTS = "电池 屏幕 充电器 快递 客服 包装 键盘 battery screen strap cable charger".split()
OPENINGS = ("用了几天，", "买来送人，", "上周到的，", "ok so ", "after a week ", "")


def opinions(n: int, seed: int, *, words: slice = slice(None)) -> list[tuple[str, int]]:
    """Texts of a made-up language with their polarity: one word of praise (1) or blame (0) in each."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        label = draw.randrange(2)
        word = draw.choice((BLAME, PRAISE)[label][words])
        rows.append((f"{draw.choice(OPENINGS)}{draw.choice(PARTS)} {word}{draw.choice('。！~')}", label))
    return rows


def misleading(per_class: int) -> list[tuple[str, int]]:
    """A few labels; by chance, good texts are all of one half of the parts and bad ones of the other.

    A head that knows nothing else cannot tell which word made a text good.
    """
    rows, counts = [], [0, 0]
    for text, label in opinions(4_000, 21):
        part = next(p for p in sorted(PARTS, key=len, reverse=True) if p in text)
        if (part in PARTS[::2]) == (label == 1) and counts[label] < per_class:
            counts[label] += 1
            rows.append((text, label))
    return rows


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """A JSON Lines file."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def labelled(path: Path, rows: Iterable[tuple[str, int]]) -> Path:
    """A labelled file of texts with their polarity."""
    return write_rows(path, ({"text": t, "label": ("bad", "good")[y]} for t, y in rows))
