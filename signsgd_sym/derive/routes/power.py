r"""int_lo^hi C y^p exp(-A y^k) dy, 0 <= lo < hi <= oo: incomplete gamma functions.

With t = A y^k and s = (p + 1)/k it is C A^(-s)/|k| int t^(s - 1) e^(-t) dt between the images of the ends.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.routes.product import read_product

ROUTE = "incomplete gamma function"
POWERS = "powers"
_y = sp.Dummy("y", positive=True)


def integrate(integral: Any) -> Found | None:
    """The value of an Integral of a power times one exponential of a power, or None.

    >>> from signsgd_sym.notation import R, x
    >>> s = sp.Symbol("s", positive=True)
    >>> integrate(sp.Integral(x**(s - 1) * sp.exp(-x**2 / (4 * R)), (x, 1, sp.oo))).value
    uppergamma(s/2, 1/(4*R))/(2*(1/(4*R))**(s/2))
    """
    variable, lo, hi = integral.limits[0]
    if not lo.is_nonnegative:
        return None
    function = integral.function.subs(variable, _y)
    polynomial = _sum_of_powers(function, lo, hi)
    if polynomial is not None:
        return Found(POWERS, ((polynomial, POWERS),))
    product = read_product(function, _y)
    if product.rest or product.binomials or len(product.exponent) != 1:
        return None
    ((k, c),) = product.exponent
    A = -c
    if not (A.is_positive and k.is_positive):
        return None
    s = sp.expand((product.power + 1) / k)
    tails = [_tail(s, A * end**k, end) for end in (lo, hi)]
    lead = product.constant * A**-s / k
    if lo == 0 and hi is sp.oo:
        return Found(ROUTE, ((lead * sp.gamma(s), "gamma function, t = A x^k"),))
    if lo == 0:
        return Found(ROUTE, ((lead * sp.lowergamma(s, A * hi**k), ROUTE),))
    return Found(ROUTE, ((lead * (tails[0] - tails[1]), ROUTE),))


def _sum_of_powers(function: Any, lo: Any, hi: Any) -> Any | None:
    """int_lo^hi sum c y^p dy over a bounded interval, p != -1; None for any other integrand."""
    if hi is sp.oo or function.has(sp.exp):
        return None
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(function)):
        product = read_product(term, _y)
        p = product.power + 1
        if product.rest or product.binomials or product.exponent or p.is_zero is not False:
            return None
        if lo == 0 and not p.is_positive:
            return None
        total += product.constant * (hi**p - lo**p) / p
    return total


def _tail(s: Any, t: Any, end: Any) -> Any:
    """int_t^oo u^(s - 1) e^(-u) du; the exponential integral for s = 0."""
    if end is sp.oo:
        return sp.S.Zero
    if end == 0:
        return sp.gamma(s) if s != 0 else sp.oo
    return sp.expint(1, t) if s == 0 else sp.uppergamma(s, t)
