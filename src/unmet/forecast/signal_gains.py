"""Do text signals make forecasts better? A paired rolling-origin test, and the same test on a placebo.

Two ridge models predict log(1 + units of the next horizon): one from past sales and the time of year, one
from these and the signals known at the origin. Both are fitted anew before each block of origins, on targets
that were over by then. Signals are kept where the bootstrap interval of the gain lies above 0 and the
placebo's does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from unmet.core.errors import InputError
from unmet.forecast.signals import known_at, shuffled

Floats = NDArray[np.float64]

SIGNAL_GAINS: dict[str, pl.DataType] = {
    "category": pl.String(),
    "n_series": pl.Int64(),
    "n_origins": pl.Int64(),
    "error": pl.Float64(),  # mean |log error| without signals
    "gain": pl.Float64(),  # error without minus error with signals
    "gain_low": pl.Float64(),
    "gain_high": pl.Float64(),
    "placebo_gain": pl.Float64(),  # the same with time-shuffled signals
    "placebo_low": pl.Float64(),
    "placebo_high": pl.Float64(),
    "kept": pl.Boolean(),
}
"""One row per category: the gain or its absence, and the placebo."""

PENALTIES = np.geomspace(1.0, 1e5, 11)


@dataclass(frozen=True, slots=True)
class SignalTestConfig:
    """Settings of the test."""

    horizon: int = 4  # periods
    season: int = 52  # periods
    first_share: float = 0.5  # of the periods that only train
    block: int = 4  # origins between two fits; also the blocks that the bootstrap draws
    n_placebos: int = 5  # shuffles whose errors are averaged
    replicates: int = 1_000
    level: float = 0.95
    span: float = 4.0  # of the exponential mean of signals, periods
    seed: int = 0


def measure_signals(
    units: Floats, cube: Floats, categories: list[str], config: SignalTestConfig | None = None
) -> pl.DataFrame:
    """Gain of signals and of their placebo, by category.

    Args:
        units: shape ``(series, periods)``, NaN before a series began or where it was not observed.
        cube: shape ``(series, periods, signals)`` from :func:`unmet.forecast.signals.signal_cube`.
        categories: of each series; models are fitted within a category.
        config: settings.

    Returns:
        Schema SIGNAL_GAINS, sorted by category.

    Raises:
        InputError: too few periods for one block of origins.
    """
    config = config or SignalTestConfig()
    if int(units.shape[1] * config.first_share) + config.horizon + 9 > units.shape[1] - config.block:
        raise InputError(
            f"{units.shape[1]} periods are too few to test signals {config.horizon} periods ahead",
            hint="Give a longer history, or leave --signals out.",
        )
    rng = np.random.default_rng(config.seed)
    labels = np.array(categories)
    rows = [
        _gains(name, units[labels == name], cube[labels == name], config, rng)
        for name in sorted(set(categories))
    ]
    return pl.DataFrame(rows, schema=SIGNAL_GAINS, orient="row")


def _gains(
    name: str, units: Floats, cube: Floats, config: SignalTestConfig, rng: np.random.Generator
) -> tuple[object, ...]:
    plain, origins = _errors(units, None, config)
    signalled, _ = _errors(units, cube, config)
    placebos = [_errors(units, shuffled(cube, rng), config)[0] for _ in range(config.n_placebos)]
    gain = _interval(plain - signalled, config, rng)
    placebo = _interval(plain - np.mean(placebos, axis=0), config, rng)
    kept = gain[1] > 0 and placebo[1] <= 0
    return (name, units.shape[0], len(origins), float(np.nanmean(plain)), *gain, *placebo, kept)


def _errors(units: Floats, cube: Floats | None, config: SignalTestConfig) -> tuple[Floats, range]:
    """Absolute log errors, shape ``(series, origins)``; NaN where there is no truth."""
    design, target = _design(units, cube, config)
    n_periods, h = units.shape[1], config.horizon
    origins = range(max(int(n_periods * config.first_share), 8 + h), n_periods - h + 1)
    errors = np.full((units.shape[0], len(origins)), np.nan)
    for begin in range(0, len(origins), config.block):
        block = list(origins[begin : begin + config.block])
        past = np.arange(8, block[0] - h + 1)  # targets that were over before the block
        x, y = design[:, past].reshape(-1, design.shape[2]), target[:, past].ravel()
        usable = np.isfinite(y) & np.isfinite(x[:, :3]).all(axis=1)
        asked = design[:, block].reshape(-1, design.shape[2])
        predicted = _ridge(x[usable], y[usable], asked).reshape(units.shape[0], -1)
        errors[:, begin : begin + len(block)] = np.abs(target[:, block] - predicted)
    return errors, origins


def _design(units: Floats, cube: Floats | None, config: SignalTestConfig) -> tuple[Floats, Floats]:
    """Features known when each period begins, and log(1 + units) of the horizon from it on."""
    n_series, n_periods = units.shape
    logs, h = np.log1p(units), config.horizon
    target = np.full(units.shape, np.nan)
    columns = np.full((n_series, n_periods, 7), np.nan)
    for period in range(8, n_periods):
        columns[:, period, 0] = logs[:, period - 1]
        columns[:, period, 1] = logs[:, period - 4 : period].mean(axis=1)
        columns[:, period, 2] = logs[:, period - 8 : period].mean(axis=1)
        if period >= config.season + h:
            columns[:, period, 3] = logs[:, period - config.season : period - config.season + h].mean(axis=1)
    angle = 2 * np.pi * np.arange(n_periods) / config.season
    columns[:, :, 4], columns[:, :, 5], columns[:, :, 6] = np.sin(angle), np.cos(angle), np.arange(n_periods)
    for period in range(n_periods - h + 1):
        target[:, period] = np.log1p(units[:, period : period + h].sum(axis=1))
    if cube is None:
        return columns, target
    return np.concatenate([columns, known_at(cube, span=config.span)], axis=2), target


def _ridge(x: Floats, y: Floats, asked: Floats) -> Floats:
    """Ridge on standardised features; what is missing counts as average."""
    there = np.isfinite(x)
    count = np.maximum(there.sum(axis=0), 1)
    center = np.where(there, x, 0).sum(axis=0) / count
    scale = np.sqrt((np.where(there, x - center, 0) ** 2).sum(axis=0) / count)
    scale[scale < 1e-9] = 1.0
    model = RidgeCV(alphas=PENALTIES).fit(np.nan_to_num((x - center) / scale), y)
    return np.asarray(model.predict(np.nan_to_num((asked - center) / scale)))


def _interval(
    differences: Floats, config: SignalTestConfig, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Mean difference and its percentile interval; blocks of origins are drawn, all series together.

    Errors of neighbouring origins share their targets, and series of a shop share its weeks.
    """
    n_blocks = -(-differences.shape[1] // config.block)
    place = np.minimum(np.arange(differences.shape[1]) // config.block, n_blocks - 1)
    sums = np.bincount(place, weights=np.nansum(differences, axis=0), minlength=n_blocks)
    counts = np.bincount(place, weights=np.isfinite(differences).sum(axis=0), minlength=n_blocks)
    drawn = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=config.replicates)
    values = (drawn @ sums) / np.maximum(drawn @ counts, 1)
    low, high = np.quantile(values, [(1 - config.level) / 2, (1 + config.level) / 2])
    return float(sums.sum() / max(counts.sum(), 1)), float(low), float(high)
