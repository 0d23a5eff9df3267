"""Size of the core install: every file of `unmet`'s core dependencies and of what those need in turn.

    python benchmarks/install_size.py

The list is the one in pyproject.toml; extras (train, sql, dev) are left out. Sizes are those of the
installed files that each distribution records, in bytes on disk of this platform's wheels.
"""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def core_requirements() -> list[str]:
    """Core requirement strings of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["dependencies"])


def closure(requirements: list[str]) -> list[str]:
    """Names of all distributions that an install of ``requirements`` brings, sorted."""
    found: set[str] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name in found and not requirement.extras:
            continue
        found.add(name)
        for text in metadata.requires(name) or []:
            for wanted in ["", *requirement.extras]:
                waiting.append((Requirement(text), wanted))
    return sorted(found)


def installed_bytes(name: str) -> int:
    """Bytes of a distribution's recorded files; compiled caches are left out."""
    files = metadata.files(name) or []
    paths = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def package_bytes() -> int:
    """Bytes of the package itself: code, word lists, models, templates."""
    files = (ROOT / "src" / "unmet").rglob("*")
    return sum(f.stat().st_size for f in files if f.is_file() and f.suffix != ".pyc")


def sizes() -> dict[str, int]:
    """Distribution → bytes, ``unmet`` itself included, largest first."""
    found = {name: installed_bytes(name) for name in closure(core_requirements())}
    found["unmet"] = package_bytes()
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def main() -> None:
    """Print the table."""
    found = sizes()
    for name, size in found.items():
        print(f"{size / 1e6:8.1f} MB  {name}")
    print(f"{sum(found.values()) / 1e6:8.1f} MB  core install, {len(found)} distributions")


if __name__ == "__main__":
    main()
