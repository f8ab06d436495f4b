r"""int_0^oo C x^p h_1(u_1) h_2(u_2) dx, u_i = beta_i x^(q_i), by Parseval's formula for Mellin transforms.

Each h is one of

    h(u)                   H(z) = int_0^oo u^(z - 1) h(u) du
    exp(-u)                G(z)
    (1 + u)^(-a)           G(z) G(a - z)/G(a)
    (1 - u)^(a - 1), u < 1 G(z) G(a)/G(a + z)

With h_1(u) = (1/(2 pi i)) int H_1(z) u^(-z) dz and s = (p + 1 - q_1 z)/q_2,

    int_0^oo x^p h_1 h_2 dx = beta_2^(-(p+1)/q_2)/|q_2|
        (1/(2 pi i)) int H_1(z) H_2(s) (beta_1 beta_2^(-q_1/q_2))^(-z) dz,

a Mellin-Barnes integral (`barnes`) whenever q_1/q_2 is rational. Titchmarsh, Theory of Fourier Integrals,
2.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.barnes import Barnes, GammaFactor, barnes, value
from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.routes.product import Product, read_product

ROUTE = "Mellin-Barnes integral"
_y = sp.Dummy("y", positive=True)


@dataclass(frozen=True)
class Factor:
    """h(beta x^q): `above` and `below` are the gamma functions (shift, slope) of H(z), up to `constant`."""

    beta: Any
    q: Any
    constant: Any
    above: tuple[GammaFactor, ...]
    below: tuple[GammaFactor, ...] = ()


def exponential(beta: Any, q: Any) -> Factor:
    """exp(-beta x^q)."""
    return Factor(beta, q, sp.S.One, (GammaFactor(sp.S.Zero, sp.S.One),))


def binomial(beta: Any, q: Any, a: Any) -> Factor:
    """(1 + beta x^q)^(-a)."""
    above = (GammaFactor(sp.S.Zero, sp.S.One), GammaFactor(a, sp.S.NegativeOne))
    return Factor(beta, q, 1 / sp.gamma(a), above)


def cut_binomial(beta: Any, q: Any, a: Any) -> Factor:
    """(1 - beta x^q)^(a - 1) where beta x^q < 1, 0 beyond."""
    above, below = (GammaFactor(sp.S.Zero, sp.S.One),), (GammaFactor(a, sp.S.One),)
    return Factor(beta, q, sp.gamma(a), above, below)


def integrate(integral: Any) -> Found | None:
    """The value of an Integral over (0, hi), or None where the rule does not apply.

    >>> from signsgd_sym.notation import x
    >>> nu = sp.Symbol("nu", positive=True)
    >>> integrate(sp.Integral(sp.exp(-x) / (1 + x)**nu, (x, 0, sp.oo))).value
    TricomiU(nu, nu, 1)
    """
    variable, lo, hi = integral.limits[0]
    if lo != 0:
        return None
    product = read_product(integral.function.subs(variable, _y), _y)
    factors = factors_of(product, hi)
    if factors is None or len(factors) not in (1, 2):
        return None
    if len(factors) == 1:
        found = transform(product.constant, product.power, factors[0])
        return Found("Mellin transform", ((found, "Mellin transform"),))
    found = parseval(product.constant, product.power, *_ordered(*factors))
    return None if found is None else Found(ROUTE, ((found, ROUTE),))


def factors_of(product: Product, hi: Any) -> list[Factor] | None:
    """The h's of the product on (0, hi); None if a factor is none of the three."""
    if product.rest:
        return None
    factors = []
    for k, c in product.exponent:
        if not (-c).is_positive or not k.is_real:
            return None
        factors.append(exponential(-c, k))
    cut = hi is sp.oo
    for beta, q, s in product.binomials:
        if beta.is_positive:
            factors.append(binomial(beta, q, -s))
        elif beta.is_negative and q.is_positive and not cut and sp.simplify(hi**q * -beta) == 1:
            factors.append(cut_binomial(-beta, q, s + 1))
            cut = True
        else:
            return None
    return factors if cut else None


def _ordered(one: Factor, other: Factor) -> tuple[Factor, Factor]:
    """The Gaussian, or else the steeper one, first: the answer is then in powers of its coefficient."""
    return (one, other) if sp.simplify(one.q - 2) == 0 else (other, one)


def transform(constant: Any, power: Any, factor: Factor) -> Any:
    """int_0^oo constant x^power h(beta x^q) dx = constant beta^(-s) H(s)/|q|, s = (power + 1)/q."""
    s = (power + 1) / factor.q
    value = constant * factor.constant * factor.beta**-s / sp.Abs(factor.q)
    for gamma in factor.above:
        value *= sp.gamma(sp.expand(gamma.shift + gamma.slope * s))
    for gamma in factor.below:
        value /= sp.gamma(sp.expand(gamma.shift + gamma.slope * s))
    return value


def parseval(constant: Any, power: Any, first: Factor, second: Factor) -> Any | None:
    """int_0^oo constant x^power h_1 h_2 dx; None when q_1/q_2 is not rational."""
    integral = as_barnes(constant, power, first, second)
    return None if integral is None else value(integral)


def as_barnes(constant: Any, power: Any, first: Factor, second: Factor) -> Barnes | None:
    """The Mellin-Barnes integral of the product."""
    ratio = sp.simplify(first.q / second.q)
    if not ratio.is_Rational:
        return None
    start = (power + 1) / second.q
    above, below = list(first.above), list(first.below)
    for source, target in ((second.above, above), (second.below, below)):
        target += [GammaFactor(f.shift + f.slope * start, -f.slope * ratio) for f in source]
    lead = constant * first.constant * second.constant * second.beta**-start / sp.Abs(second.q)
    return barnes(lead, first.beta * second.beta**-ratio, above, below)
