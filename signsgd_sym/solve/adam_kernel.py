r"""Adam's drift and diffusion constants in float64: c1, and the kernel k with (K_A)_ij = k(C_ij), k(1) = c2.

Coordinates have one variance here, so that one eps in units of the gradient serves all of them; `adam_pairs`
has the integrals. Errors are estimated by a second run with coarser steps, and not proved; `adam_constants`
proves c1, and c2 at beta1 = 0, for eps = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_pairs import Effort, integrals_for, unit_nodes
from signsgd_sym.solve.residual import Residual, gaussian_residual

Array = NDArray[np.float64]

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


def adam_kernel(adam: Adam, residual: Residual | None = None, unit: float = 1.0) -> AdamKernel:
    """c1 and k of Adam for residuals of the given law, by default N(0, 1), and K_ii = 1.

    A residual of 1 stands for `unit` in the units of eps.

    Raises:
        ParameterError: beta1 > 0 = beta2, where eps = 0 makes the drift infinite; an infinite diffusion.
        NotConverged: beta2 so close to 1 that the grid would not fit, or so close to 0 with beta1 > 0 that
            single steps are too large.

    >>> kernel = adam_kernel(Adam(0, 0.9))
    >>> round(kernel.c1, 6), round(kernel.c2, 6), kernel.error < 1e-10
    (0.865994, 0.822702, True)
    """
    residual = residual or gaussian_residual()
    rho = np.linspace(0, 1, 41)
    fine, coarse = (kernel_once(adam, residual, effort, unit) for effort in (Effort(), COARSE))
    change = max(abs(fine.c1 - coarse.c1), float(np.max(np.abs(fine(rho) - coarse(rho)))))
    return AdamKernel(fine.c1, fine.coefficients, change + 1e-13)


def _without_memory(residual: Residual) -> AdamKernel:
    """signSGD: k = (2/pi) asin, and c1 = E|x| times the density of |r| at 0."""
    y = unit_nodes(40)
    c = y**2
    values = np.asarray(2 / np.pi * np.arccos(c) / np.sqrt((1 - c) * (1 + c)), dtype=np.float64)
    coefficients = np.linalg.solve(chebyshev.chebvander(2 * y - 1, len(y) - 1), values)
    first, second = residual.nodes[:2]
    at_zero = residual.weights[0] / (first * math.log(second / first))
    c1 = math.sqrt(2 / math.pi) * at_zero
    return AdamKernel(float(c1), np.asarray(coefficients, dtype=np.float64), 1e-12)


def check_theory(adam: Adam) -> None:
    """Refuse what the theory of `derive.adam` does not cover, whatever eps is."""
    if adam.beta1 and not adam.beta2:
        raise ParameterError(
            f"{adam.name} divides old gradients by the newest one alone, which is not derived (with eps = 0 "
            "its mean response is infinite); take beta2 > 0, or beta1 = 0."
        )


def kernel_once(adam: Adam, residual: Residual, effort: Effort, unit: float = 1.0) -> AdamKernel:
    """c1 and k at the given numbers of nodes, without an estimate of error; raises as `adam_kernel`."""
    check_theory(adam)
    if not (adam.beta2 or adam.eps):
        return _without_memory(residual)
    a = float(adam.eps) / unit
    found = integrals_for(adam, residual, effort, a).constants(np.array([a]))
    return AdamKernel(float(found.c1[0]), found.coefficients[:, 0, 0], 0.0)


__all__ = ["AdamKernel", "adam_kernel", "check_theory"]
