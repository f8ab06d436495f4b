"""The graph of results as one page: the drawing, what each assumption carries, and what falls without one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from signsgd_sym.proof.graph import Fall, Graph
from signsgd_sym.report import words
from signsgd_sym.report.document import document
from signsgd_sym.report.graph_svg import framed, graph_svg, letters
from signsgd_sym.report.marks import badge

TITLE = "What rests on what"


def graph_page(
    graph: Graph, without: str | None = None, fallen: Sequence[Fall] = (), *, note: str = ""
) -> str:
    """The whole page; `fallen` no longer stands without the assumption of that label.

    `note` says how the graph was found.
    """
    lead = f"{len(graph.nodes)} derivations, {len(graph.assumptions)} assumptions. {escape(note)}".strip()
    ids = {fall.id for fall in fallen}
    caption = "Every derivation stands below what it uses. Letters are the assumptions that its steps need."
    parts = [
        f'<header><h1>{TITLE}</h1><p class="lead">{lead}</p></header>',
        "" if without is None else _fallen(graph, without, fallen),
        f"<figure>{framed(graph_svg(graph, fallen=ids, without=without or ''))}"
        f"<figcaption>{caption}</figcaption></figure>",
        _assumptions(graph, without),
        _derivations(graph, ids),
    ]
    return document(TITLE, "\n".join(parts))


def _fallen(graph: Graph, label: str, fallen: Sequence[Fall]) -> str:
    text = escape("; ".join(graph.assumptions[label]))
    if not fallen:
        return f"<section><h2>Without {text}</h2><p>Nothing falls: no step needs it.</p></section>"
    items = "".join(f"<li><code>{escape(fall.id)}</code> {escape(reason(fall))}</li>" for fall in fallen)
    return (
        f"<section><h2>Without {text}</h2><p>{len(fallen)} of {len(graph.nodes)} derivations no longer "
        f'stand:</p><ul class="fallen">{items}</ul></section>'
    )


def reason(fall: Fall) -> str:
    """Why a derivation falls.

    >>> reason(Fall("sde", ("2",), ("linear-response",)))
    'by its step 2, and through linear-response'
    """
    own = f"by its step{'s' * (len(fall.steps) > 1)} {words.ranges(fall.steps)}" if fall.steps else ""
    through = f"through {', '.join(fall.through)}" if fall.through else ""
    return ", and ".join(part for part in (own, through) if part)


def _assumptions(graph: Graph, lost: str | None) -> str:
    rows = []
    signs = letters(graph)
    for label, texts in graph.assumptions.items():
        needed = [
            f"<code>{escape(name)}</code> {words.ranges(graph.nodes[name].needs[label])}"
            for name in graph.needed_by(label)
        ]
        sign = f'<span class="letter">{signs[label]}</span>' if label in signs else ""
        kind = "lost" if label == lost else "" if needed else "unused"
        name = f"<br><code>{escape(label)}</code>" if label not in texts else ""
        rows.append(
            f'<tr class="{kind}"><td>{sign}</td><td>{"<br>".join(map(escape, texts))}{name}</td>'
            f"<td>{', '.join(needed) or 'needed by no step'}</td></tr>"
        )
    if not rows:
        return ""
    head = "<tr><th></th><th>assumption</th><th>needed by (steps)</th></tr>"
    return f'<section><h2>Assumptions</h2><table class="wide">{head}{"".join(rows)}</table></section>'


def _derivations(graph: Graph, fallen: set[str]) -> str:
    rows = []
    for node in graph.nodes.values():
        lost = ' class="lost"' if node.id in fallen else ""
        standing = badge(node.verdict.value) if node.verdict is not None else "not checked here"
        rows.append(
            f"<tr{lost}><td><code>{escape(node.id)}</code></td>"
            f"<td>{escape(node.title)}</td><td>{escape(', '.join(node.uses))}</td><td>{standing}</td></tr>"
        )
    head = "<tr><th>derivation</th><th>title</th><th>uses</th><th>verdict</th></tr>"
    return f'<section><h2>Derivations</h2><table class="wide">{head}{"".join(rows)}</table></section>'
