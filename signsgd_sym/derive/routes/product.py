r"""An integrand on y > 0 read as C y^p exp(sum_k c_k y^k) prod_j (1 + beta_j y^(q_j))^(s_j) and a rest.

Most densities, times exp(-y^2/(4 R)), are of this form with an empty rest; the routes differ in which of its
factors they can integrate. Reading is by structure alone; it never guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Product:
    """C y^p exp(sum_k c_k y^k) prod_j (1 + beta_j y^(q_j))^(s_j) prod rest.

    `exponent` holds pairs (k, c_k), `binomials` triples (beta_j, q_j, s_j).
    """

    constant: Any
    power: Any
    exponent: tuple[tuple[Any, Any], ...]
    binomials: tuple[tuple[Any, Any, Any], ...]
    rest: tuple[Any, ...]

    def coefficient(self, k: Any) -> Any:
        """c_k, 0 where the exponent has no such power."""
        return next((c for power, c in self.exponent if sp.simplify(power - k) == 0), sp.S.Zero)


def read_product(integrand: Any, y: Any) -> Product:
    """`integrand` as a `Product` in the positive symbol y.

    >>> y, b = sp.symbols("y b", positive=True)
    >>> read_product(3 * y**(b - 1) * sp.exp(-y**2 - b) / (2 + y)**2, y)
    Product(constant=3*exp(-b)/4, power=b - 1, exponent=((2, -1),), binomials=((1/2, 1, -2),), rest=())
    """
    constant, power = sp.S.One, sp.S.Zero
    exponent: dict[Any, Any] = {}
    binomials: list[tuple[Any, Any, Any]] = []
    rest: list[Any] = []
    for factor in sp.Mul.make_args(sp.expand_power_base(sp.powdenest(integrand))):
        if not factor.has(y):
            constant *= factor
            continue
        if isinstance(factor, sp.exp):
            terms = _monomials(factor.args[0], y)
            if terms is None:
                rest.append(factor)
                continue
            for k, c in terms.items():
                if k == 0:
                    constant *= sp.exp(c)
                else:
                    exponent[k] = exponent.get(k, sp.S.Zero) + c
            continue
        base, s = factor.as_base_exp()
        if s.has(y):
            rest.append(factor)
            continue
        terms = _monomials(base, y)
        if terms is None:
            rest.append(factor)
            continue
        found = _binomial(terms)
        if found is None:
            rest.append(factor)
            continue
        lead, low, beta, q = found
        constant *= lead**s
        power += low * s
        if beta != 0:
            binomials.append((beta, q, s))
    return Product(
        sp.powsimp(constant),
        sp.expand(power),
        tuple((k, sp.factor_terms(sp.cancel(c))) for k, c in exponent.items() if c != 0),
        tuple(binomials),
        tuple(rest),
    )


def _monomials(expr: Any, y: Any) -> dict[Any, Any] | None:
    """`expr` as {k: c} with expr = sum c y^k; None when it is not such a sum."""
    found: dict[Any, Any] = {}
    for term in sp.Add.make_args(sp.expand(sp.expand_power_base(sp.expand(expr)))):
        c, k = sp.expand_power_base(term).as_coeff_exponent(y)
        if c.has(y) or k.has(y):
            return None
        found[k] = found.get(k, sp.S.Zero) + c
    return {k: sp.factor_terms(c) for k, c in found.items() if c != 0}


def _binomial(terms: dict[Any, Any]) -> tuple[Any, Any, Any, Any] | None:
    """(lead, low, beta, q) with sum = lead y^low (1 + beta y^q); None unless lead > 0, two terms at most."""
    if len(terms) == 1:
        ((k, c),) = terms.items()
        return (c, k, sp.S.Zero, sp.S.One) if c.is_positive else None
    if len(terms) != 2:
        return None
    (low, lead), (high, other) = sorted(terms.items(), key=lambda item: not item[0].is_zero)
    if not lead.is_positive:
        (low, lead), (high, other) = (high, other), (low, lead)
    if not lead.is_positive:
        return None
    return lead, low, sp.cancel(other / lead), high - low
