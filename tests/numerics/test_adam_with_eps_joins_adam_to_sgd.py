"""Claim: Adam with eps > 0 lies between Adam (eps -> 0) and SGD (eps -> oo), and its coefficients are right.

Without memory it is the coordinate-wise rule z/(|z| + eps), whose coefficients come from Hermite series. Each
way of solving for V that applies gives one curve; without label noise the stationary risk is that of the
bound by SGD.
"""

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest

from signsgd_sym.errors import ParameterError, RuleError
from signsgd_sym.model import Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve import adam_law, matrix_curve
from signsgd_sym.solve.adam_kernel import adam_kernel, kernel_once
from signsgd_sym.solve.adam_law import law_kernel
from signsgd_sym.solve.adam_pairs import Effort, integrals_for
from signsgd_sym.solve.adam_risk import adam_risk
from signsgd_sym.solve.damped_functions import DampedFunctions
from signsgd_sym.solve.damped_risk import damped_risk
from signsgd_sym.solve.damping import damped_weight
from signsgd_sym.solve.residual import gaussian_residual
from signsgd_sym.solve.risk import risk_curve
from signsgd_sym.solve.rule_functions import quadrature_functions
from signsgd_sym.solve.rule_risk import rule_risk

RHO = np.linspace(-1, 1, 21)
GAUSSIAN, LAPLACE = noise_law("Normal(0, 1)"), noise_law("Laplace(0, 1)")
QUICK = Effort(16, 20, 0.2, 0.35)


def unequal(d):
    """An ar1 correlation with standard deviations from 1/2 to 2."""
    sd = np.exp(np.log(2) * np.sin(np.arange(d)))
    return Covariance.from_matrix(Covariance.from_spec(f"ar1:d={d},rho=1/2").K * np.outer(sd, sd))


HALF = 0.5
"""A risk in the middle of a panel of log R, where a table of one point is that point."""


def functions(adam, law, K, resolution=adam_law.FINE):
    return DampedFunctions(adam, law, K, resolution, 1e-8)


def at_half(adam, law, K):
    """Without interpolation in R, for R = 1/2."""
    return functions(adam, law, K, replace(adam_law.FINE, points=1))


@pytest.fixture(scope="module")
def integrals():
    """Of Adam(0, 9/10) and Adam(9/10, 99/100) with a Gaussian residual, for every eps up to 1000."""
    betas = [("0", "9/10"), ("9/10", "99/100")]
    return {pair: integrals_for(Adam(*pair), gaussian_residual(), QUICK, 1e3) for pair in betas}


def k(found, rho, i=0, j=0):
    place = 2 * (1 - rho**2) ** 0.25 - 1
    return rho * np.polynomial.chebyshev.chebval(place, found.coefficients[:, i, j])


@pytest.mark.parametrize("y", [0.0, 1e-3, 0.5, 3.0, 11.99, 12.01, 40.0, 1e4])
def test_the_weight_is_tricomis_function(y):
    """h(y) = U(1, 1/2, y^2)/2."""
    true = float(mp.hyperu(1, mp.mpf(1) / 2, mp.mpf(y) ** 2) / 2) if y else 1.0
    assert damped_weight(np.array([y]))[0] == pytest.approx(true, rel=2e-13)


def test_small_eps(integrals):
    """c1(a) = c1 - a c2 + O(a^2) without momentum, and k(rho; a) = k(rho) + O(a) with it."""
    a = np.array([0.0, 1e-3, 2e-3])
    found = integrals["0", "9/10"].constants(a)
    c2 = float(k(found, np.ones(1))[0])
    rest = found.c1[1:] - (found.c1[0] - a[1:] * c2)
    assert rest[1] / rest[0] == pytest.approx(4, abs=0.02)
    assert 0 < rest[1] < 10 * a[2] ** 2
    for pair in integrals:
        found = integrals[pair].constants(a)
        plain = adam_kernel(Adam(*pair))
        np.testing.assert_allclose(k(found, RHO), plain(RHO), rtol=0, atol=1e-9)
        first, second = (k(found, RHO, n, n) - k(found, RHO) for n in (1, 2))
        np.testing.assert_allclose(second, 2 * first, rtol=0.01, atol=1e-9)
        assert np.abs(first).max() > 1e-4


def test_large_eps(integrals):
    """A step of SGD with eta/eps: a c1 -> 1 and a_i a_j k(rho) -> rho, with a defect like 1/a."""
    a = np.array([250.0, 500.0, 1000.0])
    for pair in integrals:
        found = integrals[pair].constants(a)
        defect = 1 - a * found.c1
        assert 0 < defect[2] < 2e-3
        np.testing.assert_allclose(defect[:2] / defect[1:], 2, rtol=5e-3)
        np.testing.assert_allclose(a[1] * a[2] * k(found, RHO, 1, 2), RHO, atol=5e-3)
        assert np.abs(a[0] * a[2] * k(found, RHO, 0, 2) - RHO).max() > 1e-3


