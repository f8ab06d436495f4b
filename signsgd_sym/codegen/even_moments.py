r"""E eps^(2k) of a law as exact numbers where a textbook integral applies, as enclosures of the integral else.

Known exactly are, with a constant c in front,

* powers:  int_lo^hi x^q dx, and sums of them;
* Beta:    int_0^L x^(s-1) (1 - (x/L)^p)^b dx = L^s/p B(s/p, b + 1),
           int_0^oo x^(s-1) (1 + (x/L)^p)^-r dx = L^s/p B(s/p, r - s/p), s < p r;
* Gamma:   int_0^oo x^(s-1) exp(-b x^p) dx = Gamma(s/p)/(p b^(s/p)), from another end than 0 after a shift;
* Gauss:   m_(n+1) = mu m_n + n v m_(n-1) for exp(-(x - mu)^2/(2 v)) on the line.

The form of a density is found by matching, so the second moment is held against the kernel's enclosure of its
integral whenever a form was matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.balls.ball import Divergent, agree
from signsgd_sym.codegen.measure import Measure, Term
from signsgd_sym.codegen.power_sums import Outside, real_ball
from signsgd_sym.notation import R, x

Rule = Callable[[int], Any]
"""j -> int x^j g dx as an exact number, oo where it diverges; j is even where the interval is the line."""
DIGITS = 25
CHECK_DIGITS = 8


@dataclass(frozen=True)
class Moment:
    """E eps^(2k): its ball, the exact number or None, and an exact expression (an integral where not known)."""

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
        rule = rule_of(self.density, self.lo, self.hi)
        if rule is not None:
            second = rule(2)
            if second is not sp.oo:
                agree(acb(real_ball(second)), acb(self.enclosed(2, CHECK_DIGITS)))
        return rule

    def integral(self, j: int) -> Any:
        return sp.Integral(x**j * self.density, (x, self.lo, self.hi))

    def enclosed(self, j: int, digits: int = DIGITS) -> arb:
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
        if lo is -sp.oo and hi is not sp.oo or hi.is_nonpositive:
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


def rule_of(g: Any, lo: Any, hi: Any) -> Rule | None:
    """The exact moments of g on (lo, hi), hi > 0; None where no form is matched.

    >>> rule_of(x * (1 - x)**4, 0, 1)(0)
    1/30
    """
    for matched in _matches(g, sp.sympify(lo), sp.sympify(hi)):
        if matched is not None:
            return matched
    return None


def _matches(g: Any, lo: Any, hi: Any) -> Iterator[Rule | None]:
    if lo is not -sp.oo:
        yield _of_powers(g, lo, hi)
    if lo == 0:
        yield _beta(g, hi)
        yield _gamma(g, sp.S.Zero) if hi is sp.oo else None
    elif lo == -hi and g.subs(x, -x) == g:
        half = rule_of(g, 0, hi)
        yield (lambda j: 2 * half(j)) if half is not None else None
    if lo is -sp.oo and hi is sp.oo:
        yield _gauss(g)
    elif hi is sp.oo and lo != 0:
        yield _gamma(g, lo)


def _monomials(g: Any, y: Any) -> list[tuple[Any, Any, Any]] | None:
    """(c, q, factor) with g = sum c y^q factor, q rational and factor one of no power of y, or 1."""
    found = []
    for term in sp.Add.make_args(sp.expand(g)):
        c, rest = term.as_independent(y, as_Add=False)
        q, factor = sp.S.Zero, sp.S.One
        for part in sp.Mul.make_args(rest):
            base, exponent = part.as_base_exp()
            if base == y:
                q += exponent
            elif part != 1:
                factor *= part
        if not q.is_Rational:
            return None
        found.append((c, q, factor))
    return found


def _of_powers(g: Any, lo: Any, hi: Any) -> Rule | None:
    terms = _monomials(g, x)
    if terms is None or any(factor != 1 for _, _, factor in terms):
        return None
    if any(not q.is_Integer or q < 0 for _, q, _ in terms) and not lo.is_nonnegative:
        return None
    if hi is sp.oo and len(terms) > 1:  # where single terms diverge the sum may not
        return None

    def rule(j: int) -> Any:
        total = sp.S.Zero
        for c, q, _ in terms:
            p = q + j + 1
            if (hi is sp.oo and p >= 0) or (lo == 0 and p <= 0):
                return sp.oo
            if p == 0:
                total += c * (sp.log(hi) - sp.log(lo))
            else:
                total += c / p * ((0 if hi is sp.oo else hi**p) - (0 if lo == 0 else lo**p))
        return total

    return rule


def _beta(g: Any, hi: Any) -> Rule | None:
    """c x^q (1 -+ (x/L)^p)^b on (0, L) or (0, oo)."""
    c, rest = g.as_independent(x, as_Add=False)
    q, other = sp.S.Zero, None
    for part in sp.Mul.make_args(rest):
        base, exponent = part.as_base_exp()
        if base == x:
            q += exponent
        elif other is None:
            other = sp.expand(base), exponent
        else:
            return None
    if other is None or not q.is_Rational:
        return None
    base, b = other
    constant, rest = base.as_independent(x, as_Add=True)
    slope, power = rest.as_independent(x, as_Add=False)
    root, p = power.as_base_exp()
    if root != x or not (p.is_Rational and p > 0 and b.is_Rational and constant.is_positive):
        return None
    front, scale = c * constant**b, slope / constant
    if hi is sp.oo:
        if not scale.is_positive:
            return None

        def tail(j: int) -> Any:
            s = (q + 1 + j) / p
            return front * scale**-s / p * _beta_value(s, -b - s) if -b - s > 0 else sp.oo

        return tail
    if sp.expand(1 + scale * hi**p) != 0 or b <= -1:
        return None
    return lambda j: front * hi ** (q + 1 + j) / p * _beta_value((q + 1 + j) / p, b + 1)


def _beta_value(a: Any, b: Any) -> Any:
    return sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b)


def _gamma(g: Any, lo: Any) -> Rule | None:
    """A sum of c y^q exp(-b y^p) on y = x - lo > 0."""
    y = sp.Symbol("y", positive=True)
    terms = _monomials(g.subs(x, lo + y), y)
    if terms is None:
        return None
    found = []
    for c, q, factor in terms:
        if not (isinstance(factor, sp.exp) and q > -1):
            return None
        constant, exponent = factor.args[0].as_independent(y, as_Add=True)
        slope, power = exponent.as_independent(y, as_Add=False)
        root, p = power.as_base_exp()
        if root != y or not (p.is_Rational and p > 0 and slope.is_negative):
            return None
        found.append((c * sp.exp(constant), q, -slope, p))

    def at_zero(j: int) -> Any:
        return sp.Add(*(c * sp.gamma((q + 1 + j) / p) / (p * b ** ((q + 1 + j) / p)) for c, q, b, p in found))

    if lo == 0:
        return at_zero
    return lambda j: sp.Add(*(sp.binomial(j, i) * lo ** (j - i) * at_zero(i) for i in range(j + 1)))


def _gauss(g: Any) -> Rule | None:
    """c exp(-(x - mu)^2/(2 v)) on the line."""
    c, rest = g.as_independent(x, as_Add=False)
    if not isinstance(rest, sp.exp):
        return None
    exponent = sp.expand(rest.args[0])
    a, b, e = exponent.coeff(x, 2), exponent.coeff(x, 1), exponent.coeff(x, 0)
    if not a.is_negative or sp.expand(exponent - a * x**2 - b * x - e) != 0:
        return None
    v, mu = -1 / (2 * a), -b / (2 * a)
    mass = c * sp.exp(e - b**2 / (4 * a)) * sp.sqrt(2 * sp.pi * v)

    def rule(j: int) -> Any:
        before, now = sp.S.Zero, sp.S.One
        for n in range(j):
            before, now = now, sp.expand(mu * now + n * v * before)
        return sp.expand(mass * now)

    return rule
