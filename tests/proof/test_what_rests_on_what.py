"""Claim: the graph is that of the derivations and their reports; what rests on a fallen result falls."""

import pytest
import sympy as sp

from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.derivation import Assumption, Recorder
from signsgd_sym.proof.graph import Node, dependency_graph, falls, graph_of, label_of
from signsgd_sym.report.graph_text import falls_text, graph_text

x = sp.Symbol("x", real=True)
POSITIVE = Assumption("x > 0", x > 0, name="positive")
SMALL = Assumption("x < 1", x < 1, name="small")


def root():
    record = Recorder("root", "A root", (POSITIVE, SMALL))
    record.equal(sp.sqrt(x**2), x, "x is positive")
    return record.finish()


def later(*used):
    record = Recorder("later", "Rests on the root")
    for derivation in used:
        record.use(derivation)
    record.equal(sp.cos(x) ** 2 + sp.sin(x) ** 2, sp.S.One, "Pythagoras")
    return record.finish()


@pytest.fixture(scope="module")
def graph():
    one = root()
    two = later(one)
    apart = later()
    reports = {d.id: check_derivation(d, seed=1, points=3, digits=15) for d in (one, two)}
    aside = Recorder("aside", "Rests on nothing")
    aside.equal(sp.Integer(2), sp.Integer(2), "plain")
    assert apart.uses == ()
    return dependency_graph([two, aside.finish()], reports)


def test_what_is_used_comes_first(graph):
    assert list(graph.nodes) == ["root", "later", "aside"]
    assert graph.used_by("root") == ("later",)
    assert graph.ancestors("later") == ("root",)
    assert graph.descendants("root") == ("later",)


def test_needs_are_those_seen_by_the_checker(graph):
    assert graph.nodes["root"].needs == {"positive": ("1",)}
    assert graph.nodes["root"].unused == ("small",)


def test_a_derivation_falls_directly_or_through_what_it_uses(graph):
    first, second = falls(graph, "positive")
    assert (first.id, first.directly, first.steps, first.through) == ("root", True, ("1",), ())
    assert (second.id, second.directly, second.through) == ("later", False, ("root",))


def test_what_no_step_needs_can_go(graph):
    assert falls(graph, "small") == ()
    assert "0 of 3 derivations fall" in falls_text(graph, "small", ())


def test_an_assumption_is_known_by_its_text_too(graph):
    assert falls(graph, "x > 0") == falls(graph, "positive")
    with pytest.raises(KeyError):
        label_of(graph, "x > 7")


def test_text_says_everything(graph):
    shown = graph_text(graph)
    for part in ("uses root", "needs positive (1)", "needed by no step: small", "x > 0", "needed by root"):
        assert part in shown
    assert "later   falls: it uses root" in falls_text(graph, "positive", falls(graph, "positive"))


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="rests on itself"):
        graph_of([Node("a", "", ("b",)), Node("b", "", ("a",))])


def test_what_is_used_but_not_shown_has_a_node():
    assert list(graph_of([Node("a", "", ("b",))]).nodes) == ["b", "a"]


def test_the_part_around_a_derivation():
    whole = graph_of([Node("a", ""), Node("b", "", ("a",)), Node("c", "", ("a", "b")), Node("d", "", ("a",))])
    assert set(whole.around("b").nodes) == {"a", "b", "c"}
