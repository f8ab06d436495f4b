"""What is known of a law as a list of facts: a statement in text and LaTeX, its verdict, a note.

The text, the page and the LaTeX show the same facts. A statement that was refuted is not among them: its
place says that it was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.consequences import Expansion
from signsgd_sym.derive.law_formulas import BEYOND, LawFormulas, Statement
from signsgd_sym.derive.simplicity import CLASSES, hardest
from signsgd_sym.model.parts import Atom
from signsgd_sym.notation import R
from signsgd_sym.proof.verdict import Evidence, Judgement, Verdict
from signsgd_sym.report import words
from signsgd_sym.report.latex import latex
from signsgd_sym.report.law_latex import law_latex, ordered_sum, plain
from signsgd_sym.report.text import text

UNDEFINED = "UNDEFINED"
ENDS = (("0", "as R -> 0"), ("oo", "as R -> oo"))
QUANTITIES = ("phi", "drift rate", "psi")
LATEX_OF = {
    "phi": r"\phi(R)",
    "drift rate": r"\frac{\phi(R)}{\sqrt{2 R}}",
    "psi": r"\psi(R)",
}


@dataclass(frozen=True)
class Fact:
    """One line of the answer.

    `latex` is empty where the statement is words. `word` stands in place of a verdict where nothing is
    claimed: a definition, an undefined quantity, something that was not found.
    """

    group: str
    name: str
    text: str
    latex: str = ""
    judgement: Judgement | None = None
    word: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """The verdict, or the word in its place."""
        return self.word if self.judgement is None else words.verdict_words(self.judgement)[0]


def facts(formulas: LawFormulas) -> tuple[Fact, ...]:
    """Everything about one law, in the order in which it is read."""
    found = (*_phi(formulas), *_psi(formulas), *_at_the_ends(formulas), *_stationary(formulas))
    return tuple(map(_with_reason, found))


def _with_reason(fact: Fact) -> Fact:
    """What was not decided says why, unless it says so already."""
    judgement = fact.judgement
    if (
        judgement is None
        or judgement.verdict is not Verdict.UNKNOWN
        or (fact.name == "phi" and not fact.latex)
    ):
        return fact
    reason = judgement.evidence.reason
    if not reason or reason in fact.note:
        return fact
    return replace(fact, note=f"{fact.note}; {reason}" if fact.note else reason)


def function_class(expr: Any) -> str:
    """The class of the hardest function, such as "error function"."""
    return CLASSES[hardest(expr)][0]


def left_out(group: str, name: str, what: str, judgement: Judgement) -> Fact:
    """In place of a refuted statement."""
    point = words.point_words(judgement.evidence)
    where = f"it fails at {point}" if point else judgement.evidence.reason
    return Fact(group, name, f"the {what} found was refuted; left out", judgement=judgement, note=where)


def no_closed_form(formulas: LawFormulas) -> str:
    """Why there is none, in words."""
    reason = formulas.form.judgement.evidence.reason
    if formulas.verdict is Verdict.REFUTED:
        return "the formula found for phi was refuted; left out"
    return (reason or "no closed form was found").replace(f" for {formulas.law.text}", "")


def _phi(formulas: LawFormulas) -> Iterator[Fact]:
    judgement = formulas.form.judgement
    refused = formulas.form.refused
    rejected = f"{len(refused)} candidate{'s' * (len(refused) > 1)} not accepted by the checker"
    if formulas.phi is None:
        note = rejected if refused else ""
        yield Fact("", "phi", no_closed_form(formulas), judgement=judgement, note=note)
        yield Fact(
            "", "phi", f"= {text(formulas.integral)}", rf"\phi(R) = {law_latex(formulas.integral)}",
            word=words.DEFINITION, note="the kernel encloses this integral: values are certified",
        )  # fmt: skip
    else:
        by = " and ".join(formulas.form.routes)
        region = judgement.evidence.region
        note = f"by: {by}; {function_class(formulas.phi)}" + (f"; certified over {region}" if region else "")
        yield Fact(
            "", "phi", f"= {text(plain(formulas.phi))}", rf"\phi(R) = {law_latex(formulas.phi)}", judgement,
            note=note + (f"; {rejected} before" if refused else ""),
        )  # fmt: skip
        rate = drift_rate(formulas.phi)
        shown = rf"{LATEX_OF['drift rate']} = {law_latex(rate)}"
        yield Fact(
            "", "drift rate", f"= {text(plain(rate))}", shown, judgement, note="phi divided by sqrt(2 R)"
        )
    found = formulas.monotone
    claim = {True: "non-increasing in R", False: "not monotone in R", None: "monotone in R?"}[found.holds]
    judged = Judgement("-", "<=", found.verdict, Evidence(reason=found.reason))
    yield Fact("", "drift rate", claim, judgement=judged, note=found.reason)


def drift_rate(value: Any) -> Any:
    """phi/sqrt(2 R), term by term."""
    return sp.Add(*(term / sp.sqrt(2 * R) for term in sp.Add.make_args(value)))


def condition(formulas: LawFormulas) -> str:
    """What psi needs of the parameters: `nu > 2, so that E[eps^2] is finite`; empty without."""
    given = (a for d in formulas.derivations if d.id == "law-psi" for a in d.given)
    return next((a.text for a in given if a.name == "finite-variance"), "")


def _psi(formulas: LawFormulas) -> Iterator[Fact]:
    if formulas.psi is None:
        yield Fact("", "psi", "undefined", word=UNDEFINED, note=formulas.psi_reason)
        return
    statement = formulas.statement("psi")
    where = condition(formulas)
    if statement is None:
        shown = rf"\psi(R) = {law_latex(formulas.psi)}"
        yield Fact("", "psi", f"= {text(formulas.psi)}", shown, word=words.DEFINITION, note=where)
    elif statement.judgement.verdict is Verdict.REFUTED:
        yield left_out("", "psi", "formula", statement.judgement)
    else:
        shown = rf"\psi(R) = {law_latex(formulas.psi)}"
        note = f"if {where}" if where else ""
        yield Fact("", "psi", f"= {text(plain(formulas.psi))}", shown, statement.judgement, note=note)


def _at_the_ends(formulas: LawFormulas) -> Iterator[Fact]:
    for end, group in ENDS:
        for quantity in QUANTITIES:
            yield limit_fact(formulas, quantity, end, group)
        yield _expansion(formulas, end, group)


def _cases(formulas: LawFormulas, quantity: str, end: str) -> Callable[[str], Fact] | None:
    """A limit at 0 that depends on parameters: case by case, from the first term of the expansion there."""
    found, small = formulas.drift_at_zero, formulas.statement("small R")
    if end != "0" or quantity == "phi" or found is None or small is None:
        return None
    if not isinstance(found.value, sp.Piecewise):
        return None
    factor = sp.S.One
    if quantity == "psi":
        power = formulas.law.second_moment()
        factor = sp.pi / 2 * sp.sqrt(power.args[0][0] if isinstance(power, sp.Piecewise) else power)
    value = sp.Piecewise(*((_times(limit, factor), condition) for limit, condition in found.value.args))
    said = "; ".join(
        f"{text(limit)} {'otherwise' if condition == sp.true else f'if {_relation(condition)}'}"
        for limit, condition in value.args
    )
    note = "by the first term at 0"
    shown = rf"{LATEX_OF[quantity]} 	o {latex(value)}"
    return lambda group: Fact(group, quantity, f"-> {said}", shown, small.judgement, note=note)


def _times(limit: Any, factor: Any) -> Any:
    return limit if limit in (0, sp.oo) else sp.powsimp(limit * factor)


def _relation(condition: Any) -> str:
    """`k = 1`, `k > 1`."""
    sign = "=" if isinstance(condition, sp.Equality) else condition.rel_op
    return f"{text(condition.lhs)} {sign} {text(condition.rhs)}"


def limit_fact(formulas: LawFormulas, quantity: str, end: str, group: str = "") -> Fact:
    """The limit of phi, the drift rate or psi as R -> 0 or R -> oo."""
    statement = formulas.statement(f"{quantity} at {end}")
    if statement is None:
        if quantity == "psi" and formulas.psi is None:
            return Fact(group, quantity, "undefined", word=UNDEFINED, note=formulas.psi_reason)
        cases = _cases(formulas, quantity, end)
        if cases is not None:
            return cases(group)
        reason = "its limit depends on where 0 lies in the support"
        unknown = Judgement("-", "->", Verdict.UNKNOWN, Evidence(reason=reason))
        return Fact(group, quantity, "no limit is claimed", judgement=unknown, note=reason)
    if statement.judgement.verdict is Verdict.REFUTED:
        return left_out(group, quantity, "limit", statement.judgement)
    value = statement.value
    target = "0" if end == "0" else r"\infty"
    shown = rf"{LATEX_OF[quantity]} \to {law_latex(value)} \quad (R \to {target})"
    note = why_rate(formulas, value) if (quantity, end) == ("drift rate", "0") else ""
    return Fact(group, quantity, f"-> {text(plain(value))}", shown, statement.judgement, note=note)


def why_rate(formulas: LawFormulas, value: Any) -> str:
    """Why the drift rate has this limit at R = 0, in words."""
    law = formulas.law
    if value is sp.oo:
        atom = any(isinstance(part, Atom) and sp.simplify(part.location) == 0 for _, part in law.parts)
        return "tends to oo because " + ("P(eps = 0) > 0" if atom else "the density of eps is unbounded at 0")
    if value == 0:
        atoms = all(isinstance(part, Atom) for _, part in law.parts)
        return "tends to 0 because " + ("eps has no density and no atom at 0" if atoms else
                                        "the density of eps vanishes at 0")  # fmt: skip
    return "2 sqrt(2/pi) times the density of eps at 0"


def _expansion(formulas: LawFormulas, end: str, group: str) -> Fact:
    point = sp.S.Zero if end == "0" else sp.oo
    found = next((e for e in formulas.expansions if e.point == point), None)
    statement = formulas.statement("small R" if end == "0" else "large R")
    if found is None or statement is None:
        note = formulas.stopped if formulas.stopped else ""
        return Fact(group, "expansion", "none was found", word="none", note=note)
    if statement.judgement.verdict is Verdict.REFUTED:
        return left_out(group, "expansion", "expansion", statement.judgement)
    beyond = found.order == 0
    note = found.reason + (f"; the rest is smaller than every power, checked as O(R^{BEYOND})" * beyond)
    rest = "" if beyond else f" + O({text(found.order)})"
    tail = r" + o\left(R^{n}\right)\ \forall n" if beyond else rf" + O\left({latex(found.order)}\right)"
    return Fact(
        group, "phi", f"= {expansion_text(found)}{rest}",
        rf"\phi(R) = {ordered_sum([plain(t) for t in found.terms], law_latex)}{tail}",
        statement.judgement, note=note,
    )  # fmt: skip


def expansion_text(expansion: Expansion) -> str:
    """The terms, largest first."""
    return ordered_sum([plain(term) for term in expansion.terms], text)


def solution(formulas: LawFormulas) -> Statement | None:
    """The stationary risk, if a formula for it passed."""
    statement = formulas.statement("stationary risk")
    return statement if statement is not None and statement.judgement.verdict.passed else None


def _stationary(formulas: LawFormulas) -> Iterator[Fact]:
    group, equation = "stationary risk", formulas.equation
    shown = f"{text(plain(equation.lhs))} = {text(equation.rhs)}"
    tex = f"{law_latex(equation.lhs)} = {law_latex(equation.rhs)}"
    yield Fact(group, "equation", shown, tex, word=words.DEFINITION, note="for a constant step size eta")
    found = solution(formulas)
    if found is None or formulas.stationary is None:
        yield Fact(group, "solution", "no closed solution was found", word="none", note=formulas.stopped)
    else:
        shown, tex = f"R = {text(formulas.stationary)}", f"R = {law_latex(formulas.stationary)}"
        yield Fact(group, "solution", shown, tex, found.judgement)
