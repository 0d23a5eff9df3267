"""`unmet models`: what is installed or lies in a folder, what it is, which is better, away with it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from unmet.cli.output import emit_json, note, say
from unmet.core.errors import InputError

models = typer.Typer(
    name="models",
    help="List, show, compare and remove models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
JsonOption = Annotated[bool, typer.Option("--json", help="Result as JSON.")]
ModelArgument = Annotated[str, typer.Argument(help="A tier, a package or tier folder, a fine-tuned folder.")]


def list_models(
    folder: Annotated[str | None, typer.Argument(help="Also look in this folder.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the tiers of this installation, and every model below a folder.

    Example: unmet models list models/
    """
    from unmet.models.inventory import models_below, tiers

    found = tiers()
    if folder is not None:
        root = Path(folder).expanduser()
        if not root.is_dir():
            raise InputError("no such folder", where=folder)
        found += models_below(root)
    if as_json:
        emit_json(found)
        return
    for entry in found:
        say(f"{entry['kind']:10} {entry['model']:32} {entry['where']}  {entry['bytes'] / 1e6:.1f} MB")


def show(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Show what a model is: tasks, versions, sizes, and its card.

    Example: unmet models show models/shop-onnx
    """
    from unmet.models.inventory import card_of, described

    found = described(model)
    if as_json:
        emit_json(found)
        return
    for key, value in found.items():
        say(f"{key}: {json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value}")
    card = card_of(model)
    if card:
        say()
        say(card)


def compare(
    names: Annotated[list[str], typer.Argument(help="Two or more models.")],
    data: Annotated[str, typer.Option(help="Labelled file.")],
    task: Annotated[str | None, typer.Option(help="Which task; needed where a model has several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure models on the same labelled rows, with the difference to the first one.

    Example: unmet models compare linear models/shop-onnx --data test.csv --task sentiment
    """
    from unmet.cli.evaluate import open_model
    from unmet.training.comparing import compared

    if len(names) < 2:
        raise InputError("one model cannot be compared", hint="Name two or more.")
    found = compared([(name, open_model(name)) for name in names], task, Path(data).expanduser())
    if as_json:
        emit_json(
            [
                {
                    "model": row.model,
                    "name": row.name,
                    "measures": {key: asdict(value) for key, value in row.measures.items()},
                    "main": row.main,
                    "gain": asdict(row.gain) if row.gain else None,
                }
                for row in found
            ]
        )
        return
    for row in found:
        value = row.measures[row.main]
        gain = (
            f"  gain {row.gain.value:+.4f} ({row.gain.low:+.4f} to {row.gain.high:+.4f})" if row.gain else ""
        )
        say(f"{row.name:32} {row.main} {value.value:.4f} ({value.low:.4f} to {value.high:.4f}){gain}")


def join(
    package: Annotated[str, typer.Argument(help="An encoder package.")],
    data: Annotated[
        list[str], typer.Option(help="HEAD=FILE with texts no model was trained on; repeatable.")
    ],
    out: Annotated[str, typer.Option(help="Folder of the tier.")],
    name: Annotated[str, typer.Option(help="Of the tier.")] = "own",
    version: Annotated[str, typer.Option(help="Of the tier.")] = "1",
    as_json: JsonOption = False,
) -> None:
    """Make a tier: per task the linear model, the encoder or both, whichever is best on held-out texts.

    Example: unmet models join models/shop-onnx --data sentiment=dev.csv --data need=n.csv --out tiers/shop
    """
    from unmet.cli.finetune import named_files
    from unmet.models.catalog import load_models
    from unmet.training.joining import make_tier

    choices = make_tier(
        Path(package).expanduser(),
        named_files(data),
        Path(out).expanduser(),
        load_models("linear"),
        name=name,
        version=version,
        report=note,
    )
    if as_json:
        keys = ("task", "by", "measure", "values")
        emit_json([{**{key: getattr(c, key) for key in keys}, "gain": asdict(c.gain)} for c in choices])
        return
    for choice in choices:
        values = ", ".join(f"{by} {value:.4f}" for by, value in choice.values.items())
        say(f"{choice.task:14} {choice.by:8} {choice.measure}: {values}")
    say(f"tier: {out}")


def unpack(
    model: ModelArgument,
    out: Annotated[str, typer.Option(help="Folder to make.")],
    heads: Annotated[bool, typer.Option("--heads", help="With its heads, to tune those further.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn an exported encoder into a folder that finetune --base and pretrain --from go on from.

    Example: unmet models unpack starter --out models/starter-base
    """
    from unmet.models.inventory import encoder_of
    from unmet.training import unpacking

    unpacked = unpacking.unpack_tuned if heads else unpacking.unpack
    folder = unpacked(encoder_of(model), Path(out).expanduser())
    if as_json:
        emit_json({"model": model, "folder": str(folder)})
    else:
        say(f"{folder}: ready for `unmet finetune --base {folder}`")


def remove(
    folder: Annotated[str, typer.Argument(help="A package, tier or fine-tuned folder.")],
    yes: Annotated[bool, typer.Option("--yes", help="Really remove it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the folder of a model; nothing happens without --yes, and shipped tiers stay.

    Example: unmet models remove models/old --yes
    """
    from unmet.models.inventory import removable

    path = removable(Path(folder).expanduser())
    if yes:
        shutil.rmtree(path)
    result: dict[str, Any] = {"folder": str(path), "removed": yes}
    if as_json:
        emit_json(result)
    else:
        say(f"removed {path}" if yes else f"would remove {path}; add --yes")
