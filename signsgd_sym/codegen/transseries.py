r"""A closed form in R at R -> 0+ as a sum of exp(w_j(R)) P_j(R): w_j of negative powers, P_j a `PowerSum`.

Expanded are constants, powers of R and of what has one dominating term, exp, erf, erfc, erfcx, sums and
products of them: erfc(v) = exp(-v^2) erfcx(v) where v -> +oo, 2 - erfc(-v) where v -> -oo, and the Taylor
series of erf where v -> 0. Anything else raises `Outside`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy as sp

from signsgd_sym.codegen.power_sums import (
    Outside,
    PowerSum,
    error_function,
    exponential,
    fraction,
    one_plus_to,
    scaled_complement,
    sign_of,
)
from signsgd_sym.codegen.stable import ExpErfc
from signsgd_sym.notation import R
from signsgd_sym.special import Erfcx

Exponent = tuple[tuple[Fraction, Any], ...]
"""sum of coefficient R^power, as sorted pairs (power, coefficient), every power negative."""
Transseries = dict[Exponent, PowerSum]


def in_powers(exponent: Exponent) -> Any:
    """The expression of an exponent."""
    return sp.Add(*(coefficient * R ** sp.Rational(power) for power, coefficient in exponent))


def plus(left: Exponent, right: Exponent, sign: int = 1) -> Exponent:
    """left + sign right."""
    total = dict(left)
    for power, coefficient in right:
        total[power] = sp.expand(total.get(power, sp.S.Zero) + sign * coefficient)
    return tuple(sorted((p, c) for p, c in total.items() if c != 0))


def _sum(left: Transseries, right: Transseries) -> Transseries:
    total = dict(left)
    for w, series in right.items():
        total[w] = total[w] + series if w in total else series
    return {w: series for w, series in total.items() if series.terms or series.rest}


def _product(left: Transseries, right: Transseries) -> Transseries:
    total: Transseries = {}
    for w, a in left.items():
        for v, b in right.items():
            total = _sum(total, {plus(w, v): a * b})
    return total


@dataclass(frozen=True)
class Expansion:
    """Expands an expression with `n` terms of every series.

    >>> found = Expansion(3)(sp.exp(1 / R) * sp.erfc(1 / sp.sqrt(R)))
    >>> found[()].terms
    {Fraction(1, 2): 1/sqrt(pi), Fraction(3, 2): -1/(2*sqrt(pi)), Fraction(5, 2): 3/(4*sqrt(pi))}
    """

    n: int

    def __call__(self, expr: Any) -> Transseries:
        """The expansion. Raises `Outside`."""
        if not expr.has(R):
            return {(): PowerSum.monomial(expr)} if expr != 0 else {}
        if expr == R:
            return {(): PowerSum.monomial(1, 1)}
        if expr.is_Add:
            return reduce(_sum, map(self, expr.args))
        if expr.is_Mul:
            return reduce(_product, map(self, expr.args))
        if isinstance(expr, sp.exp):
            return self._exp(self._plain(expr.args[0]))
        if expr.is_Pow:
            return self._power(expr.base, expr.exp)
        if isinstance(expr, sp.erf):
            return self._erf(self._plain(expr.args[0]))
        if isinstance(expr, sp.erfc):
            return self._erfc(self._plain(expr.args[0]))
        if isinstance(expr, Erfcx | ExpErfc):
            return self(expr.rewrite(sp.erfc))
        raise Outside(f"{expr.func}")

    def _plain(self, expr: Any) -> PowerSum:
        """The expansion of what has no exponentials."""
        found = self(expr)
        if list(found) not in ([()], []):
            raise Outside(f"the argument {expr}")
        return found.get((), PowerSum({}))

    def _exp(self, u: PowerSum) -> Transseries:
        if any(power <= 0 for power in u.rest):
            raise Outside("an exponent known up to a bound that does not vanish")
        large = tuple(sorted((p, c) for p, c in u.terms.items() if p < 0))
        small = PowerSum({p: c for p, c in u.terms.items() if p > 0}, u.rest, u.reach)
        constant = sp.exp(u.terms.get(Fraction(0), sp.S.Zero))
        return {large: exponential(small, self.n).scaled(constant)}

    def _power(self, base: Any, exponent: Any) -> Transseries:
        if not exponent.is_Rational:
            raise Outside(f"the power {exponent}")
        if base == R:
            return {(): PowerSum.monomial(1, exponent)}
        found = self(base)
        if exponent.is_Integer and 0 < exponent <= self.n:
            return reduce(_product, [found] * int(exponent))
        if len(found) != 1:
            raise Outside(f"a power of {base}")
        [(w, series)] = found.items()
        scaled = tuple((p, exponent * c) for p, c in w)
        return {scaled: self._power_of(series, exponent)}

    def _power_of(self, series: PowerSum, exponent: Any) -> PowerSum:
        """(c R^p (1 + h))^exponent = c^exponent R^(p exponent) (1 + h)^exponent, where 1 + h > 0."""
        power, c = series.leading
        if sign_of(c) < 0 and not exponent.is_Integer:
            raise Outside("a root of what is negative")
        others = PowerSum({p: a for p, a in series.terms.items() if p != power}, series.rest, series.reach)
        h = others.scaled(1 / c, -power)
        return one_plus_to(h, exponent, self.n).scaled(c**exponent, power * fraction(exponent))

    def _erf(self, v: PowerSum) -> Transseries:
        if not v.terms or min(v.terms) > 0:
            return {(): error_function(v, self.n)}
        return _sum({(): PowerSum.monomial(1)}, _product(_MINUS, self._erfc(v)))

    def _erfc(self, v: PowerSum) -> Transseries:
        power, c = v.leading
        if power > 0:
            return _sum({(): PowerSum.monomial(1)}, _product(_MINUS, self._erf(v)))
        if power == 0:
            raise Outside("erfc at an argument with a finite limit")
        if sign_of(c) < 0:
            other = _product(_MINUS, self._erfc(v.scaled(-1)))
            return _sum({(): PowerSum.monomial(2)}, other)
        scaled = scaled_complement(self._power_of(v, sp.S.NegativeOne), self.n)
        return _product(self._exp((v * v).scaled(-1)), {(): scaled})


_MINUS: Transseries = {(): PowerSum.monomial(-1)}
