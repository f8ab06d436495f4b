"""Claim: every chapter runs as a script, without a warning, and compares what it derives."""

import subprocess
import sys
from pathlib import Path

import pytest

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "derivations").glob("[0-9]*.py"))


def test_chapters_are_numbered_without_gaps():
    assert [int(path.name[:2]) for path in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter(path, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert "assert" in path.read_text(), "a chapter compares what it derives"
