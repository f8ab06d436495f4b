"""Clusters of eigenvalues come apart where they differ within the digits, and need not where they do not."""

from itertools import pairwise

import numpy as np
import pytest
from flint import arb, arb_mat

from signsgd_sym.balls.ball import precision
from signsgd_sym.solve.precise_eigen import symmetric_eigen

DIGITS = 60


def rotated(values, seed=1):
    """V diag(values) V^T with V a product of reflections, right to 100 digits."""
    d, rng = len(values), np.random.default_rng(seed)
    A = arb_mat(d, d, [x if i == j else 0 for i, x in enumerate(values) for j in range(d)])
    for _ in range(3):
        v = arb_mat([[arb(x)] for x in rng.standard_normal(d).tolist()])
        H = arb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)]) - v * v.transpose() * (
            2 / (v.transpose() * v)[0, 0]
        )
        A = (H * A * H).mid()
    return ((A + A.transpose()) / 2).mid()


CLUSTERS = {
    "far apart": lambda: [arb(k) for k in range(1, 9)],
    "double": lambda: [arb(1), arb(1), arb(2), arb(2), arb(3), arb(5)],
    "multiple": lambda: [arb(1)] * 12 + [arb(4), arb(9)],
    "all but one": lambda: [arb(1)] * 49 + [arb(51)],
    "at float64": lambda: [1 + k * arb(2) ** -53 for k in range(8)] + [arb(7)],
    "within clusters": lambda: [
        1 + a * arb(2) ** -50 + b * arb(2) ** -110 for a in range(3) for b in range(3)
    ],
    "in a multiple": lambda: [arb(1)] * 4 + [1 + arb(2) ** -80] * 3 + [arb(2)],
    "graded": lambda: [arb(10) ** (-4 * k) for k in range(8)],
    "below the digits": lambda: [arb(1), 1 + arb(2) ** -300, arb(3)],
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_eigenvalues_and_eigenvectors(name):
    with precision(400):
        values = CLUSTERS[name]()
        A = rotated(values)
    found = symmetric_eigen(A, DIGITS)
    with precision(400):
        scale, goal = max(values), arb(10) ** -DIGITS
        for x, y in zip(found.lam, sorted(values), strict=True):
            assert abs(x - y) < goal * scale
        U, d = found.U, len(values)
        Lam = arb_mat(d, d, [x if i == j else 0 for i, x in enumerate(found.lam) for j in range(d)])
        assert max(abs(x) for x in (A * U - U * Lam).entries()) < goal * scale
        for i, row in enumerate((U.transpose() * U).tolist()):
            assert all(abs(x - int(i == j)) < goal for j, x in enumerate(row))


def test_float64_alone_does_not_tell_them_apart():
    with precision(400):
        A = rotated(CLUSTERS["at float64"]())
    values = np.linalg.eigvalsh(np.array([[float(x) for x in row] for row in A.tolist()]))
    gaps = np.diff(values[:8]) * 2.0**53
    assert np.max(np.abs(gaps - 1)) > 0.5
    refined = symmetric_eigen(A, DIGITS).lam
    with precision(400):
        assert all(abs((y - x) * 2**53 - 1) < 1e-40 for x, y in pairwise(refined[:8]))


def test_the_vector_of_a_close_pair_is_found():
    """Eigenvalues 1 and 1 + 2^-60: each projector is right to the digits that the gap leaves."""
    with precision(400):
        A = rotated([arb(1), 1 + arb(2) ** -60, arb(3)])
    vectors = symmetric_eigen(A, DIGITS).U
    with precision(400):
        # The projector of the first is (A - lam_2)(A - lam_3)/((lam_1 - lam_2)(lam_1 - lam_3)).
        one = arb_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1])
        projector = (A - one * (1 + arb(2) ** -60)) * (A - one * 3) / (2 * arb(2) ** -60)
        u = arb_mat([[vectors[i, 0]] for i in range(3)])
        assert max(abs(x) for x in (u * u.transpose() - projector).entries()) < 1e-40
