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

from signsgd_sym.derive.routes.product import read_product
from signsgd_sym.derive.routes.termwise import bessel_as_series
from signsgd_sym.notation import x

SYMBOLIC_TERMS = 3
"""Terms of a series in powers of y^q with a symbol q."""
_y = sp.Dummy("y", positive=True)


@dataclass(frozen=True)
class PowerSeries:
    """sum c y^p over `terms` (p, c), with an error of the order y^`rest`; `rest` is oo where it is exact or
    smaller than every power.
    """

    terms: tuple[tuple[Any, Any], ...]
    rest: Any


def near_zero(density: Any, sign: int, reach: int = 4) -> PowerSeries | None:
    """density(sign y) as y -> 0+, from y^(p0) to y^(p0 + reach); None where it is no such sum.

    >>> near_zero(sp.exp(-x) / 2, 1, 2)
    PowerSeries(terms=((0, 1/2), (1, -1/2), (2, 1/4)), rest=3)
    """
    return _expand(density.subs(x, sign * _y), reach)


def far_out(density: Any, sign: int, reach: int = 4) -> PowerSeries | None:
    """density(sign y) as y -> oo, in descending powers; None where it is no such sum.

    >>> far_out(1 / (sp.pi * (1 + x**2)), 1)
    PowerSeries(terms=((-2, 1/pi), (-4, -1/pi), (-6, 1/pi)), rest=-8)
    """
    inverse = _expand(density.subs(x, sign / _y), reach)
    if inverse is None:
        return None
    rest = inverse.rest if inverse.rest is sp.oo else -inverse.rest
    return PowerSeries(tuple((-p, c) for p, c in inverse.terms), rest)


def _expand(f: Any, reach: int) -> PowerSeries | None:
    """f(y) as y -> 0+: y^power times the Taylor series of the other factors in one power y^q, q > 0."""
    product = read_product(bessel_as_series(f), _y)
    if any(_is_singular(rest) for rest in product.rest):
        return None
    if any(k.is_negative and c.is_negative for k, c in product.exponent):
        return PowerSeries((), sp.oo)  # exp(-c/y^k): smaller than any power
    power, lead = product.power, product.constant
    u = sp.Dummy("u", positive=True)
    factors: list[tuple[Any, Any]] = []  # (k, f(u)), each with u = y^k
    for k, c in product.exponent:
        if not k.is_positive:
            return None
        factors.append((k, sp.exp(c * u)))
    for beta, q, s in product.binomials:
        if q.is_negative and beta.is_positive:  # 1 + beta y^q = beta y^q (1 + y^(-q)/beta)
            power, lead, beta, q = power + q * s, lead * beta**s, 1 / beta, -q
        if not q.is_positive:
            return None
        factors.append((q, (1 + beta * u) ** s))
    steps = {k for k, _ in factors}
    if not steps and not product.rest:
        return PowerSeries(((power, lead),), sp.oo)
    unit = sp.S.One if product.rest or not steps else min(steps, key=_size)
    if not all((step / unit).is_Integer for step in steps):
        return None
    length = int(sp.floor(reach / unit)) + 1 if unit.is_number else SYMBOLIC_TERMS
    total = sp.Mul(
        *(f.subs(u, u ** (k / unit)) for k, f in factors), *(rest.subs(_y, u) for rest in product.rest)
    )
    coefficients = _taylor(total, u, length)
    if coefficients is None:
        return None
    terms = ((sp.expand(power + n * unit), c) for n, c in enumerate(coefficients) if c != 0)
    kept = tuple((p, neat(lead * c)) for p, c in terms)
    return PowerSeries(kept, sp.expand(power + length * unit))


def _is_singular(rest: Any) -> bool:
    """Whether a logarithm, a root or a pole of y stands in a factor: it has no Taylor series."""
    return any(node.has(_y) for node in rest.atoms(sp.log)) or any(
        node.base.has(_y) and not (node.exp.is_Integer and node.exp.is_nonnegative) and _vanishes(node.base)
        for node in rest.atoms(sp.Pow)
    )


def _vanishes(base: Any) -> bool:
    at_zero = base.subs(_y, 0)
    return not (at_zero.is_positive or at_zero.is_negative or at_zero.is_nonzero)


def _taylor(f: Any, u: Any, length: int) -> list[Any] | None:
    """Taylor coefficients at 0 by differentiation: SymPy's series is slow with symbolic exponents."""
    coefficients, derivative = [], f
    for n in range(length):
        at_zero = derivative.subs(u, 0)
        if at_zero.has(sp.nan, sp.zoo, sp.oo, sp.Derivative, sp.Subs):
            return None
        coefficients.append(at_zero / sp.factorial(n))
        derivative = derivative.diff(u)
    return coefficients


def neat(c: Any) -> Any:
    """Short coefficients are simplified; long ones would take SymPy many seconds."""
    return sp.simplify(c) if sp.count_ops(c) < 60 else sp.factor_terms(c)


def _size(step: Any) -> Any:
    return (0, float(step)) if step.is_number else (1, 0.0)
