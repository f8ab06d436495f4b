"""`derive --graph`: the graph of all built-in derivations, from a check that runs now."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.proof.graph import Fall, Graph, falls, graph_of, label_of
from signsgd_sym.report.check_run import Outcome, Target, Task, check_targets
from signsgd_sym.report.graph_text import falls_text, graph_text

POINTS, DIGITS = 3, 15
"""What a step needs does not depend on how many digits are certified: a light check is enough here."""


def checked_graph(seed: int, progress: Callable[[str, float], object]) -> Graph:
    """Check every built-in derivation lightly, and read the graph off the reports."""
    from signsgd_sym.derive.catalogue import CATALOGUE

    tasks = [Task(Target("id", name), seed, POINTS, DIGITS) for name in CATALOGUE]
    done: dict[int, list[Outcome]] = {}
    for index, outcomes in check_targets(tasks):
        done[index] = outcomes
        progress(f"seen what {len(done)} of {len(tasks)} need", len(done) / len(tasks))
    nodes = [outcome.node for index in sorted(done) for outcome in done[index]]
    if {node.id for node in nodes} != set(CATALOGUE):
        raise NotConverged("a derivation could not be checked, so the graph is not complete; try `check`.")
    return graph_of(nodes)


def assumption_of(graph: Graph, wanted: str) -> str:
    """The label of what is to be left out; raises `ParameterError` with those there are."""
    try:
        return label_of(graph, wanted)
    except KeyError:
        labels = list(graph.assumptions)
        near = difflib.get_close_matches(wanted, labels, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(labels)}."
        raise ParameterError(f"no derivation assumes {wanted!r}; {hint}") from None


def graph_data(graph: Graph, label: str | None) -> dict[str, Any]:
    """Nodes, edges, and with a label what falls without it."""
    data: dict[str, Any] = {
        "derivations": [
            {
                "id": node.id,
                "title": node.title,
                "verdict": None if node.verdict is None else node.verdict.value,
                "uses": list(node.uses),
                "needs": {name: list(steps) for name, steps in node.needs.items()},
                "unused": list(node.unused),
            }
            for node in graph.nodes.values()
        ],
        "assumptions": [
            {"label": label, "texts": list(texts), "needed_by": list(graph.needed_by(label))}
            for label, texts in graph.assumptions.items()
        ],
    }
    if label is not None:
        data |= {"without": label, "falls": [asdict(fall) for fall in falls(graph, label)]}
    return data


def graph_content(
    without: str | None,
    style: str,
    as_json: bool,
    seed: int,
    progress: Callable[[str, float], object],
    width: int,
) -> str:
    """The graph as text, page or data."""
    graph = checked_graph(seed, progress)
    label = None if without is None else assumption_of(graph, without)
    fallen: tuple[Fall, ...] = () if label is None else falls(graph, label)
    if as_json:
        how = {"seed": seed, "points": POINTS, "digits": DIGITS}
        return json.dumps({**graph_data(graph, label), **how}, indent=2)
    note = f"Verdicts and needs are of a check made now: {DIGITS} digits at {POINTS} points, --seed {seed}."
    if style == "html":
        from signsgd_sym.report.graph_page import graph_page

        return graph_page(graph, label, fallen, note=note)
    shown = graph_text(graph, width=width)
    if label is not None:
        shown = falls_text(graph, label, fallen, width=width)
    return f"{shown}\n\n{note}"
