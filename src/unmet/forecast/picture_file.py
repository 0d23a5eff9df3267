"""`--png`: history, forecast fan and parts of the largest series in one picture (matplotlib)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.decomposition import PARTS
from unmet.forecast.drivers_page import driver_words, label_of, read_decomposition, steps_of, units_text
from unmet.forecast.inventory.folder import read_forecast_folder
from unmet.forecast.plots import MAX_PAST
from unmet.forecast.tables import QUANTILES

MAX_SERIES = 6
_FONTS = ("notosanscjk-regular", "notosanssc", "wqy-zenhei", "msyh", "pingfang", "simhei")
"""Parts of the file names of Chinese fonts."""

_INK, _SOFT, _ACCENT, _BAD = "#1d2329", "#8a939c", "#1f5f8b", "#a8352a"
_AT = {name: place for place, name in enumerate(sorted(QUANTILES, key=QUANTILES.__getitem__))}


def write_forecast_picture(folder_path: Path, path: Path, language: str) -> None:
    """Write a PNG of the largest series: left what was sold and the fan, right the parts of the forecast.

    Args:
        folder_path: folder of `unmet forecast`.
        path: PNG to write.
        language: zh or en.

    Raises:
        InputError: see :func:`check_picture`.
        RunFolderError: the folder is no whole forecast.
    """
    fonts, known = check_picture(language)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    said = driver_words(language)
    folder = read_forecast_folder(folder_path, level=None)
    parts = read_decomposition(folder_path)
    largest = np.argsort(-folder.means.sum(axis=1), kind="stable")[:MAX_SERIES]
    names = dict(folder.series.select("series_id", "name").iter_rows())
    with mpl.rc_context({"font.family": fonts, "font.size": 9, "axes.unicode_minus": False}):
        figure = Figure(figsize=(11, 2.6 * len(largest)), layout="constrained")
        axes = figure.subplots(len(largest), 2, squeeze=False, width_ratios=(3, 2))
        for row, at in enumerate(largest):
            name = folder.ids[at]
            past = folder.demand.filter(pl.col("series_id") == name).tail(MAX_PAST)
            axes[row, 0].set_title(_title(names.get(name) or name, name, known), loc="left", fontsize=10)
            _fan(axes[row, 0], past, folder.starts, folder.quantiles[at], said)
            if parts is not None:
                sums = parts.filter(pl.col("series_id") == name).select(pl.col("mean", *PARTS).sum())
                _waterfall(axes[row, 1], sums.row(0, named=True), said)
        axes[0, 0].legend(loc="upper left", fontsize=8, frameon=False)
        figure.savefig(path, dpi=110, metadata={"Software": None})


def check_picture(language: str) -> tuple[list[str], set[str]]:
    """Font families to use in turn, and every character that one of them has.

    Raises:
        InputError: matplotlib is missing, or Chinese is asked for and no font has it.
    """
    try:
        from matplotlib import font_manager
    except ImportError as error:
        raise InputError("a PNG needs matplotlib", hint="pip install 'unmet[forecast]'") from error
    files = [font_manager.findfont("DejaVu Sans"), *_chinese_fonts()[:1]]
    families, known = [], set()
    for file in files:
        # Named by file: a list of fonts that was made before this one was installed does not know it.
        font_manager.fontManager.addfont(file)
        families.append(font_manager.FontProperties(fname=file).get_name())
        known |= {chr(code) for code in font_manager.get_font(file).get_charmap()}
    if not set("".join(driver_words(language).values())) <= known:
        raise InputError(
            "no font here has Chinese characters",
            hint="Install one (fonts-noto-cjk), or use --lang en.",
        )
    return families, known


def _chinese_fonts() -> list[str]:
    """Files of known Chinese fonts, in the order of preference."""
    from matplotlib import font_manager

    there = sorted(font_manager.findSystemFonts())
    return [file for name in _FONTS for file in there if name in Path(file).name.lower()]


def _title(name: str, series_id: str, known: set[str]) -> str:
    """The name, the id where the name cannot be drawn, with marks for what cannot be drawn either."""
    text = name if set(name) <= known else series_id
    shown = "".join(letter if letter in known and letter.isprintable() else "?" for letter in text)
    return shown.replace("$", r"\$")[:70]


def _fan(
    axis: Any, past: pl.DataFrame, starts: Sequence[Any], quantiles: NDArray[np.float64], said: dict[str, str]
) -> None:
    days = past["period_start"].to_list()
    axis.plot(days, past["quantity"].to_numpy(), color=_INK, linewidth=1, label=said["sold"])
    for low, high, strength, name in (("p025", "p975", 0.18, "band95"), ("p10", "p90", 0.32, "band80")):
        axis.fill_between(
            starts, quantiles[:, _AT[low]], quantiles[:, _AT[high]], color=_ACCENT, alpha=strength,
            linewidth=0, label=said[name],
        )  # fmt: skip
    axis.plot(starts, quantiles[:, _AT["p50"]], color=_ACCENT, linewidth=1.8, label=said["middle"])
    axis.set_ylim(bottom=0)
    _plain_numbers(axis.yaxis)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(axis="x", labelsize=8)
    axis.margins(x=0.01)


def _waterfall(axis: Any, row: dict[str, float], said: dict[str, str]) -> None:
    steps = steps_of(row)
    for place, (name, begin, end, units) in enumerate(steps):
        whole = name in ("base", "mean")
        colour = {"base": _SOFT, "mean": _INK}.get(name, _ACCENT if units >= 0 else _BAD)
        axis.barh(place, end - begin, left=begin, height=0.62, color=colour)
        axis.text(
            1.01, place, units_text(units, signed=not whole), va="center", fontsize=8,
            transform=axis.get_yaxis_transform(),
        )  # fmt: skip
    axis.set_yticks(range(len(steps)), [label_of(name, said) for name, *_ in steps])
    axis.invert_yaxis()
    _plain_numbers(axis.xaxis)
    axis.axvline(0, color=_SOFT, linewidth=0.6)
    axis.set_title(said["total"], loc="left", fontsize=9, color=_SOFT)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _plain_numbers(side: Any) -> None:
    """A few round numbers with thousands apart: six digits more often would run into each other."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    side.set_major_locator(MaxNLocator(4))
    side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
