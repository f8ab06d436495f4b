"""Claim: a graph with verdicts says to how many digits, at how many points, with which seed."""

import json

import pytest

from signsgd_sym.proof.graph import Graph, Node
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report import graph_command

SMALL = Graph({"a": Node("a", "A", (), {"even": "f is even"}, {"even": ("1",)}, Verdict.CERTIFIED)})


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(graph_command, "checked_graph", lambda seed, progress: SMALL)


def content(without=None, style="text", as_json=False):
    return graph_command.graph_content(without, style, as_json, 17, lambda stage, share: None, 80)


@pytest.mark.parametrize("without", [None, "even"])
@pytest.mark.parametrize("style", ["text", "html"])
def test_people(style, without):
    said = f"{graph_command.DIGITS} digits at {graph_command.POINTS} points, --seed 17"
    assert said in content(without, style)


def test_machines():
    data = json.loads(content("even", as_json=True))
    assert (data["seed"], data["points"], data["digits"]) == (17, graph_command.POINTS, graph_command.DIGITS)
