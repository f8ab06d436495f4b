r"""A density near 0 and far out as a sum of powers, and what that gives of phi.

If f(y) ~ sum_j c_j y^(p_j) as y -> 0+, Watson's lemma gives, term by term,

    int_0^oo f(y) exp(-y^2/(4 R)) dy ~ sum_j c_j (4 R)^((p_j+1)/2) G((p_j+1)/2)/2        as R -> 0,

and the same terms with exponents p_j < -1 from f(y) ~ sum_j c_j y^(p_j) as y -> oo are corrections as R ->
oo: by analytic continuation int_0^oo y^p (exp(-y^2/(4R)) - 1) dy = (4 R)^((p+1)/2) G((p+1)/2)/2 for -3 < p
< -1. DLMF 2.3(ii); Wong, Asymptotic Approximations of Integrals, ch. III.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.product import Product, read_product
from signsgd_sym.notation import R, x

_y = sp.Dummy("y", positive=True)


@dataclass(frozen=True)
class PowerSeries:
    """sum c y^p over `terms` (p, c), with an error of the order y^`rest`; `rest` is oo where it is exact or
    smaller than every power.
    """

    terms: tuple[tuple[Any, Any], ...]
    rest: Any

    def laplace(self) -> Any:
        """The terms of int_0^oo f exp(-y^2/(4 R)) dy, as in the module's formula."""
        return sp.Add(*(c * (4 * R) ** ((p + 1) / 2) * sp.gamma((p + 1) / 2) / 2 for p, c in self.terms))


def near_zero(density: Any, sign: int, length: int = 5) -> PowerSeries | None:
    """density(sign y) as y -> 0+, `length` powers y^(p0), y^(p0+1), ... at most; None where it is no such
    sum.

    >>> near_zero(sp.exp(-x) / 2, 1, 3)
    PowerSeries(terms=((0, 1/2), (1, -1/2), (2, 1/4)), rest=3)
    """
    product = read_product(density.subs(x, sign * _y), _y)
    if product is None or any(not k.is_positive and not k.is_negative for k, _ in product.exponent):
        return None
    if any(k.is_negative and c.is_negative for k, c in product.exponent):
        return PowerSeries((), sp.oo)  # exp(-c/y^k): smaller than any power
    if any(k.is_negative for k, _ in product.exponent):
        return None
    return _expand(product, length)


def far_out(density: Any, sign: int, length: int = 3) -> PowerSeries | None:
    """density(sign y) as y -> oo, in descending powers; None where it is no such sum.

    >>> far_out(1 / (sp.pi * (1 + x**2)), 1, 3)
    PowerSeries(terms=((-2, 1/pi), (-4, -1/pi)), rest=-5)
    """
    product = read_product(density.subs(x, sign / _y), _y)
    if product is None or any(not k.is_positive and not k.is_negative for k, _ in product.exponent):
        return None
    if any(k.is_negative and c.is_negative for k, c in product.exponent):
        return PowerSeries((), sp.oo)
    if any(k.is_negative for k, _ in product.exponent):
        return None
    inverse = _expand(product, length)
    if inverse is None:
        return None
    rest = inverse.rest if inverse.rest is sp.oo else -inverse.rest
    return PowerSeries(tuple((-p, c) for p, c in inverse.terms), rest)


def _expand(product: Product, length: int) -> PowerSeries | None:
    """constant y^power times the Taylor series, in y > 0 or in powers of one y^q, of the other factors."""
    steps = {k for k, _ in product.exponent} | {q for _, q, _ in product.binomials}
    if any(not step.is_positive for step in steps):
        return None
    lead = PowerSeries(((product.power, product.constant),), product.power + min(steps, key=_size, default=1))
    if product.rest or not steps:
        unit = sp.S.One
        if not all(step.is_Integer for step in steps):
            return lead if not product.rest else None
    else:
        unit = min(steps, key=_size)
        if not all((step / unit).is_Integer for step in steps):
            return lead if all(step.is_number for step in steps) else None
    u = sp.Dummy("u", positive=True)
    factors = sp.exp(sp.Add(*(c * u ** (k / unit) for k, c in product.exponent)))
    for beta, q, s in product.binomials:
        factors *= (1 + beta * u ** (q / unit)) ** s
    for rest in product.rest:
        factors *= rest.subs(_y, u)
    try:
        coefficients = _taylor(factors, u, length)
    except (NotImplementedError, ValueError, TypeError, AttributeError):
        return None
    if any(c.has(sp.oo, sp.zoo, sp.nan, u) for c in coefficients):
        return None
    exact = not steps and not product.rest
    terms = tuple(
        (sp.expand(product.power + n * unit), sp.simplify(product.constant * c))
        for n, c in enumerate(coefficients)
        if c != 0
    )
    return PowerSeries(terms, sp.oo if exact else sp.expand(product.power + length * unit))


def _taylor(f: Any, u: Any, length: int) -> list[Any]:
    """Taylor coefficients at 0 by differentiation: SymPy's series is slow with symbolic exponents."""
    coefficients, derivative = [], f
    for n in range(length):
        at_zero = derivative.subs(u, 0)
        if at_zero.has(sp.nan, sp.zoo, sp.oo):
            at_zero = sp.limit(derivative, u, 0, "+")
        coefficients.append(sp.simplify(at_zero / sp.factorial(n)))
        derivative = derivative.diff(u)
    return coefficients


def _size(step: Any) -> Any:
    return (0, float(step)) if step.is_number else (1, 0.0)
