r"""The modes at N digits are those of mpmath, and their moments those of powers of Kbar.

    sum_i r_i lam_i^k = Delta^T P Delta/2,   sum_i n_i lam_i^k = tr(P M)/(2 d),   P = D^q (D^-q K)^(k+1):

no eigenvectors, and no dependence on a basis.
"""

import mpmath
import numpy as np
import pytest

from signsgd_sym.model import SGD, SIGN, Covariance
from signsgd_sym.solve.precise_spectrum import precise_spectrum

DIGITS, MORE = 50, 75
COVARIANCES = {
    "unequal": Covariance.random_unequal(8, 5),
    "ar1": Covariance.ar1(6, 0.7),
    "spiked": Covariance.spiked(10, 3, 10.0),
    "equal correlations": Covariance.from_matrix(np.full((7, 7), 0.5) + np.diag(np.full(7, 0.5))),
    "nearly the identity": Covariance.from_matrix(np.eye(6) + 1e-12 * (np.ones((6, 6)) - np.eye(6))),
    "graded": Covariance.from_matrix(
        np.outer(10.0 ** np.arange(-6, 6, 2), 10.0 ** np.arange(-6, 6, 2)) * Covariance.ar1(6, 0.5).K
    ),
    "diagonal": Covariance.powerlaw(9, 1.5),
}
rules = pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
covariances = pytest.mark.parametrize("name", COVARIANCES)
mp = mpmath.MPContext()
mp.dps = MORE


def start(d):
    return np.random.default_rng(2).standard_normal(d)


def number(x):
    return mp.mpf(x.mid().str(MORE, radius=False)) if x != 0 else mp.mpf(0)


def modes(ode, rule, name, digits=DIGITS):
    K = COVARIANCES[name]
    found = precise_spectrum(ode[rule].sde, K, start(K.d), digits)
    return [[number(x) for x in part] for part in (found.lam, found.forcing, found.r0)]


def matrices(rule, K):
    """K, D^q and M, by hand."""
    exact, d = mp.matrix(K.K.tolist()), K.d
    D = mp.diag([mp.sqrt(exact[i, i]) for i in range(d)])
    if rule == SGD:
        return exact, mp.eye(d), exact
    M = mp.matrix(d, d)
    for i in range(d):
        for j in range(d):
            M[i, j] = 1 if i == j else 2 / mp.pi * mp.asin(exact[i, j] / (D[i, i] * D[j, j]))
    return exact, D, M


@rules
@covariances
def test_moments_are_those_of_matrix_powers(ode, rule, name):
    K = COVARIANCES[name]
    lam, n, r = modes(ode, rule, name)
    exact, Dq, M = matrices(rule, K)
    delta = mp.matrix(start(K.d).tolist())
    step = mp.inverse(Dq) * exact
    power = mp.eye(K.d)  # (D^-q K)^(k + 1)
    for k in range(-1, 6):
        of_r = (delta.T * Dq * power * delta)[0] / 2
        product = Dq * power * M
        of_n = sum(product[i, i] for i in range(K.d)) / (2 * K.d)
        for weights, exactly in ((r, of_r), (n, of_n)):
            moment = mp.fsum(w * x**k for w, x in zip(weights, lam, strict=True))
            assert abs(moment / exactly - 1) < mp.mpf(10) ** -DIGITS
            if name != "nearly the identity":  # there, the next moment is the same to 12 digits
                wrong = mp.fsum(w * x ** (k + 1) for w, x in zip(weights, lam, strict=True))
                assert abs(wrong / exactly - 1) > 1e-6
        power = power * step


@rules
@pytest.mark.parametrize("name", ["unequal", "ar1"])
def test_every_mode_is_that_of_mpmath(ode, rule, name):
    K = COVARIANCES[name]
    exact, Dq, M = matrices(rule, K)
    root = Dq.apply(mp.sqrt)
    Q = mp.inverse(root)
    values, U = mp.eigsy(Q * exact * Q)
    c = U.T * root * mp.matrix(start(K.d).tolist())
    in_modes = U.T * root * M * root * U
    for i, (lam, n, r) in enumerate(zip(*modes(ode, rule, name), strict=True)):
        wanted = values[i], values[i] * in_modes[i, i] / (2 * K.d), values[i] * c[i] ** 2 / 2
        for found, right in zip((lam, n, r), wanted, strict=True):
            assert abs(found / right - 1) < mp.mpf(10) ** -DIGITS


@rules
def test_thirty_digits_are_the_first_of_sixty(ode, rule):
    for fewer, more in zip(modes(ode, rule, "unequal", 30), modes(ode, rule, "unequal", 60), strict=True):
        for x, y in zip(fewer, more, strict=True):
            assert abs(x / y - 1) < mp.mpf(10) ** -30
