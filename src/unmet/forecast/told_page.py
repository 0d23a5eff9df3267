"""The page's sections on what changed since an earlier forecast and on text signals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from unmet.core.errors import RunFolderError
from unmet.core.manifest import MANIFEST
from unmet.forecast.adjusting import EFFECTS_FILE, SIGNALS_FILE
from unmet.forecast.changes import PARTS
from unmet.forecast.drivers_page import units_text
from unmet.forecast.inventory.reasons import words
from unmet.forecast.inventory.safe_cells import restored
from unmet.forecast.signal_effects import ALL, SIGNAL_EFFECTS

MAX_ROWS = 20
WIDTH, ROW = 150, 12


def told_words(language: str) -> dict[str, str]:
    """Words of these sections (:func:`~unmet.forecast.inventory.reasons.words`)."""
    return words(language, "told")


def told_sections(folder: Path, language: str) -> dict[str, Any]:
    """Sections ``changes`` and ``signals`` of a forecast folder; None where nothing is told.

    Raises:
        RunFolderError: a file is missing or damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"cannot be read: {error}", where=str(path)) from error
    return {
        "changes": changes_section(manifest, language),
        "signals": signals_section(folder, manifest, language),
    }


def changes_section(manifest: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """What the template shows of the changes; None where there was no earlier forecast.

    Args:
        manifest: of the forecast folder.
        language: zh or en.
    """
    told = manifest.get("changes")
    if told is None:
        return None
    said = told_words(language)
    rows = told["largest"][:MAX_ROWS]
    widest = max((abs(row[name]) for row in rows for name in ("change", *PARTS)), default=0.0) or 1.0
    return {
        "words": said,
        "lines": change_sentences(told, said),
        "rows": [_change_row(row, widest, said) for row in rows],
        "n_more": max(told["series"] - len(rows), 0),
    }


def change_sentences(told: Mapping[str, Any], said: Mapping[str, str]) -> list[str]:
    """How the earlier forecast did, and what changed in sum."""
    seen, ahead = told["seen"], told["ahead"]
    lines = []
    if seen["periods"]:
        lines.append(
            said["seen"].format(
                n=seen["periods"], sold=units_text(seen["sold"], signed=False),
                expected=units_text(seen["expected"], signed=False), inside=f"{seen['inside_80']:.0%}",
            )
        )  # fmt: skip
    else:
        lines.append(said["seen_none"])
    if told["periods"]:
        numbers = {name: units_text(ahead[name], signed=True) for name in ("change", *PARTS)}
        before, now = (units_text(ahead[name], signed=False) for name in ("before", "now"))
        lines.append(said["ahead"].format(n=told["periods"], before=before, now=now, **numbers))
        lines.append(said["models"].format(n=told["models_changed"], all=told["series"]))
    else:
        lines.append(said["ahead_none"])
    return lines


def _change_row(row: Mapping[str, Any], widest: float, said: Mapping[str, str]) -> dict[str, Any]:
    """One series: numbers, and a bar per part around a middle line."""
    middle, bars = WIDTH / 2, []
    for place, name in enumerate(PARTS):
        length = abs(row[name]) / widest * (middle - 2)
        x = middle if row[name] >= 0 else middle - length
        kind = "up" if row[name] >= 0 else "down"
        bars.append({"x": round(x, 1), "y": ROW * place + 2, "width": round(length, 1), "kind": kind,
                     "label": f"{said[f'part_{name}']} {units_text(row[name], signed=True)}"})  # fmt: skip
    name = row["name"] or row["series_id"]
    same = row["model_before"] == row["model_now"] or row["model_before"] is None
    return {
        "name": name,
        "id": "" if name == row["series_id"] else row["series_id"],
        "before": units_text(row["before"], signed=False),
        "now": units_text(row["now"], signed=False),
        "change": units_text(row["change"], signed=True),
        "parts": [units_text(row[part], signed=True) for part in PARTS],
        "models": "" if same else f"{row['model_before']} → {row['model_now']}",
        "bars": bars,
    }


def signals_section(folder: Path, manifest: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """What the template shows of text signals; None where none were asked for.

    Raises:
        RunFolderError: a file is missing or damaged.
    """
    told = manifest.get("signals")
    if told is None:
        return None
    said = told_words(language)
    path = folder / EFFECTS_FILE
    try:
        effects = pl.read_csv(path, schema=SIGNAL_EFFECTS)
        series = pl.read_csv(folder / "series.csv", infer_schema=False).select("series_id", "name")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise RunFolderError(f"cannot be read: {str(error).splitlines()[0]}", where=str(path)) from error
    effects = effects.with_columns(restored(pl.col(pl.String)))
    moved = effects.sort((pl.col("factor").log()).abs(), "series_id", descending=[True, False])
    names = dict(series.with_columns(restored(pl.col("series_id"))).iter_rows())
    return {
        "words": said,
        "note": said["signals_note"].format(file=SIGNALS_FILE),
        "matched": said["matched"].format(**told),
        "rows": [_category_row(row, said) for row in told["categories"]],
        "moved": [_moved_row(row, names, said) for row in moved.head(MAX_ROWS).iter_rows(named=True)],
    }


def _moved_row(
    row: Mapping[str, Any], names: Mapping[str, str | None], said: Mapping[str, str]
) -> dict[str, str]:
    name = names.get(row["series_id"]) or row["series_id"]
    return {
        "name": name,
        "id": "" if name == row["series_id"] else row["series_id"],
        "change": signed_percent(row["factor"] - 1),
        "why": signal_name(row, said),
        "part": signed_percent(row["part"] - 1),
    }


def signed_percent(share: float, digits: int = 0) -> str:
    """A change in hundredths with its sign; what rounds to 0 has none.

    >>> signed_percent(-0.131), signed_percent(0.0149, 1), signed_percent(-0.0001, 1)
    ('−13%', '+1.5%', '0%')
    """
    value = round(100 * share, digits)
    return "0%" if value == 0 else f"{value:+.{digits}f}%".replace("-", "−")


def signal_name(row: Mapping[str, Any], said: Mapping[str, str]) -> str:
    """A signal in words."""
    kind, _, rest = row["signal"].partition(":")
    if kind == "need":
        return said["signal_need"].format(name=row["name"])
    return said["signal_aspect"].format(name=rest) if kind == "aspect" else said[f"signal_{kind}"]


def _category_row(row: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, str]:
    """Gains as shares of the error, in hundredths."""
    error = row["error"] or 1.0

    def share(*names: str) -> str:
        value, low, high = (signed_percent(row[name] / error, 1) for name in names)
        return f"{value} ({low} … {high})"

    return {
        "name": said["all_products"] if row["category"] == ALL else row["category"],
        "series": str(row["n_series"]),
        "error": f"{row['error']:.3f}",
        "gain": share("gain", "gain_low", "gain_high"),
        "placebo": share("placebo_gain", "placebo_low", "placebo_high"),
        "p": f"{row['p_value']:.3f}",
        "kept": said["kept"] if row["kept"] else said["null"],
    }
