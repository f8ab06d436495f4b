r"""int x^j g(x) dx for every j as exact numbers, where g has the form of a textbook integral.

With a constant c in front:

* powers:  int_lo^hi x^q dx, and sums of them;
* Beta:    int_0^L x^(s-1) (1 - (x/L)^p)^b dx = L^s/p B(s/p, b + 1),
           int_0^oo x^(s-1) (1 + (x/L)^p)^-r dx = L^s/p B(s/p, r - s/p), s < p r;
* Gamma:   int_0^oo x^(s-1) exp(-b x^p) dx = Gamma(s/p)/(p b^(s/p)), from another end than 0 after a shift;
* Gauss:   m_(n+1) = mu m_n + n v m_(n-1) for exp(-(x - mu)^2/(2 v)) on the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp

from signsgd_sym.notation import x

Rule = Callable[[int], Any]
"""j -> int x^j g dx as an exact number, oo where it diverges; j is even where the interval is the line."""


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