def test_diffusion_by_a_single_integral(integrals):
    """beta1 = 0: c2 from the weight -dH/deps of 1/(sqrt(v) + a)^2, on the same grid, without directions."""
    found = integrals["0", "9/10"]
    a, log_t = np.array([0.1, 1.0, 10.0]), found.grid.coarse_log_t
    root = a * np.exp(log_t / 2)[:, None]
    h = damped_weight(root)
    # -dH/da = ((1 + 2 y^2) (1 - h)/y - 2 y)/sqrt(pi), y = a sqrt(t): the difference of two large terms.
    weight = ((1 + 2 * root**2) * (1 - h) / root - 2 * root) / np.sqrt(np.pi)
    row = np.exp(found.grid.log_F(0) + found.grid.log_t) * found.grid.m_past(0, 0.0)
    single = found.grid.integral(row[None, :: found.grid.stride], weight)[0]
    made = found.constants(a)
    for n in range(3):
        assert k(made, np.ones(1), n, n)[0] == pytest.approx(single[n], rel=1e-7)
    assert np.all(a * single < made.c1)


@pytest.mark.parametrize("text", ["Normal(0, 1)", "Laplace(0, 1)", "StudentT(1)"])
def test_without_memory_it_is_the_coordinate_wise_rule(text):
    """a(R, K_ii) and Sigma of z/(|z| + 1/2), by Hermite series; beta2 -> 0 tends to them."""
    law, K, R = noise_law(text), unequal(4), HALF
    rule = quadrature_functions(UpdateRule("z/(Abs(z) + 1/2)"), law, K, R)
    made = at_half(Adam(0, 0, "1/2"), law, K)
    np.testing.assert_allclose(made.rates(R), rule.rates(R), rtol=1e-6)
    np.testing.assert_allclose(made.squares(R), rule.squares(R), rtol=1e-6)
    np.testing.assert_allclose(made.second_moment(R), rule.second_moment(R), atol=1e-6)
    short = at_half(Adam(0, "1/10000000000", "1/2"), law, K)
    np.testing.assert_allclose(short.rates(R), rule.rates(R), rtol=1e-4)
    np.testing.assert_allclose(short.second_moment(R), rule.second_moment(R), atol=2e-4)
    other = at_half(Adam(0, "1/10", "1/2"), law, K)
    assert np.abs(other.rates(R) / rule.rates(R) - 1).max() > 0.002


def test_curve_without_memory():
    """The whole curve of Adam(0, 0, eps) is that of the rule."""
    K = unequal(4)
    args = (GAUSSIAN, K, Schedule.of("1/2"), np.full(4, 0.5), np.linspace(0, 1, 3))
    adam, rule = damped_risk(Adam(0, 0, "1/2"), *args), rule_risk(UpdateRule("z/(Abs(z) + 1/2)"), *args)
    assert adam.form == rule.form == "matrix"
    np.testing.assert_allclose(adam.risk, rule.risk, rtol=3e-6)
    assert adam.stationary == pytest.approx(rule.stationary, rel=3e-6)


@pytest.mark.parametrize("law", [GAUSSIAN, LAPLACE], ids=["gaussian", "laplace"])
def test_few_variances_stand_for_all(law):
    """Interpolation in log K_ii and in log R against each variance and R by itself."""
    K, R, adam = unequal(24), HALF, Adam("1/2", "9/10", "3/5")
    made = functions(adam, law, K)
    assert len(made._variances) < 12
    two = Covariance.from_matrix(K.K[np.ix_([3, 11], [3, 11])])
    alone = at_half(adam, law, two)
    assert len(alone._variances) == 2
    np.testing.assert_allclose(made.rates(R)[[3, 11]], alone.rates(R), rtol=3e-6)
    Sigma = made.second_moment(R)[np.ix_([3, 11], [3, 11])]
    np.testing.assert_allclose(Sigma, alone.second_moment(R), rtol=3e-6, atol=1e-9)
    np.testing.assert_allclose(made.squares(R), np.diag(made.second_moment(R)), rtol=1e-12)


def test_one_variance_is_the_kernel_of_adam():
    """adam_kernel with eps, in units of the residual, and law_kernel at R: the same numbers."""
    adam, K, R = Adam(0, "9/10", "1/2"), Covariance.identity(3), HALF
    for law in (GAUSSIAN, LAPLACE):
        kernel, made = law_kernel(adam, law, R, adam_law.FINE), at_half(adam, law, K)
        assert made.rates(R)[0] * np.sqrt(2 * R) == pytest.approx(kernel.c1, rel=1e-6)
        assert made.squares(R)[0] == pytest.approx(kernel.c2, rel=1e-6)
    in_units = kernel_once(adam, gaussian_residual(), QUICK, np.sqrt(2 * R + 1))
    assert law_kernel(adam, GAUSSIAN, R, adam_law.FINE)(RHO) == pytest.approx(in_units(RHO), abs=1e-8)


