"""The `unmet` command."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from unmet.cli import (
    annotate,
    backtest,
    check,
    combine,
    continual,
    demo,
    distill,
    evaluate,
    export,
    finetune,
    forecast,
    mine,
    models,
    pretrain,
    prune,
    restock,
    runs,
    select,
    tune,
)
from unmet.cli.output import EXIT_FAILURE, note, report_error, speak_utf8
from unmet.core.errors import UnmetError

app = typer.Typer(
    name="unmet",
    help="From raw customer text to verified need cards, in Chinese and English, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """End a command without a trace when its reader goes away or its user stops it.

    Inside the command, because typer turns both into exit codes and words of its own further out.
    """

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
            sys.stdout.flush()
        except BrokenPipeError:  # for example `| head`: not an error of ours
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            note("unmet: stopped. Run the same command again to resume.")
            raise typer.Exit(EXIT_FAILURE) from None

    return run


for name, command in (
    ("demo", demo.demo),
    ("check", check.check),
    ("mine", mine.mine),
    ("annotate", annotate.annotate),
    ("verify", runs.verify),
    ("report", runs.report),
    ("trace", runs.trace),
    ("pretrain", pretrain.pretrain),
    ("finetune", finetune.finetune),
    ("export", export.export),
    ("evaluate", evaluate.evaluate),
    ("distill", distill.distill),
    ("tune", tune.tune),
    ("combine", combine.combine),
    ("prune", prune.prune),
    ("continual", continual.continual),
    ("select", select.select),
    ("backtest", backtest.backtest),
    ("forecast", forecast.forecast),
    ("restock", restock.restock),
):
    app.command(name)(interruptible(command))
for name, action in (
    ("list", models.list_models),
    ("show", models.show),
    ("compare", models.compare),
    ("join", models.join),
    ("unpack", models.unpack),
    ("remove", models.remove),
):
    models.models.command(name)(interruptible(action))
app.add_typer(models.models)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True),
) -> None:
    """From raw customer text to verified need cards."""
    if version:
        from unmet import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point: one place that turns errors into messages and exit codes."""
    as_json = "--json" in sys.argv
    try:
        speak_utf8()
        app()
    except UnmetError as error:
        sys.exit(report_error(error, as_json=as_json))
    except OSError as error:
        where = str(error.filename) if error.filename is not None else None
        sys.exit(report_error(UnmetError(error.strerror or str(error), where=where), as_json=as_json))
    except Exception as error:
        if os.environ.get("UNMET_TRACE"):
            raise
        hint = "This is a fault of unmet: please report it. UNMET_TRACE=1 shows where it happened."
        what = f"unexpected {type(error).__name__}: {error}"
        sys.exit(report_error(UnmetError(what, hint=hint), as_json=as_json))


if __name__ == "__main__":
    main()
