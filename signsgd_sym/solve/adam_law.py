r"""Adam's constants under any label noise, where they are functions of the risk: c1(R) and k(rho; R).

In the units of `derive.adam_law` the mean step is c1(R) rho_i, rho_i the correlation of x_i with the Gaussian
part of the residual, and the diffusion has the entries k(C_ij; R), k(1; R) = c2(R): they take the places
that phi(R) and K_sigma have for signSGD. For Gaussian noise c1(R) is c1 sqrt(R/P), and k does not depend on
R.

`adam_kernel` computes both at one R from the law of the residual. Here they become arrays in the modes of a
covariance,

    [c1(R), c2(R), n_1(R), ..., n_d(R)],    n_i = lam_i (U^T D^(1/2) K_A(R) D^(1/2) U)_ii/(2 d),

interpolated in log R by `panels_in_risk`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.model.adam import Adam
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.solve.adam_kernel import AdamKernel, adam_kernel, kernel_once
from signsgd_sym.solve.adam_pairs import Effort
from signsgd_sym.solve.adam_residual import STEP, residual_under
from signsgd_sym.solve.panels_in_risk import PanelsInRisk
from signsgd_sym.solve.spectrum import Eigenbasis

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Resolution:
    """Chebyshev points on a panel of log R, numbers of `adam_kernel`, step of the residual's law."""

    points: int
    effort: Effort
    step: float


FINE = Resolution(8, Effort(16, 20, 0.2, 0.35), STEP)
COARSE = Resolution(6, Effort(12, 16, 0.25, 0.4), 1.2 * STEP)
"""What the error of `FINE` is estimated from."""


def law_kernel(adam: Adam, law: NoiseLaw, risk: float, resolution: Resolution | None = None) -> AdamKernel:
    """c1(R) and k(rho; R) at one R > 0, K_ii = 1; with a `resolution` once, without an error estimate.

    Raises the errors of `adam_kernel` and `residual_under`.

    >>> from signsgd_sym.model.noise import noise_law
    >>> kernel = law_kernel(Adam(0, "9/10"), noise_law("Normal(0, 1)"), 0.5)  # P = 1
    >>> round(kernel.c1 * 2**0.5, 6), round(kernel.c2, 6)
    (0.865994, 0.822702)
    """
    residual, unit = residual_under(law, risk, resolution.step if resolution else STEP)
    if resolution:
        found = kernel_once(adam, residual, resolution.effort, unit)
    else:
        found = adam_kernel(adam, residual, unit)
    ratio = float(np.sqrt(2 * risk)) / unit
    return replace(found, c1=ratio * found.c1, error=max(1.0, ratio) * found.error)


def constants_in_risk(
    adam: Adam, law: NoiseLaw, basis: Eigenbasis, resolution: Resolution = FINE
) -> PanelsInRisk:
    """[c1, c2, n_1, ..., n_d] as a function of R > 0."""

    def at(risk: float) -> Array:
        kernel = law_kernel(adam, law, risk, resolution)
        return np.concatenate([[kernel.c1, kernel.c2], basis.forcing(lambda C, _ii, _jj: kernel(C))])

    return PanelsInRisk(at, resolution.points)


__all__ = ["COARSE", "FINE", "Resolution", "constants_in_risk", "law_kernel"]
