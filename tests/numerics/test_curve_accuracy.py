r"""The risk curve is the solution of the ODE, to eight digits and more.

Held against an integrator of another kind at tight tolerance with the right-hand side written by hand,
against the scalar ODE at K = I, and against two cases solved by hand: K = I without noise, and
eta = c sqrt(2 R), where the ODE is linear.
"""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.special import erfcx

from signsgd_sym.errors import NotConverged
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.notation import R
from signsgd_sym.solve.curve import solve_modes
from signsgd_sym.solve.risk import risk_curve
from signsgd_sym.solve.spectrum import spectrum

K = Covariance.random_unequal(5, 8)
DELTA0 = np.array([0.9, -0.4, 0.7, 0.2, -0.5])
TIMES = np.linspace(0, 6, 25)
RATE = {  # a(R) by hand
    "Laplace(0, 1)": lambda R: np.sqrt(2 / np.pi) * erfcx(np.sqrt(R)),
    "Cauchy(0, 1)": lambda R: 2 / np.pi * erfcx(1 / (2 * np.sqrt(R))) / np.sqrt(2 * R),
    "Normal(0, 1)": lambda R: 2 / np.pi / np.sqrt(2 * R + 1),
}


def modes_by_hand(rule):
    """lambda, n and r(0) from the definitions, by `eigh`."""
    D = np.sqrt(np.diag(K.K)) if rule == SIGN else np.ones(K.d)
    lam, U = np.linalg.eigh(K.K / np.sqrt(np.outer(D, D)))
    M = K.K_sigma if rule == SIGN else K.K
    n = lam * np.diag(U.T @ (M * np.sqrt(np.outer(D, D))) @ U) / (2 * K.d)
    return lam, n, lam * (U.T @ (np.sqrt(D) * DELTA0)) ** 2 / 2


def dop853(slope, r0, times=TIMES):
    return solve_ivp(
        slope, (times[0], times[-1]), r0, method="DOP853", t_eval=times, rtol=1e-13, atol=1e-15
    ).y


@pytest.mark.parametrize("law", RATE)
@pytest.mark.parametrize("eta", [0.3, 1.0])
def test_sign_curve_agrees_with_another_integrator(problem, law, eta):
    lam, n, r0 = modes_by_hand(SIGN)
    exact = dop853(lambda t, r: -2 * eta * lam * RATE[law](r.sum()) * r + eta**2 * n, r0).sum(axis=0)
    result = risk_curve(law, K, eta, 6, points=24, delta0=DELTA0, problem=problem(law))
    assert np.max(np.abs(result.risk / exact - 1)) < 1e-8
    assert result.curve.solver_error < 1e-6
    without_noise = dop853(lambda t, r: -2 * eta * lam * RATE[law](r.sum()) * r, r0).sum(axis=0)
    assert np.max(np.abs(result.risk / without_noise - 1)) > 1e-2


def test_sgd_curve_is_a_matrix_exponential(problem):
    """Linear for constant eta: r' = -2 eta lam r + 2 eta^2 n (sum(r) + E eps^2/2)."""
    eta, power = 0.4, 2.0
    lam, n, r0 = modes_by_hand(SGD)
    A = -2 * eta * np.diag(lam) + 2 * eta**2 * np.outer(n, np.ones(K.d))
    fixed = np.linalg.solve(A, -(eta**2) * n * power)
    exact = [np.sum(fixed + expm(A * t) @ (r0 - fixed)) for t in TIMES]
    result = risk_curve(
        "Laplace(0, 1)",
        K,
        eta,
        6,
        points=24,
        delta0=DELTA0,
        optimizer="sgd",
        problem=problem("Laplace(0, 1)", SGD),
    )
    assert np.max(np.abs(result.risk / exact - 1)) < 1e-8


def test_varying_step_is_followed(problem):
    lam, n, r0 = modes_by_hand(SIGN)
    rate = RATE["Laplace(0, 1)"]

    def slope(t, r):
        eta = 1 / (1 + t)
        return -2 * eta * lam * rate(r.sum()) * r + eta**2 * n

    result = risk_curve(
        "Laplace(0, 1)", K, "1/(1 + t)", 6, points=24, delta0=DELTA0, problem=problem("Laplace(0, 1)")
    )
    assert np.max(np.abs(result.risk / dop853(slope, r0).sum(axis=0) - 1)) < 1e-8
    assert result.stationary is None


@pytest.mark.parametrize("law", RATE)
def test_identity_covariance_is_the_scalar_ode(problem, law):
    """R' = -eta phi(R) sqrt(2 R) + eta^2/2, whatever the direction of Delta(0)."""
    eta, start = 0.7, 1.3
    exact = dop853(lambda t, R: -eta * 2 * R * RATE[law](R) + eta**2 / 2, [start])[0]
    for seed in (0, 1):
        delta = np.random.default_rng(seed).standard_normal(40)
        delta *= np.sqrt(2 * start) / np.linalg.norm(delta)
        result = risk_curve(law, "identity:d=40", eta, 6, points=24, delta0=delta, problem=problem(law))
        assert np.max(np.abs(result.risk / exact - 1)) < 1e-8


def test_noise_free_identity_has_an_implicit_solution(problem):
    """u u' = b - a u for u = sqrt(2 R), a = 2 eta/pi, b = eta^2/2: -u/a - b log|b - a u|/a^2 = t + const."""
    eta = 0.5
    a, b = 2 * eta / np.pi, eta**2 / 2

    def F(u):
        return -u / a - b / a**2 * np.log(np.abs(b - a * u))

    result = risk_curve(
        "Dirac(0)", "identity:d=30", eta, 6, points=24, delta0=np.full(30, 0.4), problem=problem("Dirac(0)")
    )
    u = np.sqrt(2 * result.risk)
    np.testing.assert_allclose(F(u) - F(u[0]), result.t, rtol=1e-7, atol=1e-7)
    assert (
        np.max(np.abs(F(np.sqrt(result.risk)) - F(np.sqrt(result.risk[0])) - result.t)) > 0.1
    )  # the 1/2 in R


@pytest.mark.parametrize("factor", [0.5, 0.97, 1.03])
def test_step_proportional_to_sqrt_R_is_stable_below_the_threshold(problem, factor):
    """Noise-free, eta = c sqrt(2 R): linear, and stable exactly when c < 4 d/(pi tr D)."""
    c = factor * 4 * K.d / (np.pi * K.trace_D)
    made = problem("Dirac(0)")
    modes = spectrum(made.ode.sde, K, DELTA0)
    generator = -4 * c / np.pi * np.diag(modes.lam) + 2 * c**2 * np.outer(modes.forcing, np.ones(K.d))
    slowest = np.max(np.linalg.eigvals(generator).real)
    assert (slowest < 0) == (factor < 1)
    schedule, times = Schedule.of(sp.Float(c) * sp.sqrt(2 * R)), np.array([0.0, 1.0, 2.0, 4.0])
    risk = solve_modes(made, modes, schedule, times).risk
    exact = [np.sum(expm(generator * t) @ modes.r0) for t in times]
    np.testing.assert_allclose(risk, exact, rtol=1e-8)


def test_a_step_size_with_a_pole_is_given_up_in_words():
    with pytest.raises(NotConverged, match="may have a pole"):
        risk_curve("Laplace(0, 1)", "identity:d=20", "1/(1/2 - t)", 1, points=4)
