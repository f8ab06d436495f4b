"""Claim: in the drawing of a graph everything stands below what it rests on, apart from its neighbours."""

import random
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from signsgd_sym.proof.graph import Graph, Node, falls
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.graph_page import graph_page
from signsgd_sym.report.graph_svg import BOX, GAP, graph_svg, letters
from signsgd_sym.report.layered import draw, isotonic
from signsgd_sym.report.uses import Uses

BUILT_IN = {node.id: node.uses for node in Uses.shipped().graph().nodes.values()}


def random_links(seed, size=40):
    rng = random.Random(seed)
    return {str(k): [str(j) for j in rng.sample(range(k), min(k, rng.randint(0, 2)))] for k in range(size)}


GRAPHS = {"built in": BUILT_IN, **{f"random {seed}": random_links(seed) for seed in range(8)}}


@pytest.mark.parametrize("name", GRAPHS)
def test_everything_stands_below_what_it_rests_on(name):
    drawing = draw(GRAPHS[name], BOX, GAP)
    for below, others in GRAPHS[name].items():
        for above in others:
            assert drawing.centres[above][1] + BOX[1] + GAP[1] <= drawing.centres[below][1]


@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_and_bends_keep_apart(name):
    drawing = draw(GRAPHS[name], BOX, GAP)
    rows = {}
    for x, y in drawing.centres.values():
        rows.setdefault(y, []).append((x, BOX[0] / 2))
    for points in drawing.lines.values():
        for x, y in points[1:-1]:
            rows[y].append((x, 0.0))
    for row in rows.values():
        row.sort()
        for (x, half), (after, other) in pairwise(row):
            assert after - x >= half + other + GAP[0] - 1e-6


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_outside(name):
    drawing = draw(GRAPHS[name], BOX, GAP)
    for x, y in drawing.centres.values():
        assert BOX[0] / 2 - 1e-6 <= x <= drawing.width - BOX[0] / 2 + 1e-6
        assert BOX[1] / 2 <= y <= drawing.height - BOX[1] / 2 + 1e-6


def test_lines_join_the_boxes_they_name():
    drawing = draw(BUILT_IN, BOX, GAP)
    assert set(drawing.lines) == {(above, below) for below, others in BUILT_IN.items() for above in others}
    for (above, below), points in drawing.lines.items():
        assert points[0] == drawing.centres[above]
        assert points[-1] == drawing.centres[below]


def test_letters_of_a_wide_drawing_stay_readable():
    """Text of 10.6 units has at least 9.5 pixels, however many results there are: the frame scrolls."""
    svg = graph_svg(Uses.shipped().graph())
    width = float(re.search(r'viewBox="-?[\d.]+ -?[\d.]+ (\d+)', svg)[1])
    assert 10.6 * float(re.search(r"min-width:(\d+)px", svg)[1]) / width >= 9.5
    assert '<div class="graph-frame"><svg' in graph_page(Uses.shipped().graph())


def test_what_is_not_connected_stands_side_by_side_and_wraps():
    """Forty results that have nothing to do with each other are a page, not a line."""
    drawing = draw({str(k): [] for k in range(40)}, BOX, GAP)
    assert drawing.width <= 1000
    assert len({y for _, y in drawing.centres.values()}) == 8
    assert len(set(drawing.centres.values())) == 40


def test_the_order_of_the_derivations_does_not_tear_the_drawing_apart():
    names = list(BUILT_IN)
    for last in ("arcsine-law", "sgd-modes", "smoothing-identity"):
        links = {name: BUILT_IN[name] for name in names if name != last}
        ordered = {}

        def visit(name, links=links, ordered=ordered, last=last):
            for other in (links | {last: BUILT_IN[last]})[name]:
                visit(other)
            ordered.setdefault(name, BUILT_IN[name])

        for name in [*links, last]:
            visit(name)
        assert draw(ordered, BOX, GAP).width < 1.1 * draw(BUILT_IN, BOX, GAP).width


def test_isotonic_regression_is_nondecreasing_and_keeps_the_mean():
    values = [random.Random(5).gauss(0, 1) for _ in range(40)]
    settled = isotonic(values)
    assert settled == sorted(settled)
    assert sum(settled) == pytest.approx(sum(values))


def graph():
    given = {"even": "f is even", "idle": "n > 0"}
    return Graph(
        {
            "a": Node("a", "A & B", (), given, {"even": ("1", "2", "3")}, Verdict.CERTIFIED),
            "b": Node("b", "<B>", ("a",), {}, {}, Verdict.CITED),
            "c": Node("c", "C", (), {"even": "f is even"}, {}, Verdict.PROVED),
        }
    )


def parsed(svg):
    return ElementTree.fromstring(svg)


def test_the_drawing_is_well_formed_and_names_every_box():
    names = [text.text for text in parsed(graph_svg(graph())).iter("text") if text.get("class") == "name"]
    assert sorted(names) == ["a", "b", "c"]
    assert len([p for p in parsed(graph_svg(graph())).iter("path") if "line" in p.get("class")]) == 1


def test_only_assumptions_that_are_needed_have_a_letter():
    assert letters(graph()) == {"even": "a"}


def test_weak_and_fallen_boxes_are_marked():
    svg = graph_svg(graph(), fallen={"a", "b"})
    boxes = {name: kind for kind, name in re.findall(r'<g class="(box[^"]*)"[^>]*><title>(\w+)', svg)}
    assert "weak" in boxes["b"] and "weak" not in boxes["a"]
    assert "fallen" in boxes["a"] and "fallen" in boxes["b"] and "fallen" not in boxes["c"]


def test_the_page_says_what_falls_and_by_which_step():
    page = graph_page(graph(), "even", falls(graph(), "even"))
    assert "2 of 3 derivations no longer stand" in page
    assert "by its steps 1-3" in page
    assert "through a" in page
    assert "needed by no step" in page
    assert "&lt;B&gt;" in page and "<B>" not in page


def test_the_page_says_when_nothing_falls():
    assert "Nothing falls" in graph_page(graph(), "idle", ())


def test_a_long_id_is_cut_in_its_box_and_whole_in_its_title():
    name = "a-name-that-is-longer-than-any-box"
    svg = graph_svg(Graph({name: Node(name, "")}))
    assert f"<title>{name}" in svg
    assert f">{name}</text>" not in svg


def test_an_empty_graph_is_an_empty_drawing():
    assert parsed(graph_svg(Graph({}))).tag == "svg"
