"""The formulas of a law for a terminal: statements, and the verdicts in one column beside them."""

from __future__ import annotations

from signsgd_sym.derive.values import Value
from signsgd_sym.report import words
from signsgd_sym.report.closed_form_command import ClosedFormAnswer
from signsgd_sym.report.closed_form_data import assumptions
from signsgd_sym.report.law_facts import Fact, facts
from signsgd_sym.report.layout import EVIDENCE, WORD, wrap
from signsgd_sym.report.text import WIDTH, law_label

LABEL = 14
"""Columns of the indent and the quantity's name."""


def closed_form_text(answer: ClosedFormAnswer, *, colour: bool = False, width: int = WIDTH) -> str:
    """The whole answer; every statement has its verdict beside or below it."""
    formulas = answer.formulas
    lines = wrap(f"eps ~ {law_label(formulas.law)}", width, "", "  ")
    lines += wrap("given  " + ", ".join(assumptions(formulas)), width, "  ", "       ")
    for proof in answer.densities:
        lines += wrap(str(proof), width, "  ", "    ")
    group, name = None, ""
    for fact in facts(formulas):
        if fact.group != group:
            lines += ["", *([fact.group] if fact.group else [])]
            group, name = fact.group, ""
        lines += _fact(fact, "" if fact.name == name else fact.name, width, colour)
        name = fact.name
    lines += _values(answer, width, colour)
    lines += ["", *_foot(answer, width)]
    if answer.how is not None:
        from signsgd_sym.report.layout import layout

        lines += ["", layout(formulas.form.derivation, answer.how, width=width, colour=colour)]
    return "\n".join(lines)


def short_evidence(fact: Fact) -> str:
    """What the verdict rests on, in a few words; `--json` has all of it."""
    judgement = fact.judgement
    if judgement is None:
        return ""
    if judgement.verdict in words.WEAK:
        return words.WEAK[judgement.verdict]
    evidence = judgement.evidence
    if evidence.order:
        return evidence.order.split(", h to")[0].removeprefix("rate: ")
    return evidence.summary() if evidence.points else ""


def _fact(fact: Fact, name: str, width: int, colour: bool) -> list[str]:
    """A short statement has its verdict beside it; a long one has lines of its own, the verdict below."""
    column = width - WORD - EVIDENCE
    room = column - 2
    statement = wrap(fact.text, width if LABEL + len(fact.text) > room else room, " " * LABEL, "  ")
    statement[0] = f"  {name:<{LABEL - 2}}" + statement[0].lstrip()
    note = wrap("| " + fact.note, width - 2, " " * (LABEL + 2), "  ") if fact.note else []
    if LABEL + len(fact.text) <= room:
        return [*_beside(statement, fact, column, colour), *note]
    if len(note) == 1 and len(note[0]) <= room:
        return [*statement, *_beside(note, fact, column, colour)]
    return [*statement, *_beside([], fact, column, colour), *note]


def _beside(left: list[str], fact: Fact, column: int, colour: bool) -> list[str]:
    """Lines with the verdict, and what it rests on, in their column."""
    word, rest = fact.verdict, wrap(short_evidence(fact), EVIDENCE) or [""]
    first = words.paint(word, colour) + " " * max(1, WORD - len(word)) + rest[0]
    cell = [first, *(" " * WORD + line for line in rest[1:])]
    height = max(len(left), len(cell))
    left, cell = left + [""] * (height - len(left)), cell + [""] * (height - len(cell))
    return [f"{a:<{column}}{b}".rstrip() for a, b in zip(left, cell, strict=True)]


def _values(answer: ClosedFormAnswer, width: int, colour: bool) -> list[str]:
    if not answer.values:
        return []
    lines = ["", f"values, to {answer.request.digits} digits"]
    for value, point in zip(answer.values, answer.request.points, strict=True):
        lines += wrap(", ".join(f"{s} = {number}" for s, number in point.items()), width, "  ", "  ")
        if isinstance(value, str):
            lines += wrap(f"{words.paint('UNKNOWN', colour)}, not decided: {value}", width, "    ", "  ")
            continue
        lines += _numbers(value, width)
        lines += wrap(f"{words.paint('CERTIFIED', colour)} enclosed: {value.source}", width, "    ", "  ")
    return lines


def _numbers(value: Value, width: int) -> list[str]:
    shown = {"phi": value.phi, "drift rate": value.drift_rate, "psi": value.psi}
    lines = []
    for name, number in shown.items():
        text = str(number) if number is not None else f"undefined: {value.psi_reason}"
        label = f"    {name:<{LABEL - 2}}"
        if len(label) + len(text) <= width:
            lines.append(label + text)
        else:
            lines += [label.rstrip(), *_broken(text, width - 6)]
    return lines


def _broken(text: str, room: int) -> list[str]:
    """A long number over several lines."""
    room = max(room, 20)
    return [" " * 6 + text[k : k + room].strip() for k in range(0, len(text), room)]


def _foot(answer: ClosedFormAnswer, width: int) -> list[str]:
    regions: dict[str, list[str]] = {}
    for statement in answer.formulas.statements:
        region = statement.judgement.evidence.region
        if region:
            regions.setdefault(region, []).append(statement.name)
    lines = [line for r, names in regions.items() for line in
             wrap(f"sampled {r}: {', '.join(names)}", width, "  ", "    ")]  # fmt: skip
    return [*lines, f"  {answer.seconds:.1f} s; the points were drawn with --seed {answer.request.seed}"]
