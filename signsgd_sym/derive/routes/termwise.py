r"""int_0^oo C y^p exp(-A y^2) f(b y) dy with f a Bessel or hypergeometric function: term by term.

I_nu(z) = (z/2)^nu/G(nu + 1) 0F1(; nu + 1; z^2/4), and a pFq(a; b; beta y^q) under y^p exp(-A y^k) has the
terms G((p + 1 + q n)/k)/(k A^((p + 1 + q n)/k)). With q = k that is one more upper parameter:

    int_0^oo y^p exp(-A y^k) pFq(a; b; beta y^k) dy = G(s) A^(-s)/k  p+1Fq(a, s; b; beta/A),  s = (p + 1)/k.

Interchange of sum and integral: for p <= q the terms are absolutely summable under the integral when
p + 1 <= q, or p = q with |beta| < A.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.routes.product import read_product

ROUTE = "series term by term"
_y = sp.Dummy("y", positive=True)


def integrate(integral: Any) -> Found | None:
    """The value of an Integral over (0, oo), or None where the rule does not apply.

    >>> from signsgd_sym.notation import x
    >>> b = sp.Symbol("b", positive=True)
    >>> integrate(sp.Integral(x * sp.exp(-x**2) * sp.besseli(0, b * x), (x, 0, sp.oo))).value
    exp(b**2/4)/2
    """
    variable, lo, hi = integral.limits[0]
    if lo != 0 or hi is not sp.oo:
        return None
    function = bessel_as_series(integral.function.subs(variable, _y))
    product = read_product(function, _y)
    if product.binomials or len(product.exponent) != 1 or len(product.rest) != 1:
        return None
    ((k, c),), (series,) = product.exponent, product.rest
    if not isinstance(series, sp.hyper) or not (-c).is_positive or len(series.ap) > len(series.bq):
        return None
    beta, q = sp.expand_power_base(series.argument).as_coeff_exponent(_y)
    if sp.simplify(q - k) != 0 or beta.has(_y):
        return None
    s = sp.expand((product.power + 1) / k)
    upper, lower = [*series.ap, s], list(series.bq)
    for parameter in list(upper):
        same = next((b for b in lower if sp.simplify(b - parameter) == 0), None)
        if same is not None:
            upper.remove(parameter)
            lower.remove(same)
    argument = sp.cancel(beta / -c)
    total = sp.exp(argument) if not upper and not lower else sp.hyper(upper, lower, argument)
    return Found(ROUTE, ((product.constant * sp.gamma(s) * (-c) ** -s / k * total, ROUTE),))


def bessel_as_series(expr: Any) -> Any:
    """Every I_nu(z) as (z/2)^nu/G(nu + 1) 0F1(; nu + 1; z^2/4)."""

    def series(nu: Any, z: Any) -> Any:
        return (z / 2) ** nu / sp.gamma(nu + 1) * sp.hyper([], [nu + 1], z**2 / 4)

    return expr.replace(sp.besseli, series)
