"""What everyday words for parts and properties of consumer goods mean, the same in Chinese and English.

``concepts.json`` is our own short list: a concept has an id, the opinion category it belongs to, and its
common names in both languages. It joins 客服 with 服务态度 and with "customer support", so that one need is
one card whatever the language. Terms it does not know are grouped by the corpus itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from unmet.mining.lexicon import en_term
from unmet.text.folding import fold

LABEL = "concept:"


@dataclass(frozen=True, slots=True)
class Concepts:
    """Names → concept per language; category → the concept that takes its unnamed mentions.

    ``vague`` concepts (quality, size, colour …) are properties of something: in "pot quality" the pot
    decides. ``titles`` maps concept and language to the name that stands first.
    """

    names: Mapping[str, Mapping[str, str]]
    default_of: Mapping[str, str]
    vague: frozenset[str]
    titles: Mapping[tuple[str, str], str]


@lru_cache(maxsize=1)
def concepts() -> Concepts:
    """Read the list once."""
    rows = json.loads(files("unmet.mining").joinpath("concepts.json").read_text(encoding="utf-8"))
    names: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
    for row in rows:
        for name in row["zh"]:
            names["zh"][fold(name)] = row["id"]
        for name in row["en"]:
            names["en"][en_term(fold(name)) or name] = row["id"]
    defaults = {row["category"]: row["id"] for row in rows if row["default"]}
    titles = {(row["id"], language): row[language][0] for row in rows for language in ("zh", "en")}
    return Concepts(names, defaults, frozenset(row["id"] for row in rows if row["vague"]), titles)


@lru_cache(maxsize=100_000)
def concept_of(term: str, language: str) -> str | None:
    """Concept of a canonical term: by its whole, else by its end (the head), else by a part of it.

    >>> concept_of("服务态度", "zh"), concept_of("安装师傅态度", "zh"), concept_of("拉丝工艺", "zh")
    ('service', 'service', None)
    >>> concept_of("customer support", "en"), concept_of("screen size", "en")
    ('service', 'screen')
    """
    listed = concepts()
    known = listed.names.get(language, {})
    if term in known:
        return known[term]
    head, modifier = split_head(term, language)
    if head is not None and known[head] in listed.vague:
        return concept_of(modifier, language) or known[head]
    if head is not None:
        return known[head]
    parts, glue = _parts(term, language)
    for size in range(len(parts) - 1, 1, -1):
        for start in range(len(parts) - size):
            part = glue.join(parts[start : start + size])
            if part in known:
                return known[part]
    return None


def split_head(term: str, language: str) -> tuple[str | None, str]:
    """The longest known name that a compound ends with, and what stands before it.

    >>> split_head("pot quality", "en"), split_head("内胆质量", "zh")
    (('quality', 'pot'), ('质量', '内胆'))
    """
    known = concepts().names.get(language, {})
    parts, glue = _parts(term, language)
    for size in range(len(parts) - 1, (1 if language == "zh" else 0), -1):
        head = glue.join(parts[-size:])
        if head in known:
            return head, glue.join(parts[:-size])
    return None, term


def _parts(term: str, language: str) -> tuple[list[str], str]:
    return (list(term), "") if language == "zh" else (term.split(), " ")
