r"""A path to N digits is the recursion written by hand in mpmath, for Laplace noise and the sign rule:

a(R) = sqrt(2/pi) e^R erfc(sqrt R),   s = 1,   M = (2/pi) arcsin(C),   D^-1 K in the drift.
"""

from dataclasses import replace

import mpmath
import numpy as np
import sympy as sp

from signsgd_sym.model import Covariance, Schedule
from signsgd_sym.solve.precise_path import precise_paths

K = Covariance.random_unequal(3, 4)
DELTA0 = np.array([0.9, -0.4, 0.7])
TIMES = np.array([0.0, 1.0, 2.0])
DIGITS = 40


def by_hand(seed, runs, run):
    mp = mpmath.MPContext()
    mp.dps = DIGITS + 25
    d, exact = K.d, mp.matrix(K.K.tolist())
    D = [mp.sqrt(exact[i, i]) for i in range(d)]
    M = mp.matrix(d, d)
    for i in range(d):
        for j in range(d):
            M[i, j] = 1 if i == j else 2 / mp.pi * mp.asin(exact[i, j] / (D[i] * D[j]))
    root = mp.sqrtm(M)
    rng, dt, delta, risks = np.random.default_rng(seed), mp.mpf(1) / d, mp.matrix(DELTA0.tolist()), []
    for step in range(2 * d + 1):
        gradient = exact * delta
        R = (delta.T * gradient)[0] / 2
        if step % d == 0:
            risks.append(R)
        eta = 1 / (2 + step * dt)
        a = mp.sqrt(2 / mp.pi) * mp.exp(R) * mp.erfc(mp.sqrt(R))
        noise = root * mp.matrix(rng.standard_normal((runs, d))[run].tolist())
        for i in range(d):
            delta[i] += -eta * a * gradient[i] / D[i] * dt + eta * mp.sqrt(dt / d) * noise[i]
    return risks


def gaps(path, run, exactly):
    mp = mpmath.MPContext()
    mp.dps = DIGITS + 25
    return [
        abs(mp.mpf(x.str(DIGITS + 20, radius=False)) / y - 1)
        for x, y in zip(path.risk[run], exactly, strict=True)
    ]


def test_the_recursion_by_hand(problem):
    made, schedule = problem("Laplace(0, 1)"), Schedule.of("1/(2 + t)")
    path = precise_paths(made, K, schedule, DELTA0, TIMES, digits=DIGITS, seed=7, runs=2)
    for run in range(2):
        assert max(gaps(path, run, by_hand(7, 2, run))) < 10.0**-DIGITS
    assert max(gaps(path, 0, by_hand(8, 2, 0))) > 1e-3
    assert max(gaps(path, 0, by_hand(7, 2, 1))) > 1e-3


def test_a_drift_wrong_in_the_thirtieth_digit_is_seen(problem):
    made, schedule = problem("Laplace(0, 1)"), Schedule.of("1/(2 + t)")
    sde = made.ode.sde
    rate = sde.rate * (1 + sp.Rational(1, 10**30))
    wrong = replace(made, ode=replace(made.ode, sde=replace(sde, rate=rate)))
    path = precise_paths(wrong, K, schedule, DELTA0, TIMES, digits=DIGITS, seed=7)
    worst = max(gaps(path, 0, by_hand(7, 1, 0)))
    assert 1e-31 < worst < 1e-29


def test_thirty_digits_are_the_first_of_sixty(problem):
    made, schedule = problem("Laplace(0, 1)"), Schedule.of("1/(2 + t)")
    fewer, more = (precise_paths(made, K, schedule, DELTA0, TIMES, digits=n, seed=7) for n in (30, 60))
    assert all(x[:30] == y[:30] for x, y in zip(fewer.decimals[0], more.decimals[0], strict=True))
    assert fewer.gap < -30 and more.gap < -60
