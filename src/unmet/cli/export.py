"""`unmet export`: a fine-tuned folder → a package that runs without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmet.cli.finetune import named_files
from unmet.cli.options import need_torch, option
from unmet.cli.output import emit_json, note, say
from unmet.core.errors import InputError

if TYPE_CHECKING:
    from unmet.training.exporting import Exported

_SHOWN = ("accuracy", "macro_f1", "f1_at_threshold", "span_f1", "r2", "top1", "ece", "brier")


def export(
    model: Annotated[str, typer.Argument(help="Folder of a fine-tuned model.")],
    out: Annotated[str, option("Folder of the package.")],
    int8: Annotated[bool, option("8-bit matrices, or single precision.", "--int8/--fp32")] = True,
    calibrate: Annotated[
        list[str] | None, option("NAME=FILE with held-out labelled texts; repeatable.")
    ] = None,
    name: Annotated[str | None, option("Of the package; the folder's name if not given.")] = None,
    version: Annotated[str, option("Of the package.")] = "1",
    training_data: Annotated[str | None, option("JSON file: source to number of rows, for the card.")] = None,
    risk: Annotated[float, option("Error rate of answers that are not withheld.", min=0, max=1)] = 0.05,
    as_json: Annotated[bool, option("Summary as JSON.", "--json")] = False,
) -> None:
    """Write an ONNX package that annotates without torch; measure 8 bits beside single precision.

    Example: unmet export models/shop-heads --out models/shop-onnx --calibrate sentiment=dev.csv
    """
    need_torch("onnx", "onnxscript")
    from unmet.training.exporting import export_model

    done = export_model(
        Path(model).expanduser(),
        Path(out).expanduser(),
        precision="int8" if int8 else "fp32",
        calibration=named_files(calibrate or []),
        name=name,
        version=version,
        risk=risk,
        training_data=sources(training_data),
        report=note,
    )
    if as_json:
        emit_json(told(done))
        return
    for line in lines(done):
        say(line)


def sources(path: str | None) -> dict[str, Any]:
    """What a model was trained on, for manifest and card.

    Raises:
        InputError: the file is no JSON object.
    """
    if path is None:
        return {}
    try:
        found = json.loads(Path(path).expanduser().read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"no JSON: {error}", where=path) from error
    if not isinstance(found, dict):
        raise InputError("the file holds no JSON object", where=path, hint='Example: {"reviews": 12000}')
    return found


def told(done: Exported) -> dict[str, Any]:
    """The export as a plain dict."""
    return {
        "package": str(done.folder),
        "precision": done.precision,
        "bytes": done.size,
        "difference_from_torch": done.difference,
        "heads": {
            name: {"fp32": found.fp32.told(), done.precision: found.exported.told()}
            for name, found in done.heads.items()
        },
    }


def lines(done: Exported) -> list[str]:
    """What was exported, with each measured head in both precisions, before and after calibration."""
    out = [f"{done.folder}: {done.precision}, {done.size / 1e6:.1f} MB"]
    for name, found in done.heads.items():
        out.append(f"{name}, {found.exported.rows:,} texts")
        for precision, measured in (("fp32", found.fp32), (done.precision, found.exported)):
            head = measured.head
            out.append(
                f"  {precision:5} temperature {head.temperature:.3g}, threshold {head.threshold:.3g}, "
                f"abstains below {head.abstain_below:.3g} (answers {measured.coverage:.0%})"
            )
            for when, scores in (("raw", measured.before), ("calibrated", measured.after)):
                shown = {k: v for k, v in scores.items() if k in _SHOWN or k.startswith("rmse_")}
                values = " · ".join(f"{key} {value:.4f}" for key, value in shown.items())
                out.append(f"  {precision:5} {when:10} {values}")
    return out
