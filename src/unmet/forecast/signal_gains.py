"""Do text signals make forecasts better? A paired rolling-origin test, and the same test on placebos.

Two regressions forecast log(1 + units of the next horizon): one from past sales and the time of year, one
from these and the signals known at the origin (:mod:`unmet.forecast.signal_design`). Both are fitted anew
before each block of origins, on targets that were over by then. The same is done with placebos: the same
signals moved in time. Signals are kept where they make forecasts better and few placebos do as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.errors import InputError
from unmet.forecast.signal_design import Rows, Stage, design
from unmet.forecast.signals import SignalCube, known_at, shuffled

Floats = NDArray[np.float64]

SIGNAL_GAINS: dict[str, pl.DataType] = {
    "category": pl.String(),
    "n_series": pl.Int64(),
    "n_origins": pl.Int64(),
    "error": pl.Float64(),  # mean |log error| without signals
    "gain": pl.Float64(),  # error without minus error with signals
    "gain_low": pl.Float64(),  # its bootstrap interval
    "gain_high": pl.Float64(),
    "placebo_gain": pl.Float64(),  # mean gain of the placebos
    "placebo_low": pl.Float64(),  # between these lie 95% of the placebos' gains
    "placebo_high": pl.Float64(),
    "p_value": pl.Float64(),  # share of placebos (the signals among them) that do as well
    "kept": pl.Boolean(),
}
"""One row per category: the gain or its absence, and the placebo."""


@dataclass(frozen=True, slots=True)
class SignalTestConfig:
    """Settings of the test."""

    horizon: int = 4  # periods
    season: int = 52  # periods
    first_share: float = 0.5  # of the periods that only train
    block: int = 4  # origins between two fits; also the blocks that the bootstrap draws
    n_placebos: int = 79
    replicates: int = 1_000
    level: float = 0.95  # kept where p ≤ half of what is missing to 1
    span: float = 4.0  # of the exponential mean of signals, periods
    unit: int = 1  # periods that windows of past sales are counted in: 7 for days
    n_needs: int = 10  # commonest needs of a category before the first origin
    n_aspects: int = 4
    seed: int = 0

    @property
    def away(self) -> int:
        """Fewest periods that placebos are moved by: a mean over signals must have forgotten them."""
        return max(13, round(3 * self.span))

    @property
    def threshold(self) -> float:
        """Largest p-value of signals that are kept."""
        return (1 - self.level) / 2


def measure_signals(
    units: Floats, cube: SignalCube, categories: list[str], config: SignalTestConfig | None = None
) -> pl.DataFrame:
    """Gain of signals and of their placebos, by category.

    Args:
        units: shape ``(series, periods)``, NaN before a series began or where it was not observed.
        cube: signals of the same series and periods.
        categories: of each series; one coefficient per signal is fitted for all products of a category.
        config: settings.

    Returns:
        Schema SIGNAL_GAINS, sorted by category. Categories without a usable series are left out.

    Raises:
        InputError: too few periods for one block of origins.
    """
    config = config or SignalTestConfig()
    least = int(units.shape[1] * config.first_share) + config.horizon + 9 * config.unit
    if least > units.shape[1] - config.block:
        raise InputError(
            f"{units.shape[1]} periods are too few to test signals {config.horizon} periods ahead",
            hint="Give a longer history, or leave --signals out.",
        )
    rng = np.random.default_rng(config.seed)
    labels = np.array(categories)
    rows = []
    for name in sorted(set(categories)):
        inside = labels == name
        test = PairedTest(units[inside], config)
        if test.usable:
            rows.append((name, *test.gains(common(cube.of(inside), config), rng)))
    return pl.DataFrame(rows, schema=SIGNAL_GAINS, orient="row")


def common(cube: SignalCube, config: SignalTestConfig) -> SignalCube:
    """Volume, sentiment, and the needs and aspects that were commonest before the first origin."""
    before = int(cube.total.shape[1] * config.first_share)
    often = np.abs(cube.total[:, :before]).sum(axis=(0, 1))
    chosen: list[int] = []
    for prefix, most in (("need:", config.n_needs), ("aspect:", config.n_aspects), ("", 2)):
        places = [p for p, name in enumerate(cube.names) if name.startswith(prefix) and p not in chosen]
        places = [p for p in places if prefix or ":" not in cube.names[p]]
        chosen += sorted((p for p in places if often[p] > 0), key=lambda p: (-often[p], cube.names[p]))[:most]
    return cube.only(np.array(sorted(chosen), dtype=np.int64))


class PairedTest:
    """Forecasts of some series at past origins, without and with signals."""

    def __init__(self, units: Floats, config: SignalTestConfig) -> None:
        self.config, h = config, config.horizon
        self.rows: Rows = design(units, horizon=h, season=config.season, unit=config.unit)
        n_periods = units.shape[1]
        first = max(int(n_periods * config.first_share), 8 * config.unit + h)
        self.stages = [
            stage
            for origin in range(first, n_periods - h + 1, config.block)
            if (stage := _stage(self.rows, origin, min(origin + config.block, n_periods - h + 1), h))
        ]
        self.usable = bool(self.stages)
        if self.usable:
            self.asked = np.concatenate([stage.asked for stage in self.stages])
            plain = np.concatenate([stage.plain for stage in self.stages])
            self.errors = self.rows.y[self.asked] - plain
            self._counted = np.isfinite(self.errors)
            sizes = [stage.asked.size for stage in self.stages]
            self._block = np.repeat(np.arange(len(sizes)), sizes)[self._counted]

    def changes(self, cube: SignalCube) -> Floats:
        """What signals add to each forecast; shape ``(asked,)``."""
        known = known_at(cube, span=self.config.span)[self.rows.series, self.rows.period]
        return np.concatenate([stage.signalled(known)[0] for stage in self.stages])

    def gains(self, cube: SignalCube, rng: np.random.Generator) -> tuple[object, ...]:
        """The columns of SIGNAL_GAINS after the category."""
        plain, n = np.abs(self.errors[self._counted]), len(self._counted)
        change = self.changes(cube) if cube.names else np.zeros(n)
        away = self.config.away
        placebos = [
            self.changes(shuffled(cube, rng, away=away)) if cube.names else change
            for _ in range(self.config.n_placebos)
        ]
        of_placebos = [self._gain(found).mean() for found in placebos]
        like = sum(self.evidence(found) >= self.evidence(change) for found in placebos)
        p_value = (1 + like) / (1 + len(placebos))
        mean, low, high = self._interval(self._gain(change), rng)
        tail = self.config.threshold
        placebo = (float(np.mean(of_placebos)), *map(float, np.quantile(of_placebos, [tail, 1 - tail])))
        periods = self.rows.period[self.asked][self._counted]
        n_series = np.unique(self.rows.series[self.asked][self._counted]).size
        kept = bool(p_value <= tail + 1e-12 and mean > 0)
        counts = (n_series, np.unique(periods).size, float(plain.mean()))
        return (*counts, mean, low, high, *placebo, float(p_value), kept)

    def _gain(self, change: Floats) -> Floats:
        errors, change = self.errors[self._counted], change[self._counted]
        return np.asarray(np.abs(errors) - np.abs(errors - change))

    def evidence(self, change: Floats) -> float:
        """How well changes go with the errors they should explain: the statistic of Clark and West (2007).

        Comparing nested models by their errors punishes the larger one for what its coefficients cost
        to estimate. With three series or more, what all series of an origin share is left out: a sale event
        that neither model foresees says nothing about signals.
        """
        errors, change = self.errors[self._counted], change[self._counted]
        periods = self.rows.period[self.asked][self._counted]
        if np.unique(self.rows.series[self.asked]).size > 2:
            _, place = np.unique(periods, return_inverse=True)
            counts = np.bincount(place)
            errors, change = (
                values - (np.bincount(place, values) / counts)[place] for values in (errors, change)
            )
        return float((errors * change).mean())

    def _interval(self, gain: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
        """Mean and its percentile interval; blocks of origins are drawn, all series together.

        Errors of neighbouring origins share their targets, and series of a shop share its weeks.
        """
        config, n_blocks = self.config, len(self.stages)
        sums = np.bincount(self._block, gain, n_blocks)
        counts = np.bincount(self._block, minlength=n_blocks)
        drawn = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=config.replicates)
        values = (drawn @ sums) / np.maximum(drawn @ counts, 1)
        low, high = np.quantile(values, [(1 - config.level) / 2, (1 + config.level) / 2])
        return float(gain.mean()), float(low), float(high)


def _stage(rows: Rows, origin: int, until: int, horizon: int) -> Stage | None:
    """The regression at an origin; None where nothing is known before or nothing can be compared after."""
    past = (rows.period <= origin - horizon) & np.isfinite(rows.y)
    asked = (rows.period >= origin) & (rows.period < until) & np.isfinite(rows.y)
    if past.sum() < 3 * rows.x.shape[1] or not asked.any():
        return None
    return Stage(rows, origin, until, horizon)
