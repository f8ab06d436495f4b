"""The N-digit curve against closed formulas, exponentials of matrices, and mpmath's odefun."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp

from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, noise_law
from signsgd_sym.solve import precise
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.precise import checked_curve_digits, precise_curve, precise_stationary
from signsgd_sym.solve.precise_spectrum import precise_spectrum
from signsgd_sym.solve.risk import initial_delta, risk_curve


@pytest.fixture(scope="module")
def gaussian():
    return make_problem(SIGN, noise_law("Normal(0, 1)"))


def relative(text, exact):
    return abs(mpmath.mpf(text) / exact - 1)


def test_noise_free_signsgd_falls_to_1e_200_along_an_exponential():
    # K = I, eta = c sqrt(2 R): R' = -(4 c/pi - c^2) R
    problem = make_problem(SIGN, noise_law("Dirac(0)"))
    delta = initial_delta(4)
    curve = precise_curve(
        problem, Covariance.identity(4), Schedule.of("sqrt(2*R)/2"), delta, [0, 600, 1200], 50
    )
    with mpmath.workdps(70):
        c = mpmath.mpf(1) / 2
        start = sum(mpmath.mpf(float(value)) ** 2 for value in delta) / 2
        for time, text in zip((0, 600, 1200), curve.decimals, strict=True):
            exact = start * mpmath.exp(-(4 * c / mpmath.pi - c**2) * time)
            assert relative(text, exact) < mpmath.mpf(10) ** -49
    assert (
        curve.decimals[-1].endswith(("e-200", "e-201", "e-202", "e-203", "e-204", "e-205", "e-206"))
        or float(curve.decimals[-1]) < 1e-200
    )


@pytest.mark.parametrize("eta", ["1/3", "1/(3 + t)"])
def test_sgd_is_the_exponential_of_a_matrix(eta):
    # r' = -2 eta L r + eta^2 L^2 1 (sum r + v/2)/d; constant eta by expm, eta(t) by odefun
    problem = make_problem(SGD, noise_law("Normal(0, 1)"))
    K = Covariance.from_diagonal([1.0, 2.0, 0.5])
    delta = initial_delta(3)
    text = precise_curve(problem, K, Schedule.of(eta), delta, [0, 2], 40).decimals[1]
    with mpmath.workdps(60):
        lam = [mpmath.mpf(float(value)) for value in K.diagonal]
        r = [x * mpmath.mpf(float(y)) ** 2 / 2 for x, y in zip(lam, delta, strict=True)]
        if eta == "1/3":
            step = mpmath.mpf(1) / 3
            M = mpmath.zeros(4, 4)  # the last coordinate stays 1
            for i in range(3):
                M[i, i] -= 2 * step * lam[i]
                M[i, 3] = step**2 * lam[i] ** 2 / 6
                for j in range(3):
                    M[i, j] += step**2 * lam[i] ** 2 / 3
            exact = sum((mpmath.expm(2 * M) * mpmath.matrix([*r, 1]))[i] for i in range(3))
        else:

            def slope(t, r):
                step = 1 / (3 + t)
                P = sum(r) + mpmath.mpf(1) / 2
                return [-2 * step * x * y + step**2 * x**2 * P / 3 for x, y in zip(lam, r, strict=True)]

            exact = sum(mpmath.odefun(slope, 0, r)(2))
        assert relative(text, exact) < mpmath.mpf(10) ** -39


def test_fast_modes_do_not_cost_digits_when_they_follow_slow_ones():
    # With steps as long as the slow modes allow, the fast ones cancel: the runs agree to 21 digits, not 30.
    problem = make_problem(SIGN, noise_law("Normal(0, 1/100)"))
    K = Covariance.from_diagonal([1e3, 1e-1, 1e-5])
    curve = precise_curve(problem, K, Schedule.of("1/50"), np.ones(3), [0, 400], 20)
    assert curve.gap < -26


@pytest.mark.parametrize("eta", ["1/2", "sqrt(2*R)/3", "R/(1 + t)"])
def test_signsgd_is_what_odefun_finds(gaussian, eta):
    K, delta = Covariance.random_unequal(3, seed=1), initial_delta(3)
    text = precise_curve(gaussian, K, Schedule.of(eta), delta, [0, 1], 25).decimals[1]
    modes = precise_spectrum(gaussian.ode.sde, K, delta, 35)
    step = sp.lambdify(sp.symbols("t R"), sp.sympify(eta), "mpmath")
    with mpmath.workdps(30):
        rows = [
            [mpmath.mpf(value.str(40, radius=False)) for value in row]
            for row in (modes.lam, modes.forcing, modes.r0)
        ]

        def slope(t, r):
            R = sum(r)
            h = step(t, R)
            a = 2 / mpmath.pi / mpmath.sqrt(2 * R + 1)
            return [-2 * h * x * a * y + h**2 * n for x, n, y in zip(*rows[:2], r, strict=True)]

        assert relative(text, sum(mpmath.odefun(slope, 0, rows[2])(1))) < mpmath.mpf(10) ** -24


def test_time_need_not_be_rational(gaussian):
    K, delta = Covariance.identity(3), np.ones(3)
    one, two = (
        precise_curve(gaussian, K, Schedule.of(1), delta, [0, T], 20).decimals[1]
        for T in ("sqrt(2)", sp.Rational(sp.sqrt(2).evalf(40)))
    )
    assert one == two


def test_unstable_ode_is_refused_in_words():
    problem = make_problem(SGD, noise_law("Normal(0, 1)"))
    with pytest.raises(NotConverged, match=r"beyond 1e300 .* take a smaller one"):
        precise_curve(problem, Covariance.identity(3), Schedule.of(100), np.ones(3), [0, 50], 15)


def test_float64_has_no_curve_and_digits_have_one():
    result = risk_curve(
        "Dirac(0)", "powerlaw:d=20,alpha=1/2", "sqrt(2*R)/2", 3000, points=2, need_curve=False
    )
    # Which of the two happens first is a matter of the processor's rounding.
    reasons = ("must stay positive", "fallen below what the float64 integrator resolves")
    assert math.isnan(result.risk[-1]) and any(reason in result.curve.failure for reason in reasons)
    curve = precise_curve(
        result.problem, result.covariance, result.schedule, result.delta0, [0, 1500, 3000], 20
    )
    assert float(mpmath.log10(mpmath.mpf(curve.decimals[-1]))) < -200


def test_stationary_risk_is_the_root_of_its_closed_formula(gaussian):
    K = Covariance.from_spec("powerlaw:d=30,alpha=1")
    guess = risk_curve("Normal(0, 1)", K, "1/2", 1, points=1, problem=gaussian).stationary
    root = precise_stationary(gaussian, K, Schedule.of("1/2"), guess, 40)
    with mpmath.workdps(50):
        trace = sum(mpmath.sqrt(mpmath.mpf(float(k))) for k in K.diagonal)
        A = mpmath.pi * trace / (8 * 30 * 2)
        assert relative(root.str(45, radius=False), A**2 + A * mpmath.sqrt(A**2 + 1)) < mpmath.mpf(10) ** -39


def test_two_runs_that_differ_are_not_an_answer(gaussian, monkeypatch):
    true = precise.integrate

    def wrong(flow, modes, times, digits, order, *rest):
        # The second run starts a little off.
        return true(flow, [m * (1 + (order > 40) * 1e-10) for m in modes], times, digits, order, *rest)

    monkeypatch.setattr(precise, "integrate", wrong)
    with pytest.raises(NotConverged, match=r"agree to 1?[0-9] digits only, not to 15"):
        precise_curve(gaussian, Covariance.identity(3), Schedule.of(1), np.ones(3), [0, 1], 15)


def test_interrupted_run_keeps_what_is_finished(gaussian, monkeypatch):
    def stop(share):
        if share > 0.25:
            raise KeyboardInterrupt

    times = [sp.Rational(k, 4) for k in range(41)]
    with pytest.raises(precise.PreciseInterrupted) as caught:
        precise_curve(gaussian, Covariance.identity(3), Schedule.of(1), np.ones(3), times, 20, stop)
    whole = precise_curve(gaussian, Covariance.identity(3), Schedule.of(1), np.ones(3), times, 20)
    finished = caught.value.finished
    assert 2 < len(finished) < 41 and [s[:18] for s in finished] == [
        s[:18] for s in whole.decimals[: len(finished)]
    ]


@pytest.mark.parametrize(("digits", "match"), [(14, "at least 15"), (10**8, "ask for at most")])
def test_digits_outside_the_possible_are_refused(digits, match):
    with pytest.raises(ParameterError, match=match):
        checked_curve_digits(digits, 100)
