"""The `unmet` command."""

from __future__ import annotations

import os
import sys

import typer

from unmet.cli import annotate, check, demo, mine, runs
from unmet.cli.output import EXIT_FAILURE, note, report_error
from unmet.core.errors import UnmetError

app = typer.Typer(
    name="unmet",
    help="From raw customer text to verified need cards, in Chinese and English, offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("mine")(mine.mine)
app.command("annotate")(annotate.annotate)
app.command("verify")(runs.verify)
app.command("report")(runs.report)
app.command("trace")(runs.trace)


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
    try:
        app()
    except UnmetError as error:
        sys.exit(report_error(error, as_json="--json" in sys.argv))
    except BrokenPipeError:
        # The reader of our output went away (for example `| head`): not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        note("unmet: stopped. Run the same command again to resume.")
        sys.exit(EXIT_FAILURE)


if __name__ == "__main__":
    main()
