r"""Modes of a covariance at N digits: what `spectrum` computes in float64.

With Q = D^(-q/2), Q K Q = U diag(lam) U^T, M = E[f(x) f(x)^T] and c = U^T Q^-1 Delta:

    lam_i,   n_i = lam_i (U^T Q^-1 M Q^-1 U)_ii/(2 d),   r_i(0) = lam_i c_i^2/2,   sum_i r_i = R.

The problem is defined by the float64 entries of K (its lower triangle, as for `eigh`) and of Delta(0), taken
exactly. The risk depends only on sums over eigenspaces, sum_{lam_i = lam} r_i and sum_{lam_i = lam} n_i, so
any orthonormal basis of the eigenspace of a multiple eigenvalue gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from signsgd_sym.balls import program
from signsgd_sym.balls.ball import precision
from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.errors import NotConverged, NotPositiveDefinite, ShapeMismatch
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.notation import K_ii, K_jj, rho
from signsgd_sym.solve.digits import checked_digits
from signsgd_sym.solve.precise_eigen import Eigen, symmetric_eigen, working_bits

Array = NDArray[np.float64]

GUARD_DIGITS = 8
"""Digits beyond those asked for and those that the condition number takes."""
CONDITION_DIGITS = 4
"""Decimal logarithm of the condition numbers for which one attempt is enough."""
MATRICES = 12
"""d x d matrices held at once while they are refined."""


@dataclass(frozen=True)
class PreciseSpectrum:
    """Tuples of d numbers (`arb`, of which only the midpoint counts): `lam`, `forcing` n_i, `r0` = r_i(0).

    Right to about `digits` digits: the lam_i relative to themselves, the sums of n_i and r_i(0) over an
    eigenspace relative to the largest of them. `residual` is the decimal logarithm of the larger of
    max|A U - U Lam|/min(lam) and max|U^T U - I|, A = Q K Q; for a diagonal covariance, which needs no
    eigenvectors, of the largest relative radius of the eigenvalues.
    """

    lam: tuple[Any, ...]
    forcing: tuple[Any, ...]
    r0: tuple[Any, ...]
    digits: int
    residual: float

    @property
    def d(self) -> int:
        """Dimension."""
        return len(self.lam)


def precise_spectrum(sde: LimitSDE, covariance: Covariance, delta0: Array, digits: int) -> PreciseSpectrum:
    """Modes of `covariance` as seen by `sde`, with the risks of Delta(0) = `delta0`, to `digits` digits.

    O(d) for a diagonal covariance; else `eigh` in float64 and some products of d x d matrices for each
    doubling of the digits.

    Raises:
        ShapeMismatch: `delta0` has not length d.
        ParameterError: fewer than 15 digits, or more than memory allows.
        NotPositiveDefinite: K is positive definite in float64 only.
        NotConverged: the residual of the eigenvectors is not below 10^-digits.

    >>> from signsgd_sym.derive.sde import derive_sde
    >>> from signsgd_sym.model import SIGN
    >>> modes = precise_spectrum(derive_sde(SIGN), Covariance.from_diagonal([2.0]), np.ones(1), 30)
    >>> modes.lam[0].str(30, radius=False)
    '1.41421356237309504880168872421'
    """
    delta0 = np.asarray(delta0, dtype=float)
    d = covariance.d
    if delta0.shape != (d,):
        raise ShapeMismatch(
            f"Delta(0) has shape {delta0.shape} but the covariance has d = {d}; give {d} numbers."
        )
    if covariance.is_diagonal:
        return _diagonal(sde, covariance.diagonal, delta0, checked_digits(digits, 8 * d))
    digits = checked_digits(digits, MATRICES * d**2)
    K = exact_entries(covariance)
    eigen, work = _eigen(sde, K, digits)
    with precision(working_bits(work, d)):
        q_inverse = _q_inverse(sde, [K[i][i] for i in range(d)])
        lam, U = eigen.lam, eigen.U.tolist()
        scaled = arb_mat([[(q * u).mid() for u in row] for q, row in zip(q_inverse, U, strict=True)])
        image = (precise_noise_matrix(sde, K) * scaled).mid().tolist()
        in_modes = _column_sums(scaled.tolist(), image)
        c = _column_sums(scaled.tolist(), [[arb(x)] * d for x in delta0.tolist()])
        residual = eigen.residual * lam[-1] / lam[0]  # of the least eigenvalue, not the largest
        return PreciseSpectrum(
            lam,
            tuple((x * m / (2 * d)).mid() for x, m in zip(lam, in_modes, strict=True)),
            tuple((x * y**2 / 2).mid() for x, y in zip(lam, c, strict=True)),
            digits,
            log10(residual),
        )


def exact_entries(covariance: Covariance) -> list[list[Any]]:
    """The rows of K as exact numbers, symmetric: the lower triangle, as `eigh` reads it."""
    lower = np.tril(covariance.K)
    return arb_mat((lower + np.tril(lower, -1).T).tolist()).tolist()


def precise_noise_matrix(sde: LimitSDE, K: list[list[Any]]) -> Any:
    """M = E[f(x) f(x)^T] at the current precision, from exact K, as an `arb_mat` of midpoints.

    On the diagonal rho = 1 exactly. Raises `NotPositiveDefinite` where a correlation is not below 1.
    """
    entry = program(sde.noise_entry, {rho: 1, K_ii: 1, K_jj: 1})
    d = len(K)
    M = arb_mat(d, d)
    for i in range(d):
        for j in range(i + 1):
            kii, kjj = K[i][i], K[j][j]
            correlation = arb(1) if i == j else K[i][j] / (kii * kjj).sqrt()
            value = entry({rho: correlation, K_ii: kii, K_jj: kjj}).real
            if not value.is_finite():
                raise NotPositiveDefinite(
                    f"the correlation of the coordinates {j} and {i} is {correlation.str(20, radius=False)}, "
                    "but it must lie between -1 and 1; drop one of them."
                )
            M[i, j] = M[j, i] = value.mid()
    return M


def _q_inverse(sde: LimitSDE, variances: list[Any]) -> list[Any]:
    """The diagonal of Q^-1 = D^(q/2), D = sqrt(K_ii)."""
    power = program(K_ii ** (sde.power / 4), {K_ii: 1})
    return [power({K_ii: k}).real for k in variances]


def _eigen(sde: LimitSDE, K: list[list[Any]], digits: int) -> tuple[Eigen, int]:
    """Eigenvectors of Q K Q whose residual is below 10^-digits of the least eigenvalue, and their digits.

    The condition number is known only when they are: a first attempt that was not enough tells it.
    """
    d = len(K)
    work = digits + GUARD_DIGITS + CONDITION_DIGITS
    for _ in range(3):
        with precision(working_bits(work, d)):
            root = _q_inverse(sde, [K[i][i] for i in range(d)])
            A = arb_mat([[(K[i][j] / (root[i] * root[j])).mid() for j in range(d)] for i in range(d)])
            found = symmetric_eigen(A, work)
            least, most = found.lam[0], found.lam[-1]
            # Weyl: an eigenvalue is within d max|A U - U Lam| of the truth, U being all but orthogonal.
            if not least > found.residual * most * d:
                if least <= -found.residual * most * d:
                    raise NotPositiveDefinite(
                        f"the covariance has eigenvalue {least.str(3, radius=False)} at {work} digits; "
                        "add a small multiple of the identity."
                    )
                work += digits
                continue
            needed = digits + GUARD_DIGITS + int(log10(most / least)) + 1
        if work >= needed:
            return found, work
        work = needed
    raise NotConverged(
        f"the least eigenvalue of the covariance is below 1e-{work} of the largest; ask for more digits."
    )


def _column_sums(left: list[list[Any]], right: list[list[Any]]) -> list[Any]:
    """sum_k left[k][i] right[k][i] for every i."""
    return [sum((x[i] * y[i] for x, y in zip(left, right, strict=True)), arb(0)) for i in range(len(left))]


def _diagonal(sde: LimitSDE, variances: Array, delta0: Array, digits: int) -> PreciseSpectrum:
    """The same for K = diag(variances), where U = I."""
    d = len(variances)
    entry = program(sde.noise_entry, {rho: 1, K_ii: 1, K_jj: 1})
    with precision(working_bits(digits + GUARD_DIGITS, 1)):
        k = [arb(x) for x in variances.tolist()]
        q_inverse = _q_inverse(sde, k)
        lam = [x / q**2 for x, q in zip(k, q_inverse, strict=True)]
        M = [entry({rho: 1, K_ii: x, K_jj: x}).real for x in k]
        forcing = [x * q**2 * m / (2 * d) for x, q, m in zip(lam, q_inverse, M, strict=True)]
        c = [q * arb(x) for q, x in zip(q_inverse, delta0.tolist(), strict=True)]
        r0 = [x * y**2 / 2 for x, y in zip(lam, c, strict=True)]
        radius = max(x.rad() / x.mid() for x in lam)
        return PreciseSpectrum(
            tuple(x.mid() for x in lam),
            tuple(x.mid() for x in forcing),
            tuple(x.mid() for x in r0),
            digits,
            log10(radius),
        )


def log10(x: Any) -> float:
    """log10 of a number that float64 may not hold."""
    return float((x.log() / arb(10).log()).mid()) if x > 0 else float("-inf")
