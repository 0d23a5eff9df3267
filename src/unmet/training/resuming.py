"""Going on with a pretraining run: what must be equal, what may change, and the losses noted so far."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unmet.core.errors import InputError
from unmet.training.checkpoints import Position, list_checkpoints, load_checkpoint, read_position

_MAY_CHANGE = frozenset(
    {
        "steps",
        "decay_share",
        "accumulate",
        "checkpoint_every",
        "evaluate_every",
        "track",
        "precision",
        "learning_rate",
        "teacher",
        "teacher_weight",
        "teacher_tokens",
    }
)
"""Settings that a resumed run may be given anew: they change what is to come, not what was done."""


def resume(out: Path, model: nn.Module, optimizer: torch.optim.Optimizer, run: dict[str, Any]) -> Position:
    """Load the newest checkpoint into model and optimizer; the beginning where there is none.

    Raises:
        InputError: the folder holds a run with other settings.
    """
    found = list_checkpoints(out / "checkpoints")
    if not found:
        return Position()
    _, before = read_position(found[-1])
    now = json.loads(json.dumps(run))
    changed = sorted(
        key
        for part in ("config", "store")
        for key in {**before[part], **now[part]}
        if before[part].get(key) != now[part].get(key) and not (part == "config" and key in _MAY_CHANGE)
    )
    if changed:
        raise InputError(
            f"the run in this folder was started with another {', '.join(changed)}",
            where=str(out),
            hint="Use the same settings to resume it, or another --out.",
        )
    return load_checkpoint(found[-1], model, optimizer)


def load_evaluations(out: Path, step: int) -> list[dict[str, float]]:
    """Evaluations up to the checkpoint; later ones will be made again."""
    path = out / "log.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    kept = [row for row in rows if row["step"] <= step]
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return kept


def append_evaluation(path: Path, row: dict[str, float]) -> None:
    """Add one line to ``log.jsonl``."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row) + "\n")
