"""Active learning: which texts to label next, and when to stop.

| strategy | takes | source |
|---|---|---|
| entropy | the highest entropy of the classes | Shannon; Settles 2009 |
| margin | the smallest lead of the first class over the second | Scheffer et al. 2001 |
| k-center | texts farthest from every labelled or chosen one | Sener & Savarese 2018 |
| k-means | one text of each cluster | Zhdanov 2019 |
| mixed | of the least certain texts (by margin) one of each cluster | Zhdanov 2019 |
| random | by chance, to compare with | – |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unmet.core.config import SelectConfig
from unmet.core.errors import InputError
from unmet.core.files import atomic_path, write_json
from unmet.core.hashing import short_hash
from unmet.evaluate.splits import text_key
from unmet.training.predicting import MAIN_MEASURE
from unmet.training.tasks import Examples
from unmet.training.tuned_models import load_tuned

Floats = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]
STRATEGIES = ("entropy", "margin", "k-center", "k-means", "mixed", "random")
_CANDIDATES = 10
"""``mixed`` clusters so many uncertain texts for each one that it takes (Zhdanov's β)."""


@dataclass(frozen=True, slots=True)
class Round:
    """One choice of texts.

    Attributes:
        number: from 1.
        file: texts to label.
        n_pool: texts they were chosen from.
        held_out: the model's measure on its held-out rows.
        agreement: share of the pool that kept its class since the round before; ``None`` at first.
        stop: why labelling can stop, or ``None``.
    """

    number: int
    file: Path
    n_pool: int
    held_out: float
    agreement: float | None
    stop: str | None


def entropy(probabilities: Floats) -> Floats:
    """In nats, shape ``(n,)``; 0 for a certain class.

    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5]])).round(3).tolist()
    [0.0, 0.693]
    """
    safe = np.maximum(probabilities, 1e-12)
    found: Floats = np.abs(-(probabilities * np.log(safe)).sum(axis=1))
    return found


def lead(probabilities: Floats) -> Floats:
    """Lead of the most probable class over the second, 0–1; small where the model wavers."""
    ordered = np.sort(probabilities, axis=1)
    found: Floats = ordered[:, -1] - ordered[:, -2]
    return found


def choose(
    probabilities: Floats,
    vectors: Floats,
    n: int,
    strategy: str,
    *,
    labelled: Floats | None = None,
    seed: int = 0,
) -> Rows:
    """Rows of a pool to label next, in order of choice.

    Args:
        probabilities: of the classes, shape ``(pool, classes)``.
        vectors: of the texts, shape ``(pool, width)``.
        n: how many; the whole pool if it is smaller.
        strategy: one of :data:`STRATEGIES`.
        labelled: vectors of the texts that have labels, for ``k-center``.
        seed: of random choices.

    Raises:
        InputError: no such strategy.
    """
    n = min(n, len(probabilities))
    if strategy not in STRATEGIES:
        raise InputError(f"no strategy {strategy!r}", hint=f"Use one of {', '.join(STRATEGIES)}.")
    if strategy == "random":
        return np.random.default_rng(seed).permutation(len(probabilities))[:n]
    if strategy == "entropy":
        return np.argsort(-entropy(probabilities), kind="stable")[:n]
    unsure = np.argsort(lead(probabilities), kind="stable")
    if strategy == "margin":
        return unsure[:n]
    if strategy == "k-center":
        return farthest_first(vectors, n, labelled)
    if strategy == "k-means":
        return one_per_cluster(vectors, np.ones(len(vectors)), n, seed)
    candidates = unsure[: _CANDIDATES * n]
    weights = 1 - lead(probabilities)[candidates] + 1e-6
    return candidates[one_per_cluster(vectors[candidates], weights, n, seed)]


def farthest_first(vectors: Floats, n: int, labelled: Floats | None = None) -> Rows:
    """Greedy k-center: each row is the one farthest from all that are labelled or chosen.

    Without labelled rows the one farthest from the mean begins.
    """
    if labelled is not None and len(labelled):
        nearest = _distances(vectors, labelled[0])
        for vector in labelled[1:]:
            nearest = np.minimum(nearest, _distances(vectors, vector))
    else:
        nearest = _distances(vectors, vectors.mean(axis=0))
    chosen: list[int] = []
    for _ in range(min(n, len(vectors))):
        row = int(nearest.argmax())
        if not chosen and (labelled is None or not len(labelled)):
            nearest = np.full(len(vectors), np.inf)
        chosen.append(row)
        nearest = np.minimum(nearest, _distances(vectors, vectors[row]))
        nearest[chosen] = -1.0
    return np.array(chosen, dtype=np.int64)


def one_per_cluster(vectors: Floats, weights: Floats, n: int, seed: int) -> Rows:
    """The row nearest to the centre of each of ``n`` weighted k-means clusters; no row twice."""
    from sklearn.cluster import KMeans

    if n >= len(vectors):
        return np.arange(len(vectors))
    centres = KMeans(n, n_init=4, random_state=seed).fit(vectors, sample_weight=weights).cluster_centers_
    chosen: list[int] = []
    for centre in centres:
        distances = _distances(vectors, centre)
        distances[chosen] = np.inf
        chosen.append(int(distances.argmin()))
    return np.array(chosen, dtype=np.int64)


def _distances(vectors: Floats, point: Floats) -> Floats:
    found: Floats = ((vectors - point) ** 2).sum(axis=1)
    return found


def reason_to_stop(rounds: Sequence[dict[str, Any]], how: SelectConfig) -> str | None:
    """Why labelling more is not worth it, or ``None``.

    Either the held-out measure has not risen by ``min_gain`` in the last ``patience`` rounds, or the models
    of these rounds gave (nearly) every pool text the same class (Bloodgood & Vijay-Shanker 2009).

    Args:
        rounds: earlier ones first, each with ``held_out`` and ``agreement``.
        how: thresholds.
    """
    scores = [r["held_out"] for r in rounds]
    n = how.patience
    if len(scores) > n and max(scores[-n:]) < max(scores[:-n]) + how.min_gain:
        return f"no gain of {how.min_gain} in {n} rounds"
    agreements = [r["agreement"] for r in rounds[-n:]]
    if len(rounds) > n and all(a is not None and a >= how.stable_share for a in agreements):
        return f"at least {how.stable_share:.0%} of the pool kept their class for {n} rounds"
    return None


def select_texts(
    model: Path, task: str, pool: Sequence[str], out: Path, *, how: SelectConfig, labelled: Sequence[str] = ()
) -> Round:
    """Choose texts to label with the model of this round.

    Args:
        model: folder of ``unmet finetune``, trained on all labels so far.
        task: of kind classes or flag.
        pool: texts without labels; those that are labelled or were chosen before are left out.
        out: folder of the rounds: ``to_label-NNN.csv`` (text, an empty label, the model's guess and its
            probability), ``rounds.json``, ``classes.json``.
        how: settings.
        labelled: texts that have labels.

    Raises:
        InputError: a task without classes, or nothing left to label.
    """
    tuned = load_tuned(model)
    wanted = tuned.task(task)
    if wanted.kind not in ("classes", "flag"):
        raise InputError(f"{task} is of kind {wanted.kind}: no classes to be unsure of", where=str(model))
    rounds, before = _read(out / "rounds.json", []), _read(out / "classes.json", {})
    texts = _left(pool, labelled, rounds, out)
    if not texts:
        raise InputError("no text of the pool is left to label", where=str(out))
    probabilities = tuned.predict(wanted, Examples(texts, [], np.zeros(0), []))
    have = tuned.vectors(list(labelled)) if labelled else None
    seed = how.seed + len(rounds)
    rows = choose(probabilities, tuned.vectors(texts), how.n, how.strategy, labelled=have, seed=seed)
    classes = {
        short_hash(t): wanted.labels[k] for t, k in zip(texts, probabilities.argmax(axis=1), strict=True)
    }
    same = [classes[key] == before[key] for key in classes if key in before]
    number = len(rounds) + 1
    told: dict[str, Any] = {
        "number": number,
        "file": f"to_label-{number:03}.csv",
        "n_pool": len(texts),
        "held_out": tuned.measures[task][MAIN_MEASURE[wanted.kind]],
        "agreement": float(np.mean(same)) if same else None,
    }
    guesses = [(texts[i], classes[short_hash(texts[i])], float(probabilities[i].max())) for i in rows]
    _write_texts(out / told["file"], guesses)
    stop = reason_to_stop([*rounds, told], how)
    write_json(out / "classes.json", classes)
    write_json(out / "rounds.json", [*rounds, {**told, "stop": stop, **asdict(how)}])
    return Round(number, out / told["file"], len(texts), told["held_out"], told["agreement"], stop)


def _left(
    pool: Sequence[str], labelled: Sequence[str], rounds: Sequence[dict[str, Any]], out: Path
) -> list[str]:
    """Texts of the pool that are neither labelled nor were chosen in a round before, each once."""
    chosen_before = {text for r in rounds for text in pl.read_csv(out / r["file"])["text"]}
    known = {text_key(text) for text in (*labelled, *chosen_before)}
    return list({text_key(text): text for text in pool if text_key(text) not in known}.values())


def _write_texts(path: Path, guesses: Sequence[tuple[str, str, float]]) -> None:
    """A table to fill in: text, empty label, guess, probability."""
    table = pl.DataFrame(
        {
            "text": [text for text, _, _ in guesses],
            "label": [None] * len(guesses),
            "guess": [guess for _, guess, _ in guesses],
            "probability": [round(probability, 4) for _, _, probability in guesses],
        },
        schema_overrides={"label": pl.String},
    )
    with atomic_path(path) as temporary:
        table.write_csv(temporary)


def _read(path: Path, empty: Any) -> Any:
    return json.loads(path.read_text("utf-8")) if path.is_file() else empty
