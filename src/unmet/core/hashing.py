"""Content hashes: the thread that ties every number to its evidence."""

from __future__ import annotations

import hashlib
from pathlib import Path


def text_hash(text: str) -> str:
    """SHA-256 of the UTF-8 text, hexadecimal. Lone surrogates are kept, not refused.

    >>> text_hash("好")[:8]
    'f867f341'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def short_hash(*parts: str) -> str:
    """First 16 hexadecimal digits of the hash of several fields (joined by an unused separator)."""
    return text_hash("\x1f".join(parts))[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
