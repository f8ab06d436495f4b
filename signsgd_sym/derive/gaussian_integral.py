r"""Polynomial times exp(quadratic) on an interval, by completing the square.

With A > 0, mu = B/(2 A) and u = v - mu,

    int_lo^hi p(v) exp(-A v^2 + B v + C) dv = e^(C + B^2/(4 A)) int p(mu + u) exp(-A u^2) du,

and the powers follow from I_0 (an error function) and
I_k = [-u^(k-1) exp(-A u^2)/(2 A)] + (k - 1)/(2 A) I_(k-2).
One infinite end gives erfc, not 1 - erf: that form keeps its digits in the tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class GaussianPolynomial:
    """The integrand p(v) exp(-A v^2 + B v + C); `coefficients` of p, lowest degree first."""

    coefficients: tuple[Any, ...]
    A: Any
    B: Any
    C: Any


def _recognise_term(term: Any, variable: Any) -> tuple[Any, Any] | None:
    """Split one product into (polynomial factor, exponent), or None when it is not of the form."""
    polynomial, exponent = sp.S.One, sp.S.Zero
    for factor in sp.Mul.make_args(term):
        if isinstance(factor, sp.exp):
            exponent += factor.args[0]
        elif factor.is_polynomial(variable):
            polynomial *= factor
        else:
            return None
    return polynomial, exponent


def recognise(integrand: Any, variable: Any) -> GaussianPolynomial | None:
    """The integrand as a polynomial times exp(quadratic), or None.

    >>> v = sp.Symbol("v", real=True)
    >>> recognise(v * sp.exp(-v**2 + v), v)
    GaussianPolynomial(coefficients=(0, 1), A=1, B=1, C=0)
    """
    split = _recognise_term(sp.powsimp(integrand, combine="exp"), variable)
    if split is None:
        return None
    polynomial, exponent = split
    exponent = sp.expand(exponent)
    if not exponent.is_polynomial(variable) or sp.degree(exponent, variable) > 2:
        return None
    C, B, A = (exponent.coeff(variable, k) for k in range(3))
    coefficients = sp.Poly(polynomial, variable).all_coeffs()[::-1]
    return GaussianPolynomial(tuple(coefficients), sp.together(-A), sp.together(B), C)


def _boundary(value: Any, u: Any) -> Any:
    """A boundary term, zero at an infinite end because of the Gaussian factor."""
    return sp.S.Zero if u.is_infinite else value


def _error_function(root_A: Any, lo: Any, hi: Any) -> Any:
    """2 sqrt(A/pi) int_lo^hi exp(-A u^2) du as erf or erfc."""
    if lo.is_infinite and hi.is_infinite:
        return sp.Integer(2)
    if hi.is_infinite:
        return sp.erfc(sp.simplify(root_A * lo))
    if lo.is_infinite:
        return sp.erfc(sp.simplify(-root_A * hi))
    return sp.erf(sp.simplify(root_A * hi)) - sp.erf(sp.simplify(root_A * lo))


def integrate(integrand: Any, variable: Any, lo: Any, hi: Any) -> Any:
    """int_lo^hi integrand dvariable, or None when the rule does not apply.

    Sums are integrated term by term. A > 0 is required where an end is infinite (None when SymPy
    cannot see it from the assumptions on the symbols), and A != 0 otherwise.

    >>> from signsgd_sym.notation import R, x
    >>> integrate(sp.exp(-x**2 / (4 * R)), x, sp.S.Zero, sp.oo)
    sqrt(pi)*sqrt(R)
    """
    lo, hi = sp.sympify(lo, strict=True), sp.sympify(hi, strict=True)
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(integrand, power_exp=False, power_base=False)):
        form = recognise(term, variable)
        if form is None or not form.A.is_positive:
            return None
        total += _integrate_term(form, lo, hi)
    return total


def _integrate_term(form: GaussianPolynomial, lo: Any, hi: Any) -> Any:
    A, mu = form.A, sp.simplify(form.B / (2 * form.A))
    root_A = sp.sqrt(A)
    a, b = lo - mu, hi - mu
    shifted = sp.Dummy("u", real=True)
    polynomial = sp.Poly(sum(c * (mu + shifted) ** k for k, c in enumerate(form.coefficients)), shifted)
    scale = sp.exp(sp.simplify(form.C + form.B**2 / (4 * A)))

    def moment(k: int) -> Any:
        if k == 0:
            return sp.sqrt(sp.pi) / (2 * root_A) * _error_function(root_A, a, b)
        edge = [_boundary(u ** (k - 1) * sp.exp(-A * u**2) / (2 * A), u) for u in (a, b)]
        return edge[0] - edge[1] + ((k - 1) / (2 * A) * moment(k - 2) if k > 1 else 0)

    terms = (c * moment(k) for k, c in enumerate(polynomial.all_coeffs()[::-1]) if c != 0)
    return sum((sp.Mul(scale, term) for term in terms), sp.S.Zero)
