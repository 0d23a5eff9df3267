"""Fixtures of more than one folder."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def unmet(monkeypatch, capsys):
    """Run the command in this process; returns (exit code, stdout, stderr)."""
    from unmet.cli.main import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["unmet", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return run
