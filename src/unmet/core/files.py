"""Atomic writes and byte-stable JSON."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DECIMALS = 6
"""Floats in JSON outputs are rounded to this many decimals, so equal runs are equal bytes."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it replaces ``path`` only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def rounded(value: Any) -> Any:
    """Round every float in a nested plain structure; NaN and infinities are refused.

    >>> rounded({"a": [0.12345678, 1]})
    {'a': [0.123457, 1]}
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number in an output is not finite")
        return round(value, DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return value


def dump_json(value: Any) -> str:
    """Readable, byte-stable JSON text with a final newline."""
    return json.dumps(rounded(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write :func:`dump_json` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(dump_json(value), encoding="utf-8", newline="\n")
