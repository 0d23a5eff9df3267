"""How far a run of fine-tuning has come, on disk: a killed run goes on to the very same weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from unmet.core.errors import InputError
from unmet.core.files import rounded
from unmet.training.checkpoints import (
    MORE,
    Position,
    list_checkpoints,
    load_checkpoint,
    read_position,
    save_checkpoint,
)

State = dict[str, torch.Tensor]
_RANKS = ("ipt", "exp_avg_ipt", "exp_avg_unc")
"""What AdaLoRA remembers of each matrix besides its weights."""


@dataclass(slots=True)
class Progress:
    """State of the loop.

    Attributes:
        best, best_score: weights and held-out score of the best epoch so far.
        waited: epochs since then.
        epoch, batch, step: epochs done, batches of the next one done, steps done in all.
        losses: of the batches of the epoch under way.
        history: one entry per epoch done.
        recent: weights at the end of the last epochs, for their mean.
    """

    best: State
    best_score: float = -np.inf
    waited: int = 0
    epoch: int = 0
    batch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    recent: list[State] = field(default_factory=list)

    def end_epoch(self, entry: dict[str, Any], score: float, weights: State, n_recent: int = 0) -> None:
        """Note an epoch's entry and held-out score; weights that score higher than before are the best."""
        self.history.append(entry)
        if score > self.best_score:
            self.best, self.best_score, self.waited = weights, score, 0
        else:
            self.waited += 1
        if n_recent:
            self.recent = [*self.recent, weights][-n_recent:]
        self.epoch, self.batch, self.losses = self.epoch + 1, 0, []


def save_fit(
    folder: Path,
    trained: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    described: dict[str, Any],
) -> None:
    """Write a checkpoint; numbers that decide anything are kept in full."""
    more = {
        "best_score": torch.tensor(progress.best_score, dtype=torch.float64),
        "losses": torch.tensor(progress.losses, dtype=torch.float64),
        **_named("best", progress.best),
        **{k: v for i, state in enumerate(progress.recent) for k, v in _named(f"recent{i}", state).items()},
        **{
            k: v for name, found in _ranks(trained).items() for k, v in _named(f"ranks-{name}", found).items()
        },
    }
    position = Position(step=progress.step, epoch=progress.epoch, batch=progress.batch)
    run = {"described": described, "waited": progress.waited, "history": progress.history}
    save_checkpoint(folder, trained, optimizer, position, run, more)


def resume_fit(
    folder: Path | None, trained: nn.Module, optimizer: torch.optim.Optimizer, described: dict[str, Any]
) -> Progress | None:
    """Put the newest checkpoint back; ``None`` if there is none.

    Raises:
        InputError: it is of a run with other settings or files.
    """
    found = list_checkpoints(folder) if folder else []
    if not found:
        return None
    _, run = read_position(found[-1])
    before, now = run["described"], json.loads(json.dumps(rounded(described)))
    if before != now:
        changed = ", ".join(sorted(k for k in {**before, **now} if before.get(k) != now.get(k)))
        raise InputError(
            f"a stopped run with other settings lies here ({changed})",
            where=str(folder),
            hint="Repeat its command to resume it, remove the folder, or choose another --out.",
        )
    position = load_checkpoint(found[-1], trained, optimizer)
    more = load_file(str(found[-1] / MORE))
    for name, kept in _ranks(trained).items():
        kept.update(_of(more, f"ranks-{name}"))
    n_recent = len({name.split(".", 1)[0] for name in more if name.startswith("recent")})
    return Progress(
        best=_of(more, "best"),
        best_score=float(more["best_score"]),
        waited=run["waited"],
        epoch=position.epoch,
        batch=position.batch,
        step=position.step,
        losses=more["losses"].tolist(),
        history=run["history"],
        recent=[_of(more, f"recent{i}") for i in range(n_recent)],
    )


def _named(prefix: str, state: State) -> State:
    return {f"{prefix}.{name}": value.detach().cpu().clone() for name, value in state.items()}


def _of(state: State, prefix: str) -> State:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}


def _ranks(trained: nn.Module) -> dict[str, State]:
    """AdaLoRA's running means of how much each direction matters, if the model has any."""
    for module in trained.modules():
        allocator = getattr(module, "rankallocator", None)
        if allocator is not None:
            return {name: getattr(allocator, name) for name in _RANKS}
    return {}
