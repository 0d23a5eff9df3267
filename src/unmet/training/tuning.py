"""Search for good settings of fine-tuning with Optuna (Akiba et al. 2019): Parzen estimator, pruning.

Every trial is a whole fine-tuning that is stopped early where it falls behind the others. All trials see
the same split. The study lies in the out folder; a killed search goes on with the trial it was in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmet.core.config import FinetuneConfig, TuneConfig
from unmet.core.errors import InputError, ModelError
from unmet.core.files import rounded, write_json
from unmet.core.hashing import file_hash
from unmet.training.encoders import load_encoder
from unmet.training.finetuning import Finetuned, Report, finetune, train_heads
from unmet.training.fitting import main_score
from unmet.training.methods.catalog import METHODS, find_method
from unmet.training.task_data import TaskRows, split_task

if TYPE_CHECKING:
    import optuna

Suggest = Callable[["optuna.Trial", FinetuneConfig], Any]

SPACE: dict[str, Suggest] = {
    "method": lambda t, c: t.suggest_categorical("method", ["full", "lora", "adapter", "bitfit"]),
    # In units of the method's usual rate, so that one range serves all methods.
    "learning_rate": lambda t, c: (
        (c.learning_rate or METHODS[c.method].learning_rate)
        * t.suggest_float("rate_factor", 0.1, 10, log=True)
    ),
    "batch_rows": lambda t, c: t.suggest_categorical("batch_rows", [8, 16, 32, 64]),
    "dropout": lambda t, c: t.suggest_float("dropout", 0.0, 0.4),
    "label_smoothing": lambda t, c: t.suggest_float("label_smoothing", 0.0, 0.2),
    "weight_decay": lambda t, c: t.suggest_float("weight_decay", 1e-4, 0.3, log=True),
    "warmup_share": lambda t, c: t.suggest_float("warmup_share", 0.0, 0.3),
    "class_weights": lambda t, c: t.suggest_categorical("class_weights", [False, True]),
    "adversarial": lambda t, c: t.suggest_categorical("adversarial", ["none", "fgm"]),
    "consistency": lambda t, c: t.suggest_float("consistency", 0.0, 4.0),
    "rank": lambda t, c: t.suggest_categorical("rank", [4, 8, 16, 32]),
}
"""What can be searched; the method comes first because the learning rate depends on it."""


@dataclass(frozen=True, slots=True)
class Search:
    """A finished search.

    Attributes:
        best: settings of the best trial.
        score: its mean held-out measure.
        trials: number, state (``complete``, ``pruned``, ``fail``), settings, score and epochs of each.
        model: trained again with the best settings.
    """

    best: FinetuneConfig
    score: float
    trials: list[dict[str, Any]]
    model: Finetuned


def tune(
    base: str | Path,
    files: Mapping[str, Path],
    out: Path,
    *,
    config: FinetuneConfig,
    how: TuneConfig,
    dev_files: Mapping[str, Path] | None = None,
    report: Report = lambda _: None,
) -> Search:
    """Search settings, write the best ones, and train with them.

    Args:
        base, files, dev_files: see :func:`unmet.training.finetuning.finetune`.
        out: receives the model, ``tuning.json`` (best settings, all trials) and ``tune.db`` (the study).
        config: settings that are not searched.
        how: number of trials, what is searched, pruner.
        report: told one line per trial and per epoch of the last training.

    Raises:
        InputError: an unknown setting, or the folder holds a search of something else.
        ModelError: no trial came to an end.
    """
    names = [name for name in SPACE if name in how.search]
    unknown = sorted(set(how.search) - set(SPACE))
    if unknown or not names:
        hint = f"Use some of {', '.join(SPACE)}."
        raise InputError(f"cannot search {', '.join(unknown) or 'nothing'}", hint=hint)
    find_method(config.method)
    rows = [split_task(name, path, (dev_files or {}).get(name), config) for name, path in files.items()]
    hashes = {name: file_hash(path) for name, path in files.items()}
    described = {"base": str(base), "files": hashes, "search": names, **asdict(config)}
    with _quiet_optuna():
        study = _open(out, how, described, report)
        _search(study, how.trials, lambda trial: _trial(trial, base, rows, config, names), report)
        trials = [_told(trial) for trial in study.trials]
        if not any(trial["state"] == "complete" for trial in trials):
            raise ModelError("no trial came to an end", where=str(out), hint="Allow more --trials or epochs.")
        best, score, number = (
            _settings(study.best_trial, config, names),
            study.best_value,
            study.best_trial.number,
        )
    report(f"best: trial {number}, held out {score:.4f}")
    model = finetune(base, files, out, config=best, dev_files=dev_files, report=report)
    told = {"settings": asdict(best), "score": score, "trial": number}
    write_json(out / "tuning.json", {"best": told, "described": described, "trials": trials})
    return Search(best, score, trials, model)


def _trial(
    trial: optuna.Trial,
    base: str | Path,
    rows: Sequence[TaskRows],
    config: FinetuneConfig,
    names: Sequence[str],
) -> float:
    """Held-out score of the best epoch under a trial's settings."""
    import optuna
    import torch

    settings = _settings(trial, config, names)
    began = time.perf_counter()
    scores: list[float] = []

    def on_epoch(entry: dict[str, Any]) -> None:
        scores.append(float(main_score(entry, rows)))
        trial.set_user_attr("seconds", time.perf_counter() - began)
        trial.set_user_attr("epochs", len(scores))
        trial.report(max(scores), len(scores))
        if trial.should_prune():
            raise optuna.TrialPruned

    torch.manual_seed(settings.seed)
    train_heads(*load_encoder(base, settings), rows, settings, on_epoch=on_epoch)
    return max(scores)


