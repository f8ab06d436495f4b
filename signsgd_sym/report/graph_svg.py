"""The graph of results as inline SVG: boxes below what they rest on, a letter for each assumption needed.

Styles come from the page (`derivation.css`), so that the drawing follows its light, dark and printed forms.
Whatever colour says is said by shape or text as well.
"""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from string import ascii_lowercase

from signsgd_sym.proof.graph import Graph, Node
from signsgd_sym.report.layered import draw
from signsgd_sym.report.marks import mark
from signsgd_sym.report.words import ranges

BOX = (150.0, 46.0)
GAP = (14.0, 34.0)
MARGIN = 6.0
LETTER = 15.0
SHOWN = 23
"""Characters of an id that fit into a box."""
SMALLEST = 0.9
"""Share of its size to which a drawing shrinks; beyond that it is moved sideways."""


def letters(graph: Graph) -> dict[str, str]:
    """A short sign for each assumption that a step needs: a, b, ..., z, a1, b1, ..."""
    needed = [label for label in graph.assumptions if graph.needed_by(label)]
    return {
        label: ascii_lowercase[k % 26] + (str(k // 26) if k >= 26 else "") for k, label in enumerate(needed)
    }


def graph_svg(graph: Graph, *, focus: str = "", fallen: Collection[str] = (), without: str = "") -> str:
    """The drawing; `focus` is the derivation to be seen first, `fallen` those that fall `without` a label."""
    drawing = draw({node.id: node.uses for node in graph.nodes.values()}, BOX, GAP)
    signs = letters(graph)
    near = {focus, *graph.ancestors(focus), *graph.descendants(focus)} if focus in graph.nodes else set()
    parts = []
    for (above, below), points in drawing.lines.items():
        kind = "line"
        if near:
            kind += " near" if {above, below} <= near else " far"
        if above in fallen and below in fallen:
            kind += " fallen"
        parts.append(f'<path class="{kind}" d="{_path(points)}"/>')
    for node in graph.nodes.values():
        kinds = ["box", "weak" if node.verdict is not None and not node.verdict.passed else ""]
        kinds.append("focus" if node.id == focus else "near" if node.id in near else "far" if near else "")
        kinds.append("fallen" if node.id in fallen else "")
        name = " ".join(kind for kind in kinds if kind)
        parts.append(_box(node, drawing.centres[node.id], name, signs, without))
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    return (
        f'<svg class="graph" role="img" aria-label="What rests on what" viewBox="{-MARGIN:g} {-MARGIN:g} '
        f'{width:.0f} {height:.0f}" style="max-width:{width:.0f}px; '
        f'min-width:{SMALLEST * width:.0f}px">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" markerUnits="userSpaceOnUse" '
        'orient="auto"><path class="tip" d="M0 0.8 L7.5 4 L0 7.2 z"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def framed(svg: str) -> str:
    """A drawing that scrolls sideways where the page is too narrow for it.

    >>> framed("<svg/>")
    '<div class="graph-frame"><svg/></div>'
    """
    return f'<div class="graph-frame">{svg}</div>'


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """From the lower edge of the upper box to the upper edge of the lower one, upright beside each layer."""
    half = BOX[1] / 2
    (x, y), *rest = points
    y += half
    path = f"M{x:.1f} {y:.1f}"
    for number, (to_x, middle) in enumerate(rest, start=1):
        arrives = number == len(rest)
        to_y = middle - half - (2 if arrives else 0)
        bend = (to_y - y) / 2
        path += f" C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, middle + half
        if not arrives:
            path += f" L{x:.1f} {y:.1f}"
    return path


def _box(node: Node, centre: tuple[float, float], kind: str, signs: dict[str, str], without: str) -> str:
    x, y = centre[0] - BOX[0] / 2, centre[1] - BOX[1] / 2
    name = node.id if len(node.id) <= SHOWN else node.id[: SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"
    needed = [label for label in node.given if node.needs.get(label)]
    verdict = "not checked here" if node.verdict is None else node.verdict.value
    words = [f"{node.id}: {node.title}" if node.title else node.id, verdict]
    words += [
        f"{signs[label]}: {node.given[label]}, needed by {ranges(node.needs[label])}" for label in needed
    ]
    parts = [
        f'<g class="{kind}" transform="translate({x:.1f} {y:.1f})">',
        f"<title>{escape(chr(10).join(words))}</title>",
        f'<rect width="{BOX[0]:g}" height="{BOX[1]:g}" rx="5"/>',
        f'<text class="name" x="9" y="{18 if needed or node.verdict else 27}">{escape(name)}</text>',
    ]
    if node.verdict is not None:
        shown = f"{mark(node.verdict.value)} {node.verdict.value}"
        parts.append(f'<text class="mark" x="9" y="36">{shown}</text>')
    for k, label in enumerate(needed):
        place = BOX[0] - 9 - LETTER * (len(needed) - k) + LETTER / 2
        lost = " lost" if label == without else ""
        parts.append(
            f'<g class="letter{lost}"><circle cx="{place:.1f}" cy="32" r="6.6"/>'
            f'<text x="{place:.1f}" y="35.2">{signs[label]}</text></g>'
        )
    return "".join(parts) + "</g>"
