r"""The transforms that Adam's constants are integrals of, in float64 on a logarithmic grid.

v = a sum_j beta2^j (r_j x_j)^2, a = 1 - beta2, with independent residuals r_j and x_j ~ N(0, 1). For two
coordinates of correlation rho that see the same residuals, and p in (0, 1), c^2 = 1 - rho^2,
z = 2 c sqrt(p (1 - p)),

    E exp(-t p v^x - t (1 - p) v^y) = F(t) = prod_j L(a beta2^j t),
    L(s) = E D^(-1/2),  D = 1 + 2 s r^2 + z^2 s^2 r^4,

and z = 0 is a single coordinate. The newest residual to the power that a step needs gives

    M(s) = E[r^2 D^(-3/2)]/L(s)                         (diffusion),
    N(s) = E[3 A^(-5/2) - 2 A^(-3/2)]/L(s),  A = 1 + 2 s r^2   (drift; N = M at z = 0 for a Gaussian r).

log L and M, N are tabulated at a step of `STEP` in log s and interpolated by splines of degree 7. On the grid
t_k = t_0 e^(k delta), where delta divides log(1/beta2), the product and all sums over the past are
recursions. For beta2 = 0 only the newest gradient is left, F(t) = L(t).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline
from scipy.signal import lfilter

from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.solve.residual import Residual

Array = NDArray[np.float64]

STEP = 0.04
"""Step of the tables in log s."""
FINE = 0.02
"""Largest step delta in log t, unless log(1/beta2) is smaller: then it is that."""
LOWEST = math.log(1e-14)
"""log of the smallest t, where eps <= 1; below it, integrands are powers of t."""
NEGLIGIBLE = -70.0
"""log F(t) at the largest t."""
LONGEST = 2_000_000
"""Points that a grid may have."""


@dataclass(frozen=True, eq=False)
class Factors:
    """log(-log L) and log M for every z, the first of which is 0, and N, as functions of log s."""

    log_minus_log: list[BSpline]
    log_m: list[BSpline]
    n: BSpline


def factors(residual: Residual, z: Array, low: float, high: float) -> Factors:
    """The splines for every z on low <= log s <= high."""
    log_s = np.arange(low - 4 * STEP, high + 5 * STEP, STEP)
    y = np.exp(log_s)[:, None] * residual.nodes**2  # s r^2
    square = residual.nodes**2

    def spline(values: Array) -> BSpline:
        return make_interp_spline(log_s, values, k=7)

    first, second = [], []
    for one in z:
        log_D = np.log1p(2 * y + (one * y) ** 2)
        minus_log = _minus_log(residual, log_D)
        first.append(spline(np.log(minus_log)))
        second.append(spline(np.log(residual.mean(square * np.exp(-1.5 * log_D))) + minus_log))
    log_A = np.log1p(2 * y)
    drift = residual.mean(3 * np.exp(-2.5 * log_A) - 2 * np.exp(-1.5 * log_A))
    n = spline(drift * np.exp(_minus_log(residual, log_A)))
    return Factors(first, second, n)


def _minus_log(residual: Residual, log_D: Array) -> Array:
    """-log E D^(-1/2), to full relative accuracy for means near 1 and near 0."""
    small = residual.mean(-np.expm1(-log_D / 2))
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.where(
                small < 0.5, -np.log1p(-np.minimum(small, 0.5)), -np.log(residual.mean(np.exp(-log_D / 2)))
            )
        )


@dataclass(frozen=True, eq=False)
class Grid:
    """t_k = exp(log_t[k]); beta2 t_k = t_(k - lag). Integrals over log t take every `stride`-th point.

    `step` is delta; for beta2 = 0, `lag` is 0.
    """

    beta2: float
    log_t: NDArray[np.floating[Any]]
    step: float
    lag: int
    stride: int
    functions: Factors

    @property
    def log_s(self) -> NDArray[np.floating[Any]]:
        """log(a t_k)."""
        return self.log_t + math.log1p(-self.beta2)

    @property
    def coarse_log_t(self) -> NDArray[np.floating[Any]]:
        """log t where integrals take their values."""
        return self.log_t[:: self.stride]

    def log_F(self, z: int) -> Array:
        """log F(t_k) for the z of this index, from log F(t) = log L(a t) + log F(beta2 t)."""
        terms = np.asarray(-np.exp(self.functions.log_minus_log[z](self.log_s)))
        if not self.lag:
            return terms
        # Below the grid -log L is a power of s, and the rest of the product a geometric series.
        ratio = np.exp(
            np.diff(self.functions.log_minus_log[z](self.log_s[0] + np.array([0.0, math.log(self.beta2)])))
        )[0]
        start = terms[: self.lag] * ratio / (1 - ratio)
        return _chain(terms, self.lag, start, np.ones(1), np.array([1.0, -1.0]))

    def past(self, values: Array, below: float, q: float) -> Array:
        """sum_l (1 - q) q^l f(beta2^l t_k) for f = `values` at a t_k, `below` times as large at beta2 t_0."""
        if q == 0:
            return values
        if q * below >= 1:
            raise ParameterError(
                f"Adam's diffusion is infinite here: the tail of the residual is too heavy for beta1 = "
                f"{math.sqrt(q):.6g} with beta2 = {self.beta2:.6g}; take a smaller beta1 or a larger beta2."
            )
        start = values[: self.lag] * q * below * (1 - q) / (1 - q * below)
        return _chain(values, self.lag, start, np.array([1 - q]), np.array([1.0, -q]))

    def m_past(self, z: int, q: float) -> Array:
        """sum_l (1 - q) q^l M(a beta2^l t_k)."""
        log_m = self.functions.log_m[z]
        if q == 0:
            return np.asarray(np.exp(log_m(self.log_s)))
        below = math.exp(float(log_m(self.log_s[0] + math.log(self.beta2)) - log_m(self.log_s[0])))
        return self.past(np.exp(log_m(self.log_s)), below, q)

    def n_past(self, q: float) -> Array:
        """sum_l (1 - q) q^l N(a beta2^l t_k); N tends to 1 at 0."""
        return self.past(self.functions.n(self.log_s), 1.0, q)

    def future(self, growth: float, weight: Array) -> Array:
        """sum_{n >= 0} growth^n weight(t_k beta2^(-n)) F(t_k beta2^(-n))/F(t_k), from the top downwards.

        The columns of `weight`, shape (t, n), are weights at t_k.
        """
        total = weight.copy()
        L = np.exp(-np.exp(self.functions.log_minus_log[0](self.log_s)))[:, None]
        for k in range(len(total) - self.lag, 0, -self.lag):
            low = max(k - self.lag, 0)
            above = slice(low + self.lag, k + self.lag)
            total[low:k] += growth * L[above] * total[above]
        return total

    def integral(self, rows: Array, columns: Array) -> Array:
        """int f(t) g(t) dt/t for functions f, the rows, and g, the columns, at every `stride`-th t_k.

        Below the grid f g is a power of t.
        """
        low, next_up = (np.outer(rows[:, k], columns[k]) for k in (0, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.where(low == 0, 0.0, low / (next_up / low - 1))
        return np.asarray(self.step * self.stride * (rows @ columns + below))


def _chain(terms: Array, lag: int, start: Array, b: Array, a: Array) -> Array:
    """The filter with the coefficients b, a along every `lag`-th term, from the states `start`."""
    padded = np.concatenate([terms, np.zeros(-len(terms) % lag)]).reshape(-1, lag)
    filtered, _ = lfilter(b, a, padded, axis=0, zi=start[None, :])
    return np.asarray(filtered.reshape(-1)[: len(terms)])


def make_grid(residual: Residual, beta2: float, z: Array, step: float, damping: float = 0.0) -> Grid:
    """A grid up to where F is negligible; `step` is about the step of integrals in log t.

    The weights of Adam with eps vary around t = eps^-2: `damping` is the largest eps the grid has to serve.
    """
    log_a = math.log1p(-beta2)
    log_inverse, lag, delta = 0.0, 0, FINE
    if beta2:
        log_inverse = -math.log(beta2)
        lag = max(1, math.ceil(log_inverse / FINE))
        delta = log_inverse / lag
    stride = max(1, math.floor(step / delta))
    lowest = LOWEST - 2 * math.log(max(damping, 1.0))
    high = lowest
    scale = float(residual.mean(np.minimum(residual.nodes, 1.0)))  # residuals are of order 1
    if not scale > 0:
        raise ParameterError("the residual is 0 with probability 1; Adam does not move.")
    top = 10.0
    while True:
        made = factors(residual, np.zeros(1), lowest + log_a - log_inverse, top + log_a)
        count = math.ceil((top - lowest) / delta)
        if count > LONGEST:
            raise NotConverged(
                f"beta2 = {beta2} needs a grid of {count} points; take a beta2 that is closer to 1/2."
            )
        log_t = lowest + delta * np.arange(count)
        F = Grid(beta2, log_t, delta, lag, stride, made).log_F(0)
        if F[-1] < NEGLIGIBLE:
            high = float(log_t[np.searchsorted(-F, -NEGLIGIBLE)])
            break
        top += 10.0
    log_t = lowest + delta * np.arange(math.ceil((high - lowest) / delta) + 1)
    made = factors(residual, z, lowest + log_a - log_inverse, high + log_a)
    return Grid(beta2, log_t, delta, lag, stride, made)


__all__ = ["Factors", "Grid", "factors", "make_grid"]
