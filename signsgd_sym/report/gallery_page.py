"""The gallery as one page: a table of laws in MathML that reads on a phone and on paper, without a script."""

from __future__ import annotations

from html import escape

from signsgd_sym.report.closed_form_page import verdict_html
from signsgd_sym.report.document import document
from signsgd_sym.report.gallery import Cell, GalleryRow
from signsgd_sym.report.gallery_command import Gallery, summary
from signsgd_sym.report.html import math
from signsgd_sym.report.marks import MARKS, legend

COLUMNS = ("law", "functions in phi", "drift rate at R = 0", "drift rate", "verdict on phi", "seconds")


def gallery_page(gallery: Gallery) -> str:
    """The whole page."""
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    bodies = "\n".join(map(_body, gallery.rows))
    used = {word for row in gallery.rows for word in _verdicts(row)}
    parts = [
        "<header><h1>Closed forms of the drift factor</h1>"
        f'<p class="lead">{math(_PHI)}, for a law of every family; '
        f"{math(_RATE)} is the drift rate and {math(_PSI)} the noise compression. "
        f"{escape(summary(gallery))}.</p></header>",
        f'<table class="gallery"><thead><tr>{head}</tr></thead>{bodies}</table>',
        f'<section class="foot"><h2>How to read the verdicts</h2>{legend([w for w in MARKS if w in used])}'
        f"<p>Made by <code>signsgd-sym closed-form --all --seed {gallery.request.seed}</code> in "
        f"{gallery.seconds:.0f} s; a search ended after {gallery.request.seconds:g} s.</p></section>",
    ]
    inside = '<div class="gallery-page">' + "\n".join(parts) + "</div>"
    wide = "<style>body { max-width: 80rem; }</style>"
    return document("Closed forms of the drift factor", wide + inside)


_PHI = r"\phi(R) = \frac{2}{\pi} \mathbb{E}\left[e^{-\epsilon^2/(4R)}\right]"
_RATE = r"\phi(R)/\sqrt{2R}"
_PSI = r"\psi(R) = \frac{\pi}{2} \phi(R) \sqrt{P/R}"


def _verdicts(row: GalleryRow) -> set[str]:
    cells = (row.psi, row.rate, row.monotone, row.stationary)
    return {row.verdict, *(cell.verdict for cell in cells)}


def _body(row: GalleryRow) -> str:
    """Three rows: the law with its properties, phi, psi and the stationary risk below."""
    first = (
        (f'<span class="law">{_shown(row.law)}</span>', COLUMNS[0]),
        (escape(row.kind or "-"), COLUMNS[1]),
        (_with_verdict(row.rate), COLUMNS[2]),
        (_with_verdict(row.monotone), COLUMNS[3]),
        (verdict_html(row.verdict, row.evidence), COLUMNS[4]),
        (f"{row.seconds:.1f}", COLUMNS[5]),
    )
    cells = "".join(
        f"<td{'' if k == 0 else f' data-label={chr(34)}{name}{chr(34)}'}><div>{cell}</div></td>"
        for k, (cell, name) in enumerate(first)
    )
    formulas = [(r"\phi(R) = ", row.phi), (r"\psi(R) = ", row.psi)]
    if row.stationary.latex:
        formulas.append(("R_{\\infty} = ", row.stationary))
    below = "".join(
        f'<tr class="quantity"><td colspan="{len(COLUMNS)}"><div>{_equation(left, cell)}</div></td></tr>'
        for left, cell in formulas
    )
    if not row.stationary.latex:
        below += (
            f'<tr class="quantity"><td colspan="{len(COLUMNS)}"><span class="note">stationary risk in closed '
            f"form: {escape(row.stationary.text)}</span></td></tr>"
        )
    return f"<tbody><tr>{cells}</tr>{below}</tbody>"


def _shown(cell: Cell) -> str:
    return math(cell.latex) if cell.latex else escape(cell.text)


def _with_verdict(cell: Cell) -> str:
    return f"{_shown(cell)} {verdict_html(cell.verdict)}" if cell.verdict else _shown(cell)


def _equation(left: str, cell: Cell) -> str:
    verdict = f" {verdict_html(cell.verdict)}" if cell.verdict else ""
    if not cell.latex:
        return f"{math(left.removesuffix('= '))}: {escape(cell.text)}{verdict}"
    return math(left + cell.latex) + verdict
