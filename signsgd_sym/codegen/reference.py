r"""Certified values of phi and of the drift rate, against which float64 code is measured in ulp.

A value is kept as hi + lo: hi is the nearest float64, so that errors below one ulp are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import NDArray

from signsgd_sym.balls import enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.evaluate import Program, program
from signsgd_sym.errors import NotConverged
from signsgd_sym.notation import R

Array = NDArray[np.float64]

DIGITS = 22
"""Digits of a reference value: six more than float64 has."""
BITS = 120
MAX_BITS = 20_000
"""Closed forms may cancel all but one part in R^3 at R = 1e300."""
TINY = 1e-290
"""Below this, errors are absolute: the relative error of a number close to underflow means nothing."""


@dataclass(frozen=True, eq=False)
class Reference:
    """f(R) = hi + lo at `risks`, each enclosed to 22 digits."""

    risks: Array
    hi: Array
    lo: Array

    def ulp(self, values: Array) -> Array:
        """Errors of `values` in units in the last place of the exact value; infinite for NaN.

        Where the value is below 1e-290 the unit is the ulp of 1e-290.
        """
        unit = np.spacing(np.maximum(np.abs(self.hi), TINY))
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs((values - self.hi) - self.lo) / unit
        return np.where(np.isfinite(values), error, np.inf)


def of_expression(expr: Any, factor: Any, risks: Array) -> tuple[Reference, Reference]:
    """phi and the rate, `factor` times phi, from an exact expression of phi in R.

    Raises `NotConverged` where the kernel has no value.
    """
    compiled = program(expr, {R: sp.S.One})
    found = [_enclosed(compiled, float(r)) for r in risks]
    times = program(factor, {R: sp.S.One})
    with precision(BITS):
        rates = [value * times({R: arb(float(r))}).real for value, r in zip(found, risks, strict=True)]
        return _reference(risks, found), _reference(risks, rates)


def _enclosed(compiled: Program, risk: float) -> arb:
    # The rate is phi over a power of R below 1.
    tiny = arb(2) ** -1100 * min(risk, 1.0)
    ball = enclose(compiled, {R: arb(risk)}, digits=DIGITS, max_bits=MAX_BITS, absolute=tiny).ball.real
    if not ball.is_finite():
        raise NotConverged(f"phi was not enclosed at R = {risk!r}.")
    return ball


def _reference(risks: Array, balls: list[arb]) -> Reference:
    hi = np.array([float(ball.mid()) for ball in balls])
    lo = np.array([float((ball - float(ball.mid())).mid()) for ball in balls])
    return Reference(risks, hi, lo)
