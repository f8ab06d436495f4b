"""A derivation laid out for a terminal: statements, reasons and verdicts in columns where they fit.

A step that is short enough is one line, statement, reason, verdict. A longer one has its statement on
lines of its own, and the reason and the verdict below. Verdicts stand in one column, so that a reader can run
down it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.verdict import Judgement, Report
from signsgd_sym.report import words
from signsgd_sym.report.text import WIDTH, step_text

MARGIN = 5
"""Columns of the step's number and the space behind it."""
WORD = 13
"""Columns of the verdict's word."""
EVIDENCE = 23
"""Columns of what the verdict rests on: "40 digits at 20 points" and a space."""
GAP = 3


@dataclass(frozen=True)
class Row:
    """One step in words; `left` is empty where it is the right side of the step before."""

    step: Step
    left: str
    right: str
    reason: str
    judgement: Judgement | None

    @property
    def statement(self) -> str:
        """The statement in one line."""
        return f"{self.left} {self.right}".strip()


def wrap(line: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """Lines of at most `width` columns; long words are not broken."""
    return textwrap.wrap(
        line, max(width, 20), initial_indent=indent, subsequent_indent=indent + hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def rows_of(derivation: Derivation, report: Report | None) -> list[Row]:
    """The steps in words, with their judgements."""
    rows, previous = [], None
    for step in derivation.steps:
        left, right = step_text(step)
        shown = "" if previous is not None and step.lhs == previous else left
        rows.append(Row(step, shown, right, step.reason, None if report is None else report[step.id]))
        previous = step.rhs
    return rows


def layout(
    derivation: Derivation,
    report: Report | None = None,
    *,
    used_by: Sequence[str] = (),
    width: int = WIDTH,
    colour: bool = False,
) -> str:
    """The derivation as text of at most `width` columns where words allow it."""
    rows = rows_of(derivation, report)
    room = width - MARGIN - (0 if report is None else GAP + WORD + EVIDENCE)
    head = f"{derivation.id}   {derivation.title}"
    if report is not None:
        verdict = report.verdict.value
        start = max(MARGIN + room + GAP, len(head) + 2)
        head = f"{head:<{start}}" + words.paint(verdict, colour)
    lines = [head, *_given(derivation, width)]
    column, previous_short = _statement_column(rows, room), False
    for row in rows:
        short = _fits(row, room, column)
        if not (short and previous_short):
            lines.append("")
        lines += _short(row, room, column, colour) if short else _long(row, room, width, colour)
        if row.step.reference:
            lines += wrap(f"cited: {row.step.reference}", width, " " * (MARGIN + 6), "  ")
        lines += _complaint(row, width, colour)
        previous_short = short
    return "\n".join([*lines, *_foot(derivation, report, used_by, width)])


def _statement_column(rows: list[Row], room: int) -> int:
    """The width of the statements' column in which most steps fit in one line; narrow before wide."""

    def fitting(column: int) -> int:
        return sum(_fits(row, room, column) for row in rows)

    widths = sorted({len(row.statement) for row in rows})
    return max(widths, key=lambda column: (fitting(column), -column))


def _fits(row: Row, room: int, column: int) -> bool:
    return len(row.statement) <= column and len(row.reason) <= room - column - GAP


def _cell(row: Row, colour: bool) -> list[str]:
    """The verdict and what it rests on, in lines."""
    if row.judgement is None:
        return []
    word, rest = words.verdict_words(row.judgement)
    below = wrap(rest, EVIDENCE) or [""]
    first = words.paint(word, colour) + " " * (WORD - len(word)) + below[0]
    return [first, *(" " * WORD + line for line in below[1:])]


def _beside(left: list[str], cell: list[str], room: int) -> list[str]:
    """Lines with the verdict in its column."""
    height = max(len(left), len(cell))
    left, cell = left + [""] * (height - len(left)), cell + [""] * (height - len(cell))
    return [f"{a:<{MARGIN + room + GAP}}{b}".rstrip() for a, b in zip(left, cell, strict=True)]


def _short(row: Row, room: int, column: int, colour: bool) -> list[str]:
    line = f"{row.step.id:>3}  {row.statement:<{column}}{' ' * GAP}{row.reason}"
    return _beside([line], _cell(row, colour), room)


def _long(row: Row, room: int, width: int, colour: bool) -> list[str]:
    label = f"{row.step.id:>3}  "
    if len(label + row.statement) <= width or not row.left:
        lines = wrap(row.statement, width, " " * MARGIN, "    ")
    else:
        lines = wrap(row.left, width, " " * MARGIN, "    ") + wrap(
            row.right, width, " " * (MARGIN + 2), "    "
        )
    lines[0] = label + lines[0].lstrip()
    reason = wrap("| " + row.reason, MARGIN + room, " " * (MARGIN + 4), "  ")
    return lines + _beside(reason, _cell(row, colour), room)


def _complaint(row: Row, width: int, colour: bool) -> list[str]:
    """Below a refuted or undecided step: where, the two values, why."""
    judgement = row.judgement
    if judgement is None or not judgement.verdict.failed:
        return []
    lines: list[str] = []
    for word, text in words.complaint(judgement):
        mark = judgement.verdict.value if not lines else ""
        block = wrap(text, width - MARGIN - 17, "", "  ")
        shown = words.paint(mark, colour) + " " * (9 - len(mark))
        lines.append(f"{' ' * MARGIN}{shown} {word:<6} {block[0]}")
        lines += [f"{' ' * (MARGIN + 17)}{line}" for line in block[1:]]
    return lines


def _given(derivation: Derivation, width: int) -> list[str]:
    if not derivation.given:
        return []
    given = [f"{a.text} [{a.name}]" if a.name and a.name != a.text else a.text for a in derivation.given]
    return wrap("given  " + ";  ".join(given), width, "  ", "       ")


def _foot(derivation: Derivation, report: Report | None, used_by: Sequence[str], width: int) -> list[str]:
    """What it rests on and what rests on it, who needs what is given, where points were drawn, the count."""
    links = []
    if derivation.uses:
        links.append("uses: " + ", ".join(used.id for used in derivation.uses))
    if used_by:
        links.append("used by: " + ", ".join(used_by))
    groups = [links]
    if report is not None:
        groups.append([f"{label}: {needed}" for label, needed in words.needed_words(derivation, report)])
        groups.append([f"sampled {region}: {steps}" for region, steps in words.regions(report)])
        groups.append([words.tally(report.judgements)])
    lines = [line for group in groups for line in _packed(group, width)]
    return ["", *lines] if lines else []


def _packed(parts: Sequence[str], width: int) -> list[str]:
    """Parts side by side while they fit, five columns apart."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 5 + len(part) <= width:
            lines[-1] += " " * 5 + part
        else:
            lines += wrap(part, width, "  ", "    ")
    return lines
