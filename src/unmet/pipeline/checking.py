"""`unmet check`: describe inputs and say what cleaning would drop, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unmet.core.config import MineConfig
from unmet.ingest.documents import examine
from unmet.ingest.profile import profile_inputs
from unmet.ingest.reading import read_records
from unmet.text.language import detect_languages


def check_inputs(inputs: Sequence[str | Path], *, config: MineConfig) -> dict[str, Any]:
    """Describe the inputs.

    Returns:
        ``{"sources": [per source: format, encoding, columns, mapping with reasons …],
        "cleaning": the quality report that `mine` would write}``.
    """
    profile = profile_inputs(inputs, mapping=config.mapping, kind=config.kind)
    batches = read_records(inputs, mapping=config.mapping, kind=config.kind, chunk_rows=config.chunk_rows)
    cleaning = examine(batches, config=config, detect_languages=detect_languages)
    return {**profile, "cleaning": cleaning}
