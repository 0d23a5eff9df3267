"""What a forecast says of young products, text signals and an earlier forecast, in plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmet.cli.output import say

SHOWN = 5


def print_told(made: Mapping[str, Any], out: str) -> None:
    """Print what was asked for, each with its result or why there is none."""
    if "young_products" in made:
        _print_young(made["young_products"])
    if "signals" in made:
        _print_signals(made["signals"], out)
    if "changes" in made:
        _print_changes(made["changes"], out)


def _print_young(told: Mapping[str, Any]) -> None:
    if not told["products"]:
        return
    if "why_not" in told:
        say(f"{told['products']:,} young products keep the forecast from their own sales: {told['why_not']}")
        return
    weights = [f"{100 * _own(n, told):.0f}% after {n}" for n in (1, 2, 4, 8)]
    say(
        f"{told['handed_over']:,} of {told['products']:,} young products lean on their launch forecast, "
        f"learned from {told['learned_from']:,} products ({told['launches_seen']:,} launches seen); "
        f"own sales count {', '.join(weights)} periods"
    )


def _own(n: int, told: Mapping[str, Any]) -> float:
    power = n ** told["power"]
    return float(power / (power + told["strength"]))


def _print_signals(told: Mapping[str, Any], out: str) -> None:
    say(
        f"signals: {told['matched']:,} of {told['products']:,} products are among the "
        f"{told['products_of_texts']:,} of the texts ({told['texts_used']:,} of {told['texts']:,} texts used)"
    )
    for row in told["categories"]:
        error = row["error"] or 1.0
        gain, low, high = (f"{row[name] / error:+.1%}" for name in ("gain", "gain_low", "gain_high"))
        placebo = " to ".join(f"{row[name] / error:+.1%}" for name in ("placebo_low", "placebo_high"))
        verdict = "kept" if row["kept"] else "no gain, not used"
        say(
            f"    {row['category']} ({row['n_series']} products): gain {gain} of the error ({low} to "
            f"{high}), placebos {placebo}, p = {row['p_value']:.3f}: {verdict}"
        )
    say(f"    {told['changed_products']:,} forecasts changed: {out}/signals.csv, {out}/signal_effects.csv")


def _print_changes(told: Mapping[str, Any], out: str) -> None:
    seen, ahead = told["seen"], told["ahead"]
    if seen["periods"]:
        say(
            f"earlier forecast (data as of {told['data_as_of_before']}): {seen['periods']} of its periods "
            f"are over, {seen['sold']:,.0f} units sold, {seen['expected']:,.0f} expected, "
            f"{seen['inside_80']:.0%} inside the 80% interval"
        )
    if not told["periods"]:
        say("no period in common with the earlier forecast: nothing to compare ahead")
        return
    say(
        f"{told['periods']} periods in common: {ahead['before']:,.0f} units then, {ahead['now']:,.0f} now "
        f"({_parts(ahead)}); another model for {told['models_changed']:,} of {told['series']:,}"
    )
    for row in told["largest"][:SHOWN]:
        units = f"{row['before']:,.0f} → {row['now']:,.0f}"
        say(f"    {row['change']:>+9,.0f}  {row['series_id']}  {units} ({_parts(row)})")
    say(f"    all: {out}/changes.csv")


def _parts(row: Mapping[str, Any]) -> str:
    return f"new sales {row['new_sales']:+,.0f}, model {row['model']:+,.0f}, level {row['level']:+,.0f}"
