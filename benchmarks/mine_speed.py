"""Seconds and peak memory of `annotate`, `mine` and `verify` on real reviews, and on a million varied rows.

Each measurement is a fresh process of the installed command; memory is the peak of the whole process tree,
sampled every 0.2 s. Prints one Markdown table.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

DATA = Path(os.environ.get("UNMET_DATA", Path(__file__).parents[2] / "shared" / "data"))
SOURCE = DATA / "reviews_zh" / "online_shopping_10_cats.csv"
FILLERS = ("的", "了", "哦", "吧", "呢", "啊", "呀", "嘛", "哈", "诶")


def measure(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory (GB) of a command and its children."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    stop = threading.Event()

    def watch() -> None:
        nonlocal peak
        root = psutil.Process(process.pid)
        while not stop.wait(0.2):
            try:
                family = [root, *root.children(recursive=True)]
                peak = max(peak, sum(p.memory_info().rss for p in family))
            except psutil.Error:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, errors = process.communicate()
    stop.set()
    watcher.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed: {errors.decode()[-1000:]}")
    return time.perf_counter() - begin, peak / 1e9


def varied(target: Path, n_rows: int) -> None:
    """The set repeated with changes: every repeat inserts more particles, so that nothing is a copy."""
    import random

    rows = list(csv.DictReader(SOURCE.open(encoding="utf-8-sig")))
    draw = random.Random(0)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["cat", "label", "review"])
        for index in range(n_rows):
            row = rows[index % len(rows)]
            text = row["review"]
            for _ in range(min(index // len(rows), 6) * max(1, len(text) // 12)):
                position = draw.randrange(len(text) + 1)
                text = text[:position] + draw.choice(FILLERS) + text[position:]
            writer.writerow([row["cat"], row["label"], text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[250_000, 1_000_000])
    parser.add_argument("--only-annotate", action="store_true")
    parser.add_argument("--only-mine", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder that keeps the runs")
    sizes = parser.parse_args()
    if not SOURCE.exists():
        print(f"not run: {SOURCE.name} is not there (set UNMET_DATA)")
        return
    unmet = str(Path(sys.executable).with_name("unmet"))
    n_rows = sum(1 for _ in csv.DictReader(SOURCE.open(encoding="utf-8-sig")))
    print(f"{os.cpu_count()} cores\n\n| job | rows | seconds | rows/s | peak GB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        runs = sizes.keep or out

        def row(label: str, rows: int, command: list[str]) -> None:
            seconds, memory = measure(command)
            print(
                f"| {label} | {rows:,} | {seconds:.1f} | {rows / seconds:,.0f} | {memory:.2f} |", flush=True
            )

        def mine(label: str, rows: int, source: Path) -> None:
            run = str(runs / f"run{rows}")
            row(f"mine{label}", rows, [unmet, "mine", str(source), "--out", run, "--overwrite"])
            row(f"verify{label}", rows, [unmet, "verify", run])

        if not sizes.only_mine:
            for tasks in ("sentiment", "sentiment,intensity,aspects,entities,need"):
                target = str(out / "marks.jsonl")
                command = [unmet, "annotate", str(SOURCE), "--tasks", tasks, "--out", target]
                row(f"annotate {tasks}", n_rows, command)
        if sizes.only_annotate:
            return
        mine("", n_rows, SOURCE)
        for size in sizes.rows:
            big = out / f"{size}.csv"
            varied(big, size)
            mine(", repeated with changes", size, big)
            big.unlink()


if __name__ == "__main__":
    main()
