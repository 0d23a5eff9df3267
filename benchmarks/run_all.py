"""Run every benchmark, one after another, and collect what each prints in RESULTS.md."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
NAMES = (
    "install_size",
    "ngram_speed",
    "duplicates",
    "privacy_recall",
    "coverage",
    "classifiers",
    "spans",
    "explanations",
    "planted_needs",
    "negation_sides",
    "statements",
    "mine_speed",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, help="benchmarks to run; all by default")
    names = parser.parse_args().names
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=HERE
    ).stdout.strip()
    sections, failed = [], []
    for name in names:
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py")], capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - begin
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'} in {seconds:.0f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stderr[-2000:], file=sys.stderr)
        sections.append(f"## {name}\n\n{seconds:.0f} s\n\n{done.stdout.strip() or 'no output'}\n")
    head = (
        f"# Results\n\n{datetime.now(UTC).date()}, commit {commit}, Python {platform.python_version()}, "
        f"{platform.machine()}, as printed by `make bench`.\n\n"
    )
    (HERE / "RESULTS.md").write_text(head + "\n".join(sections), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
