"""What rests on what: derivations, the derivations they use, the assumptions their steps need.

The graph is read off `Derivation` objects and, where they were checked, off their `Report`s: an edge to an
assumption is there because a step was seen to need it, or says that it does. What is given and needed
by no step has no edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.verdict import Report, Verdict


@dataclass(frozen=True)
class Node:
    """One derivation: what it `uses`, what is `given` (label -> text), which steps need which of it.

    Plain data, so that it can come from another process.
    """

    id: str
    title: str
    uses: tuple[str, ...] = ()
    given: dict[str, str] = field(default_factory=dict)
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def unused(self) -> tuple[str, ...]:
        """Labels of what is given and needed by no step."""
        return tuple(label for label in self.given if not self.needs.get(label))


@dataclass(frozen=True)
class Fall:
    """A derivation that no longer stands: by its own `steps`, or `through` derivations it uses that fell."""

    id: str
    steps: tuple[str, ...] = ()
    through: tuple[str, ...] = ()

    @property
    def directly(self) -> bool:
        """Whether a step of its own needs the assumption."""
        return bool(self.steps)


@dataclass(frozen=True)
class Graph:
    """Nodes by id, each after those it uses."""

    nodes: dict[str, Node]

    @property
    def assumptions(self) -> dict[str, tuple[str, ...]]:
        """Label -> the texts under which it is given; one label can be worded for each rule."""
        found: dict[str, tuple[str, ...]] = {}
        for node in self.nodes.values():
            for label, text in node.given.items():
                if text not in found.get(label, ()):
                    found[label] = (*found.get(label, ()), text)
        return found

    def used_by(self, name: str) -> tuple[str, ...]:
        """Derivations that use this one directly."""
        return tuple(node.id for node in self.nodes.values() if name in node.uses)

    def needed_by(self, label: str) -> tuple[str, ...]:
        """Derivations of which a step needs this assumption."""
        return tuple(node.id for node in self.nodes.values() if node.needs.get(label))

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Everything this derivation rests on, in order."""
        found = {name}
        for node in reversed(list(self.nodes.values())):
            if node.id in found:
                found.update(node.uses)
        return tuple(other for other in self.nodes if other in found - {name})

    def descendants(self, name: str) -> tuple[str, ...]:
        """Everything that rests on this derivation, in order."""
        found = {name}
        for node in self.nodes.values():
            if found & set(node.uses):
                found.add(node.id)
        return tuple(other for other in self.nodes if other in found - {name})

    def around(self, name: str) -> Graph:
        """The part of the graph above and below one derivation."""
        kept = {name, *self.ancestors(name), *self.descendants(name)}
        nodes = {
            node.id: Node(
                node.id,
                node.title,
                tuple(u for u in node.uses if u in kept),
                node.given,
                node.needs,
                node.verdict,
            )
            for node in self.nodes.values()
            if node.id in kept
        }
        return Graph(nodes)


def node_of(derivation: Derivation, report: Report | None = None) -> Node:
    """The node of a derivation; with a report, `needs` is what its steps were seen to need.

    >>> import sympy as sp
    >>> from signsgd_sym.proof.derivation import Assumption, Recorder
    >>> x = sp.Symbol("x", real=True)
    >>> record = Recorder("root", "A root", (Assumption("x > 0", x > 0, name="sign"),))
    >>> _ = record.equal(sp.sqrt(x**2), x, "x is positive", needs=("sign",))
    >>> node_of(record.finish()).needs
    {'sign': ('1',)}
    """
    given = {a.label: a.text for a in derivation.given}
    if report is None:
        pairs = [(step.id, step.needs) for step in derivation.steps]
    else:
        pairs = [(judgement.step, judgement.needs) for judgement in report.judgements]
    needs: dict[str, tuple[str, ...]] = {}
    for name, labels in pairs:
        for label in labels:
            needs[label] = (*needs.get(label, ()), name)
    uses = tuple(used.id for used in derivation.uses)
    verdict = None if report is None else report.verdict
    return Node(derivation.id, derivation.title, uses, given, needs, verdict)


def dependency_graph(derivations: Iterable[Derivation], reports: Mapping[str, Report] | None = None) -> Graph:
    """The graph of these derivations and of all they use, with the reports there are (by id)."""
    found: dict[str, Node] = {}

    def visit(derivation: Derivation) -> None:
        if derivation.id in found:
            return
        for used in derivation.uses:
            visit(used)
        found[derivation.id] = node_of(derivation, (reports or {}).get(derivation.id))

    for derivation in derivations:
        visit(derivation)
    return Graph(found)


def graph_of(nodes: Iterable[Node]) -> Graph:
    """Nodes from anywhere, put in order; a derivation that is used but not among them gets a bare node.

    Raises `ValueError` when two derivations rest on each other.
    """
    known = {node.id: node for node in nodes}
    ordered: dict[str, Node] = {}
    open_ids: set[str] = set()

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in open_ids:
            raise ValueError(f"{name} rests on itself.")
        open_ids.add(name)
        node = known.get(name, Node(name, ""))
        for used in node.uses:
            visit(used)
        ordered[name] = node

    for name in known:
        visit(name)
    return Graph(ordered)


def falls(graph: Graph, assumption: str) -> tuple[Fall, ...]:
    """The derivations that no longer stand when `assumption` (its label or text) is weakened, in order.

    A derivation falls when one of its steps needs the assumption, or when it uses one that falls.
    Raises `KeyError` for an assumption that no derivation is given.
    """
    label = label_of(graph, assumption)
    fallen: dict[str, Fall] = {}
    for node in graph.nodes.values():
        steps = node.needs.get(label, ())
        through = tuple(used for used in node.uses if used in fallen)
        if steps or through:
            fallen[node.id] = Fall(node.id, steps, through)
    return tuple(fallen.values())


def label_of(graph: Graph, assumption: str) -> str:
    """The label of an assumption given by its label or by its text; raises `KeyError`."""
    for label, texts in graph.assumptions.items():
        if assumption == label or assumption in texts:
            return label
    raise KeyError(assumption)
