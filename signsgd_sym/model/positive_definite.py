"""Checks that a matrix of numbers is a covariance, with the entry that offends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotFinite, NotPositiveDefinite, ZeroVariance

Array = NDArray[np.float64]


def check_finite(values: Array, what: str) -> None:
    """Refuse NaN and infinity.

    Raises:
        NotFinite: naming the first such entry.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        index = where[0] if len(where) == 1 else where
        raise NotFinite(f"{what} has the entry {values[where]} at index {index}; remove or replace it")


def check_diagonal(variances: Array) -> None:
    """Refuse variances that are not positive and finite.

    Raises:
        NotFinite, ZeroVariance, NotPositiveDefinite: naming the first such coordinate.
    """
    check_finite(variances, "the diagonal of the covariance")
    bad = np.flatnonzero(variances <= 0)
    if bad.size:
        i = int(bad[0])
        if variances[i] == 0:
            raise ZeroVariance(f"coordinate {i} has variance 0: it never varies; drop it")
        raise NotPositiveDefinite(
            f"coordinate {i} has variance {variances[i]:.3g}, but it must be positive; correct it"
        )


def factor(K: Array) -> Array:
    """The lower Cholesky factor, Fortran-ordered for BLAS.

    A pivot below d*2^-52 of its variance is rounding, not evidence of definiteness, and is refused too.

    Raises:
        NotPositiveDefinite: with the smallest eigenvalue and its index in ascending order.
    """
    d = K.shape[0]
    try:
        L = np.linalg.cholesky(K)
        definite = bool(np.all(np.diagonal(L) ** 2 > d * np.finfo(np.float64).eps * np.diagonal(K)))
    except np.linalg.LinAlgError:
        definite = False
    if definite:
        return np.asfortranarray(L)
    eigenvalues = np.linalg.eigvalsh(K)
    smallest, largest = float(eigenvalues[0]), float(eigenvalues[-1])
    count = max(int((eigenvalues <= d * np.finfo(np.float64).eps * largest).sum()), 1)
    ridge = max(0.0, -2 * smallest) + 1e-6 * largest
    raise NotPositiveDefinite(
        f"the covariance has eigenvalue {smallest:.1e} (index 0, ascending), and {count} of {d} are not "
        f"positive beyond rounding; add a ridge such as {ridge:.1e} to its diagonal, or use more samples"
    )
