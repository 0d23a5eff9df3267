"""Curves of a run: TensorBoard, Weights & Biases or MLflow, only those that are asked for.

Nothing leaves the machine unless the user's own settings say so: W&B runs in its offline mode and MLflow
writes to a SQLite file in the model's folder, unless WANDB_MODE or MLFLOW_TRACKING_URI is set.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from unmet.core.errors import InputError

LOG_EVERY = 20
"""Training losses are logged every so many steps; losses on held-out text always."""


class _Sink(Protocol):
    def log(self, values: Mapping[str, float], step: int) -> None: ...

    def close(self) -> None: ...


class Tracker:
    """Hands numbers to every tracker that was asked for."""

    def __init__(self, names: Sequence[str], out: Path, config: Mapping[str, Any], first_step: int) -> None:
        self._sinks = [_open(name, out, config, first_step) for name in names]

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Log numbers of a step."""
        if step % LOG_EVERY and "loss" in values:
            return
        for sink in self._sinks:
            sink.log({key: value for key, value in values.items() if key != "step"}, step)

    def close(self) -> None:
        """Finish all files."""
        for sink in self._sinks:
            sink.close()


def _open(name: str, out: Path, config: Mapping[str, Any], first_step: int) -> _Sink:
    kinds: dict[str, tuple[str, Callable[..., _Sink]]] = {
        "tensorboard": ("tensorboard", _TensorBoard),
        "wandb": ("wandb", _Wandb),
        "mlflow": ("mlflow", _MLflow),
    }
    if name not in kinds:
        raise InputError(f"no tracker {name!r}", hint=f"Use one of {', '.join(kinds)}.")
    package, kind = kinds[name]
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{name} is not installed", hint=f"pip install {package}, or leave --track {name} out."
        )
    return kind(out, config, first_step)


class _TensorBoard:
    def __init__(self, out: Path, config: Mapping[str, Any], first_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What a killed run logged after its last checkpoint is hidden, not drawn twice.
        purge = first_step or None
        self._writer: Any = SummaryWriter(str(out / "tensorboard"), purge_step=purge)
        self._writer.add_text("config", str(dict(config)))

    def log(self, values: Mapping[str, float], step: int) -> None:
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    def __init__(self, out: Path, config: Mapping[str, Any], first_step: int) -> None:
        import wandb

        mode: Any = os.environ.get("WANDB_MODE", "offline")
        self._run: Any = wandb.init(project="unmet", dir=str(out), config=dict(config), mode=mode)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()


class _MLflow:
    def __init__(self, out: Path, config: Mapping[str, Any], first_step: int) -> None:
        import mlflow

        self._mlflow: Any = mlflow
        if "MLFLOW_TRACKING_URI" not in os.environ:
            mlflow.set_tracking_uri(f"sqlite:///{out.resolve() / 'mlflow.db'}")
        mlflow.set_experiment("unmet")
        mlflow.start_run()
        mlflow.log_params(dict(config))

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics(dict(values), step=step)

    def close(self) -> None:
        self._mlflow.end_run()
