r"""Self-contained HTML pages: MathML for formulas, inline SVG for figures, no script, no network."""

from __future__ import annotations

from html import escape
from typing import Any

from latex2mathml.converter import convert

from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.report.latex import latex, step_latex
from signsgd_sym.report.resources import resource


def math(source: str, *, display: bool = False) -> str:
    """MathML of LaTeX.

    >>> math("x^2").startswith("<math")
    True
    """
    return str(convert(source, display="block" if display else "inline"))


def formula(source: str) -> str:
    """A displayed formula that scrolls sideways where it is wider than the page."""
    return f'<div class="formula">{math(source, display=True)}</div>'


def expression(expr: Any) -> str:
    """MathML of a SymPy expression."""
    return math(latex(expr))


def table(head: list[str], rows: list[list[str]], numeric: frozenset[int] = frozenset()) -> str:
    """A table; cells are HTML, columns in `numeric` are right-aligned."""

    def cells(tag: str, row: list[str]) -> str:
        kinds = [' class="number"' if k in numeric else "" for k in range(len(row))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>"


def derivation_html(derivation: Derivation, *, folded: bool = True) -> str:
    """A derivation, step by step, in a fold."""
    items, previous = [], None
    for step in derivation.steps:
        left, relation, right = step_latex(step)
        shown = "" if previous is not None and step.lhs == previous else left
        reason = escape(step.reason)
        if step.reference:
            reason += f' <span class="cited">Cited, not derived here: {escape(step.reference)}.</span>'
        line = math(f"{shown} {relation} {right}")
        items.append(f'<li><span class="math">{line}</span><span class="reason">{reason}</span></li>')
        previous = step.rhs
    given = "; ".join(escape(a.text) for a in derivation.given)
    uses = f" Uses: {escape(', '.join(u.id for u in derivation.uses))}." if derivation.uses else ""
    return (
        f"<details{'' if folded else ' open'}>"
        f"<summary><code>{escape(derivation.id)}</code> &nbsp;{escape(derivation.title)}</summary>"
        f'<p class="given">Given: {given}.{uses}</p><ol class="steps">{"".join(items)}</ol></details>'
    )


def page(title: str, body: str) -> str:
    """One HTML page; `title` is text, `body` is HTML and has its own heading."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{resource('style.css')}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )
