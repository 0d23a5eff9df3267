"""Promises about the package as a whole: import time, layers, size, no pickle."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "unmet"
MAX_IMPORT_SECONDS = 0.3
MAX_INSTALL_MB = 600  # 80 of them for ONNX Runtime, tokenizers and what these need
MAX_MODELS_MB = 12 + 24  # linear tier and starter
MAX_FILE_LINES, MAX_FUNCTION_LINES = 320, 55
HEAVY = (
    "torch",
    "onnxruntime",
    "tokenizers",
    "sklearn",
    "scipy",
    "polars",
    "numpy",
    "jinja2",
    "typer",
    "opencc",
    "rjieba",
    "playwright",
)
PICKLE_NAMES = {".pkl", ".pickle", ".joblib", ".pt", ".pth"}


def seconds(code: str) -> float:
    """Median time of five fresh interpreters."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


@pytest.mark.timing
def test_import_is_fast() -> None:
    assert seconds("import unmet") - seconds("pass") < MAX_IMPORT_SECONDS


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, unmet; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_core_install_is_small_and_without_torch() -> None:
    spec = importlib.util.spec_from_file_location("install_size", ROOT / "benchmarks" / "install_size.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sizes = module.sizes()
    assert {"numpy", "polars", "scikit-learn", "jinja2", "unmet"} <= sizes.keys()
    assert not {"torch", "transformers", "pytest", "playwright", "python-crfsuite"} & sizes.keys()
    assert sum(sizes.values()) / 1e6 < MAX_INSTALL_MB


def test_layers_hold() -> None:
    command = shutil.which("lint-imports") or str(Path(sys.executable).with_name("lint-imports"))
    if not Path(command).exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_stage_ignores_the_layers() -> None:
    assert "ignore_imports" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_files_and_functions_stay_small() -> None:
    too_long = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MAX_FILE_LINES:
            too_long.append(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert too_long == []


def test_no_vague_module_names() -> None:
    vague = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
    assert [str(p.relative_to(ROOT)) for p in SOURCE.rglob("*.py") if p.stem in vague] == []


def test_model_packages_are_small_and_hold_no_pickle() -> None:
    files = [
        path
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "report" not in path.parts
    ]
    assert sum(path.stat().st_size for path in files) / 1e6 < MAX_MODELS_MB
    assert [path for path in files if path.suffix in PICKLE_NAMES] == []
    # A pickle of protocol 2 or later begins with 0x80 and its number and ends with a full stop.
    assert [path for path in files if _looks_pickled(path)] == []


def _looks_pickled(path: Path) -> bool:
    data = path.read_bytes()
    return len(data) > 3 and data[0] == 0x80 and data[1] in range(2, 6) and data.endswith(b".")


def test_nothing_in_the_package_unpickles() -> None:
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [
                f"{path.relative_to(ROOT)}: {n}"
                for n in names
                if n.split(".")[0] in {"pickle", "joblib", "dill"}
            ]
    assert found == []
