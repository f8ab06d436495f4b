r"""c1 and the kernel of pairs of coordinates, each with its own eps in units of its gradient, as integrals.

In the notation of `adam_transforms` and with h of `damping`, a_i the eps of coordinate i, b = 1 - beta2,
rho = C_ij, c = sqrt(1 - rho^2),

    c1(a_i) = pi^(-1/2) int_0^oo t^(-1/2) h_i(t) F(t) sum_l (1 - beta1) beta1^l N(b beta2^l t) dt,

    k(rho; a_i, a_j) = rho (1 - beta1)/(1 + beta1)
                       int dx/(2 pi cosh(x/2)) int_0^oo F(t) M_2(t) W(t p, t (1 - p)) dt,
    W(u, w) = S_i(u) h_j(w) + h_i(u) S_j(w) - h_i(u) h_j(w),            h_i(u) = h(a_i sqrt(u)),
    S_i(u) = sum_{n >= 0} (beta1/sqrt(beta2))^n h_i(u beta2^(-n)) F_0(u beta2^(-n))/F_0(u),
    M_2(t) = sum_l (1 - beta1^2) beta1^(2 l) M(b beta2^l t),   p = 1/(1 + e^(-x)),   z = c/cosh(x/2),

F_0 = F at z = 0. (1/(sqrt(v) + a) as in `damping` twice, in polar form; n is the distance in time of two
steps that remember the same gradient. eps = 0 is h = 1. For beta1 = 0, S = h.) The integrand of x
depends on rho through z alone, so that the inner integrals are done once, at Chebyshev nodes of sqrt(z), and
k(rho)/rho is a polynomial in sqrt(c): for small beta2 both vary fast near z = c = 0 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_transforms import Grid, make_grid
from signsgd_sym.solve.damping import damped_weight
from signsgd_sym.solve.residual import Residual

Array = NDArray[np.float64]

CHUNK = 128
"""Nodes of x that are treated together."""
MOST = 20_000
"""Nodes of x at most: some twenty seconds."""
SHORT = "momentum with so short a memory of squares makes single steps large; take a larger beta2."
BEYOND = 34.0
"""-log of the weight of x at which its integral ends."""


@dataclass(frozen=True)
class Effort:
    """Numbers of Chebyshev nodes in sqrt(z) and in sqrt(c), and steps of the integrals in log t and in x."""

    z: int = 32
    c: int = 32
    log_t: float = 0.12
    x: float = 0.2

    @property
    def root_z(self) -> Array:
        """The nodes in sqrt(z)."""
        return unit_nodes(self.z)


@dataclass(frozen=True, eq=False)
class Constants:
    """c1(a_i), shape (n,), and the Chebyshev coefficients of k(rho; a_i, a_j)/rho, shape (c, n, n).

    The polynomials are in 2 sqrt(c) - 1, c = sqrt(1 - rho^2).
    """

    c1: Array
    coefficients: Array


@dataclass(frozen=True, eq=False)
class Integrals:
    """What the integrands share, whatever eps is: make it with `integrals_for`.

    `drift` is t^(1/2) F sum_l (1 - beta1) beta1^l N on the grid of t, `rows` (z, t) is t F M_2 for every z.
    """

    grid: Grid
    beta1: float
    effort: Effort
    drift: Array
    rows: Array

    def constants(self, damping: Array) -> Constants:
        """c1 and k for the a_i in `damping`, shape (n,).

        Raises `NotConverged` where steps are so unbounded that x has to go too far, or float64 overflows.

        >>> from signsgd_sym.solve.residual import gaussian_residual
        >>> integrals = integrals_for(Adam(0, "9/10"), gaussian_residual(), Effort(16, 20, 0.2, 0.35), 0.5)
        >>> found = integrals.constants(np.array([0.0, 0.5]))
        >>> found.c1.round(6).tolist(), found.coefficients.shape
        ([0.865994, 0.592471], (20, 2, 2))
        """
        with np.errstate(over="ignore", invalid="ignore"):
            weights = damped_weight(damping * np.exp(self.grid.coarse_log_t / 2)[:, None])
            c1 = self.grid.integral(self.drift[None], weights)[0] / math.sqrt(math.pi)
            coefficients = (1 - self.beta1) / (1 + self.beta1) * self._coefficients(damping)
        if not (np.isfinite(c1).all() and np.isfinite(coefficients).all()):
            raise NotConverged(f"Adam's constants overflow in float64: {SHORT}")
        return Constants(c1, coefficients)

    def _coefficients(self, damping: Array) -> Array:
        weights, log_t = _Weights.of(self.grid, self.beta1, damping), self.grid.coarse_log_t
        c, z, h = self.effort.c, self.effort.z, self.effort.x
        root_c, n = unit_nodes(c), len(damping)
        to_z = np.linalg.inv(chebyshev.chebvander(2 * self.effort.root_z - 1, z - 1))
        found = np.zeros((n, n, c))
        # x and -x exchange the coordinates: half the line, with both orders of the pair.
        count = math.ceil(BEYOND / (0.5 - weights.power) / h)
        if count > MOST:
            raise NotConverged(f"Adam's constants need {count} nodes, more than {MOST}: {SHORT}")
        for first in range(0, count, CHUNK):
            x = h * (np.arange(first, min(first + CHUNK, count)) + 0.5)
            log_p = -np.log1p(np.exp(-x))
            root = math.sqrt(2) * np.exp(log_p / 2 - x / 4)  # sqrt(1/cosh(x/2))
            basis = chebyshev.chebvander(2 * root_c[:, None] * root - 1, z - 1) @ to_z
            # 1/(2 pi cosh(x/2)) without e^(-x/2), which `weights` has.
            outer = np.swapaxes(basis * (h / math.pi * np.exp(log_p))[:, None], 1, 2).reshape(c, -1)
            h_p, more_p = weights.at(log_t, log_p, np.zeros_like(x))
            h_q, more_q = weights.at(log_t, log_p - x, -x / 2)
            for i in range(n):
                for j in range(i + 1):
                    W = h_p[i] * (h_q[j] + more_q[j]) + more_p[i] * h_q[j]
                    W += h_p[j] * (h_q[i] + more_q[i]) + more_p[j] * h_q[i]
                    found[i, j] += outer @ self.grid.integral(self.rows, W).ravel()
                    found[j, i] = found[i, j]
        to_c = np.linalg.inv(chebyshev.chebvander(2 * root_c - 1, c - 1))
        return np.asarray(np.moveaxis(found @ to_c.T, -1, 0))


def integrals_for(adam: Adam, residual: Residual, effort: Effort, damping: float) -> Integrals:
    """For eps up to `damping` in units of the residual; raises `ParameterError` and `NotConverged`."""
    beta1 = float(adam.beta1)
    grid = make_grid(residual, float(adam.beta2), np.append(0.0, effort.root_z**2), effort.log_t, damping)
    drift = np.exp(grid.log_F(0) + grid.log_t / 2) * grid.n_past(beta1)
    rows = [
        np.exp(grid.log_F(k) + grid.log_t) * grid.m_past(k, beta1**2)
        for k in range(1, effort.z + 1)  # 0 is z = 0
    ]
    every = slice(None, None, grid.stride)
    return Integrals(grid, beta1, effort, drift[every], np.array(rows)[:, every])


def unit_nodes(n: int) -> Array:
    """Chebyshev nodes of [0, 1]."""
    return np.asarray((1 + chebyshev.chebpts1(n)) / 2)


@dataclass(frozen=True, eq=False)
class _Weights:
    """h_i(u), and S_i(u) - h_i(u) where there is momentum, for every a_i.

    Below u_0, the grid, S(u) = 1 + g S(u/beta2) with g = beta1/sqrt(beta2): it grows at most like a power of
    1/u with the exponent `power`, which is taken from the 1/2 with which the weight of x falls.
    """

    damping: Array
    log_inverse: float
    lowest: float
    growth: float
    log_S: BSpline | None

    @classmethod
    def of(cls, grid: Grid, beta1: float, damping: Array) -> _Weights:
        lowest = float(grid.log_t[0])
        if beta1 == 0:
            return cls(damping, np.inf, lowest, 0.0, None)
        growth = beta1 / math.sqrt(grid.beta2)
        S = grid.future(growth, damped_weight(damping * np.exp(grid.log_t / 2)[:, None]))
        log_S = make_interp_spline(grid.log_t, np.log(S), k=5)
        return cls(damping, -math.log(grid.beta2), lowest, growth, log_S)

    @property
    def power(self) -> float:
        return max(0.0, math.log(self.growth) / self.log_inverse) if self.growth else 0.0

    def at(
        self, log_t: NDArray[np.floating[Any]], log_share: Array, log_factor: Array
    ) -> tuple[Array, Array]:
        """h and S - h at t times shares, times a factor that belongs to the share, shape (n, t, share)."""
        log_u = log_t[:, None] + log_share
        factor = np.exp(log_factor)
        now = damped_weight(self.damping[:, None, None] * np.exp(log_u / 2)) * factor
        if self.log_S is None:
            return now, np.zeros_like(now)
        steps = np.ceil(np.maximum(self.lowest - log_u, 0.0) / self.log_inverse)
        grown = steps * math.log(self.growth)
        if self.growth == 1:
            added = steps * factor
        else:
            many = (np.exp(grown + log_factor) - factor) / (self.growth - 1)
            few = np.expm1(np.minimum(grown, 1.0)) / (self.growth - 1) * factor
            added = np.where(grown < 1, few, many)
        # S may grow as fast as the factor falls: neither is formed alone.
        log_S = np.moveaxis(self.log_S(log_u + steps * self.log_inverse), -1, 0)
        return now, np.exp(log_S + (grown + log_factor)) + added - now


__all__ = ["Constants", "Effort", "Integrals", "integrals_for", "unit_nodes"]
