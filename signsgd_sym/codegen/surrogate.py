r"""phi(R) where no closed form can be evaluated: piecewise Chebyshev in log R.

log(phi(R) exp(c^2/(4 R))) is smooth in u = log R and has linear asymptotes: slope 0 for R -> oo, where
phi -> 2/pi, and a constant slope for R -> 0 (1/2 for a density continuous and positive at 0). Equal
pieces in u carry one Chebyshev series each; outside them the asymptote is continued. Interpolating the
logarithm makes the error a relative one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev

from signsgd_sym.codegen.quadrature import Array, Measure, scaled_mean
from signsgd_sym.errors import NotConverged

LOG_LO, LOG_HI = float(np.log(1e-20)), float(np.log(1e20))
PIECES = 46
DEGREE = 19


@dataclass(frozen=True)
class Surrogate:
    """Coefficients of log(phi exp(c^2/(4 R))): one row a piece of [lo, hi] in log R, lowest degree first.

    `error` is the largest relative error seen against quadrature between the nodes.
    """

    lo: float
    hi: float
    coefficients: Array
    distance: float
    slope_lo: float
    error: float

    def log_scaled(self, u: Array) -> Array:
        """log(phi(R) exp(c^2/(4 R))) at u = log R."""
        inside = np.clip(u, self.lo, self.hi)
        position = (inside - self.lo) / (self.hi - self.lo) * len(self.coefficients)
        piece = np.minimum(position.astype(int), len(self.coefficients) - 1)
        local = 2 * (position - piece) - 1
        series = self.coefficients[piece].T
        value = chebyshev.chebval(local, series, tensor=False)
        return np.asarray(value + self.slope_lo * np.minimum(u - self.lo, 0))

    def __call__(self, R: Array) -> Array:
        """phi(R) for R > 0."""
        R = np.asarray(R, dtype=float)
        return np.asarray(np.exp(self.log_scaled(np.log(R)) - self.distance**2 / (4 * R)))


def _log_phi(measure: Measure, u: Array) -> Array:
    mean, _ = scaled_mean(measure, np.exp(u))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(2 / np.pi) + np.log(mean))


def build_surrogate(measure: Measure, slope_lo: float | None = None) -> Surrogate:
    """Fit the surrogate to quadrature of `measure`, and measure it between the nodes.

    `slope_lo` is the slope for R -> 0 where it is known; otherwise it is taken from the first series, and the
    continuation below 1e-20 loses digits.
    """
    edges = np.linspace(LOG_LO, LOG_HI, PIECES + 1)
    nodes = chebyshev.chebpts1(DEGREE + 1)
    u = edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * (nodes + 1) / 2
    values = _log_phi(measure, u.ravel()).reshape(u.shape)
    if not np.all(np.isfinite(values)):
        raise NotConverged(
            "phi leaves the range of float64 within R in [1e-20, 1e20]; no surrogate can be fitted."
        )
    transform = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))
    coefficients = values @ transform.T
    if slope_lo is None:  # the derivative of the first series at -1, per unit of u
        half_width = (edges[1] - edges[0]) / 2
        slope_lo = float(chebyshev.chebval(-1.0, chebyshev.chebder(coefficients[0])) / half_width)
    draft = Surrogate(LOG_LO, LOG_HI, coefficients, measure.distance, slope_lo, 0.0)
    probe = np.random.default_rng(0).uniform(LOG_LO, LOG_HI, 400)
    error = float(np.max(np.abs(np.expm1(draft.log_scaled(probe) - _log_phi(measure, probe)))))
    return replace(draft, error=error)
