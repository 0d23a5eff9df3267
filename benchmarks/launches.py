"""Launch demand of Online Retail: new products from text and price, and the handover to own sales.

Definition. Units are sums over the first four weeks with data from a product's first sale on; error is the
mean |log(units) − log(forecast)|. A launch is a first sale 8 weeks with data or more after the start. Every
four weeks the model is fitted on products whose four weeks were over before, and forecasts the launches of
the next four. Settings were chosen on the launches of weeks 8–23 ("early"); "late" are all after.

Floors in the same run: the median of earlier launches (products sold from the first week on left out), and
text neighbours with and without price among the same launches, best of nine settings on the early launches;
then the same with all products known.

    python benchmarks/launches.py [--first 8]
Late launches were in view while settings were chosen (RESULTS-drivers.md).
"""

from __future__ import annotations

import argparse
import itertools
import time

import numpy as np
from numpy.typing import NDArray

from retail_lines import retail_lines, retail_tables
from unmet.forecast.launch import errors_of
from unmet.forecast.launch_history import Launches, past_launches
from unmet.forecast.launch_intervals import spread
from unmet.forecast.launch_model import LaunchModel, fit_launches
from unmet.forecast.launch_neighbours import NeighbourRule, average, nearest
from unmet.forecast.launch_texts import TextSpace
from unmet.forecast.young import (
    Handover,
    blend_logs,
    first_units,
    fit_handover,
    next_log_total,
    own_log_total,
)

Floats = NDArray[np.float64]
HORIZON, STEP, LATE = 4, 4, 24
AGES = (1, 2, 4, 8)
PROBABILITIES = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


def interval(errors: Floats, groups: NDArray[np.int64]) -> str:
    """Mean with a 95% bootstrap interval, launch weeks drawn together."""
    rng = np.random.default_rng(0)
    names, place = np.unique(groups, return_inverse=True)
    drawn = np.array(
        [np.bincount(rng.integers(names.size, size=names.size), minlength=names.size) for _ in range(2000)]
    )
    sums, counts = np.bincount(place, weights=errors), np.bincount(place)
    low, high = np.quantile((drawn @ sums) / (drawn @ counts), [0.025, 0.975])
    return f"{errors.mean():.3f} ({low:.3f} to {high:.3f})"


def floors(past: Launches, asked: Launches) -> dict[str, Floats]:
    """Absolute errors of the simple guesses."""
    truth = asked.log_total
    seen = past.rows(np.flatnonzero(past.started > 0))
    out = {}
    for label, pool in (("launches", seen), ("all products", past)):
        out[f"median of {label}"] = np.abs(truth - np.median(pool.log_total))
        space = TextSpace([text or "" for text in pool.items["text"]], n_dimensions=1, seed=0)
        texts = space.vectors([text or "" for text in asked.items["text"]])
        known = space.vectors([text or "" for text in pool.items["text"]])
        for k, price in itertools.product((5, 10, 20), (0.0, 0.3, 1.0)):
            found = nearest(texts, asked.log_price, known, pool.log_price, NeighbourRule(k, price, 8.0))
            name = f"{'text' if price == 0 else 'text + price'} neighbours, {label}; k={k}, price {price}"
            out[name] = np.abs(truth - average(found, pool.log_total)[0])
    return out


def tuned(errors: dict[str, Floats], early: NDArray[np.bool_]) -> dict[str, Floats]:
    """The best settings of each kind of guess on the early launches."""
    best: dict[str, str] = {}
    for name in errors:
        kind = name.split(";")[0]
        if kind not in best or errors[name][early].mean() < errors[best[kind]][early].mean():
            best[kind] = name
    return {name: errors[name] for name in best.values()}


def young(model: LaunchModel, units: Floats, before: Floats, level: Floats) -> tuple[Handover, list[Floats]]:
    """Hand-over fitted on past launches; errors of launch forecast, own mean and blend by age."""
    seen = ~model.examples.established
    rule = fit_handover(model.out_of_fold[seen], before[seen, : max(AGES) + HORIZON], horizon=HORIZON)
    rows = []
    for age in AGES:
        truth, own = next_log_total(units, age, HORIZON), own_log_total(units, age, HORIZON)
        launch = np.log1p(np.exp(level))
        blend = blend_logs(own, launch, np.full(own.size, float(age)), rule)
        rows.append(np.abs(np.column_stack([launch, own, blend]) - truth[:, None]))
    return rule, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--first", type=int, default=8)
    arguments = parser.parse_args()
    demand, series, items = retail_tables(retail_lines())
    launches = past_launches(demand, series, items, horizon=HORIZON)
    units = first_units(demand, launches.items["series_id"], 40)
    errors: dict[str, list[Floats]] = {}
    inside, started, ages = [], [], [[] for _ in AGES]
    for origin in range(arguments.first, int(launches.started.max()) + 1, STEP):
        began = time.time()
        past = np.flatnonzero(launches.started + HORIZON <= origin)
        asked = np.flatnonzero((launches.started >= origin) & (launches.started < origin + STEP))
        model = fit_launches(launches.rows(past))
        level = model.predict(launches.items[asked]).log_total
        truth = launches.log_total[asked]
        found = {**floors(launches.rows(past), launches.rows(asked)), "unmet": np.abs(truth - level)}
        for name, values in found.items():
            errors.setdefault(name, []).append(values)
        drawn = np.log(spread(level, errors_of(model), PROBABILITIES).total)
        inside.append((truth[:, None] >= drawn[:, [0, 1]]) & (truth[:, None] <= drawn[:, [4, 3]]))
        started.append(launches.started[asked])
        known = launches.started[past][:, None] + np.arange(40)[None] < origin
        rule, rows = young(model, units[asked], np.where(known, units[past], np.nan), level)
        for place, values in enumerate(rows):
            ages[place].append(values)
        print(
            f"week {origin}: {asked.size} launches, error {found['unmet'].mean():.3f}, "
            f"handover strength {rule.strength:.2f} power {rule.power:.0f}, {time.time() - began:.0f} s",
            flush=True,
        )
    report(errors, np.concatenate(inside), np.concatenate(started), ages)


def report(
    errors: dict[str, list[Floats]],
    inside: NDArray[np.bool_],
    weeks: NDArray[np.int64],
    ages: list[list[Floats]],
) -> None:
    joined = tuned({name: np.concatenate(parts) for name, parts in errors.items()}, weeks < LATE)
    for label, rows in (("early", weeks < LATE), ("late", weeks >= LATE), ("all", weeks >= 0)):
        print(f"\n{label}: {rows.sum()} launches")
        for name, values in joined.items():
            print(f"  {name}: {interval(values[rows], weeks[rows])}")
        for place, share in enumerate((95, 80)):
            values = inside[rows, place].astype(float)
            print(f"  {share}% intervals cover {interval(values, weeks[rows])}")
    print("\nyoung products, mean |log1p error| of the next 4 weeks: launch forecast, own mean, blend; gains")
    for age, parts in zip(AGES, ages, strict=True):
        table = np.concatenate(parts)
        keep = np.isfinite(table).all(axis=1)
        table, of = table[keep], weeks[keep]
        gains = [interval(table[:, other] - table[:, 2], of) for other in (0, 1)]
        print(f"  {age} weeks ({keep.sum()}): {table.mean(axis=0).round(3)}; {gains[0]}, {gains[1]}")


if __name__ == "__main__":
    main()
