"""Model cards: one fixed outline, filled from the manifest (Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def render_card(
    manifest: Mapping[str, Any],
    *,
    purpose: str,
    data_notes: Mapping[str, str],
    numbers: Sequence[str],
    limits: Sequence[str],
) -> str:
    """Markdown card of a package.

    Args:
        manifest: as saved; ``training_data`` maps each source to its rows.
        purpose: what the model answers, one or two sentences.
        data_notes: source → where it comes from and its stated licence.
        numbers: measured figures, one line each, with the command that gives them.
        limits: what it must not be trusted with, one line each.

    Raises:
        KeyError: a training source has no note.
    """
    sources = [
        f"| {name} | {rows:,} | {data_notes[name]} |" for name, rows in manifest["training_data"].items()
    ]
    lines = [
        f"# {manifest['name']}@{manifest['version']}",
        "",
        purpose,
        "",
        f"- Labels: {', '.join(manifest['labels'])}",
        f"- Features: {_features(manifest['features'])}",
        f"- Calibration: {manifest.get('calibration', 'none')}",
        f"- Weights: 8-bit integers, SHA-256 of the arrays in `manifest.json`, seed {manifest['seed']}",
        "",
        "## Training data",
        "",
        "| source | texts | origin (licence stated) |",
        "|---|---|---|",
        *sources,
        "",
        "The texts themselves are not part of the package.",
        "",
        "## Numbers",
        "",
        *(f"- {line}" for line in numbers),
        "",
        "## Limits",
        "",
        *(f"- {line}" for line in limits),
        "",
    ]
    return "\n".join(lines)


def _features(features: Mapping[str, Any]) -> str:
    orders = ", ".join(str(order) for order in features["orders"])
    pairs = " and skip pairs" if features["skip_pairs"] else ""
    return (
        f"hashed {orders}-grams{pairs} of Chinese characters and English words, 2^{features['bits']} buckets"
    )
