"""`check` in Python: a report that shows itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path

from signsgd_sym.errors import ParameterError
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.verdict import Judgement, Report
from signsgd_sym.report import words
from signsgd_sym.report.check_run import DIGITS, POINTS, made, safe_check, targets_of


@dataclass(frozen=True, repr=False)
class Checked(Report):
    """The report on a derivation, with the derivation, so that it can be printed step by step.

    `seed` repeats the check.
    """

    of: Derivation | None = None
    seed: int = 0

    def __str__(self) -> str:
        from signsgd_sym.report.layout import layout

        if self.of is None:
            return f"{self.derivation}   {self.verdict.value}   {words.tally(self.judgements)}"
        return f"{layout(self.of, self)}\n  checked with seed {self.seed}"

    def __repr__(self) -> str:
        return f"<{self.derivation}: {self.verdict.value}; {words.tally(self.judgements)}>"

    def _repr_html_(self) -> str:
        """A table: statement, reason, verdict."""
        from signsgd_sym.report.html import math, table
        from signsgd_sym.report.latex import step_latex

        if self.of is None:
            return f"<p>{escape(str(self))}</p>"
        rows = [
            [escape(step.id), math(" ".join(step_latex(step))), escape(step.reason), _cell(self[step.id])]
            for step in self.of.steps
        ]
        head = f"<b>{escape(self.derivation)}</b> &ensp; {escape(self.of.title)}"
        foot = "; ".join(f"{label}: {needed}" for label, needed in words.needed_words(self.of, self))
        return (
            f"<p>{head} &ensp; <b>{escape(self.verdict.value)}</b></p>"
            f"{table(['', 'statement', 'reason', 'verdict'], rows)}"
            f"<p>{escape(words.tally(self.judgements))}<br>{escape(foot)}</p>"
        )


def _cell(judgement: Judgement) -> str:
    """The verdict, bold where it is a pass; boxed by dashes, and said, where it is not."""
    word, rest = words.verdict_words(judgement)
    shown = f"<b>{escape(word)}</b><br>{escape(rest)}"
    if judgement.verdict.passed:
        return shown
    why = "".join(f"<br>{escape(name)} {escape(text)}" for name, text in words.complaint(judgement))
    return f'<div style="border: 2px dashed; padding: 2px 6px">{shown}{why}</div>'


def check(
    derivation: Derivation | str | Path,
    *,
    seed: int | None = None,
    points: int = POINTS,
    digits: int = DIGITS,
) -> Checked:
    """Judge every step of a derivation: one of your own, the id of a built-in one, or a file that holds one.

    A .py file is executed, a .steps file parsed. The seed of the random points is drawn when none is given.
    Printing the answer shows each step with its verdict.

    Raises:
        InputError: for an unknown id, a file that cannot be read, or one that holds several derivations.

    >>> import sympy as sp
    >>> import signsgd_sym as ss
    >>> x = sp.Symbol("x", real=True)
    >>> record = ss.Recorder("slip", "A square root of a square")
    >>> _ = record.equal(sp.sqrt(x**2), x, "holds for x >= 0 only")
    >>> ss.check(record.finish())
    <slip: REFUTED; REFUTED, wrong: 1>
    """
    if not isinstance(derivation, Derivation):
        [target] = targets_of([str(derivation)])
        found = made(target)
        if len(found) != 1:
            names = ", ".join(d.id for d in found)
            raise ParameterError(f"{derivation} holds {len(found)} derivations: {names}; pass one of them.")
        derivation = found[0]
    chosen = secrets.randbelow(2**31) if seed is None else seed
    report = safe_check(derivation, seed=chosen, points=points, digits=digits)
    values = {field.name: getattr(report, field.name) for field in fields(Report)}
    return Checked(**values, of=derivation, seed=chosen)
