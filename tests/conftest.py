"""A tiny tier with an encoder of random weights, for every test that needs one to run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Fixtures of training build the models that other folders only run.
sys.path.insert(0, str(Path(__file__).parent / "training"))


@pytest.fixture(scope="session")
def tiny_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported 8-bit encoder package with every head."""
    from inference_fixtures import write_tiny_package

    return write_tiny_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def tiny_tier(tiny_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tier folder in which all ways of answering occur; n-grams outvote the random encoder."""
    from inference_fixtures import write_tiny_tier

    return write_tiny_tier(tiny_package, tmp_path_factory.mktemp("tier"))
