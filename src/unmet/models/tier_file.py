"""``tier.json``: which model answers which task of a tier.

```
{"format": 1, "name": "starter", "version": "1", "encoder": "encoder",
 "tasks": {"sentiment":     {"by": "join", "weights": [[…]…], "bias": […], "temperature": 1.0,
                             "bias_share": 0.5},
           "need":          {"by": "join", "weights": …, "bias": …, "threshold": 0.41,
                             "abstain_below": 0.62},
           "intensity":     {"by": "join", "encoder_share": [0.6, 0.5]},
           "aspects":       {"by": "join", "weights": {"zh": 0.5, "en": 0.5}, "polarity": "encoder"},
           "entities":      {"by": "linear"},
           "given_aspects": {"by": "encoder"}},
 "vectors": {"file": "vectors.npz", "sha256": "…"}}
```

``abstain_below`` of sentiment, need and given aspects is the confidence under which an answer is marked as
unsure; joins of spans are :mod:`unmet.models.span_join`, the read-out of vectors is
:mod:`unmet.models.vector_map`.

Tasks that are not named are answered by the linear tier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from unmet.core.errors import ModelError
from unmet.core.records import POLARITIES
from unmet.models.encoder_package import Head

TIER_FILE = "tier.json"
FORMAT = 1
TIER_TASKS = ("sentiment", "intensity", "need", "aspects", "entities", "given_aspects")
BY = ("linear", "encoder", "join")

_POLAR = tuple(str(polarity) for polarity in POLARITIES)
_SCORES = ("valence", "arousal")
HEADS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sentiment": ("sentiment",),
        "intensity": ("intensity",),
        "need": ("need",),
        "aspects": ("opinions",),
        "entities": ("entities",),
        "given_aspects": ("given_aspect", "given_intensity"),
    }
)
"""Task → heads of the encoder that answer it."""
EXPECTED: Mapping[str, tuple[str, bool, tuple[str, ...]]] = MappingProxyType(
    {
        "sentiment": ("classes", False, _POLAR),
        "intensity": ("scores", False, _SCORES),
        "need": ("flag", False, ("0", "1")),
        "opinions": ("tags", False, ("ASPECT", "OPINION")),
        "entities": ("tags", False, ("brand", "model", "product")),
        "query_entities": ("tags", False, ("brand", "model", "product")),
        "given_aspect": ("pairs", True, _POLAR),
        "given_intensity": ("scores", True, _SCORES),
    }
)
"""Head → kind, whether it reads two texts, labels (in any order)."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A read tier file.

    Attributes:
        name, version: of the tier.
        encoder: folder of the encoder package.
        tasks: task → its entry; every task of :data:`TIER_TASKS` has one.
        where: for messages.
        folder: of the tier.
        vectors: ``file`` and ``sha256`` of the read-out of sentence vectors, if the tier has one.
    """

    name: str
    version: str
    encoder: Path
    tasks: Mapping[str, Mapping[str, Any]]
    where: str
    folder: Path
    vectors: Mapping[str, str] | None = None

    def by(self, task: str) -> str:
        """Which model answers a task: ``linear``, ``encoder`` or ``join``."""
        return str(self.tasks[task]["by"])


def read_tier(folder: Path) -> Tier:
    """Read and check ``tier.json``.

    Raises:
        ModelError: it is missing, unreadable, of another format, or names what does not exist.
    """
    path = folder / TIER_FILE
    try:
        told = json.loads(path.read_text("utf-8"))
        name, version, tasks = str(told["name"]), str(told["version"]), dict(told["tasks"])
        encoder, number = str(told.get("encoder", "encoder")), told["format"]
    except FileNotFoundError:
        raise ModelError(f"{TIER_FILE} is missing", where=str(folder)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{TIER_FILE} cannot be read ({error})", where=str(folder)) from error
    if number != FORMAT:
        hint = "Update unmet or make the tier again."
        raise ModelError(f"{TIER_FILE} has format {number}, here is {FORMAT}", where=str(folder), hint=hint)
    _check_tasks(tasks, str(path))
    whole = {task: tasks.get(task, {"by": "linear"}) for task in TIER_TASKS}
    vectors = told.get("vectors")
    if vectors is not None and not isinstance(vectors, dict):
        raise ModelError("vectors is no object with file and sha256", where=str(path))
    return Tier(name, version, folder / encoder, whole, str(path), folder, vectors)


def _check_tasks(tasks: Mapping[str, Any], where: str) -> None:
    for task, entry in tasks.items():
        if task not in TIER_TASKS:
            raise ModelError(f"no task {task!r}", where=where, hint=f"Tasks are {', '.join(TIER_TASKS)}.")
        by = entry.get("by") if isinstance(entry, dict) else None
        if by not in BY:
            raise ModelError(f"{task} is answered by {by!r}", where=where, hint=f"Use {', '.join(BY)}.")
        below = entry.get("abstain_below", 0.0)
        if not isinstance(below, (int, float)) or not 0 <= below <= 1:
            raise ModelError(f"abstain_below of {task} is {below!r}, not 0–1", where=where)


def tier_of_package(folder: Path, version: str, heads: Mapping[str, Head]) -> Tier:
    """An encoder package as a tier: its heads answer as far as they fit, the linear tier the rest."""
    tasks = {}
    for task in TIER_TASKS:
        fitting = [name for name in HEADS_OF[task] if name in heads and fits(heads[name])]
        tasks[task] = {"by": "encoder" if HEADS_OF[task][0] in fitting else "linear"}
    name, _, number = version.partition("@")
    return Tier(name, number, folder, tasks, str(folder), folder)


def fits(head: Head) -> bool:
    """Whether a head has the kind and labels that a tier expects under its name."""
    kind, paired, labels = EXPECTED[head.task.name]
    own = head.task
    same = sorted(own.labels) == sorted(labels)
    # The order of classes and scores is ours to map; a tagger may lack a type.
    known = set(own.labels) <= set(labels) if kind == "tags" else same
    return own.kind == kind and own.reads_two == paired and known


def check_heads(tier: Tier, heads: Mapping[str, Head]) -> None:
    """Refuse a tier whose encoder lacks a head that the tier names.

    Raises:
        ModelError: a head is missing or of another kind.
    """
    for task in TIER_TASKS:
        if tier.by(task) == "linear":
            continue
        first = HEADS_OF[task][0]
        for name in HEADS_OF[task]:
            if name in heads and not fits(heads[name]):
                kind, _, labels = EXPECTED[name]
                raise ModelError(
                    f"the head {name!r} should be {kind} with {', '.join(labels)}", where=str(tier.encoder)
                )
        # A join of given aspects reads both of their heads.
        needed = HEADS_OF[task] if tier.by(task) == "join" else (first,)
        missing = [name for name in needed if name not in heads]
        if missing:
            raise ModelError(f"{task} needs the head {missing[0]!r}", where=str(tier.encoder))
