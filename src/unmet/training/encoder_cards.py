"""The card of an encoder package, filled from its manifest (Mitchell et al., "Model cards", 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmet.models.encoder_package import Head

_KINDS = {
    "classes": "one class per text",
    "flag": "yes or no",
    "scores": "numbers",
    "tags": "spans",
    "pairs": "one class per two texts",
    "vectors": "unit vector",
}


def encoder_card(manifest: Mapping[str, Any], heads: Mapping[str, Head]) -> str:
    """Markdown card; measures stand in it only for heads that were measured."""
    sources = [f"- {source}: {rows}" for source, rows in manifest["training_data"].items()]
    rows = [
        f"| {name} | {_KINDS[head.task.kind]} | {', '.join(head.task.labels) or '–'} "
        f"| {head.temperature:.3g} | {head.threshold:.3g} | {head.abstain_below:.3g} |"
        for name, head in heads.items()
    ]
    lines = [
        f"# {manifest['name']}@{manifest['version']}",
        "",
        f"One encoder, {len(heads)} heads, {manifest['precision']}, "
        f"windows of {manifest['max_tokens']} tokens.",
        "",
        "| head | gives | labels | temperature | threshold | abstains below |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "## Training data",
        "",
        *(sources or ["Not stated at export."]),
        "",
        "## Numbers",
        "",
        *(_numbers(manifest["measures"]) or ["Not measured at export: no calibration file was given."]),
        "",
        "## Limits",
        "",
        "- Pairs that do not fit a window lose the end of the longer text.",
        "- Thresholds and abstention hold for texts like those they were found on.",
        "",
    ]
    return "\n".join(lines)


def _numbers(measures: Mapping[str, Any]) -> list[str]:
    return [
        f"- {name} ({found['rows']:,} texts, which also set temperature and thresholds): "
        + ", ".join(f"{key} {value:.4f}" for key, value in found["after"].items())
        for name, found in measures.items()
    ]
