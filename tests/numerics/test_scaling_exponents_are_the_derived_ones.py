"""Curves of up to 10^9 power-law modes fall with the derived exponents, and with no others."""

import numpy as np
import pytest

from signsgd_sym.derive.scaling import scaling_exponents
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.notation import alpha, beta
from signsgd_sym.solve.curve import solve_modes
from signsgd_sym.solve.scaling import (
    best_constant_step,
    clock_curve,
    exponential_means,
    measured_exponent,
    power_law_modes,
    risk_at,
    weighted_modes,
)
from signsgd_sym.solve.spectrum import Spectrum, spectrum

RULES = {"sign": SIGN, "sgd": SGD}
NOISY, QUIET = "Normal(0, 1)", "Dirac(0)"


def derived(rule, basis, noisy, at):
    found = scaling_exponents(rule, basis, noisy=noisy)
    return float(found.clock.subs(at)), float(found.time.subs(at))


def without_forcing(modes):
    return Spectrum(modes.lam, np.zeros(modes.d), modes.r0)


@pytest.mark.parametrize("d", [3, 1000, 60_000])
def test_weighted_modes_are_all_modes(d):
    i, w = weighted_modes(d)
    every = np.arange(1.0, d + 1)
    for tau in (0.0, 3.0, 1e4):
        whole = np.sum(every**-1.4 * np.exp(-tau / every))
        assert np.sum(w * i**-1.4 * np.exp(-tau / i)) == pytest.approx(whole, rel=1e-8, abs=1e-300)


