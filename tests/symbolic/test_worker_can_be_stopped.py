"""Claim: what runs in a process with a deadline ends at the deadline, and what came before is kept."""

import importlib
import os

import pytest

from signsgd_sym.derive import worker
from signsgd_sym.derive.worker import Stopped, stream

MODULE = """
import time

def slow():
    yield "first"
    time.sleep(600)
    yield "never"

def failing():
    yield "first"
    raise ZeroDivisionError("on purpose")
"""


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """Importable by name in this process and in a fresh one."""
    folder = tmp_path_factory.mktemp("functions")
    (folder / "stopped_functions.py").write_text(MODULE)
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    yield importlib.import_module("stopped_functions")
    patch.undo()


@pytest.fixture(params=["forked", "fresh"])
def way(request, monkeypatch):
    chosen = worker._forked if request.param == "forked" else worker._fresh
    monkeypatch.setattr(worker, "_forked", chosen)
    monkeypatch.setattr(worker, "_fresh", chosen)


def collected(function, seconds):
    found = []
    try:
        for item in stream(function, (), seconds):
            found.append(item)
    except Stopped as stopped:
        return found, str(stopped)
    return found, ""


def test_all_items_come(way):
    assert list(stream(range, (5,), 60)) == [0, 1, 2, 3, 4]


def test_a_deadline_keeps_what_came_before(way, functions):
    found, words = collected(functions.slow, 6)
    assert found in (["first"], [])  # a fresh interpreter may not have been ready
    assert "within 6 s" in words


def test_a_failure_is_told(way, functions):
    found, words = collected(functions.failing, 60)
    assert found == ["first"]
    assert words == "ZeroDivisionError: on purpose"
