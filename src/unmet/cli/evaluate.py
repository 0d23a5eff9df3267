"""`unmet evaluate`: how good a model is on a labelled file, with intervals; under stress as well."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmet.cli.options import need_torch, option
from unmet.cli.output import emit_json, say

if TYPE_CHECKING:
    from unmet.models.answering import Answering


def evaluate(
    model: Annotated[
        str, typer.Argument(help="linear, starter, a tier or package folder, a fine-tuned folder.")
    ],
    data: Annotated[str, typer.Argument(help="Labelled file: CSV, TSV, JSON Lines or Parquet, also .gz.")],
    task: Annotated[str | None, option("Which task; needed where the model has several.")] = None,
    stress: Annotated[bool, option("Also on changed texts, and a bias check.", "--stress")] = False,
    seed: Annotated[int, option("Of intervals and changes.", min=0)] = 0,
    as_json: Annotated[bool, option("Result as JSON.", "--json")] = False,
) -> None:
    """Measure a model on labelled texts; intervals are 95%, by bootstrap over rows.

    Example: unmet evaluate starter test.csv --task sentiment
    """
    from unmet.training.measuring import measured, read_labelled

    asked = open_model(model)
    chosen, examples = read_labelled(asked, task, Path(data).expanduser())
    found = measured(asked, chosen, examples, seed=seed)
    result: dict[str, Any] = {
        "model": asked.name,
        "task": chosen.name,
        "kind": chosen.kind,
        "rows": len(examples),
        "measures": {name: asdict(value) for name, value in found.items()},
    }
    if not as_json:
        say(f"{asked.name}, {chosen.name} ({chosen.kind}), {len(examples):,} rows")
        for name, value in found.items():
            say(f"  {name:16} {value.value:.4f}  ({value.low:.4f} to {value.high:.4f})")
    if stress:
        from unmet.training.stress import stress_lines, stress_report

        report = stress_report(asked, chosen, examples, seed=seed)
        result["stress"] = report
        if not as_json:
            for line in stress_lines(report):
                say(line)
    if as_json:
        emit_json(result)


def open_model(model: str) -> Answering:
    """Any model by name or folder; a fine-tuned folder runs on torch.

    Raises:
        ModelError: there is no such model.
    """
    from unmet.models.answering import answering
    from unmet.models.heads import SETTINGS_FILE

    folder = Path(model).expanduser()
    if (folder / SETTINGS_FILE).is_file():
        need_torch()
        from unmet.training.answering import finetuned_answers

        return finetuned_answers(folder)
    return answering(str(folder) if folder.is_dir() else model)
