r"""Adam's drift and diffusion constants in float64: c1, and the kernel k with (K_A)_ij = k(C_ij), k(1) = c2.

In the notation of `adam_transforms`, with rho = C_ij, c = sqrt(1 - rho^2), a = 1 - beta2,

    c1 = pi^(-1/2) int_0^oo t^(-1/2) F(t) sum_l (1 - beta1) beta1^l N(a beta2^l t) dt,

    k(rho) = rho (1 - beta1)/(1 + beta1) int dx/(2 pi cosh(x/2)) int_0^oo F(t) M_2(t) S(t p) dt,
    M_2(t) = sum_l (1 - beta1^2) beta1^(2 l) M(a beta2^l t),   p = 1/(1 + e^(-x)),   z = c/cosh(x/2),
    S(u) = 2 sum_{n >= 0} (beta1/sqrt(beta2))^n F_0(u beta2^(-n))/F_0(u) - 1,   F_0 = F at z = 0.

(1/sqrt(v) = pi^(-1/2) int t^(-1/2) e^(-t v) dt twice, in polar form; n is the distance in time of two steps
that remember the same gradient. For beta1 = 0, S = 1.) The integrand of x depends on rho through z alone,
so that the inner integrals are done once, at Chebyshev nodes of sqrt(z), and k(rho)/rho is a polynomial in
sqrt(c): for small beta2 both vary fast near z = c = 0 only. Errors are estimated by a second run with
coarser steps, and not proved; `adam_constants` proves c1, and c2 at beta1 = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_transforms import Grid, make_grid
from signsgd_sym.solve.residual import Residual, gaussian_residual

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """Numbers of Chebyshev nodes in sqrt(z) and in sqrt(c), and steps of the integrals in log t and in x."""

    z: int = 32
    c: int = 32
    log_t: float = 0.12
    x: float = 0.2


COARSE = Effort(26, 28, 0.17, 0.3)


@dataclass(frozen=True, eq=False)
class AdamKernel:
    """c1 and k for one law of the residual, in units in which that law was given.

    `coefficients` are those of k(rho)/rho in Chebyshev polynomials of 2 sqrt(c) - 1, c = sqrt(1 - rho^2).
    `error` is an estimate of the absolute error of c1 and of k, not a bound.
    """

    c1: float
    coefficients: Array
    error: float

    @property
    def c2(self) -> float:
        """k(1), the diffusion of a coordinate."""
        return float(self(np.ones(1))[0])

    def __call__(self, rho: Array) -> Array:
        """k(rho) for an array of correlations in [-1, 1]."""
        rho = np.clip(rho, -1.0, 1.0)
        return np.asarray(rho * chebyshev.chebval(2 * (1 - rho**2) ** 0.25 - 1, self.coefficients))


def adam_kernel(adam: Adam, residual: Residual | None = None) -> AdamKernel:
    """c1 and k of Adam for residuals of the given law, by default N(0, 1); eps of Adam must be 0.

    Raises:
        ParameterError: eps > 0; beta1 > 0 = beta2, where the drift is infinite; an infinite diffusion.
        NotConverged: beta2 so close to 1 that the grid would not fit.

    >>> kernel = adam_kernel(Adam(0, 0.9))
    >>> round(kernel.c1, 6), round(kernel.c2, 6), kernel.error < 1e-10
    (0.865994, 0.822702, True)
    """
    residual = residual or gaussian_residual()
    fine, coarse = (kernel_once(adam, residual, effort) for effort in (Effort(), COARSE))
    rho = np.linspace(0, 1, 41)
    change = max(abs(fine.c1 - coarse.c1), float(np.max(np.abs(fine(rho) - coarse(rho)))))
    return AdamKernel(fine.c1, fine.coefficients, change + 1e-13)


def _without_memory(residual: Residual) -> AdamKernel:
    """signSGD: k = (2/pi) asin, and c1 = E|x| times the density of |r| at 0."""
    y = _nodes(40)
    c = y**2
    values = np.asarray(2 / np.pi * np.arccos(c) / np.sqrt((1 - c) * (1 + c)), dtype=np.float64)
    coefficients = np.linalg.solve(chebyshev.chebvander(2 * y - 1, len(y) - 1), values)
    first, second = residual.nodes[:2]
    at_zero = residual.weights[0] / (first * math.log(second / first))
    c1 = math.sqrt(2 / math.pi) * at_zero
    return AdamKernel(float(c1), np.asarray(coefficients, dtype=np.float64), 1e-12)


def check_theory(adam: Adam) -> None:
    """Refuse what the theory of `derive.adam` does not cover."""
    if adam.eps:
        raise ParameterError(
            f"eps of Adam is {adam.eps}; the risk ODE is derived for eps = 0, where the scale of the "
            "gradient drops out. With eps > 0 the mean step depends on K_ii by more than a factor, and modes "
            "do not decouple. Simulate, or take eps = 0."
        )
    if adam.beta1 and not adam.beta2:
        raise ParameterError(
            f"{adam.name} divides old gradients by the newest one alone, and its mean response is infinite; "
            "take beta2 > 0, or beta1 = 0."
        )


def kernel_once(adam: Adam, residual: Residual, effort: Effort) -> AdamKernel:
    """c1 and k at the given numbers of nodes, without an estimate of error; raises as `adam_kernel`."""
    check_theory(adam)
    if not adam.beta2:
        return _without_memory(residual)
    beta1, beta2 = float(adam.beta1), float(adam.beta2)
    root = _nodes(effort.z)
    grid = make_grid(residual, beta2, np.append(0.0, root**2), effort.log_t)
    c1 = _c1(grid, beta1)
    x, inner = _inner(grid, beta1, len(root), effort.x)
    weight = effort.x / (2 * np.pi * np.cosh(x / 2))
    in_z = np.linalg.solve(chebyshev.chebvander(2 * root - 1, effort.z - 1), inner)
    at = _nodes(effort.c)  # of sqrt(c)
    in_c = [weight @ chebyshev.chebval(2 * y / np.sqrt(np.cosh(x / 2)) - 1, in_z, tensor=False) for y in at]
    coefficients = np.linalg.solve(chebyshev.chebvander(2 * at - 1, effort.c - 1), np.array(in_c))
    return AdamKernel(c1, coefficients * (1 - beta1) / (1 + beta1), 0.0)


def _nodes(n: int) -> Array:
    """Chebyshev nodes of [0, 1]."""
    return np.asarray((1 + chebyshev.chebpts1(n)) / 2)


def _c1(grid: Grid, beta1: float) -> float:
    integrand = np.exp(grid.log_F(0) + grid.log_t / 2) * grid.n_past(beta1)
    return float(grid.integral(integrand[:: grid.stride]) / math.sqrt(math.pi))


def _inner(grid: Grid, beta1: float, count: int, step: float) -> tuple[Array, Array]:
    """x, and for every z but the first, which is 0, (rows) and x (columns) the integral over t."""
    every = slice(None, None, grid.stride)
    log_t = grid.log_t[every]
    rows = np.array(
        [np.exp(grid.log_F(k) + grid.log_t) * grid.m_past(k, beta1**2) for k in range(1, count + 1)]
    )
    if beta1 == 0:
        reach = 80.0
        x = np.arange(-reach, reach + step / 2, step)
        return x, np.repeat(grid.integral(rows[:, every].T)[:, None], len(x), axis=1)
    growth = beta1 / math.sqrt(grid.beta2)
    log_S = np.log(2 * grid.future(growth) - 1)
    spline = make_interp_spline(grid.log_t, log_S, k=5)
    slope = float(log_S[1] - log_S[0]) / grid.step
    # S grows like a power of 1/u below the grid if growth > 1; the tail in x decays by the rest of 1/2.
    reach = 34.0 / min(0.5, 0.5 + min(slope, 0.0))
    x = np.arange(-reach, reach + step / 2, step)
    inner = np.empty((count, len(x)))
    for column, one in enumerate(x):
        at = log_t - math.log1p(math.exp(-one)) if one > -30 else log_t + one
        inside = np.maximum(at, grid.log_t[0])
        S = np.exp(spline(inside) + slope * (at - inside))
        inner[:, column] = grid.integral((rows[:, every] * S).T)
    return x, inner


__all__ = ["AdamKernel", "adam_kernel", "check_theory"]
