r"""Modes of a covariance: eigenvalues, forcing and initial risks of the mode ODE, as arrays.

With Q = D^(-q/2), Q K Q = U diag(lam) U^T, M = E[f(x) f(x)^T] and c = U^T Q^-1 Delta:

    lam_i,   n_i = lam_i (U^T Q^-1 M Q^-1 U)_ii/(2 d),   r_i(0) = lam_i c_i^2/2,   sum_i r_i = R.

q and the entries of M are those of the derived SDE. `eigh` of the symmetric Q K Q, never an SVD of the
unsymmetric Kbar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.errors import ShapeMismatch
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.notation import K_ii, K_jj, rho

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Arrays of length d: `lam`, `forcing` n_i and `r0` = r_i(0)."""

    lam: Array
    forcing: Array
    r0: Array

    @property
    def d(self) -> int:
        """Dimension."""
        return len(self.lam)


def entry_function(sde: LimitSDE) -> Callable[..., Array]:
    """E[f(x_i) f(x_j)] as a NumPy function of (C_ij, K_ii, K_jj), from the derived entry."""
    function = sp.lambdify((rho, K_ii, K_jj), sde.noise_entry, modules=[{"hyper": _hyper}, "scipy", "numpy"])

    def entry(C: Array, kii: Array, kjj: Array) -> Array:
        return np.broadcast_to(
            function(C, kii, kjj), np.broadcast_shapes(C.shape, kii.shape, kjj.shape)
        ).astype(float)

    return entry


def _hyper(top: tuple[float, float], bottom: tuple[float], argument: Array) -> Array:
    """2F1, the one hypergeometric function of a correlation."""
    from scipy.special import hyp2f1

    return np.asarray(hyp2f1(*top, *bottom, argument))


def noise_matrix(sde: LimitSDE, covariance: Covariance, entry: Callable[..., Array] | None = None) -> Array:
    """M = E[f(x) f(x)^T], dense (d, d)."""
    k = covariance.diagonal
    return (entry or entry_function(sde))(covariance.C, k[:, None], k[None, :])


def spectrum(
    sde: LimitSDE, covariance: Covariance, delta0: Array, entry: Callable[..., Array] | None = None
) -> Spectrum:
    """Modes of `covariance` as seen by `sde`, with the risks of Delta(0) = `delta0`.

    `entry` is the entry of M as a function of arrays (C_ij, K_ii, K_jj); by default `entry_function(sde)`.
    O(d) for a diagonal covariance, one symmetric eigendecomposition otherwise. Raises `ShapeMismatch`
    when `delta0` has not length d.
    """
    entry = entry or entry_function(sde)
    delta0 = np.asarray(delta0, dtype=float)
    d = covariance.d
    if delta0.shape != (d,):
        raise ShapeMismatch(
            f"Delta(0) has shape {delta0.shape} but the covariance has d = {d}; give {d} numbers."
        )
    k = covariance.diagonal
    q = float(sde.power)
    q_inverse = k ** (q / 4)  # D^(q/2), D = sqrt(K_ii)
    if covariance.is_diagonal:
        lam = k / q_inverse**2
        on_diagonal = entry(np.ones(d), k, k)
        return Spectrum(lam, lam * q_inverse**2 * on_diagonal / (2 * d), lam * (q_inverse * delta0) ** 2 / 2)
    lam, U = np.linalg.eigh(covariance.K / np.outer(q_inverse, q_inverse))
    scaled = noise_matrix(sde, covariance, entry) * np.outer(q_inverse, q_inverse)
    in_modes = np.einsum("ki,ki->i", U, scaled @ U)
    c = U.T @ (q_inverse * delta0)
    return Spectrum(lam, lam * in_modes / (2 * d), lam * c**2 / 2)
