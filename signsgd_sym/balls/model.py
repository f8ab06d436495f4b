"""A random instance of the model's matrices, every derived one rigorously from its definition.

K is rational, positive definite, with unequal diagonal and dimension 2 to 8. Then, as in `notation`: D =
diag(sqrt(K_ii)), Kbar = D^-1 K, S = D^(-1/2) K D^(-1/2) = U Lambda U^T, C = D^-1 K D^-1 and
K_sigma = (2/pi) arcsin(C) entrywise.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from flint import acb, acb_mat, arb, fmpq

from signsgd_sym.balls.functions import asin
from signsgd_sym.balls.matrices import diagonal, elementwise


@dataclass(frozen=True)
class RandomModel:
    """Exact data of one instance: the covariance `K`, the state `Delta`, and the index `i` of a mode (from
    1).
    """

    K: tuple[tuple[Fraction, ...], ...]
    Delta: tuple[Fraction, ...]
    i: int

    @property
    def d(self) -> int:
        """The dimension."""
        return len(self.Delta)

    def values(self) -> dict[str, Any]:
        """Every object of the model by name, at the current precision.

        Matrices: K, D, Kbar, S, C, K_sigma, U, Lambda, Delta, e_i (column i of the identity). Numbers: d, i,
        R = Delta^T K Delta/2, lambda_i. Lists over the modes: lambda, r (mode risks), n (mode forcings).
        """
        d = self.d
        K = acb_mat([[_ball(x) for x in row] for row in self.K])
        Delta = acb_mat([[_ball(x)] for x in self.Delta])
        scale = [_ball(self.K[i][i]).sqrt() for i in range(d)]
        D, D_inv = diagonal(scale), diagonal([1 / x for x in scale])
        half, half_inv = diagonal([x.sqrt() for x in scale]), diagonal([x.rsqrt() for x in scale])
        S, C = half_inv * K * half_inv, D_inv * K * D_inv
        for i in range(d):
            C[i, i] = acb(1)  # K_ii/sqrt(K_ii)^2, exactly
        K_sigma = elementwise(lambda x: 2 / acb.pi() * asin(x, False), C)
        lam, U = symmetric_eigen(S)
        c = U.transpose() * half * Delta
        forcing = U.transpose() * half * K_sigma * half * U
        return {
            "d": acb(d),
            "i": acb(self.i),
            "K": K,
            "D": D,
            "Kbar": D_inv * K,
            "S": S,
            "C": C,
            "K_sigma": K_sigma,
            "U": U,
            "Lambda": diagonal(lam),
            "Delta": Delta,
            "R": (Delta.transpose() * K * Delta)[0, 0] / 2,
            "e_i": acb_mat([[acb(int(k == self.i - 1))] for k in range(d)]),
            "lambda_i": lam[self.i - 1],
            "lambda": lam,
            "r": [lam[k] * c[k, 0] ** 2 / 2 for k in range(d)],
            "n": [lam[k] * forcing[k, k] / (2 * d) for k in range(d)],
        }


def random_model(rng: Random, d: int | None = None) -> RandomModel:
    """A random instance of dimension `d`, or of a random one from 2 to 8: K = B B^T + diag of positive
    rationals.
    """
    size = d or rng.randint(2, 8)
    B = [[Fraction(rng.randint(-9, 9), 8) for _ in range(size)] for _ in range(size)]
    ridge = [Fraction(k + 1, 3) + Fraction(rng.randint(1, 20), 97) for k in range(size)]
    K = tuple(
        tuple(
            sum((B[i][k] * B[j][k] for k in range(size)), Fraction(0)) + (ridge[i] if i == j else 0)
            for j in range(size)
        )
        for i in range(size)
    )
    Delta = tuple(Fraction(rng.choice((-1, 1)) * rng.randint(1, 60), 41) for _ in range(size))
    return RandomModel(K, Delta, rng.randint(1, size))


def symmetric_eigen(S: acb_mat) -> tuple[list[acb], acb_mat]:
    """Eigenvalues in increasing order and orthonormal eigenvectors (columns) of a real symmetric matrix.

    `eig` isolates the eigenvalues, so each is simple, hence real, with one real eigenvector up to a factor.
    Dividing a column by its largest entry leaves that real vector: its imaginary part is 0 and may be
    dropped. Raises ValueError where eigenvalues are not separated at the current precision.
    """
    values, vectors = S.eig(right=True)
    d = S.nrows()
    order = sorted(range(d), key=lambda k: values[k].real.mid())
    columns = []
    for k in order:
        column = [vectors[i, k] for i in range(d)]
        pivot = max(column, key=lambda z: z.abs_lower())
        real = [(z / pivot).real for z in column]
        norm = sum((x * x for x in real), arb(0)).sqrt()
        columns.append([acb(x / norm) for x in real])
    return [acb(values[k].real) for k in order], acb_mat(columns).transpose()


def _ball(x: Fraction) -> acb:
    return acb(arb(fmpq(x.numerator, x.denominator)))
