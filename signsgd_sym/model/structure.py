"""The shapes a covariance can have, each with its diagonal, its dense form and a fast Gaussian sampler."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 16
"""Columns of an AR(1) sample that one small triangular product makes at a time."""


class Structure(Protocol):
    """What `Covariance` needs of a positive definite matrix K."""

    @property
    def diagonal(self) -> Array:
        """K_ii, a vector."""

    @property
    def is_diagonal(self) -> bool:
        """Whether K_ij = 0 off the diagonal."""

    def dense(self) -> Array:
        """K as a new array."""

    def matvec(self, vectors: Array) -> Array:
        """K v, for a vector or the columns of a matrix."""

    def colour(self, white: Array) -> Array:
        """Rows of N(0, I) in place to rows of N(0, K); C-ordered (n, d)."""


@dataclass(frozen=True, eq=False)
class Diagonal:
    """K = diag(variances)."""

    diagonal: Array
    is_diagonal = True

    def dense(self) -> Array:
        """K as a new array."""
        return np.diag(self.diagonal)

    def matvec(self, vectors: Array) -> Array:
        """K v."""
        return (self.diagonal * vectors.T).T

    @cached_property
    def _deviations(self) -> Array:
        return np.sqrt(self.diagonal)

    def colour(self, white: Array) -> Array:
        """x_i = sqrt(K_ii) z_i."""
        white *= self._deviations
        return white


@dataclass(frozen=True, eq=False)
class Autoregressive:
    """K_ij = rho^|i - j|, |rho| < 1."""

    d: int
    rho: float
    is_diagonal = False

    @property
    def diagonal(self) -> Array:
        """K_ii = 1."""
        return np.ones(self.d)

    def dense(self) -> Array:
        """K as a new array."""
        index = np.arange(self.d)
        return np.asarray(self.rho ** np.abs(index[:, None] - index), dtype=np.float64)

    def matvec(self, vectors: Array) -> Array:
        """K v by one recursion in each direction."""
        forward, backward = np.array(vectors, dtype=np.float64), np.array(vectors, dtype=np.float64)
        for i in range(1, self.d):
            forward[i] += self.rho * forward[i - 1]
            backward[-1 - i] += self.rho * backward[-i]
        return forward + backward - vectors

    @cached_property
    def _block(self) -> tuple[Array, Array]:
        """Response of a block to its own innovations (transposed), and to the value before it."""
        index = np.arange(BLOCK)
        lag = index[:, None] - index
        response = np.where(lag >= 0, self.rho ** np.abs(lag), 0.0) * np.sqrt(1 - self.rho**2)
        return np.array(response.T), np.array(self.rho ** (index + 1.0))

    def colour(self, white: Array) -> Array:
        """x_i = rho x_{i-1} + sqrt(1 - rho^2) z_i, a block of columns at a time."""
        response, memory = self._block
        white[:, 0] /= np.sqrt(
            1 - self.rho**2
        )  # the first value has unit variance, not that of an innovation
        previous = np.zeros(white.shape[0])
        for start in range(0, self.d, BLOCK):
            block = white[:, start : start + BLOCK]
            width = block.shape[1]
            block[:] = block @ response[:width, :width] + previous[:, None] * memory[:width]
            previous = block[:, -1]
        return white


@dataclass(frozen=True, eq=False)
class Spiked:
    """K = I + strength U U^T with orthonormal columns U (d x k)."""

    U: Array
    strength: float
    is_diagonal = False

    @cached_property
    def diagonal(self) -> Array:
        """K_ii = 1 + strength sum_j U_ij^2."""
        return 1 + self.strength * np.einsum("ij,ij->i", self.U, self.U)

    def dense(self) -> Array:
        """K as a new array."""
        return np.eye(self.U.shape[0]) + self.strength * (self.U @ self.U.T)

    def matvec(self, vectors: Array) -> Array:
        """K v."""
        return vectors + self.strength * (self.U @ (self.U.T @ vectors))

    def colour(self, white: Array) -> Array:
        """The symmetric root K^(1/2) = I + (sqrt(1 + strength) - 1) U U^T applied to each row."""
        gain = np.sqrt(1 + self.strength) - 1
        white += ((white @ self.U) * gain) @ self.U.T
        return white


@dataclass(frozen=True, eq=False)
class Dense:
    """Any K, with its lower Cholesky factor L (K = L L^T)."""

    K: Array
    L: Array
    is_diagonal = False

    @property
    def diagonal(self) -> Array:
        """K_ii."""
        return np.diagonal(self.K).copy()

    def dense(self) -> Array:
        """K as a new array."""
        return self.K.copy()

    def matvec(self, vectors: Array) -> Array:
        """K v."""
        return self.K @ vectors

    def colour(self, white: Array) -> Array:
        """x = L z by a triangular product in place, half the work of a full one."""
        from scipy.linalg.blas import dtrmm

        # The transpose of a C-ordered array is Fortran-ordered: BLAS works on it without a copy.
        result = dtrmm(1.0, self.L, white.T, side=0, lower=1, overwrite_b=1)
        if not np.shares_memory(result, white):
            white[:] = result.T
        return white
