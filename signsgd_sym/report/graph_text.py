"""The graph of results as text, and what falls without an assumption."""

from __future__ import annotations

from collections.abc import Sequence

from signsgd_sym.proof.graph import Fall, Graph, Node
from signsgd_sym.report import words
from signsgd_sym.report.layout import wrap


def graph_text(graph: Graph, *, width: int = 100) -> str:
    """Derivations in an order in which each stands below what it uses, then the assumptions.

    >>> node = Node("b", "B", ("a",), {"even": "f is even"}, {"even": ("2",)})
    >>> print(graph_text(Graph({"a": Node("a", "A"), "b": node})))
    a   A
    b   B
        uses a
        needs even (2)
    <BLANKLINE>
    even   f is even
        needed by b
    """
    name = max((len(node.id) for node in graph.nodes.values()), default=0)
    lines: list[str] = []
    for node in graph.nodes.values():
        verdict = f"   {node.verdict.value}" if node.verdict is not None else ""
        title = node.title or "(not among those shown)"
        lines.append(f"{node.id:<{name}}   {title}{verdict}")
        lines += _entry("uses", node.uses, width)
        lines += _entry("needs", [f"{label} ({words.ranges(s)})" for label, s in node.needs.items()], width)
        lines += _entry("given, needed by no step:", _idle(node), width)
    label_width = max((len(label) for label in graph.assumptions), default=0)
    lines.append("")
    for label, texts in graph.assumptions.items():
        said = " / ".join(text for text in texts if text != label)
        lines.append(f"{label:<{label_width}}   {said}".rstrip())
        lines += _entry("needed by", graph.needed_by(label), width) or ["    needed by no derivation"]
    return "\n".join(lines)


def _idle(node: Node) -> Sequence[str]:
    return node.unused if node.verdict is not None else ()


def _entry(lead: str, parts: Sequence[str], width: int) -> list[str]:
    return wrap(f"{lead} {', '.join(parts)}", width, "    ", "    ") if parts else []


def falls_text(graph: Graph, label: str, fallen: Sequence[Fall], *, width: int = 100) -> str:
    """What no longer stands without an assumption, each with the steps or the derivations it falls by.

    >>> graph = Graph({"a": Node("a", "A", (), {"even": "f is even"}, {"even": ("2",)})})
    >>> print(falls_text(graph, "even", (Fall("a", ("2",)),)))
    Without even (f is even):
      a   falls: step 2 needs it
    1 of 1 derivation falls.
    """
    texts = [text for text in graph.assumptions[label] if text != label]
    lines = [f"Without {label}{f' ({chr(32).join(texts[:1])})' if texts else ''}:"]
    name = max((len(fall.id) for fall in fallen), default=0)
    for fall in fallen:
        why = []
        if fall.steps:
            several = len(fall.steps) > 1
            why.append(
                f"step{'s' if several else ''} {words.ranges(fall.steps)} need{'' if several else 's'} it"
            )
        if fall.through:
            why.append(f"it uses {', '.join(fall.through)}")
        first, *more = wrap("falls: " + "; ".join(why), width - name - 5)
        lines += [f"  {fall.id:<{name}}   {first}", *(f"{' ' * (name + 12)}{line}" for line in more)]
    total = len(graph.nodes)
    noun = "derivation" if total == 1 else "derivations"
    lines.append(f"{len(fallen)} of {total} {noun} fall{'s' if len(fallen) == 1 else ''}.")
    standing = [name for name in graph.nodes if name not in {fall.id for fall in fallen}]
    if standing:
        lines += wrap("Still standing: " + ", ".join(standing), width, "", "  ")
    return "\n".join(lines)
