r"""E eps^(2k) of a law: exact numbers where a textbook integral applies, else enclosures of the integral.

The form of a density is found by matching, so the second moment is held against the kernel's enclosure of its
integral whenever a form was matched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import PointRejected, Program, Undecided, Unsupported, enclose, program
from signsgd_sym.balls.ball import Divergent, agree
from signsgd_sym.codegen.measure import Measure, Term
from signsgd_sym.codegen.moment_rules import Rule, rule_of
from signsgd_sym.codegen.power_sums import Outside, real_ball
from signsgd_sym.notation import R, x

DIGITS = 25
CHECK_DIGITS = 8
HALF = sp.Symbol("k", integer=True, positive=True)
"""Half the order of a moment."""


@dataclass(frozen=True)
class Moment:
    """E eps^(2k): its ball, the exact number or None, and an exact expression (an integral at worst)."""

    ball: arb
    number: Any | None
    expression: Any


@dataclass(frozen=True)
class _Piece:
    """weight times a density on (lo, hi), reflected to hi > 0; `rule` is None where no form is matched."""

    weight: Any
    density: Any
    lo: Any
    hi: Any

    @cached_property
    def rule(self) -> Rule | None:
        """The exact moments, if the second one is infinite or in the enclosure of its integral."""
        rule = rule_of(self.density, self.lo, self.hi)
        if rule is None or (second := rule(2)) is sp.oo:
            return rule
        try:
            ball = self.enclosed(2, CHECK_DIGITS)
        except (Undecided, PointRejected, Unsupported):
            return None
        agree(acb(real_ball(second)), acb(ball))
        return rule

    @cached_property
    def any_moment(self) -> Program | None:
        """int x^(2k) g dx compiled once for all k; None where the kernel does not take it."""
        try:
            return program(self.integral(2 * HALF), {HALF: 1})
        except (Undecided, PointRejected, Unsupported):
            return None

    def integral(self, j: Any) -> Any:
        """int x^j g dx."""
        return sp.Integral(x**j * self.density, (x, self.lo, self.hi))

    def enclosed(self, j: int, digits: int = DIGITS) -> arb:
        """The ball of an even moment: from the common program, or else from the integral by itself."""
        try:
            if self.any_moment is not None:
                return enclose(self.any_moment, {HALF: j // 2}, digits).ball.real
        except Divergent:
            raise
        except (Undecided, PointRejected, Unsupported):
            pass
        return enclose(self.integral(j), {}, digits).ball.real


class EvenMoments:
    """The moments E eps^(2k), k = 0, 1, ..., of a law in one of the forms of `measure`.

    A law plus N(0, v) (S = R + v/2) has E (eps + sqrt(v) Z)^(2k) = sum_j C(2k, 2j) E eps^(2j) v^(k-j)
    (2k-2j-1)!!. Raises `Outside` for any other spread than R and R + v/2.

    >>> law = EvenMoments(Measure.of(pieces=((sp.S.One, sp.exp(-x), sp.S.Zero, sp.oo),)))
    >>> law[3].number
    720
    """

    def __init__(self, measure: Measure) -> None:
        """The terms with their variances, equal pieces once."""
        self._terms = [(term, _variance(term), _pieces(term)) for term in measure.terms]
        self._plain: dict[tuple[int, int], Moment | None] = {}

    def __getitem__(self, k: int) -> Moment | None:
        """E eps^(2k); None where it is infinite or not known."""
        if k == 0:
            return Moment(arb(1), sp.S.One, sp.S.One)
        total = [Moment(arb(0), sp.S.Zero, sp.S.Zero)]
        for index, (_, v, _) in enumerate(self._terms):
            for j in range(k + 1) if v != 0 else (k,):
                found = self._of_term(index, j)
                if found is None:
                    return None
                factor = sp.binomial(2 * k, 2 * j) * v ** (k - j) * sp.factorial2(2 * (k - j) - 1)
                total.append(_times(found, factor))
        return _added(total)

    def _of_term(self, index: int, k: int) -> Moment | None:
        if (index, k) not in self._plain:
            term, _, pieces = self._terms[index]
            self._plain[index, k] = _moment(term, pieces, k)
        return self._plain[index, k]


def _variance(term: Term) -> Any:
    """v for a term of a law plus N(0, v); 0 for S = R."""
    v = sp.expand(2 * (term.spread - R))
    if v.has(R) or not v.is_nonnegative:
        raise Outside(f"the spread {term.spread}")
    factor = term.prefactor**2 if v == 0 else sp.cancel(term.prefactor**2 * term.spread / R)
    if factor != 1:
        raise Outside(f"the factor {term.prefactor}")
    return v


def _pieces(term: Term) -> list[_Piece]:
    """The pieces, those left of 0 reflected, and mirror images as one."""
    found: dict[Any, Any] = {}
    for weight, density, lo, hi in term.pieces:
        density = sp.sympify(density, strict=True)
        if (lo is -sp.oo and hi is not sp.oo) or hi.is_nonpositive:
            density, lo, hi = density.subs(x, -x), -hi, -lo
        key = density, lo, hi
        found[key] = found.get(key, sp.S.Zero) + weight
    return [_Piece(weight, *key) for key, weight in found.items()]


def _moment(term: Term, pieces: list[_Piece], k: int) -> Moment | None:
    atoms = sp.Add(*(weight * at ** (2 * k) for weight, at in term.atoms))
    total = [Moment(real_ball(atoms), atoms, atoms)]
    for piece in pieces:
        if piece.rule is not None:
            value = piece.rule(2 * k)
            if value is sp.oo:
                return None
            value *= piece.weight
            total.append(Moment(real_ball(value), value, value))
            continue
        try:
            ball = real_ball(piece.weight) * piece.enclosed(2 * k)
        except (Divergent, Undecided, PointRejected, Unsupported):
            return None
        total.append(Moment(ball, None, piece.weight * piece.integral(2 * k)))
    return _added(total)


def _times(moment: Moment, factor: Any) -> Moment:
    number = None if moment.number is None else moment.number * factor
    return Moment(moment.ball * real_ball(factor), number, moment.expression * factor)


def _added(moments: list[Moment]) -> Moment:
    known = [m.number for m in moments if m.number is not None]
    number = sp.Add(*known) if len(known) == len(moments) else None
    expression = sp.Add(*(m.expression for m in moments)) if number is None else number
    return Moment(sum((m.ball for m in moments), arb(0)), number, expression)
