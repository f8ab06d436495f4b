"""The gallery for a terminal: a block of a few lines a law, the verdict in a column of its own."""

from __future__ import annotations

from signsgd_sym.report import words
from signsgd_sym.report.gallery import Cell, GalleryRow
from signsgd_sym.report.gallery_command import Gallery, summary
from signsgd_sym.report.layout import EVIDENCE, WORD, wrap

LABEL = 14


def gallery_text(gallery: Gallery, *, colour: bool = False, width: int = 100) -> str:
    """All laws, a blank line between two, and the count."""
    blocks = ["\n".join(_block(row, width, colour)) for row in gallery.rows]
    foot = f"{gallery.seconds:.0f} s; the points were drawn with --seed {gallery.request.seed}"
    return "\n\n".join([*blocks, "\n".join([*wrap(summary(gallery), width, "", "  "), foot])])


def _block(row: GalleryRow, width: int, colour: bool) -> list[str]:
    column = width - WORD - EVIDENCE
    head = wrap(row.law.text, column - 2, "", "  ")
    verdict = words.paint(row.verdict, colour) + " " * max(1, WORD - len(row.verdict)) + row.evidence
    lines = [f"{head[0]:<{column}}{verdict}", *head[1:]]
    formula = f"= {row.phi.text}" if row.phi.latex else row.phi.text
    kind = [row.kind] if row.kind else []
    lines += _line("phi", formula, width)
    lines += _line("psi", _worded(row.psi, "= " if row.psi.latex else ""), width)
    lines += _line("rate at 0", _worded(row.rate), width)
    rest = [*kind, f"drift rate {_worded(row.monotone)}", f"{row.seconds:.1f} s"]
    lines += _line("", "; ".join(rest), width)
    return lines + _line("stationary", _worded(row.stationary, "R = " if row.stationary.latex else ""), width)


def _worded(cell: Cell, before: str = "") -> str:
    """The statement with its verdict; what is no pass says so."""
    if not cell.verdict:
        return before + cell.text
    weak = {verdict.value: meaning for verdict, meaning in words.WEAK.items()}.get(cell.verdict, "")
    return f"{before}{cell.text}   [{cell.verdict}{', ' + weak if weak else ''}]"


def _line(label: str, statement: str, width: int) -> list[str]:
    lines = wrap(statement, width, " " * LABEL, "  ")
    return [f"  {label:<{LABEL - 2}}" + lines[0].lstrip(), *lines[1:]]
