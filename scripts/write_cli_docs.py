"""Write docs/cli.md from the commands themselves: ``python scripts/write_cli_docs.py``.

A test fails when the page is not what this script would write.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from unmet.cli.main import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
HEAD = """# Commands

Written by `scripts/write_cli_docs.py` from the commands; do not edit by hand.

Results go to standard output, progress and messages to standard error. Every command knows `--json`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | `verify` found a difference, a run folder is missing or damaged, or a file cannot be written |
| 2 | the input or the arguments cannot be used; the message names the file and the next step |

No command prints a Python trace. `UNMET_TRACE=1` shows one where the fault is in unmet itself.
"""


def command_section(name: str, function: Any) -> str:
    """One command: what it does, its example, its arguments and options."""
    lines = [line.strip() for line in inspect.cleandoc(function.__doc__ or "").splitlines()]
    about = [line for line in lines if line and not line.startswith("Example:")]
    example = next(line.removeprefix("Example:").strip() for line in lines if line.startswith("Example:"))
    rows = [parameter_row(*found) for found in parameters(function)]
    table = ["| argument | default | meaning |", "|---|---|---|", *rows]
    parts = [f"## unmet {name}", " ".join(about), f"```\n{example}\n```", "\n".join(table)]
    return "\n\n".join(parts)


def parameters(function: Any) -> list[tuple[str, Any, Any, Any]]:
    """Name, type, typer's description and default of every parameter."""
    hints = get_type_hints(inspect.unwrap(function), include_extras=True)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        assert get_origin(hint) is Annotated, name
        kind, info = get_args(hint)[:2]
        found.append((name, kind, info, parameter.default))
    return found


def parameter_row(name: str, kind: Any, info: Any, default: Any) -> str:
    """One line of the table of a command."""
    is_argument = type(info).__name__.startswith("Argument")
    if is_argument:
        label = name.upper() + (" …" if get_origin(kind) is list else "")
    else:
        # Inside Annotated, typer keeps the first name of an option where a default used to be.
        named = [part for part in (info.default, *(info.param_decls or ())) if isinstance(part, str)]
        label = next(iter(named), "--" + name.replace("_", "-"))
        label += "" if kind is bool else f" {_kind_name(kind)}"
    if default is inspect.Parameter.empty:
        shown = "required"
    elif default is None or default is False:
        shown = "–"
    else:
        shown = f"`{default}`"
    return f"| `{label}` | {shown} | {info.help} |"


def _kind_name(kind: Any) -> str:
    if get_origin(kind) is list:
        return f"{_kind_name(get_args(kind)[0])} …"
    named = next(part for part in (get_args(kind) or (kind,)) if part is not type(None))
    if get_origin(named) is list:
        return _kind_name(named)
    return {"str": "TEXT", "int": "NUMBER", "float": "NUMBER"}[named.__name__]


def page() -> str:
    """The whole page."""
    commands = [(command.name or "", command.callback) for command in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        own = group.typer_instance
        commands += [(f"{own.info.name} {c.name}", c.callback) for c in own.registered_commands]
    return "\n\n".join([HEAD.strip(), *(command_section(*command) for command in commands)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(PAGE.name)
