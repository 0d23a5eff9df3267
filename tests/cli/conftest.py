from __future__ import annotations

from pathlib import Path

import pytest

ROWS = [
    ("屏幕太暗了，晚上看不清，希望亮一点。", 2),
    ("物流很快，第二天就到了，包装也好。", 5),
    ("电池不耐用，半天就没电了，太失望了。", 1),
    ("The zipper broke after two weeks. Please make it stronger.", 1),
    ("Very comfortable straps and a lot of space, I love it.", 5),
]
REPEATED = (
    "电池不耐用，半天就没电了，第{}次充电。",
    "屏幕太暗了，晚上看不清，试了{}遍。",
    "The battery dies after {} hours of use.",
    "物流很快，{}天就到了。",
)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    lines = ["评论内容,评分"] + [f'"{text}",{stars}' for text, stars in ROWS]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mined run of made-up rows. Tests that change it take a copy."""
    from unmet.core.config import MineConfig
    from unmet.pipeline.mine import run_mine

    folder = tmp_path_factory.mktemp("mined")
    rows = [
        f'"{text.format(n)}",{1 + n % 5},2024-{1 + n % 9:02d}-05' for n in range(2, 18) for text in REPEATED
    ]
    source = folder / "reviews.csv"
    source.write_text("\n".join(["评论内容,评分,时间", *rows]), encoding="utf-8")
    run_mine([source], folder / "run", config=MineConfig(), workers=1)
    return folder / "run"
