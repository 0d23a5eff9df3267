"""Several fine-tuned models as one: the mean of their answers, or the mean of their weights.

| how | what it is | at inference |
|---|---|---|
| ensemble | mean of probabilities or scores (Dietterich 2000) | as slow as all members; distil it |
| soup | mean of the weights of models tuned from one base (Wortsman et al. 2022) | one model |
| greedy-soup | members join the soup, best first, as long as the held-out result does not fall | one model |
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from unmet.core.errors import InputError, ModelError
from unmet.core.files import write_json
from unmet.training.distilling import mean_answers
from unmet.training.fitting import mean_weights
from unmet.training.methods.catalog import METHODS
from unmet.training.predicting import MAIN_MEASURE, measure
from unmet.training.saving import save_finetuned
from unmet.training.tasks import Examples, Task, read_task
from unmet.training.tuned_models import TunedModel, load_tuned

WAYS = ("ensemble", "soup", "greedy-soup")
Data = Mapping[str, tuple[Task, Examples]]


@dataclass(frozen=True, slots=True)
class Combined:
    """What became of several models.

    Attributes:
        members: folders that are in it.
        single: held-out measures of each given model.
        measures: task → measures of the combination.
    """

    members: list[Path]
    single: dict[str, dict[str, dict[str, float]]]
    measures: dict[str, dict[str, float]]


def combine(
    folders: Sequence[Path],
    files: Mapping[str, Path],
    out: Path,
    *,
    how: str,
    report: Callable[[str], None] = lambda _: None,
) -> Combined:
    """Combine fine-tuned models and measure the result.

    Args:
        folders: at least two, with the same tasks.
        files: task name → labelled held-out file; it decides who joins a greedy soup.
        out: receives the averaged model, or for an ensemble ``ensemble.json``.
        how: one of :data:`WAYS`.
        report: told one line per model.

    Raises:
        InputError: fewer than two models, an unknown way, or a task that one lacks.
        ModelError: weights that cannot be averaged.
    """
    if how not in WAYS or len(folders) < 2:
        what = f"no way {how!r} to combine" if how not in WAYS else "one model is no combination"
        raise InputError(what, hint=f"Give two folders or more, and one of {', '.join(WAYS)}.")
    models = [load_tuned(folder) for folder in folders]
    data = {name: read_task(name, path, like=models[0].task(name)) for name, path in files.items()}
    single = {str(m.folder): _measures([m], data) for m in models}
    for name, found in single.items():
        report(f"{name}: {_score(found, data):.4f}")
    if how == "ensemble":
        measures = _measures(models, data)
        write_json(out / "ensemble.json", {"members": [str(f) for f in folders], "measures": measures})
        return Combined(list(folders), single, measures)
    _check_alike(models)
    members = list(models) if how == "soup" else _greedy(models, single, data, report)
    soup = _soup(members)
    measures = _measures([soup], data)
    told = {"measures": measures, "combined": {"how": how, "members": [str(m.folder) for m in members]}}
    save_finetuned(soup.model, list(soup.tasks.values()), soup.reader, _plain(soup), out, told)
    return Combined([m.folder for m in members], single, measures)


def _greedy(
    models: Sequence[TunedModel], single: Mapping[str, Any], data: Data, report: Callable[[str], None]
) -> list[TunedModel]:
    """Best first; a model joins if the soup does not get worse (Wortsman et al., recipe 1)."""
    ranked = sorted(models, key=lambda m: -_score(single[str(m.folder)], data))
    members, best = ranked[:1], _score(single[str(ranked[0].folder)], data)
    for model in ranked[1:]:
        score = _score(_measures([_soup([*members, model])], data), data)
        report(f"with {model.folder}: {score:.4f} ({'joins' if score >= best else 'left out'})")
        if score >= best:
            members, best = [*members, model], score
    return members


def _soup(members: Sequence[TunedModel]) -> TunedModel:
    model = copy.deepcopy(members[0].model)
    model.load_state_dict(mean_weights([member.model.state_dict() for member in members]))
    return replace(members[0], model=model.eval())


def _plain(soup: TunedModel) -> Any:
    """Methods that were folded in leave a plain encoder."""
    folded = METHODS[soup.config.method].merge is not None
    return replace(soup.config, method="full") if folded else soup.config


def _check_alike(models: Sequence[TunedModel]) -> None:
    first = models[0]
    shapes = {name: value.shape for name, value in first.model.state_dict().items()}
    for other in models[1:]:
        same = {name: value.shape for name, value in other.model.state_dict().items()} == shapes
        if not same or other.reader.tokenizer.to_str() != first.reader.tokenizer.to_str():
            raise ModelError(
                "weights of different bases cannot be averaged",
                where=str(other.folder),
                hint="Use --how ensemble, or models tuned from one base.",
            )


def _measures(models: Sequence[TunedModel], data: Data) -> dict[str, dict[str, float]]:
    found = {}
    for name, (task, rows) in data.items():
        alone = models[0].predict(task, rows) if len(models) == 1 else None
        if alone is None and task.kind in ("tags", "vectors"):
            raise InputError(f"answers of {name} cannot be averaged", hint="Use --how soup.")
        found[name] = measure(task, rows, alone if alone is not None else mean_answers(models, task, rows))
    return found


def _score(measures: Mapping[str, Mapping[str, float]], data: Data) -> float:
    return float(np.mean([measures[name][MAIN_MEASURE[task.kind]] for name, (task, _) in data.items()]))
