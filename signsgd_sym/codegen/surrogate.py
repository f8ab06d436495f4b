r"""phi(R) where no closed form can be evaluated: Chebyshev pieces on [lo, hi] with a proved relative error.

The pieces are binades of R, bisected where phi varies too fast. Where phi falls below 1e-300 the pieces
end, at `floor`; there, and outside [lo, hi], phi is continued, and nothing but this is claimed:

* the continuation is finite, monotone, between 0 and 2/pi, meets the last piece, and tends to the limits of
  phi: (2/pi) P(eps = 0) for R -> 0 and 2/pi for R -> oo;
* below `floor`, where phi < 1e-299, it is within 1e-299 of phi.

Both follow the power of R seen at the end; for a density finite at 0, the power 1/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.codegen.chebyshev import Bound, Chebyshev, fit, slope, truncation
from signsgd_sym.codegen.exact_error import product_error
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.quadrature import HI, LO, Quadrature
from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]

LOG_FLOOR = math.log(1e-300)
LOG_TRUNCATION = math.log(4e-15)
GOAL = 5e-14
TWO_OVER_PI = 2 / math.pi


@dataclass(frozen=True, eq=False)
class Surrogate:
    """phi as a table: piece k is [breaks[k], breaks[k + 1]), with t = (R - centres[k]) scales[k] exact and
    phi = exp(betas[k] t) sum_j coefficients[k, j] T_j(t).

    `error` is a proved bound of the relative error on `range` (all rounding in float64 included, with
    exp within 2 ulp); below `range[0]` if phi < 1e-299 there, the absolute error is below 1e-299.
    """

    breaks: Array
    betas: Array
    coefficients: Array
    at_zero: float
    power_lo: float
    power_hi: float
    error: float

    @property
    def range(self) -> tuple[float, float]:
        """The R on which the relative error is proved."""
        return float(self.breaks[0]), float(self.breaks[-1])

    @property
    def is_flat(self) -> bool:
        """Whether no piece has an exponential factor."""
        return not np.any(self.betas)

    @property
    def is_steep(self) -> bool:
        """Whether the rounding error of the exponents betas[k] t needs to be made up for."""
        return bool(np.max(np.abs(self.betas)) > 1)

    @property
    def centres(self) -> Array:
        """Middles of the pieces."""
        return (self.breaks[:-1] + self.breaks[1:]) / 2

    @property
    def scales(self) -> Array:
        """2/width: powers of two."""
        return 2 / (self.breaks[1:] - self.breaks[:-1])

    def __call__(self, R: Any) -> Array:
        """phi(R) for R > 0; the generated code does the same."""
        R = np.asarray(R, dtype=float)
        inside = np.clip(R, *self.range)
        piece = np.searchsorted(self.breaks[1:-1], inside, side="right")
        t = (inside - self.centres[piece]) * self.scales[piece]
        table = self.coefficients.T[:, piece]
        after = now = np.zeros_like(t)
        for row in table[:0:-1]:
            now, after = (2 * t * now - after) + row, now
        exponent = self.betas[piece] * t
        value = np.exp(exponent)
        if self.is_steep:  # the rounding of the exponent counts
            value += value * product_error(self.betas[piece], t, exponent)
        value = value * ((t * now - after) + table[0])
        first, last = self.range
        with np.errstate(under="ignore"):
            small = (np.minimum(R, first) / first) ** self.power_lo
            large = (last / np.maximum(R, last)) ** self.power_hi
        below = self.at_zero + (value - self.at_zero) * small
        beyond = TWO_OVER_PI - (TWO_OVER_PI - value) * large
        value = np.where(first > R, below, np.where(last < R, beyond, value))
        return np.asarray(np.clip(value, 0.0, TWO_OVER_PI))


def build_surrogate(
    measure: Measure,
    power_lo: float | None = None,
    lo: float = LO,
    hi: float = HI,
    quadrature: Quadrature | None = None,
) -> Surrogate:
    """Fit phi on [lo, hi], powers of two; `quadrature` may be given if it has been built for this range.

    `power_lo` is the power of R that phi - phi(0) follows for R -> 0 where it is known (1/2 for a density
    finite at 0); otherwise it is taken from the first piece.

    Raises `NotConverged` when the quadrature does, or when phi < 1e-300 on all of [lo, hi].
    """
    quadrature = quadrature or Quadrature.of(measure, lo, hi)
    steps = np.arange(math.log2(lo), math.log2(hi))
    grid = np.append(np.sort(np.concatenate([2.0**steps * (1 + k / 8) for k in range(8)])), hi)
    table = _down_to_floor(quadrature, grid, *quadrature.log_phi(grid))
    bound = Bound.of(*table)
    pending, pieces = _binades(float(table[0][0]), hi), []
    while pending:
        left, right = pending.pop()
        piece = _piece(quadrature, bound, left, right)
        if piece is None:
            middle = (left + right) / 2
            pending += [(middle, right), (left, middle)]
        else:
            pieces.append(piece)
    at_zero = TWO_OVER_PI * float(measure.mass_at_zero)
    phi = np.exp(table[1])
    seen = _power(table[0][:2], phi[:2] - at_zero)
    return Surrogate(
        breaks=np.array([pieces[0].lo, *(piece.hi for piece in pieces)]),
        betas=np.array([piece.beta for piece in pieces]),
        coefficients=np.array([piece.coefficients for piece in pieces]),
        at_zero=at_zero,
        power_lo=seen if power_lo is None else power_lo,
        power_hi=-_power(table[0][-2:], TWO_OVER_PI - phi[-2:]),
        error=max(piece.error for piece in pieces),
    )


def _piece(quadrature: Quadrature, bound: Bound, left: float, right: float) -> Chebyshev | None:
    """The piece on [left, right]; None where it should be bisected."""
    finest = (right - left) / left < 2.0**-12
    cut = truncation(bound, left, right, slope(bound, left, right))
    if cut > LOG_TRUNCATION + bound(np.array([(left + right) / 2]))[0] and not finest:
        return None
    piece = fit(quadrature, bound, left, right)
    return piece if piece.error < GOAL or finest else None


def _down_to_floor(
    quadrature: Quadrature, grid: Array, log_phi: Array, error: Array
) -> tuple[Array, Array, Array]:
    """The table from the first R where phi reaches 1e-300, found by bisection, upwards."""
    good = np.flatnonzero(log_phi >= LOG_FLOOR)
    if len(good) == 0:
        raise NotConverged("phi is below 1e-300 on the whole range of R; use a wider scale.")
    first = int(good[0])
    grid, log_phi, error = grid[first:], log_phi[first:], error[first:]
    if first == 0:
        return grid, log_phi, error
    outside, inside = float(grid[0] - 2.0 ** (math.floor(math.log2(grid[0])) - 4)), float(grid[0])
    outside = min(outside, 2 * outside - inside)
    while inside - outside > inside * 2.0**-11:
        middle = (inside + outside) / 2
        [value], [e] = quadrature.log_phi(np.array([middle]))
        if value >= LOG_FLOOR:
            inside = middle
            grid = np.append(middle, grid)
            log_phi, error = np.append(value, log_phi), np.append(e, error)
        else:
            outside = middle
    if log_phi[0] > LOG_FLOOR + 2.3:  # above 1e-299
        raise NotConverged("phi falls too steeply for a table; use a wider scale.")
    return grid, log_phi, error


def _binades(start: float, hi: float) -> list[tuple[float, float]]:
    """[start, hi] cut into dyadic intervals, at most a binade long, in decreasing order."""
    found = []
    while start < hi:
        numerator, denominator = start.as_integer_ratio()
        width = min((numerator & -numerator) / denominator, 2.0 ** math.floor(math.log2(start)))
        found.append((start, start + width))
        start += width
    return found[::-1]


def _power(risks: Array, values: Array) -> float:
    """The power of R that two positive values follow; +-1/2 where they are lost in rounding."""
    rising = bool(values[1] > values[0])
    if not np.all(values > 1e-12 * TWO_OVER_PI) and not (rising and values[0] > 0):
        return 0.5 if rising else -0.5
    power = float(np.log(values[1] / values[0]) / np.log(risks[1] / risks[0]))
    return math.copysign(max(abs(power), 1e-6), power)