def test_a_constant_diagonal_has_modes():
    """The matrix form gives the curve of the modes; for a diagonal K all three forms agree."""
    adam, delta0, times = Adam("1/2", "9/10", "1/2"), np.full(8, 0.4), np.linspace(0, 3, 4)
    problems = {
        "modes": Covariance.from_spec("ar1:d=8,rho=1/2"),
        "diagonal": Covariance.from_matrix(np.diag(np.geomspace(0.3, 3, 8))),
    }
    for form, K in problems.items():
        made = functions(adam, GAUSSIAN, K)
        assert matrix_curve.unknowns(made, K) == form
        args = (made, K, delta0, lambda t, R: 0.5, times, matrix_curve.Resolution(1e-9, 8))
        np.testing.assert_allclose(
            matrix_curve.curve(*args, form="matrix"), matrix_curve.curve(*args), rtol=1e-7
        )


def test_eps_of_zero_is_the_mode_ode():
    """A curve at a small eps is that of `adam_risk` within a term of that order."""
    args = (GAUSSIAN, unequal(10), Schedule.of("1/2"), np.full(10, 0.3), np.linspace(0, 2, 5))
    plain = adam_risk(Adam(0, "9/10"), *args)
    small, smaller = (damped_risk(Adam(0, "9/10", eps), *args) for eps in ("1/500", "1/1000"))
    gaps = [np.abs(one.risk / plain.risk - 1).max() for one in (small, smaller)]
    assert gaps[0] < 3e-3
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.05)


def test_stationary_risk_is_below_that_of_sgd():
    """It lies below SGD's with the step eta/eps, P tr(K) eta/(2 d eps); near it if eps is large."""
    K, eta = unequal(10), "1/4"
    for eps, nearer in (("1", 0.2), ("40", 0.9)):
        found = damped_risk(
            Adam("1/2", "9/10", eps), GAUSSIAN, K, Schedule.of(eta), np.full(10, 0.1),
            np.array([0.0, 300.0 * float(eps)]),
        )  # fmt: skip
        assert found.risk[-1] == pytest.approx(found.stationary, rel=1e-5)
        size = 0.25 * np.sum(K.diagonal) / (2 * 10 * float(eps))
        sgd = size * 0.5 / (1 - size)
        assert nearer * sgd < found.stationary < sgd


def test_rest_without_label_noise():
    """0 where SGD with eta/eps converges, eta tr(K) < 2 d eps; a positive root elsewhere."""
    law, K = noise_law("Dirac(0)"), Covariance.identity(4)
    args = (np.full(4, 0.5), np.array([0.0, 40.0]))
    falls = damped_risk(Adam(0, "9/10", "1/2"), law, K, Schedule.of("4/5"), *args)
    assert (falls.stationary, falls.risk[-1] < 1e-2 * falls.risk[0]) == (0.0, True)
    stays = damped_risk(Adam(0, "9/10", "1/2"), law, K, Schedule.of("3/2"), *args)
    assert stays.risk[-1] == pytest.approx(stays.stationary, rel=1e-3)


def test_the_error_budget_is_not_exceeded():
    """Constants at full effort and finer tolerances move the curve by less than is stated."""
    adam, K = Adam("1/2", "9/10", "1/2"), unequal(4)
    args = (K, np.full(4, 0.5), lambda t, R: 0.5, np.linspace(0, 1, 3))
    found = damped_risk(adam, LAPLACE, K, Schedule.of("1/2"), args[1], args[3])
    best = DampedFunctions(adam, LAPLACE, K, adam_law.Resolution(10, Effort(22, 26, 0.15, 0.3), 0.14), 1e-9)
    finest = matrix_curve.curve(best, *args, matrix_curve.Resolution(1e-9, 10))
    assert np.abs(finest / found.risk - 1).max() < found.error_budget["solver"] < 1e-4


def test_refusals():
    K, args = Covariance.identity(4), (Schedule.of(1), np.ones(4), np.array([0.0, 1.0]))
    with pytest.raises(ParameterError, match="not derived"):
        risk_curve("Normal(0, 1)", K, 1, 1, optimizer=Adam("1/2", 0, "1/10"))
    with pytest.raises(ParameterError, match="symbolic parameter"):
        risk_curve("Laplace(0, b)", K, 1, 1, optimizer=Adam(0, "1/2", "1/10"))
    with pytest.raises(ParameterError, match="use `adam_risk`"):
        damped_risk(Adam(0, "1/2"), GAUSSIAN, K, *args)
    with pytest.raises(RuleError, match="`damped_risk` eps > 0"):
        adam_risk(Adam(0, "1/2", 1), GAUSSIAN, K, *args)
