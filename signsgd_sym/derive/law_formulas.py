r"""Everything about one label-noise law: phi in closed form, what follows from it, each with its verdict.

`law_formulas` searches a closed form of phi = (2/pi) E exp(-eps^2/(4 R)), then records as derivations

    phi         the closed form, its limits and expansions at R -> 0 and R -> oo,
    psi         psi = (pi/2) phi sqrt(P/R) and its limits, where eps has a variance,
    stationary  R phi/sqrt(2 R) = eta tr(D)/(4 d) and its solution, where one is found,

and has every step checked. Without a closed form phi stays an integral that the kernel encloses.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from signsgd_sym.derive.closed_form import DIGITS, POINTS, ClosedForm
from signsgd_sym.derive.consequences import (
    DriftLimit,
    Expansion,
    drift_limit,
    expansions,
    solve_stationary,
)
from signsgd_sym.derive.in_time import judged_in_time
from signsgd_sym.derive.monotone import Monotonicity, drift_monotonicity
from signsgd_sym.derive.phi import phi_as_mean, phi_mean, phi_of
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.simplicity import hardest
from signsgd_sym.derive.values import DIGITS as DIGITS_OF_VALUES
from signsgd_sym.derive.values import Value, value_at
from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.notation import D, P, R, d, eta, phi
from signsgd_sym.proof.asymptotic import Effort
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.proof.verdict import Judgement, Verdict
from signsgd_sym.special import over

SECONDS = 20.0
"""For the search of a closed form; what follows from it gets as long again."""
QUICK = 3
"""Up to this class (`simplicity`) a formula is quick to evaluate at any R; others are measured less deep."""
BEYOND = 12
"""A rest smaller than every power is checked as O(R^12)."""


@dataclass(frozen=True)
class Statement:
    """One line of the answer: `name` says of what, `step` is in `derivation`, `judgement` is the verdict."""

    name: str
    derivation: Derivation
    step: str
    judgement: Judgement

    @property
    def value(self) -> Any:
        """The right-hand side."""
        return self.derivation[self.step].rhs


@dataclass(frozen=True)
class LawFormulas:
    """What is known of one law; `statements` carry the verdicts.

    `phi` is None without a certified closed form; `integral` is phi as an integral, always there. `psi` is
    None where it is undefined, `psi_reason` then says why. `expansions` are those of phi; `drift_at_zero` has
    a statement of its own unless it is a Piecewise: that follows from the expansion at 0.
    """

    law: NoiseLaw
    form: ClosedForm
    phi: Any | None
    integral: Any
    psi: Any | None
    psi_reason: str
    expansions: tuple[Expansion, ...]
    drift_at_zero: DriftLimit | None
    monotone: Monotonicity
    equation: Any
    stationary: Any | None
    derivations: tuple[Derivation, ...]
    statements: tuple[Statement, ...]
    stopped: str = ""

    def statement(self, name: str) -> Statement | None:
        """The statement of this name, or None."""
        return next((s for s in self.statements if s.name == name), None)

    @property
    def verdict(self) -> Verdict:
        """Of phi: UNKNOWN without a closed form."""
        return self.form.verdict

    @property
    def evaluable(self) -> Any:
        """phi for numbers: the closed form where there is one."""
        return self.integral if self.phi is None else self.phi

    def values(self, at: Mapping[Any, Any], digits: int = DIGITS_OF_VALUES) -> Value:
        """Certified numbers at R and every parameter, such as {"R": "1/10", "b": 2}: see `values`."""
        return value_at(self.law, self.phi, self.integral, at, digits)

    def _repr_latex_(self) -> str:
        from signsgd_sym.report.law_latex import phi_latex

        return f"${phi_latex(self)}$"


@dataclass
class _Book:
    """Collects the derivations and the judgements on their steps."""

    law: NoiseLaw
    seed: int
    points: int
    digits: int
    seconds: float
    effort: Effort
    derivations: list[Derivation] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def close(self, record: Recorder, names: dict[str, str], known: dict[str, Judgement]) -> None:
        """Finish a derivation and judge the steps that have a name, unless their judgement is known."""
        derivation = record.finish()
        self.derivations.append(derivation)
        open_steps = [step for step in names if step not in known]
        checker = Checker(derivation, self.seed, self.points, self.digits, False, self.effort)
        judged = {**judged_in_time(checker, open_steps, self.seconds), **known}
        for step, name in names.items():
            self.statements.append(Statement(name, derivation, step, judged[step]))


def law_formulas(
    law: NoiseLaw,
    *,
    seconds: float = SECONDS,
    seed: int = 0,
    points: int = POINTS,
    digits: int = DIGITS,
    form: ClosedForm | None = None,
) -> LawFormulas:
    """Search, derive and check; `form` is the closed form of the mean in phi where it is known already.

    >>> from signsgd_sym.model.noise import noise_law
    >>> found = law_formulas(noise_law("Normal(0, v)"), points=5, digits=20)
    >>> found.phi, found.psi, found.stationary
    """
    response = phi_as_mean()
    form = form or phi_mean(law, response, seconds=seconds)
    value, integral = phi_of(form, response), over(response, law)
    effort = Effort() if value is not None and hardest(value) <= QUICK else Effort(deepest=7, samples=3)
    book = _Book(law, seed, points, digits, seconds, effort)
    found, stopped = _follow_up(law, value, response, seconds)
    limit = next((item for item in found if isinstance(item, DriftLimit)), None)
    _record_phi(book, form, value, integral, found, limit)
    short = next((item.value for item in found if isinstance(item, Compression)), None)
    psi, reason = _record_psi(book, value, integral, short, None if limit is None else limit.value)
    equation, stationary = _record_stationary(book, value, found)
    return LawFormulas(
        law, form, value, integral, psi, reason,
        tuple(e for e in found if isinstance(e, Expansion)), limit,
        next((item for item in found if isinstance(item, Monotonicity)), NOT_ASKED),
        equation, stationary, tuple(book.derivations), tuple(book.statements), stopped,
    )  # fmt: skip


def consequences(law: NoiseLaw, value: Any | None, response: Any) -> Iterator[Any]:
    """Expansions, the limit of the drift rate, solutions of the stationary equation.

    Runs in a process of its own.
    """
    found = list(expansions(law, 2 / sp.pi))
    yield from found
    limit = drift_limit(law, response, next((e for e in found if e.point == 0), None))
    if limit is not None:
        yield limit
    yield drift_monotonicity(law, over(response, law) if value is None else value)
    if value is not None:
        yield Compression(readable(_psi(law, value)))
        yield from solve_stationary(R * value / sp.sqrt(2 * R), LEVEL)


@dataclass(frozen=True)
class Compression:
    """psi in a readable form."""

    value: Any


def _psi(law: NoiseLaw, value: Any) -> Any:
    """(pi/2) value sqrt(P/R), the finite branch of E eps^2 where that is conditional."""
    power = _finite_branch(law.second_moment())
    return sp.pi / 2 * value * sp.sqrt((R + power / 2) / R)


def _finite_branch(moment: Any) -> Any:
    return moment.args[0][0] if isinstance(moment, sp.Piecewise) else moment


NOT_ASKED = Monotonicity(None, Verdict.UNKNOWN, "not decided in time")
LEVEL = eta * sp.Trace(D) / (4 * d)
"""The level eta tr(D)/(4 d) of the stationary equation."""


def _follow_up(law: NoiseLaw, value: Any | None, response: Any, seconds: float) -> tuple[list[Any], str]:
    found: list[Any] = []
    try:
        for item in stream(consequences, (law, value, response), seconds):
            found.append(item)
    except Stopped as stopped:
        return found, str(stopped)
    return found, ""


def _given(law: NoiseLaw) -> tuple[Assumption, ...]:
    relations = (Assumption(str(relation), relation) for relation in law.relations)
    return (Assumption(f"eps ~ {law.text}", laws=(law,), name="law"), *relations)


def _record_phi(
    book: _Book, form: ClosedForm, value: Any, integral: Any, found: list[Any], limit: DriftLimit | None
) -> None:
    """phi, its limits and its expansions."""
    law = book.law
    record = Recorder("law-phi", f"phi for eps ~ {law.text}", _given(law))
    names: dict[str, str] = {}
    known: dict[str, Judgement] = {}
    record.define(phi, integral, "the linear response of the sign rule, integrated against the law")
    steps = itertools.count(2)
    if value is not None:
        record.equal(phi, value, " and ".join(form.routes))
        step = str(next(steps))
        names[step], known[step] = "phi", form.judgement
    mass = sp.Add(*(w for w, part in law.parts if isinstance(part, Atom) and part.location == 0))
    record.tends(phi, 2 * mass / sp.pi, "(2/pi) P(eps = 0)", variable=R, point=0)
    names[str(next(steps))] = "phi at 0"
    record.tends(phi, 2 / sp.pi, "dominated convergence", variable=R, point=sp.oo)
    names[str(next(steps))] = "phi at oo"
    record.tends(phi / sp.sqrt(2 * R), 0, "0 <= phi <= 2/pi", variable=R, point=sp.oo)
    names[str(next(steps))] = "drift rate at oo"
    for expansion in found:
        if isinstance(expansion, Expansion):
            order = expansion.order if expansion.order != 0 else R**BEYOND
            at, series = expansion.point, expansion.series
            record.expand(phi, series, expansion.reason, variable=R, order=order, point=at)
            names[str(next(steps))] = "small R" if at == 0 else "large R"
    if limit is not None and not isinstance(limit.value, sp.Piecewise):
        reason = "the first term at 0" if limit.follows else "the smoothing identity"
        record.tends(phi / sp.sqrt(2 * R), limit.value, reason, variable=R, point=0)
        names[str(next(steps))] = "drift rate at 0"
    book.close(record, names, known)


def _record_psi(
    book: _Book, value: Any, integral: Any, short: Any | None, rate: Any | None
) -> tuple[Any | None, str]:
    """psi = (pi/2) phi sqrt(P/R) where eps has a variance; else None and the reason."""
    power = book.law.second_moment()
    given = list(_given(book.law))
    if isinstance(power, sp.Piecewise):
        (finite, condition), *_ = power.args
        words = f"{condition}, so that E[eps^2] is finite"
        given.append(Assumption(words, condition, name="finite-variance"))
        power = finite
    if power.is_infinite:
        return None, f"E[eps^2] is infinite for {book.law.text}: P = R + E[eps^2]/2 does not exist"
    record = Recorder("law-psi", f"psi for eps ~ {book.law.text}", tuple(given))
    inserted = integral if value is None else value
    record.define(phi, inserted, "phi, see above")
    record.define(P, R + power / 2, "the population risk")
    compression = sp.pi / 2 * phi * sp.sqrt(P / R)
    names: dict[str, str] = {}
    psi = _psi(book.law, inserted) if short is None else short
    if value is not None:
        record.equal(compression, psi, "insert")
        names["3"] = "psi"
    step = len(names) + 2
    if rate is not None and not rate.has(sp.Piecewise):
        at_zero = sp.powsimp(sp.pi / 2 * rate * sp.sqrt(power)) if rate.is_finite else sp.oo
        reason = "(pi/2) sqrt(E eps^2) times the drift rate at 0"
        record.tends(compression, at_zero, reason, variable=R, point=0)
        step += 1
        names[str(step)] = "psi at 0"
    record.tends(compression, 1, "phi tends to 2/pi and P/R to 1", variable=R, point=sp.oo)
    names[str(step + 1)] = "psi at oo"
    book.close(record, names, {})
    return psi, ""


def _record_stationary(book: _Book, value: Any, found: list[Any]) -> tuple[Any, Any | None]:
    """The stationary equation, and the first solution that is certified."""
    left = R * (phi if value is None else value) / sp.sqrt(2 * R)
    equation = sp.Eq(left if value is None else readable(left), LEVEL, evaluate=False)
    level = sp.Symbol("A", positive=True)
    for root in found:
        if not isinstance(root, sp.Expr):
            continue
        title = f"The stationary risk for eps ~ {book.law.text}"
        record = Recorder("law-stationary", title, _given(book.law))
        inserted = left.subs(R, root.subs(sp.Trace(D), 4 * d * level / eta))
        record.equal(inserted, level, "insert the solution; A = eta tr(D)/(4 d)")
        trial = _Book(book.law, book.seed, book.points, book.digits, book.seconds, book.effort)
        trial.close(record, {"1": "stationary risk"}, {})
        if trial.statements[0].judgement.verdict.passed:
            book.derivations += trial.derivations
            book.statements += trial.statements
            return equation, root
    return equation, None


__all__ = ["LawFormulas", "Statement", "law_formulas"]
