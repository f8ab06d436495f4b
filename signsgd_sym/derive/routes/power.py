r"""int_lo^hi C y^p exp(-A y^k) dy, 0 <= lo < hi <= oo: incomplete gamma functions.

With t = A y^k and s = (p + 1)/k it is C A^(-s)/|k| int t^(s - 1) e^(-t) dt between the images of the ends.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.routes.product import read_product

ROUTE = "incomplete gamma function"
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
    product = read_product(integral.function.subs(variable, _y), _y)
    if product is None or product.rest or product.binomials or len(product.exponent) != 1:
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


def _tail(s: Any, t: Any, end: Any) -> Any:
    """int_t^oo u^(s - 1) e^(-u) du; the exponential integral for s = 0."""
    if end is sp.oo:
        return sp.S.Zero
    if end == 0:
        return sp.gamma(s) if s != 0 else sp.oo
    return sp.expint(1, t) if s == 0 else sp.uppergamma(s, t)
