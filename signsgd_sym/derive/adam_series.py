r"""Adam's constants near beta2 = 1 and near beta2 = 0, without momentum: exact coefficients.

Near 1, with e = 1 - beta2 and t fixed, log F(t) = -t + sum_(k >= 2) kappa_k (-e t)^k/(k! (1 - (1 - e)^k)) and
M(e t) = sum_k kappa_(k+1) (-e t)^k/k! are power series in e whose coefficients are e^(-t) times polynomials
in t; t^m integrates to (1/2)_m in c1 and to m! in c2. The series diverge; they are asymptotic by the
enveloping property that `solve.adam_product` proves.

Near 0 the newest gradient and the one before decide. With u = beta2, p = 1/2 for c1 and 1 for c2,
E[w_0^2/(w_0^2 + u w_1^2)^p] is the Mellin-Barnes integral over z of

    Gamma(z) Gamma(p - z)/Gamma(p) E|w|^(2 - 2 p + 2 z) E|w|^(-2 z) u^(-z),

E|w|^q = 2^q Gamma((1 + q)/2)^2/pi, and its residues to the left of 0 are powers of u with powers of log u.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

_t, _e = sp.Symbol("t", positive=True), sp.Symbol("e", positive=True)


def cumulants_of_square(n: int) -> list[Any]:
    """kappa_0 = 0, ..., kappa_n of w^2, w a product of two standard normals.

    >>> cumulants_of_square(4)
    [0, 1, 8, 200, 9984]
    """
    moments = [sp.factorial2(2 * k - 1) ** 2 for k in range(n + 1)]
    found = [sp.S.Zero]
    for k in range(1, n + 1):
        lower = sum(sp.binomial(k - 1, j - 1) * found[j] * moments[k - j] for j in range(1, k))
        found.append(moments[k] - lower)
    return found


def series_towards_one(name: str, order: int) -> list[Any]:
    """Coefficients of e^0, ..., e^order in "c1" or "c2" at beta2 = 1 - e, beta1 = 0.

    >>> series_towards_one("c1", 2), series_towards_one("c2", 2)
    ([1, -5/2, 913/24], [1, -4, 262/3])
    """
    kappa = cumulants_of_square(order + 3)
    exponent = sp.S.Zero
    for k in range(2, order + 2):  # e^k/(1 - (1 - e)^k) is of order e^(k - 1)
        ratio = sp.series(_e**k / sp.expand(1 - (1 - _e) ** k), _e, 0, order + 1).removeO()
        exponent += kappa[k] * (-_t) ** k / sp.factorial(k) * ratio
    factor = sum(kappa[k + 1] * (-_e * _t) ** k / sp.factorial(k) for k in range(order + 1))
    total, power = sp.S.One, sp.S.One
    for k in range(1, order + 1):
        power = _cut(power * exponent / k, order)
        total += power
    polynomial = sp.Poly(_cut(total * factor, order), _e, _t)
    start = {"c1": sp.Rational(1, 2), "c2": sp.S.One}[name]
    found = [sp.S.Zero] * (order + 1)
    for (i, m), coefficient in polynomial.terms():
        found[i] += coefficient * sp.rf(start, m)
    return found


def _cut(expr: Any, order: int) -> Any:
    """The terms up to e^order."""
    polynomial = sp.Poly(sp.expand(expr), _e)
    return sum(c * _e**i for (i,), c in polynomial.terms() if i <= order)


def expansion_towards_zero(name: str, u: Any) -> Any:
    """c1 up to O(u^2 log^2 u), or c2 up to O(u^(3/2) log^3 u), at beta2 = u -> 0, beta1 = 0.

    The orders of what is left out were measured against enclosures of the constants.

    >>> u = sp.Symbol("u", positive=True)
    >>> expansion_towards_zero("c2", u)
    sqrt(u)*log(u)/pi + 1
    """
    z, half = sp.Symbol("z"), sp.Rational(1, 2)
    if name == "c2":  # a double pole at -1/2, written with Gamma(z + 3/2) = (z + 1/2) Gamma(z + 1/2)
        regular = sp.gamma(z) * sp.gamma(1 - z) * (sp.gamma(z + 3 * half) * sp.gamma(half - z)) ** 2
        return 1 + sp.expand(sp.simplify(sp.diff(regular / sp.pi**2 * u**-z, z).subs(z, -half)))
    # (2/pi^(5/2)) Gamma(z) Gamma(1 + z)^2 Gamma(1/2 - z)^3 has a triple pole at -1.
    regular = sp.gamma(z + 2) ** 3 * sp.gamma(half - z) ** 3 / z
    residue = sp.diff(regular * u**-z, z, 2).subs(z, -1) / 2
    divided = u / sp.pi  # by sqrt(1 - u)
    return sp.expand(sp.simplify(2 / sp.pi + 2 * sp.pi ** (-5 * half) * residue + divided))


__all__ = ["cumulants_of_square", "expansion_towards_zero", "series_towards_one"]
