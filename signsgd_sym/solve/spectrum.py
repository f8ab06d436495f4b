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


@dataclass(frozen=True, eq=False)
class Eigenbasis:
    """Eigenvalues and eigenvectors of Q K Q, and the diagonal of Q^-1; U is None where K is diagonal.

    The forcing for one noise matrix after another costs one eigendecomposition.
    """

    covariance: Covariance
    lam: Array
    U: Array | None
    q_inverse: Array

    @classmethod
    def of(cls, sde: LimitSDE, covariance: Covariance) -> Eigenbasis:
        """O(d) for a diagonal covariance, one symmetric eigendecomposition otherwise."""
        k = covariance.diagonal
        q_inverse = k ** (float(sde.power) / 4)  # D^(q/2), D = sqrt(K_ii)
        if covariance.is_diagonal:
            return cls(covariance, k / q_inverse**2, None, q_inverse)
        lam, U = np.linalg.eigh(covariance.K / np.outer(q_inverse, q_inverse))
        return cls(covariance, lam, U, q_inverse)

    def forcing(self, entry: Callable[..., Array]) -> Array:
        """n_i for the noise matrix with the entries `entry`(C_ij, K_ii, K_jj)."""
        d, k = self.covariance.d, self.covariance.diagonal
        if self.U is None:
            return np.asarray(self.lam * self.q_inverse**2 * entry(np.ones(d), k, k) / (2 * d))
        M = entry(self.covariance.C, k[:, None], k[None, :])
        scaled = M * np.outer(self.q_inverse, self.q_inverse)
        return np.asarray(self.lam * np.einsum("ki,ki->i", self.U, scaled @ self.U) / (2 * d))

    def risks(self, delta: Array) -> Array:
        """r_i of Delta = `delta`; raises `ShapeMismatch` when that has not length d."""
        d = self.covariance.d
        if delta.shape != (d,):
            raise ShapeMismatch(
                f"Delta(0) has shape {delta.shape} but the covariance has d = {d}; give {d} numbers."
            )
        c = self.q_inverse * delta if self.U is None else self.U.T @ (self.q_inverse * delta)
        return np.asarray(self.lam * c**2 / 2)


def spectrum(
    sde: LimitSDE, covariance: Covariance, delta0: Array, entry: Callable[..., Array] | None = None
) -> Spectrum:
    """Modes of `covariance` as seen by `sde`, with the risks of Delta(0) = `delta0`.

    `entry` is the entry of M as a function of arrays (C_ij, K_ii, K_jj); by default `entry_function(sde)`.
    Raises `ShapeMismatch` when `delta0` has not length d.
    """
    basis = Eigenbasis.of(sde, covariance)
    r0 = basis.risks(np.asarray(delta0, dtype=float))
    return Spectrum(basis.lam, basis.forcing(entry or entry_function(sde)), r0)
