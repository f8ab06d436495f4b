r"""Chebyshev pieces of phi(R) = (2/pi) E exp(-X^2/(4 R)) with a proved relative error, for any law of X.

On [r0, r1], with t in [-1, 1] linear in R, phi = exp(beta t) F(t) and F is interpolated at n + 1 Chebyshev
points. beta makes F flat, so that absolute errors of F are relative errors of phi. With sigma = 1/(4 R):

* truncation: F is holomorphic for Re R > 0, where Re(1/R) = Re R/|R|^2 gives |phi(R)| <= phi(|R|^2/Re R).
  On a Bernstein ellipse |F| <= M, the Chebyshev coefficients are at most 2 M rho^-k, and interpolation errs
  by at most twice the sum of those left out: 4 M rho^-n/(rho - 1) (Trefethen, Approximation Theory and
  Approximation Practice, Theorem 8.2);
* M: log phi is convex in sigma (Hoelder), decreasing, and log(2/pi) at sigma = 0. So chords between known
  values bound it from above, and the last value does beyond the last sigma;
* errors of the values: times the Lebesgue constant, at most 1 + (2/pi) log(n + 1);
* coefficients: computed in ball arithmetic and rounded once; Clenshaw's recurrence: `clenshaw_error`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.halves import BITS
from signsgd_sym.codegen.quadrature import Quadrature, U

Array = NDArray[np.float64]

DEGREE = 22
FLAT = 0.6
LEBESGUE = 1 + 2 / math.pi * math.log(DEGREE + 1)
ARCS = 96
SLACK = 1 + 1e-9


@dataclass(frozen=True, eq=False)
class Bound:
    """An upper bound of log phi: chords in sigma = 1/(4 R) between proved values."""

    sigma: Array
    value: Array

    @staticmethod
    def of(risks: Array, log_phi: Array, error: Array) -> Bound:
        """From log phi at increasing R, each known to a relative error."""
        sigma = np.concatenate([[0.0], 1 / (4 * risks[::-1])])
        above = np.log1p(error) + 1e-11 * (1 + np.abs(log_phi))
        return Bound(sigma, np.concatenate([[math.log(2 / math.pi) + 1e-11], (log_phi + above)[::-1]]))

    def __call__(self, risks: Array) -> Array:
        """log phi(R) is at most this."""
        return np.asarray(np.interp(1 / (4 * risks), self.sigma, self.value))


@dataclass(frozen=True, eq=False)
class Chebyshev:
    """phi on [lo, hi], both dyadic: exp(beta t) sum_k c_k T_k(t), t = (R - (lo + hi)/2)/((hi - lo)/2).

    `error` is the proved relative error of this in float64.
    """

    lo: float
    hi: float
    beta: float
    coefficients: tuple[float, ...]
    error: float


@cache
def _points() -> tuple[tuple[arb, ...], arb_mat]:
    """Chebyshev points of the first kind, and the matrix from values there to coefficients."""
    n = DEGREE + 1
    with precision(BITS):
        angles = [arb.pi() * (2 * j + 1) / (2 * n) for j in range(n)]
        rows = [[(k * a).cos() * (2 if k else 1) / n for a in angles] for k in range(n)]
        return tuple(a.cos() for a in angles), arb_mat(rows)


def slope(bound: Bound, lo: float, hi: float) -> float:
    """beta: half the change of log phi over the piece, 0 where that is small; any number would do.

    Without the exponential there are two roundings less.
    """
    at_lo, at_hi = bound(np.array([lo, hi]))
    half = float(max(at_hi - at_lo, 0.0) / 2)
    return half if half > FLAT else 0.0


def truncation(bound: Bound, lo: float, hi: float, beta: float) -> float:
    """log of a proved bound of |F - its interpolant| on [-1, 1], from the best of several ellipses."""
    centre, h = (lo + hi) / 2, (hi - lo) / (hi + lo)
    widest = 1 / h
    most = min(widest + math.sqrt(widest**2 - 1), 60.0)
    rho = (1 + (most - 1) * np.linspace(0.1, 0.97, 22))[:, None]
    a, b = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
    cosine = np.cos(np.linspace(0, np.pi, ARCS + 1))[None, :]
    high, low = cosine[:, :-1], cosine[:, 1:]  # an arc has low <= cos <= high, and ARCS is even: 0 is an end
    sine2 = 1 - np.minimum(high**2, low**2)
    # R/centre = 1 + h a cos + i h b sin: |R|^2/Re R = Re R + (Im R)^2/Re R.
    least = 1 + h * a * low
    good = np.all(least > 1e-3, axis=1)
    reach = (1 + h * a * high) + (h * b) ** 2 * sine2 / np.maximum(least, 1e-3)
    size = bound(centre * reach * SLACK) - beta * a * low
    log_m = size.max(axis=1) + 1e-9 * (1 + np.abs(size).max(axis=1))
    log_error = math.log(4) + log_m - DEGREE * np.log(rho[:, 0]) - np.log(rho[:, 0] - 1)
    return float(np.min(np.where(good, log_error, np.inf)))


def clenshaw_error(coefficients: Array) -> float:
    """A bound of the rounding error of Clenshaw's recurrence for |t| <= 1.

    b_k = (2 t b_(k+1) - b_(k+2)) + c_k, each operation rounded; an error made in step k reaches the result
    times U_k(t), and |U_k| <= k + 1; |b_k| <= sum_{j >= k} (j - k + 1) |c_j|.
    """
    size = np.abs(coefficients)[::-1]
    b = np.concatenate([np.cumsum(np.cumsum(size))[::-1], [0.0, 0.0]])
    k = np.arange(len(size))
    made = 2 * b[k + 1] + (2 * b[k + 1] + b[k + 2]) + b[k]
    return float(U * 1.01 * np.sum((k + 1) * made))


def fit(quadrature: Quadrature, bound: Bound, lo: float, hi: float) -> Chebyshev:
    """Interpolate phi on [lo, hi]; the error is infinite where F is not flat enough to be bounded below."""
    points, transform = _points()
    beta = slope(bound, lo, hi)
    cut = truncation(bound, lo, hi, beta)
    with precision(BITS):
        centre, half = arb((lo + hi) / 2), arb((hi - lo) / 2)
        pairs = quadrature.balls([centre + half * t for t in points])
        values = [v * (-beta * t).exp() for (v, _), t in zip(pairs, points, strict=True)]
        exact = transform * arb_mat([[v] for v in values])
        found = np.array([float(c.mid()) for c in exact.entries()])
        # The relative error is one of the true value, at most v (1 + 2 e) if e < 1/2.
        worst = max(e for _, e in pairs)
        wrong = max(float(v.upper()) * e for v, (_, e) in zip(values, pairs, strict=True)) * (1 + 2 * worst)
        wrong = wrong if worst < 0.5 else math.inf
        wrong += sum(float(c.rad()) for c in exact.entries())
    absolute = LEBESGUE * wrong + (math.exp(cut) * SLACK if cut < 700 else math.inf)
    absolute += U * float(np.abs(found).sum()) + clenshaw_error(found) + 1e-319  # and all that underflowed
    # exp(beta t): t is exact, beta t is rounded once, exp within 2 ulp; the product and 2/pi are rounded.
    outer = (beta + 6) * U * 1.01
    least = float(found[0]) - float(np.abs(found[1:]).sum()) - absolute
    error = absolute * SLACK / least + outer * (1 + absolute / least) if least > 0 else math.inf
    return Chebyshev(lo, hi, beta, tuple(map(float, found)), error * SLACK)
