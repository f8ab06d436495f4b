r"""The vector form of a mode ODE: scalar work hoisted, sums kept as sums, modes as arrays.

From dr_i/dt = expr(r_i, lambda_i, n_i, R, eta) with R = sum_j r_j comes

    scalars   R = sum(r), k_0 = ..., k_1 = ...        once a call
    vectors   sum of k_m * (product of r, lam, n)     once a mode

so the size of the generated code does not depend on d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.errors import RuleError
from signsgd_sym.notation import A, P, R, c_1, i, lam, n, phi, r, s_R

DRIFT_RATE = sp.Function("drift_rate", real=True)(R)
"""a(R) as a function of the generated module."""
NOISE_SCALE = sp.Function("noise_scale", real=True)(R)
"""s(R) as a function of the generated module."""
VECTORS = {r[i]: "r", lam[i]: "lam", n[i]: "forcing"}
"""Arguments of `risk_rhs` that are arrays, by their symbol."""


@dataclass(frozen=True)
class VectorForm:
    """`scalars`: (name, expression) in R and eta; `terms`: (scalar, ((array, power), ...)) to be summed."""

    scalars: tuple[tuple[Any, Any], ...]
    terms: tuple[tuple[Any, tuple[tuple[str, Any], ...]], ...]


def vector_form(rhs: Any, rate: Any, scale: Any) -> VectorForm:
    """Split the right-hand side of a mode ODE into hoisted scalars and array products.

    `rate` is a(R), linear in phi, c_1 or A(R), `scale` is s(R): they become calls of `drift_rate(R)` and
    `noise_scale(R)`. Raises `RuleError` for a term without r, lambda or n.

    >>> from signsgd_sym.notation import eta, r_i
    >>> form = vector_form(-2 * eta * r_i * lam[i] + eta**2 * n[i], sp.S.One, sp.S.One)
    >>> form.terms
    ((k_0, (('forcing', 1),)), (k_1, (('lam', 1), ('r', 1))))
    """
    hoisted = rhs
    for name in (phi, c_1, A):
        if rate.has(name):
            hoisted = hoisted.subs(name, DRIFT_RATE * name / rate)
    for name in (P, s_R):
        if scale.has(name):
            hoisted = hoisted.subs(name, NOISE_SCALE * name / scale)
    scalars: list[tuple[Any, Any]] = []
    terms: list[tuple[Any, tuple[tuple[str, Any], ...]]] = []
    for term in sp.Add.make_args(sp.expand(hoisted)):
        constant, product = sp.powsimp(term).as_independent(*VECTORS)
        if product == 1:
            raise RuleError(f"the term {term} of the mode ODE has no factor r, lambda or n.")
        name = sp.Symbol(f"k_{len(scalars)}")
        scalars.append((name, sp.simplify(constant)))
        powers = sorted((VECTORS[base], power) for base, power in product.as_powers_dict().items())
        terms.append((name, tuple(powers)))
    return VectorForm(tuple(scalars), tuple(terms))