def _settings(trial: Any, config: FinetuneConfig, names: Sequence[str]) -> FinetuneConfig:
    """The settings that a trial, new or frozen, stands for."""
    import optuna

    frozen = isinstance(trial, optuna.trial.FrozenTrial)
    asked: Any = optuna.trial.FixedTrial(trial.params) if frozen else trial
    for name in names:
        config = replace(config, **{name: SPACE[name](asked, config)})
    return config


def _open(out: Path, how: TuneConfig, described: dict[str, Any], report: Report) -> optuna.Study:
    """The study of the folder; a trial during which a search was killed is asked again."""
    import optuna

    out.mkdir(parents=True, exist_ok=True)
    pruners: dict[str, Callable[[], optuna.pruners.BasePruner]] = {
        "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=how.unpruned_trials),
        "hyperband": optuna.pruners.HyperbandPruner,
        "none": optuna.pruners.NopPruner,
    }
    if how.pruner not in pruners:
        raise InputError(f"no pruner {how.pruner!r}", hint=f"Use one of {', '.join(pruners)}.")
    study = optuna.create_study(
        study_name="tune",
        storage=f"sqlite:///{(out / 'tune.db').resolve()}",
        load_if_exists=True,
        direction="maximize",
        pruner=pruners[how.pruner](),
    )
    before = study.user_attrs.get("described")
    if before is not None and before != rounded(described):
        hint = "Repeat its command, or choose another --out."
        raise InputError("a search of something else lies here", where=str(out), hint=hint)
    study.set_user_attr("described", rounded(described))
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)
        report(f"trial {trial.number} was stopped and is asked again")
    n_before = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=how.seed + n_before, n_startup_trials=how.unpruned_trials)
    return study


def _search(
    study: optuna.Study, n_trials: int, objective: Callable[[optuna.Trial], float], report: Report
) -> None:
    """Trials until so many have ended; a method that does not suit the base counts as failed."""
    from optuna.trial import FrozenTrial, TrialState

    ended = (TrialState.COMPLETE, TrialState.PRUNED)

    def say(study: optuna.Study, trial: FrozenTrial) -> None:
        told = _told(trial)
        score = "–" if told["score"] is None else f"{told['score']:.4f}"
        report(f"trial {trial.number} {told['state']}: held out {score}; {told['settings']}")

    n_failed = 0
    while len(study.get_trials(deepcopy=False, states=ended)) < n_trials and n_failed < n_trials:
        study.optimize(objective, n_trials=1, catch=(ModelError,), callbacks=[say])
        n_failed += study.trials[-1].state == TrialState.FAIL


def _told(trial: Any) -> dict[str, Any]:
    steps = trial.intermediate_values
    value = trial.value if trial.value is not None else (max(steps.values()) if steps else None)
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "score": value,
        "settings": rounded(trial.params),
        **{name: trial.user_attrs.get(name) for name in ("epochs", "seconds")},
    }


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
