"""The covariance K of the data x ~ N(0, K), and the matrices that signSGD makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import ParameterError, ShapeMismatch
from signsgd_sym.model.positive_definite import check_diagonal, check_finite, factor
from signsgd_sym.model.structure import Autoregressive, Dense, Diagonal, Spiked, Structure

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Covariance:
    """K, positive definite, d x d, in float64.

    D = diag(sqrt(K_ii)), Kbar = D^-1 K, S = D^(-1/2) K D^(-1/2), C = D^-1 K D^-1 and
    K_sigma = E[sign(x) sign(x)^T] = (2/pi) arcsin(C) entrywise. Diagonals are vectors and cost O(d); the
    dense matrices are made when they are asked for.

    Attributes:
        structure: the shape that knows how to sample.
        name: the specification it came from.

    Example:
        >>> K = Covariance.ar1(500, 0.5)
        >>> K.d, K.is_diagonal, float(K.trace_D)
        (500, False, 500.0)
        >>> Covariance.from_spec("identity:d=100000").diagonal.shape
        (100000,)
    """

    structure: Structure
    name: str = "covariance"

    # --- making one ---------------------------------------------------------------------------
    @classmethod
    def identity(cls, d: int) -> Covariance:
        """K = I."""
        return cls(Diagonal(np.ones(_dimension(d))), f"identity:d={d}")

    @classmethod
    def powerlaw(cls, d: int, alpha: float) -> Covariance:
        """Diagonal, K_ii = c i^-alpha with c such that the trace is d."""
        d = _dimension(d)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            powers = np.arange(1, d + 1, dtype=np.float64) ** -float(alpha)
            variances = d * powers / powers.sum()
        check_diagonal(variances)
        return cls(Diagonal(variances), f"powerlaw:d={d},alpha={alpha}")

    @classmethod
    def ar1(cls, d: int, rho: float) -> Covariance:
        """K_ij = rho^|i - j|.

        Raises:
            ParameterError: unless -1 < rho < 1.
        """
        if not -1 < rho < 1:
            raise ParameterError(
                f"rho of ar1 is {rho}, but -1 < rho < 1 is needed for a positive definite matrix"
            )
        return cls(Autoregressive(_dimension(d), float(rho)), f"ar1:d={d},rho={rho}")

    @classmethod
    def spiked(cls, d: int, k: int, strength: float) -> Covariance:
        """K = I + strength sum_{j=1..k} u_j u_j^T, u_j the j-th cosine vector.

        u_j(i) = sqrt(2/d) cos(pi j (i + 1/2)/d), orthonormal; the diagonal of K is not constant.

        Raises:
            ParameterError: unless 1 <= k < d and strength > -1.
        """
        d = _dimension(d)
        if not 1 <= k < d:
            raise ParameterError(f"k of spiked is {k}, but 1 <= k < d = {d} is needed; change k or d")
        if not (strength > -1 and np.isfinite(strength)):
            raise ParameterError(
                f"strength of spiked is {strength}, but it must exceed -1 and be finite; change it"
            )
        angles = np.pi * np.outer(np.arange(d) + 0.5, np.arange(1, k + 1)) / d
        return cls(
            Spiked(np.sqrt(2 / d) * np.cos(angles), float(strength)),
            f"spiked:d={d},k={k},strength={strength}",
        )

    @classmethod
    def from_diagonal(cls, variances: ArrayLike) -> Covariance:
        """K = diag(variances).

        Raises:
            ShapeMismatch, NotFinite, ZeroVariance, NotPositiveDefinite.
        """
        vector = np.array(variances, dtype=np.float64)
        if vector.ndim != 1 or vector.size == 0:
            raise ShapeMismatch(
                f"the diagonal has shape {vector.shape}; give a vector of at least one variance"
            )
        check_diagonal(vector)
        return cls(Diagonal(vector), "diagonal")

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> Covariance:
        """K from a symmetric positive definite array.

        Raises:
            ShapeMismatch: not square, or not symmetric to 1e-8 of its largest entry.
            NotFinite, ZeroVariance, NotPositiveDefinite: with the index of the offence.
        """
        K = np.array(matrix, dtype=np.float64)
        if K.ndim != 2 or K.shape[0] != K.shape[1] or K.size == 0:
            raise ShapeMismatch(f"the covariance has shape {K.shape}; give a square matrix")
        check_finite(K, "the covariance")
        skew = np.abs(K - K.T)
        if skew.max() > 1e-8 * np.abs(K).max():
            i, j = np.unravel_index(int(skew.argmax()), skew.shape)
            raise ShapeMismatch(
                f"the covariance is not symmetric: entry ({i}, {j}) is {K[i, j]:.6g} but ({j}, {i}) is "
                f"{K[j, i]:.6g}; use (K + K.T)/2"
            )
        check_diagonal(np.diagonal(K))
        if np.count_nonzero(K) == K.shape[0]:
            return cls(Diagonal(np.diagonal(K).copy()), "matrix")
        K = (K + K.T) / 2
        return cls(Dense(K, factor(K)), "matrix")

    @classmethod
    def from_samples(cls, samples: ArrayLike) -> Covariance:
        """K = X^T X/n from the rows of X.

        This is the second moment about zero, because the model's x has mean zero and the recursion only
        ever sees E[x x^T]. Subtract the column means first if the data are not centred.

        Raises:
            ShapeMismatch, NotFinite, ZeroVariance; NotPositiveDefinite with too few samples.
        """
        X = np.array(samples, dtype=np.float64)
        if X.ndim != 2 or X.size == 0:
            raise ShapeMismatch(f"the samples have shape {X.shape}; give a matrix with one sample a row")
        check_finite(X, "the samples")
        law = cls.from_matrix(X.T @ X / X.shape[0])
        return cls(law.structure, "samples")

    @classmethod
    def random_unequal(cls, d: int, seed: int, log_sd: float = 0.5) -> Covariance:
        """A random K with correlations and strongly unequal variances.

        K = E C E, C the correlation matrix of a Wishart matrix with 2 d degrees of freedom and
        E = diag(exp(log_sd N(0, 1))). Deterministic in the seed.
        """
        rng = np.random.default_rng(seed)
        d = _dimension(d)
        X = rng.standard_normal((2 * d, d))
        wishart = X.T @ X
        scales = np.exp(log_sd * rng.standard_normal(d)) / np.sqrt(np.diagonal(wishart))
        law = cls.from_matrix(scales[:, None] * wishart * scales)
        return cls(law.structure, f"random_unequal:d={d},seed={seed},log_sd={log_sd}")

    @classmethod
    def from_spec(cls, spec: str) -> Covariance:
        """K from a specification such as `ar1:d=500,rho=1/2`: see `covariance_spec`."""
        from signsgd_sym.model.covariance_spec import read_spec

        return read_spec(spec)

    # --- vectors ------------------------------------------------------------------------------
    @property
    def is_diagonal(self) -> bool:
        """Whether K is diagonal."""
        return self.structure.is_diagonal

    @cached_property
    def diagonal(self) -> Array:
        """K_ii, shape (d,)."""
        return self.structure.diagonal

    @property
    def d(self) -> int:
        """Dimension."""
        return int(self.diagonal.size)

    @cached_property
    def D(self) -> Array:
        """sqrt(K_ii), shape (d,)."""
        return np.sqrt(self.diagonal)

    @property
    def trace(self) -> float:
        """tr(K)."""
        return float(self.diagonal.sum())

    @property
    def trace_D(self) -> float:
        """tr(D)."""
        return float(self.D.sum())

    def matvec(self, vectors: Array) -> Array:
        """K v for a vector, or for the columns of a matrix."""
        return self.structure.matvec(vectors)

    # --- matrices, d x d -----------------------------------------------------------------------
    @cached_property
    def K(self) -> Array:
        """The covariance."""
        return self.structure.dense()

    @cached_property
    def Kbar(self) -> Array:
        """D^-1 K; not symmetric unless the diagonal of K is constant."""
        return self.K / self.D[:, None]

    @cached_property
    def S(self) -> Array:
        """D^(-1/2) K D^(-1/2); symmetric, with the spectrum of Kbar."""
        root = np.sqrt(self.D)
        return self.K / np.outer(root, root)

    @cached_property
    def C(self) -> Array:
        """D^-1 K D^-1, correlations; rounding is clipped to [-1, 1] and the diagonal is exactly 1."""
        correlations = np.clip(self.K / np.outer(self.D, self.D), -1.0, 1.0)
        np.fill_diagonal(correlations, 1.0)
        return correlations

    @cached_property
    def K_sigma(self) -> Array:
        """E[sign(x) sign(x)^T] = (2/pi) arcsin(C); the diagonal is exactly 1."""
        signs = np.arcsin(self.C) * (2 / np.pi)
        np.fill_diagonal(signs, 1.0)
        return signs

    # --- samples ------------------------------------------------------------------------------
    def sample(self, rng: np.random.Generator, n: int, out: Array | None = None) -> Array:
        """n rows of N(0, K), shape (n, d), written to `out` (C-ordered float64) when it is given."""
        if out is None:
            out = np.empty((n, self.d))
        elif out.shape != (n, self.d) or not out.flags.c_contiguous:
            raise ShapeMismatch(f"out has shape {out.shape}; give a C-ordered array of shape ({n}, {self.d})")
        rng.standard_normal(out=out)
        return self.structure.colour(out)

    def __repr__(self) -> str:
        return f"Covariance({self.name}, d={self.d})"


def covariance(given: Any) -> Covariance:
    """The covariance that anything a user may hand over denotes.

    A `Covariance`, SPEC text, a matrix, a vector (the diagonal), a `scipy.stats.Covariance`, or a linear
    operator with `shape` and `@`.

    Raises:
        InputError: for anything else, or when K is not admissible.
    """
    if isinstance(given, Covariance):
        return given
    if isinstance(given, str):
        return Covariance.from_spec(given)
    if hasattr(given, "covariance") and hasattr(given, "whiten"):
        return Covariance.from_matrix(given.covariance)
    if hasattr(given, "matvec") and hasattr(given, "shape"):
        return Covariance.from_matrix(given @ np.eye(given.shape[1]))
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ShapeMismatch(
            f"a {type(given).__name__} is not a covariance; "
            "give a matrix, a diagonal or text such as 'identity:d=500'"
        ) from None
    return Covariance.from_diagonal(array) if array.ndim == 1 else Covariance.from_matrix(array)


def _dimension(d: int) -> int:
    if d != int(d) or d < 1:
        raise ParameterError(f"the dimension d is {d}, but it must be an integer of at least 1; change it")
    return int(d)
