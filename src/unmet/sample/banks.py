"""Loads the word banks of the sample shop (``banks/*.toml``) once per language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from unmet.sample.grammar import Sequence_, parse_lines

Lines = tuple[Sequence_, ...]


@dataclass(frozen=True, slots=True)
class NeedWords:
    """How one planted need is voiced in one language.

    Attributes:
        label: short name used in labelled reviews ("噪音：…").
        statement: the canonical solution-free statement.
        aspects, opinions: the cue words a miner may find.
        lines: patterns by ``complaint``, ``praise``, ``request``, ``sarcasm``, ``query``, ``chat``.
    """

    label: str
    statement: str
    aspects: tuple[str, ...]
    opinions: tuple[str, ...]
    lines: dict[str, Lines]


@dataclass(frozen=True, slots=True)
class MinorWords:
    """Opinions on things that are not planted: no effect, few mentions."""

    aspects: tuple[str, ...]
    praise: Lines
    complaint: Lines


@dataclass(frozen=True, slots=True)
class Bank:
    """All words of one language."""

    language: str
    needs: dict[str, NeedWords]
    slots: dict[str, Lines]
    filler: dict[str, Lines]
    context: dict[str, Lines]
    minor: dict[str, MinorWords]
    overall: dict[str, Lines]
    style: dict[str, tuple[str, ...]]
    dirt: dict[str, Lines]
    search: dict[str, Lines]


@cache
def load_bank(language: str) -> Bank:
    """Read and compile the words of ``zh`` or ``en``."""
    needs, life = _read(f"needs_{language}.toml"), _read(f"life_{language}.toml")
    return Bank(
        language=language,
        needs={need_id: _need_words(table) for need_id, table in needs.items()},
        slots=_compiled(life["slots"]),
        filler=_compiled(life["filler"]),
        context=_compiled(life["context"], strip=False),
        minor={
            name: MinorWords(
                tuple(table["aspects"]), parse_lines(table["praise"]), parse_lines(table["complaint"])
            )
            for name, table in life["minor"].items()
        },
        overall=_compiled(life["overall"]),
        style={name: _literal(block) for name, block in life["style"].items()},
        dirt=_compiled(life["dirt"]),
        search=_compiled(life["search"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("unmet.sample").joinpath("banks", name).read_text(encoding="utf-8"))


def _compiled(table: dict[str, str], *, strip: bool = True) -> dict[str, Lines]:
    return {name: parse_lines(block, strip=strip) for name, block in table.items()}


def _literal(block: str) -> tuple[str, ...]:
    return tuple(line for line in block.splitlines() if line.strip())


def _need_words(table: dict[str, Any]) -> NeedWords:
    names = ("complaint", "praise", "request", "sarcasm", "query", "chat")
    return NeedWords(
        table["label"],
        table["statement"],
        tuple(table["aspects"]),
        tuple(table["opinions"]),
        {name: parse_lines(table[name]) for name in names},
    )
