"""The Python API: the same pipeline that the commands use.

>>> import unmet
>>> marks = unmet.annotate(["物流很快，就是噪音太大", "The zipper broke after two weeks."])
>>> [str(mark.sentiment.label) for mark in marks][1]
'negative'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmet.core.config import MineConfig
from unmet.core.records import Annotation, Need

if TYPE_CHECKING:
    import polars as pl

    from unmet.needs.verifying import VerifyReport

__all__ = ["Run", "annotate", "load", "mine"]


def annotate(
    texts: Sequence[str],
    *,
    tasks: Sequence[str] | None = None,
    tier: str = "linear",
    aspects: Sequence[Sequence[str]] | None = None,
    explain: bool = False,
) -> list[Annotation]:
    """Read texts once each; one annotation per text, in order.

    Args:
        texts: any strings.
        tasks: names from ``sentiment, intensity, aspects, entities, need``; all when ``None``.
        tier: ``linear``, ``starter``, or a folder: a tier, an encoder package, linear packages.
        aspects: aspects named for each text, answered in ``given_aspects`` in their order.
        explain: add the weight of every word (``sentiment.words``) and ``sentiment.strength``.

    Raises:
        InputError: an unknown task, a text that is not a string, or an explanation without sentiment.
    """
    from unmet.core.errors import InputError
    from unmet.mining.annotate import TASKS, annotate_texts
    from unmet.models.catalog import load_models

    if isinstance(texts, str):
        raise InputError("annotate() takes a list of texts, not one string", hint="Pass [text].")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"text is {type(text).__name__}, not str", where=f"texts[{index}]")
    chosen = TASKS if tasks is None else tasks
    return annotate_texts(texts, load_models(tier), tasks=chosen, aspects=aspects, explain=explain)


@dataclass(frozen=True)
class Run:
    """A finished run folder.

    Attributes:
        path: the folder.
    """

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Inputs with hashes, configuration, versions, counts and seconds per stage."""
        import json

        loaded: dict[str, Any] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        return loaded

    @cached_property
    def needs(self) -> list[Need]:
        """Need cards, by rank."""
        from unmet.needs.needsfile import from_json

        return list(from_json(self.path / "needs.json").needs)

    @property
    def report(self) -> Path:
        """Path of report.html."""
        return self.path / "report.html"

    def to_polars(self, table: str = "documents") -> pl.DataFrame:
        """Load ``documents``, ``mentions`` or ``rejected`` as a Polars frame."""
        import polars as pl

        from unmet.core.errors import InputError

        if table not in ("documents", "mentions", "rejected"):
            raise InputError(f"no table {table!r}", hint="Tables: documents, mentions, rejected.")
        return pl.read_parquet(self.path / f"{table}.parquet")

    def verify(self) -> VerifyReport:
        """Recompute every number and find every quote."""
        from unmet.needs.verifying import verify_run

        return verify_run(self.path)


def load(path: str | Path) -> Run:
    """Open a finished run folder.

    Raises:
        RunFolderError: the folder is missing or the run did not finish.
    """
    from unmet.core.runs import RunFolder

    return Run(RunFolder.open(Path(path)).path)


def mine(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    mapping: Mapping[str, str] | None = None,
    config: MineConfig | None = None,
    previous: str | Path | None = None,
    overwrite: bool = False,
) -> Run:
    """Mine files into a run folder; the same as ``unmet mine``.

    Args:
        inputs: a file, a folder, or several.
        out: run folder to write.
        mapping: our field → the user's column, where recognition fails.
        config: everything else; ``mapping`` wins over the one inside.
        previous: an earlier run whose need ids are kept.
        overwrite: replace a different run in ``out``.
    """
    from dataclasses import replace

    from unmet.pipeline.mine import run_mine

    config = config or MineConfig()
    if mapping is not None:
        config = replace(config, mapping=dict(mapping))
    if previous is not None:
        config = replace(config, previous=str(previous))
    sources = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    run_mine(sources, out, config=config, overwrite=overwrite)
    return load(out)
