"""Plain-text summaries of runs and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmet.cli.output import say

SHOWN_NEEDS = 10


def print_run(summary: Mapping[str, Any]) -> None:
    """Print what a run read, what it dropped, and its first needs."""
    say(
        f"{summary['rows_in']:,} rows read → {summary['documents']:,} documents kept, "
        f"{summary['rejected']:,} dropped (each listed in rejected.parquet)"
    )
    for reason, count in summary["rejected_by_reason"].items():
        say(f"    {count:>8,}  {reason}")
    share = summary["unclustered_share"]
    say(
        f"{summary['mentions']:,} mentions → {len(summary['needs'])} needs; "
        f"{share:.0%} of mentions are in no need (reasons in the report)"
    )
    for line in summary["warnings"]:
        say(f"note: {line}")
    say()
    if not summary["needs"]:
        say("no needs: too few customers say the same thing (see --min-mentions)")
    for need in summary["needs"][:SHOWN_NEEDS]:
        say(_need_line(need))
    if len(summary["needs"]) > SHOWN_NEEDS:
        say(f"    … and {len(summary['needs']) - SHOWN_NEEDS} more")
    say()
    say(f"report: {summary['report']}")


def _need_line(need: Mapping[str, Any]) -> str:
    opportunity = need["opportunity"]
    score = f"{opportunity['value']:4.1f}" if opportunity else "   –"
    return f"{need['rank']:>3}. {score}  {need['statement']}  ({need['documents']:,} customers' texts)"


def print_check(result: Mapping[str, Any]) -> None:
    """Print what is in the files."""
    for source in result["sources"]:
        _print_source(source)
    cleaning = result["cleaning"]
    say(f"would keep {cleaning['kept']:,} of {cleaning['rows_in']:,} rows; would drop:")
    if not cleaning["rejected"]:
        say("    nothing")
    for reason, entry in cleaning["rejected"].items():
        say(f"    {entry['count']:>8,}  {reason}  ({entry['share']:.1%})")
        for example in entry.get("examples", [])[:1]:
            text = example["text"] if isinstance(example, Mapping) else str(example)
            say(f"              e.g. {text[:60]!r}")
    masked = cleaning.get("private_items_masked")
    if masked:
        say("would mask: " + ", ".join(f"{count:,} {kind}" for kind, count in masked.items()))
    for line in cleaning.get("warnings", []):
        say(f"note: {line}")


def _print_source(source: Mapping[str, Any]) -> None:
    facts = {key: value for key, value in source["read_as"].items() if isinstance(value, str)}
    details = [str(source["format"]), *(facts[key] for key in ("encoding",) if key in facts)]
    if "delimiter" in facts:
        details.append(f"delimiter {facts['delimiter']!r}")
    say(f"{source['name']}: {source['n_rows']:,} rows ({', '.join(details)})")
    for decision in source["mapping"]:
        say(f"    {decision['field']:<11} ← {decision['column']}   [{decision['why']}]")
    mapped = {decision["column"] for decision in source["mapping"]}
    unused = [column["name"] for column in source["columns"] if column["name"] not in mapped]
    if unused:
        say(f"    not used    {', '.join(unused)}")
    for field in ("rating", "time", "price"):
        if source.get(field):
            say(f"    {field:<11} {_facts(source[field])}")
    if source["n_malformed"]:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in source["malformed"].items())
        say(f"    {source['n_malformed']:,} rows cannot be read: {reasons}")
    for warning in source["warnings"]:
        say(f"    note: {warning}")


def _facts(entry: Mapping[str, Any]) -> str:
    """A flat rendering of a small dict: scalars, and dicts of counts."""
    parts = []
    for key, value in entry.items():
        if isinstance(value, Mapping):
            parts.append(f"{key}: " + ", ".join(f"{k} × {v:,}" for k, v in value.items()))
        elif value not in (None, 0, "", []):
            parts.append(f"{key.removeprefix('n_').replace('_', ' ')}: {value}")
    return "; ".join(parts)
