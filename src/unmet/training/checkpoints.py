"""Checkpoints from which a killed run goes on to the very same weights.

A checkpoint is a folder written beside its place and then renamed, so a half-written one never counts.
Everything is safetensors and JSON: nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from unmet.core.errors import ModelError
from unmet.core.files import write_json

_KEPT = 2
_RANDOM = "random_state"
MORE = "progress.safetensors"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has come.

    Attributes:
        step: optimizer steps done.
        epoch: the pass over the corpus that is under way.
        batch: batches of this epoch done.
        tokens: tokens read since the run began, padding not counted.
        seconds: spent training.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0


def save_checkpoint(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    position: Position,
    run: dict[str, Any],
    more: dict[str, torch.Tensor] | None = None,
) -> Path:
    """Write ``folder/step-N`` and remove all but the newest checkpoints.

    Args:
        folder: where the checkpoints of the run are.
        model, optimizer: their state is written.
        position: how far the run is.
        run: what must be equal for a resumed run (configuration, corpus).
        more: tensors that the loop needs besides (:data:`MORE`).
    """
    place = folder / f"step-{position.step:08d}"
    fresh = folder / f".{place.name}.part"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_file(_untied(model.state_dict()), str(fresh / "model.safetensors"))
    save_file(_optimizer_tensors(optimizer), str(fresh / "optimizer.safetensors"))
    if more:
        save_file({name: value.contiguous() for name, value in more.items()}, str(fresh / MORE))
    write_json(fresh / "position.json", {"position": asdict(position), "run": run})
    shutil.rmtree(place, ignore_errors=True)
    os.replace(fresh, place)
    for old in list_checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def list_checkpoints(folder: Path) -> list[Path]:
    """Finished checkpoints, oldest first."""
    return sorted(path for path in folder.glob("step-*") if (path / "position.json").is_file())


def read_position(checkpoint: Path) -> tuple[Position, dict[str, Any]]:
    """Position and description of the run that wrote a checkpoint."""
    told = json.loads((checkpoint / "position.json").read_text("utf-8"))
    return Position(**told["position"]), told["run"]


def load_checkpoint(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Position:
    """Put the saved state back, the random generator's included.

    Raises:
        ModelError: the checkpoint is of another model.
    """
    position, _ = read_position(checkpoint)
    load_weights(checkpoint, model)
    _restore_optimizer(optimizer, load_file(str(checkpoint / "optimizer.safetensors")))
    return position


def load_weights(checkpoint: Path, model: nn.Module) -> None:
    """Put the weights of a checkpoint into a model.

    Raises:
        ModelError: the checkpoint is of another model.
    """
    state = load_file(str(checkpoint / "model.safetensors"))
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = {name for name in missing if _is_tied(model, name, state)}
    if unexpected or set(missing) - tied:
        raise ModelError("the checkpoint is of another model", where=str(checkpoint))


def _untied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every tensor once: two names for the same memory (tied embeddings) keep the first."""
    seen: set[int] = set()
    kept = {}
    for name, value in state.items():
        if value.data_ptr() not in seen or value.numel() == 0:
            seen.add(value.data_ptr())
            kept[name] = value.detach().cpu().contiguous()
    return kept


def _is_tied(model: nn.Module, name: str, state: dict[str, torch.Tensor]) -> bool:
    own = model.state_dict()
    return any(own[name].data_ptr() == own[other].data_ptr() for other in state)


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    tensors = {_RANDOM: torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors[f"{_RANDOM}.cuda"] = torch.cuda.get_rng_state()
    for number, entry in optimizer.state_dict()["state"].items():
        for key, value in entry.items():
            tensors[f"{number}.{key}"] = torch.as_tensor(value).detach().cpu().contiguous()
    return tensors


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(tensors.pop(_RANDOM))
    cuda = tensors.pop(f"{_RANDOM}.cuda", None)
    if cuda is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(cuda)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