def test_exponential_means_are_their_integrals():
    u, w = np.polynomial.legendre.leggauss(40)
    u, w = (1 + u) / 2, w / 2
    x = np.array([1e-9, 1e-3, 0.0099, 0.0101, 1.0, 20.0])
    kernel = np.exp(-np.outer(x, 1 - u))
    for found, weight in zip(exponential_means(x), (w, w * u), strict=True):
        np.testing.assert_allclose(found, kernel @ weight, rtol=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_the_clock_gives_the_curve_of_the_ode(problem, rule):
    """With forcing, against LSODA on all modes of the same covariance."""
    made, d, a, b = problem(NOISY, RULES[rule]), 200, 1.2, 0.4
    i = np.arange(1.0, d + 1)
    all_modes = spectrum(made.ode.sde, Covariance.from_diagonal(i ** (-2 * a)), i**-b)
    modes = power_law_modes(rule, "eigenbasis", a, b, d)
    for ours, theirs in zip((modes.lam, modes.forcing, modes.r0), vars(all_modes).values(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    curve = clock_curve(made, modes, 0.7, 50.0)
    at = slice(200, None, 100)
    reference = solve_modes(made, all_modes, Schedule.of("7/10"), np.concatenate([[0], curve.t[at]])).risk[1:]
    gap = np.max(np.abs(curve.risk[at] / reference - 1))
    assert gap < 5 * curve.error + 1e-8
    assert curve.error < 1e-5


CASES = [
    ("sgd", "eigenbasis", NOISY, 1e6),
    ("sign", "eigenbasis", NOISY, 1e4),
    ("sign", "constant-diagonal", NOISY, 1e6),
    ("sign", "constant-diagonal", QUIET, 1e6),
]


@pytest.mark.parametrize(("a", "b"), [(0.8, 0.3), (1.2, 0.3)])
@pytest.mark.parametrize(("rule", "basis", "law", "last"), CASES)
def test_the_risk_falls_with_the_derived_exponent(problem, rule, basis, law, last, a, b):
    modes = without_forcing(power_law_modes(rule, basis, a, b, 10**9))
    curve = clock_curve(problem(law, RULES[rule]), modes, 1.0, last)
    found = measured_exponent(curve.t, curve.risk, (curve.t[-1] / 10, curve.t[-1]))
    _, expected = derived(rule, basis, law == NOISY, {alpha: a, beta: b})
    assert found.error < 2e-3
    assert abs(found.value - expected) < 2 * found.error + 1e-3
    if (rule, basis) == ("sign", "eigenbasis"):  # twice that of SGD
        assert abs(found.value / 2 - derived("sgd", basis, True, {alpha: a, beta: b})[1]) < 2e-3


def test_without_noise_and_with_a_slow_clock_the_time_exponent_is_2p_over_2_minus_p(problem):
    """Slow targets, 2 beta < 1, in the eigenbasis: t = const + c tau^(1 - p/2) converges slowly."""
    at = {alpha: 0.55, beta: 0.05}
    modes = without_forcing(power_law_modes("sign", "eigenbasis", 0.55, 0.05, 10**9))
    curve = clock_curve(problem(QUIET), modes, 1.0, 300.0)
    clock, expected = derived("sign", "eigenbasis", False, at)
    assert clock < 1
    found = measured_exponent(curve.t, curve.risk, (curve.t[-1] / 10, curve.t[-1]))
    assert abs(found.value - expected) < 2 * found.error + 0.03 * expected


def test_without_noise_a_fast_clock_ends_in_finite_time(problem):
    at = {alpha: 1.0, beta: 0.9}
    modes = without_forcing(power_law_modes("sign", "eigenbasis", 1.0, 0.9, 10**9))
    curve = clock_curve(problem(QUIET), modes, 1.0, 1e4, steps=3000)
    p, expected = derived("sign", "eigenbasis", False, at)
    assert p > 2
    assert expected < 0
    # The time left after the last point, by the derived power of the clock.
    slowness = np.gradient(curve.t[1:], curve.tau[1:])
    left = curve.t[-1] - curve.t[1:] + slowness[-1] * curve.tau[-1] / (p / 2 - 1)
    inside = (curve.tau[1:] > 100) & (curve.tau[1:] < 3000)
    slope = np.polyfit(np.log(left[inside]), np.log(curve.risk[1:][inside]), 1)[0]
    assert slope == pytest.approx(-expected, rel=0.02)


@pytest.mark.parametrize(("rule", "tolerance"), [("sgd", 1e-3), ("sign", 8e-3)])
def test_the_best_step_and_its_risk_fall_like_t_to_the_p_over_p_plus_1(problem, rule, tolerance):
    made, modes = problem(NOISY, RULES[rule]), power_law_modes(rule, "eigenbasis", 1.2, 0.3, 10**6)
    early, late = (best_constant_step(made, modes, time, (1e-5, 1e3)) for time in (1e6, 1e8))
    p, _ = derived(rule, "eigenbasis", True, {alpha: 1.2, beta: 0.3})
    decades = np.log(late.time / early.time)
    assert -np.log(late.eta / early.eta) / decades == pytest.approx(p / (p + 1), abs=tolerance)
    assert -np.log(late.risk / early.risk) / decades == pytest.approx(p / (p + 1), abs=tolerance)
    for factor in (0.7, 1.4):
        assert risk_at(made, modes, factor * late.eta, late.time) > late.risk


def test_bad_input_is_refused_in_words(problem):
    with pytest.raises(ParameterError, match=r"alpha is 0.1 and beta 0.2; they must be positive with"):
        power_law_modes("sign", "eigenbasis", 0.1, 0.2, 10)
    with pytest.raises(ParameterError, match="rule is 'adam'"):
        scaling_exponents("adam")
    with pytest.raises(ParameterError, match="d is 0"):
        weighted_modes(0)
    modes = power_law_modes("sign", "eigenbasis", 1.2, 0.3, 100)
    with pytest.raises(ParameterError, match="need 0 < first < last"):
        clock_curve(problem(NOISY), modes, 1.0, 1.0, first=2.0)
    with pytest.raises(ParameterError, match="only 3 points lie in the window"):
        measured_exponent(np.arange(1.0, 9), np.ones(8), (2, 4))
    with pytest.raises(ParameterError, match=r"infinite at R = 0 under Dirac\(0\)"):
        risk_at(problem(QUIET), modes, 1.0, 1.0)
    with pytest.raises(NotConverged, match="widen the bracket"):
        best_constant_step(problem(NOISY), modes, 1e4, (1e2, 1e3))
