r"""The gallery as a longtable: law, phi, psi, verdict; needs `longtable` and `amsmath`."""

from __future__ import annotations

from signsgd_sym.report.gallery import Cell, GalleryRow
from signsgd_sym.report.gallery_command import Gallery, summary
from signsgd_sym.report.latex import escape

HEAD = (
    r"\begin{longtable}{@{}p{0.17\linewidth}p{0.47\linewidth}p{0.17\linewidth}p{0.15\linewidth}@{}}",
    r"\hline law & $\phi(R)$ and $\psi(R)$ & drift rate & verdict \\ \hline \endhead",
)


def gallery_latex(gallery: Gallery) -> str:
    """The table; formulas in text size, so that they can break at line ends."""
    comment = f"% {summary(gallery)}\n% \\usepackage{{amsmath,longtable}}\n"
    return comment + "\n".join([*HEAD, *map(_row, gallery.rows), r"\hline", r"\end{longtable}"])


def _row(row: GalleryRow) -> str:
    law = f"${row.law.latex}$" if row.law.latex else escape(row.law.text)
    formulas = _formula(r"\phi = ", row.phi) + r" \newline " + _formula(r"\psi = ", row.psi)
    rate = _formula(r"\to ", row.rate) + r" \newline " + _formula("", row.monotone)
    stationary = r" \newline stationary: " + _formula("R = ", row.stationary)
    verdict = rf"{row.verdict}, {escape(row.evidence)} \newline {escape(row.kind)}"
    return rf"{law} & {formulas} & {rate}{stationary} & {verdict} \\[1ex]"


def _formula(before: str, cell: Cell) -> str:
    """A formula, or words; its verdict behind it."""
    shown = f"${before}{cell.latex}$" if cell.latex else escape(cell.text)
    return shown + (f" ({cell.verdict})" if cell.verdict else "")
