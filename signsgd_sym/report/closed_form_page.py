"""The formulas of a law as one page: MathML, verdicts in words and shapes, no script, no network."""

from __future__ import annotations

from html import escape

from signsgd_sym.derive.values import Value
from signsgd_sym.report.closed_form_command import ClosedFormAnswer
from signsgd_sym.report.closed_form_data import assumptions
from signsgd_sym.report.closed_form_text import short_evidence
from signsgd_sym.report.derivation_page import steps_section
from signsgd_sym.report.document import document
from signsgd_sym.report.html import math
from signsgd_sym.report.law_facts import Fact, facts
from signsgd_sym.report.marks import MARKS, badge, legend


def closed_form_page(answer: ClosedFormAnswer) -> str:
    """The whole page."""
    formulas = answer.formulas
    found = facts(formulas)
    groups: dict[str, list[Fact]] = {}
    for fact in found:
        groups.setdefault(fact.group, []).append(fact)
    densities = "".join(f"<p>{escape(str(proof))}</p>" for proof in answer.densities)
    law = math(r"\epsilon \sim " + formulas.law.latex())
    parts = [
        f'<header><p class="id">closed-form</p><h1>{law}</h1>'
        f'<p class="lead">{escape(", ".join(assumptions(formulas)))}</p>{densities}</header>',
        *(_section(group or "formulas", members) for group, members in groups.items()),
        _values(answer),
    ]
    if answer.how is not None:
        parts.append(steps_section(formulas.form.derivation, answer.how))
    names = [fact.verdict for fact in found if fact.verdict in MARKS]
    parts.append(
        f'<section class="foot"><h2>How to read the verdicts</h2>{legend(names)}'
        f"<p>The points were drawn with <code>--seed {answer.request.seed}</code>.</p></section>"
    )
    return document(f"closed form for {formulas.law.text}", "\n".join(parts))


def verdict_html(word: str, note: str = "") -> str:
    """A badge for a verdict; plain words where nothing is claimed."""
    return badge(word, note) if word in MARKS else f'<span class="note">{escape(word)}</span>'


def _section(title: str, members: list[Fact]) -> str:
    rows = "".join(
        f'<div class="fact"><p class="name">{escape(fact.name)}</p>'
        f'<div class="statement">{_statement(fact)}</div>'
        f'<p class="rest">{verdict_html(fact.verdict, short_evidence(fact))} '
        f'<span class="note why">{escape(fact.note)}</span></p></div>'
        for fact in members
    )
    return f"<section><h2>{escape(title)}</h2>{rows}</section>"


def _statement(fact: Fact) -> str:
    return math(fact.latex, display=True) if fact.latex else escape(fact.text)


def _values(answer: ClosedFormAnswer) -> str:
    if not answer.values:
        return ""
    rows = []
    for value, point in zip(answer.values, answer.request.points, strict=True):
        where = ", ".join(f"{symbol} = {number}" for symbol, number in point.items())
        if isinstance(value, Value):
            psi = str(value.psi) if value.psi is not None else f"undefined: {value.psi_reason}"
            numbers = (("phi", value.phi), ("drift rate", value.drift_rate), ("psi", psi))
            shown = "<br>".join(f"{name} <code>{escape(str(number))}</code>" for name, number in numbers)
            rest = badge("CERTIFIED", value.source)
        else:
            shown, rest = escape(value), badge("UNKNOWN", "not decided")
        rows.append(
            f'<div class="fact"><p class="name">{escape(where)}</p><div class="statement">{shown}</div>'
            f'<p class="rest">{rest}</p></div>'
        )
    return f"<section><h2>values, to {answer.request.digits} digits</h2>{''.join(rows)}</section>"
