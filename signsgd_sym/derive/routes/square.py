r"""Polynomial times exp(quadratic), times cosines and sines: completing the square, also in complex numbers.

cos(w x) = Re exp(i w x), so an integrand p(x) exp(-A x^2 + B x) cos(w x) is the real part of one with the
complex linear coefficient B + i w; `gaussian_integral` does not mind (the integrand is entire, and its
contour may be moved).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive import gaussian_integral
from signsgd_sym.derive.routes.found import Found

ROUTE = "complete the square"


def integrate(integral: Any) -> Found | None:
    """The value of an Integral over any interval, or None where the rule does not apply.

    >>> from signsgd_sym.notation import R, x
    >>> integrate(sp.Integral(sp.cos(x) * sp.exp(-x**2 / (4 * R)), (x, -sp.oo, sp.oo))).value
    2*sqrt(pi)*sqrt(R)*exp(-R)
    """
    variable, lo, hi = integral.limits[0]
    function = integral.function
    waves = [wave for wave in function.atoms(sp.cos, sp.sin) if wave.has(variable)]
    if not waves:
        value = gaussian_integral.integrate(function, variable, lo, hi)
        return None if value is None else Found(ROUTE, ((value, ROUTE),))
    total = sp.S.Zero
    for term in sp.Add.make_args(
        sp.expand(sp.expand(function, trig=False), power_exp=False, power_base=False)
    ):
        rotated = _rotated(term, variable)
        if rotated is None:
            return None
        value = gaussian_integral.integrate(rotated, variable, lo, hi)
        if value is None:
            return None
        total += value if rotated is term else sp.re(value)
    return Found(ROUTE, ((total, f"{ROUTE}, cos(w x) = Re exp(i w x)"),))


def _rotated(term: Any, variable: Any) -> Any | None:
    """`term` with its one cosine or sine as exp(i w x), or as exp(i (w x - pi/2)); None with several."""
    waves = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, sp.cos | sp.sin)]
    waves = [wave for wave in waves if wave.has(variable)]
    if not waves:
        return term if not any(wave.has(variable) for wave in term.atoms(sp.cos, sp.sin)) else None
    if len(waves) > 1:
        return None
    (wave,) = waves
    phase = sp.exp(sp.I * sp.expand(wave.args[0]))
    return term / wave * (phase if isinstance(wave, sp.cos) else -sp.I * phase)
