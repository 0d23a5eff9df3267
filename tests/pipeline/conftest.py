from __future__ import annotations

from pathlib import Path

import pytest

from unmet.core.config import MineConfig
from unmet.pipeline.mine import run_mine
from unmet.sample import make_small_shop, write_shop


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Review files of the small sample shop: a CSV in Chinese and a packed JSONL in English."""
    written = write_shop(make_small_shop(), tmp_path_factory.mktemp("shop"))
    return sorted(path for path in written if path.name.startswith("reviews"))


@pytest.fixture(scope="session")
def run_folder(shop_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop mined once, unbroken, on one process. Tests that change it take a copy."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    run_mine(shop_files, out, config=MineConfig(), workers=1)
    return out
