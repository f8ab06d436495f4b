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
from signsgd_sym.balls.ball import PointRejected, Undecided, precision
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
    """f(R) = hi + lo at `risks`, each enclosed to 22 digits; where |f| < `floor`, only
    absolute errors above 1e-8 floor count."""

    risks: Array
    hi: Array
    lo: Array
    floor: Array

    @property
    def size(self) -> Array:
        """What errors are relative to."""
        return np.maximum(np.abs(self.hi), self.floor)

    def ulp(self, values: Array) -> Array:
        """Errors of `values` in units in the last place of the exact value; infinite for NaN."""
        return self._in_units(values, np.spacing(self.size))

    def relative(self, values: Array) -> Array:
        """Relative errors of `values`; infinite for NaN."""
        return self._in_units(values, self.size)

    def where(self, mask: Any) -> Reference:
        """The part at the points where `mask` is true."""
        return Reference(self.risks[mask], self.hi[mask], self.lo[mask], self.floor[mask])

    def _in_units(self, values: Array, unit: Array) -> Array:
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs((values - self.hi) - self.lo)
            # Where f is below the floor, less than a 1e8th of the floor does not count.
            error = np.where(np.abs(self.hi) < self.floor, np.maximum(error - 1e-8 * self.floor, 0), error)
            error = error / unit
        return np.where(np.isfinite(values), error, np.inf)


def of_expression(expr: Any, factor: Any, risks: Array, *, skip: bool = False) -> tuple[Reference, Reference]:
    """phi and the rate, `factor` times phi, from an exact expression of phi in R.

    Raises `NotConverged` where the kernel has no value; with `skip` such points are left out.
    """
    compiled = program(expr, {R: sp.S.One})
    found, kept = [], []
    for r in risks:
        try:
            found.append(_enclosed(compiled, float(r)))
            kept.append(float(r))
        except (NotConverged, Undecided, PointRejected) as problem:
            if not skip:
                raise NotConverged(f"phi was not enclosed at R = {r!r}: {problem}") from None
    risks = np.array(kept)
    times = program(factor, {R: sp.S.One})
    with precision(BITS):
        factors = [times({R: arb(r)}).real for r in kept]
        rates = [value * f for value, f in zip(found, factors, strict=True)]
        floor = np.full(len(kept), TINY)
        scaled = floor * np.array([float(f.mid()) for f in factors])
        return _reference(risks, found, floor), _reference(risks, rates, scaled)


def _enclosed(compiled: Program, risk: float) -> arb:
    # The rate is phi over a power of R below 1.
    tiny = arb(2) ** -1100 * min(risk, 1.0)
    ball = enclose(compiled, {R: arb(risk)}, digits=DIGITS, max_bits=MAX_BITS, absolute=tiny).ball.real
    if not ball.is_finite():
        raise NotConverged("the enclosure is not finite.")
    return ball


def _reference(risks: Array, balls: list[arb], floor: Array) -> Reference:
    hi = np.array([float(ball.mid()) for ball in balls])
    lo = np.array([float((ball - float(ball.mid())).mid()) for ball in balls])
    return Reference(risks, hi, lo, floor)
