"""Claim: without label noise the ODE converges at the rate of the secular equation, up to the derived step.

The rate is compared with the eigenvalues of the mode matrix, and that matrix's exponential with the solved
curve; the prediction of the condition number is a bound, off by a factor 2 at most. Beyond the largest step R
grows.
"""

import numpy as np
import pytest
from scipy.linalg import expm

from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.notation import c
from signsgd_sym.solve.convergence import convergence
from signsgd_sym.solve.curve import solve_modes, stationary_risk
from signsgd_sym.solve.risk import initial_delta
from signsgd_sym.solve.spectrum import spectrum

COVARIANCES = [
    Covariance.identity(20),
    Covariance.powerlaw(30, 1.0),
    Covariance.ar1(30, 0.6),
    Covariance.random_unequal(16, 3),
]


@pytest.fixture(scope="module")
def found():
    return {rule: noise_free(rule) for rule in (SIGN, SGD)}


def schedule(rule, step):
    return Schedule.of(f"{step!r}*sqrt(2*R)" if rule == SIGN else step)


def mode_matrix(theory, result, modes):
    """dr/dt = matrix r at half the largest step."""
    a, b = (float(part.subs(c, result.largest / 2)) for part in (theory.decay, theory.feedback))
    return np.diag(-2 * a * modes.lam) + b * np.outer(modes.forcing, np.ones(modes.d))


@pytest.mark.parametrize("K", COVARIANCES, ids=lambda K: K.name)
@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
def test_the_rate_is_the_top_eigenvalue(rule, K, found, ode):
    result, expected = convergence(found[rule], K), found[rule]
    modes = spectrum(ode[rule].sde, K, initial_delta(K.d))
    matrix = mode_matrix(expected, result, modes)
    assert result.slowest == pytest.approx(-np.linalg.eigvals(matrix).real.max(), rel=1e-9)
    assert 1 / 2 - 1e-12 <= result.feedback <= 1
    of_kappa = 8 / np.pi**2 if rule == SIGN else 2
    assert result.predicted == pytest.approx(of_kappa / result.kappa, rel=1e-12)


@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
def test_the_solved_curve_is_the_matrix_exponential(rule, found, problem):
    """The ODE of the generated module, whose schedule is sqrt(2 R), is the linear one."""
    K = COVARIANCES[1]
    result, made = convergence(found[rule], K), problem("Dirac(0)", rule)
    modes = spectrum(made.ode.sde, K, initial_delta(K.d))
    times = np.array([0, 3, 12]) / result.slowest
    risk = solve_modes(made, modes, schedule(rule, result.largest / 2), times).risk
    matrix = mode_matrix(found[rule], result, modes)
    exact = [float((expm(t * matrix) @ modes.r0).sum()) for t in times]
    assert np.allclose(risk, exact, rtol=1e-7)


@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
def test_beyond_the_largest_step_the_risk_grows(rule, found, problem):
    K = COVARIANCES[3]
    result, made = convergence(found[rule], K), problem("Dirac(0)", rule)
    modes = spectrum(made.ode.sde, K, initial_delta(K.d))
    for factor, grows in ((0.98, False), (1.02, True)):
        curve = solve_modes(
            made, modes, schedule(rule, factor * result.largest), np.array([0.0, 200.0, 400.0])
        )
        assert (curve.risk[2] > curve.risk[1]) == grows


def test_the_criterion_decides_which_is_faster(found):
    """Where the condition numbers differ by more than the factor 2 of the feedback, they are right."""
    decided = []
    for spread in (0.0, 1.0, 2.0, 3.0):
        K = Covariance.random_unequal(20, 4, spread)
        sign, sgd = (convergence(found[rule], K) for rule in (SIGN, SGD))
        advantage = sgd.kappa / (np.pi**2 / 4 * sign.kappa)
        if not 1 / 2 <= advantage <= 2:
            assert (sign.slowest > sgd.slowest) == (advantage > 1)
            decided.append(advantage > 1)
    assert set(decided) == {True, False}


def test_sgd_without_label_noise_rests_at_zero_or_nowhere(problem):
    made, K = problem("Dirac(0)", SGD), COVARIANCES[1]
    assert stationary_risk(made, K.trace, 1.9, K.d) == 0
    assert stationary_risk(made, K.trace, 2.1, K.d) is None
