"""Promises about the tracked files: links lead somewhere, nothing names a machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
# Spelled in pieces, so that this file does not find itself.
PLACES = ("/" + "work/", "/" + "home/", "/" + "root/", "/" + "Users/", "C:" + "\\Users")
HOSTS = re.compile(r"--(?:extra-)?index-url|--trusted-host|registry=|artifactory|nexus\.", re.IGNORECASE)


def tracked() -> list[Path]:
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000] and path != Path(__file__):
            found.append((str(path.relative_to(ROOT)), data.decode("utf-8", "replace")))
    return found


def test_no_absolute_paths_of_a_machine() -> None:
    found = [(name, place) for name, text in texts() for place in PLACES if place in text]
    assert found == []


def test_no_registry_hosts() -> None:
    assert [(name, match.group()) for name, text in texts() for match in HOSTS.finditer(text)] == []


def anchors(text: str) -> set[str]:
    """Heading anchors as GitHub writes them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in kept}


def test_relative_links_of_pages_resolve() -> None:
    broken = []
    for path in tracked():
        if path.suffix != ".md":
            continue
        text = path.read_text(encoding="utf-8")
        for target in LINK.findall(CODE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            wanted = (
                file.read_text(encoding="utf-8")
                if anchor and file.suffix == ".md" and file.exists()
                else None
            )
            if not file.exists() or (wanted is not None and anchor not in anchors(wanted)):
                broken.append((str(path.relative_to(ROOT)), target))
    assert broken == []


def test_decisions_are_short_and_numbered_once() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in files]
    assert len(numbers) == len(set(numbers))
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "Price" in text, f"{path.name} does not say what the choice costs"
        assert len(text.splitlines()) <= 40, path.name
