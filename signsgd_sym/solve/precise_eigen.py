r"""The symmetric eigenproblem at N digits: float64 `eigh`, refined.

One step of Ogita and Aishima (*Iterative refinement for symmetric eigenvalue decomposition*, Japan J. Indust.
Appl. Math. 35 (2018) 1007-1035) takes approximate eigenvectors X of A to X (I + E):

    lam_j = x_j^T A x_j/(x_j^T x_j),   T = X^T (A X - X Lam),   G = X^T X - I,

    E_ij = (T_ij + T_ji)/(2 (lam_j - lam_i)) - G_ij/2    where the pair is resolved: T far below the gap,
    E_ij = -G_ij/2                                       on the diagonal and where it is not.

(The first line is their T_ij/(lam_j - lam_i), written so that E_ij + E_ji = -G_ij also after rounding, which
a small gap magnifies.) The error is squared. In a cluster, a set of pairs not resolved, the
second line makes X orthonormal and leaves the directions alone. When T is there larger than what the errors
outside could have left in it, the block X_J^T (A - mu I) X_J, free of the part that all its eigenvalues
share, is diagonalised in float64 (their second paper, *II: clustered eigenvalues*, ibid. 36 (2019) 435-459),
which gives 16 more digits of the directions, and so on for clusters within clusters. Where the block is zero
to the accuracy asked for, the eigenvalue is multiple to that accuracy and every orthonormal basis is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.evaluate import BITS_PER_DIGIT
from signsgd_sym.errors import NotConverged

RESOLVED = 2.0**-10
"""|T_ij| below this share of the gap: the first order of perturbation theory is trusted."""
GUARD_BITS = 40
"""Bits beyond those asked for; rounding in a product of d x d matrices takes log2(d) of them."""
STEPS = 40
"""Quadratic convergence takes log2(digits/16) steps and some more for each level of clusters."""


@dataclass(frozen=True)
class Eigen:
    """A U = U diag(lam), ascending; entries are midpoints.

    `residual` bounds max|A U - U Lam|/max|lam| and max|U^T U - I|, both as computed at the end.
    """

    lam: tuple[Any, ...]
    U: Any
    residual: Any


def working_bits(digits: int, d: int) -> int:
    """Bits at which products of d x d matrices are right to `digits` digits of their largest entry."""
    return int(digits * BITS_PER_DIGIT) + GUARD_BITS + 2 * d.bit_length()


def largest(entries: Any) -> Any:
    """max |x|, of midpoints."""
    return max((abs(x) for x in entries), default=arb(0))


def symmetric_eigen(A: Any, digits: int) -> Eigen:
    """Eigenvalues and orthonormal eigenvectors of a symmetric `arb_mat` of exact entries.

    Right to `digits` digits in the sense of the residual: the eigenvalues to that many digits of the largest
    one, a vector to so many fewer as its eigenvalue is close to others.

    Raises:
        NotConverged: the residual is not below 10^-digits.

    >>> with precision(200):
    ...     found = symmetric_eigen(arb_mat([[2, 1], [1, 2]]), 40)
    ...     print([x.str(10, radius=False) for x in found.lam], found.residual < arb(10) ** -40)
    ['1.000000000', '3.000000000'] True
    """
    d = A.nrows()
    with precision(working_bits(digits, d)):
        scale = largest(A.entries())
        if scale.is_zero():
            return Eigen((arb(0),) * d, _identity(d), arb(0))
        start = np.array([[float(x / scale) for x in row] for row in A.tolist()])
        X = arb_mat(np.linalg.eigh(start)[1].tolist())
        goal = arb(10) ** -digits
        for _ in range(STEPS):
            state = _State.of(A, X)
            if state.residual <= goal:
                order = sorted(range(d), key=lambda j: state.lam[j])
                U = arb_mat([[row[j] for j in order] for row in X.tolist()])
                return Eigen(tuple(state.lam[j] for j in order), U, state.residual)
            X = _improved(X, state, goal)
    raise NotConverged(
        f"the eigenvectors of a {d} x {d} matrix have a residual of {state.residual.str(3, radius=False)} "
        f"after {STEPS} steps, not 1e-{digits}; ask for fewer digits."
    )


@dataclass(frozen=True)
class _State:
    """Rayleigh quotients `lam`, rows of T and of G, and the residual of X; `scale` is max|lam|."""

    lam: list[Any]
    T: list[list[Any]]
    G: list[list[Any]]
    scale: Any
    residual: Any

    @classmethod
    def of(cls, A: Any, X: Any) -> _State:
        d = A.nrows()
        rows, image = X.tolist(), (A * X).mid().tolist()
        Xt = X.transpose()
        gram = (Xt * X).mid().tolist()
        lam = [
            (sum((x[j] * y[j] for x, y in zip(rows, image, strict=True)), arb(0)) / gram[j][j]).mid()
            for j in range(d)
        ]
        defect = arb_mat(
            [[(y[j] - x[j] * lam[j]).mid() for j in range(d)] for x, y in zip(rows, image, strict=True)]
        )
        for j in range(d):
            gram[j][j] = (gram[j][j] - 1).mid()
        scale = largest(lam)
        residual = max(largest(defect.entries()) / scale, largest(x for row in gram for x in row))
        return cls(lam, (Xt * defect).mid().tolist(), gram, scale, residual.mid())


def _improved(X: Any, state: _State, goal: Any) -> Any:
    """X (I + E), and the blocks of clusters rotated."""
    lam, T, G, d = state.lam, state.T, state.G, X.nrows()
    pairs = [
        (max(abs(T[i][j]), abs(T[j][i])), (lam[j] - lam[i]).mid(), i, j) for j in range(d) for i in range(j)
    ]
    skew = largest(g for row in G for g in row)
    # Second-order perturbation: what T leaves in lam and in other entries of T, once it is gone.
    left = [t * max(t / abs(gap), skew) for t, gap, _, _ in pairs if t < RESOLVED * abs(gap)]
    visible = max(d * largest(left), goal * state.scale / (8 * d)).mid()
    E = [[(-g / 2).mid() for g in row] for row in G]
    unresolved = []
    for t, gap, i, j in pairs:
        if t < RESOLVED * abs(gap) and abs(gap) > visible:
            turn = (T[i][j] + T[j][i]) / (2 * gap)
            E[i][j], E[j][i] = (turn - G[i][j] / 2).mid(), (-turn - G[i][j] / 2).mid()
        elif t > visible:
            unresolved.append((i, j))
    clusters = _components(unresolved)
    for J in clusters:
        for i in J:
            for j in J:
                E[i][j] = (-G[i][j] / 2).mid()
    X = (X + X * arb_mat(E)).mid()
    if not clusters:
        return X
    W = _identity(d)
    for J in clusters:
        for row, i in zip(_rotation(state, J), J, strict=True):
            for w, j in zip(row, J, strict=True):
                W[i, j] = arb(w)
    return (X * W).mid()


def _rotation(state: _State, J: list[int]) -> list[list[float]]:
    """Eigenvectors, in float64, of X_J^T (A - mu I) X_J = T + (I + G)(Lam - mu I)."""
    mu = (sum((state.lam[j] for j in J), arb(0)) / len(J)).mid()
    block = [[state.T[i][j] + (state.G[i][j] + int(i == j)) * (state.lam[j] - mu) for j in J] for i in J]
    scale = largest(x.mid() for row in block for x in row)
    return np.linalg.eigh(np.array([[float(x / scale) for x in row] for row in block]))[1].tolist()


def _components(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Connected components of the graph with the edges `pairs`."""
    component: dict[int, list[int]] = {}
    for i, j in pairs:
        one, other = component.get(i, [i]), component.get(j, [j])
        if one is not other:
            merged = one + other
            component.update((k, merged) for k in merged)
    return [sorted(members) for members in {id(m): m for m in component.values()}.values()]


def _identity(d: int) -> Any:
    return arb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
