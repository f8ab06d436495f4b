"""Claim: `validate` refutes a theory that is wrong, says where, and passes the one that is right.

Wrong in one thing at a time: the law of the noise (drift and risk), the covariance (diffusion), the dimension
(the linear drift). The data are then those of another model than the theory's.
"""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym import validate
from signsgd_sym.errors import ParameterError, RuleError, ShapeMismatch
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.one_step import compared_coordinates, comparisons_of, one_step
from signsgd_sym.report.significance import threshold
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.simulate.state import delta_at
from signsgd_sym.solve.mean_step import State
from signsgd_sym.solve.square_step import exact_second_moments

K = Covariance.ar1(100, 0.5)
FEW = {"runs": 12, "points": 40, "samples": 50_000, "seed": 3}


def verdicts(found):
    return {name: verdict for name, (verdict, _) in found.verdicts.items()}


PASSED = dict.fromkeys(("drift", "diffusion", "risk"), Verdict.STATISTICAL)


@pytest.mark.parametrize(
    ("law", "rule"),
    [("Laplace(0, 1)", SIGN), ("Cauchy(0, 1/2)", SIGN), ("Laplace(0, 1)", SGD)],
)
def test_the_right_theory_passes(law, rule, problem):
    found = validate(law, K, "1/2", 3, optimizer=rule, problem=problem(law, rule), **FEW)
    assert verdicts(found) == PASSED
    assert (found.verdict, found.exit_code) == (Verdict.STATISTICAL, 0)
    assert [step.time for step in found.steps] == [0, 3]
    assert found.comparison.signs.uncertified == 0


def test_twice_the_noise_is_refuted(problem):
    data = GaussianStream(K, noise_law("Laplace(0, 1/2)"))
    found = validate("Laplace(0, 1)", K, "1/2", 3, problem=problem("Laplace(0, 1)"), stream=data, **FEW)
    assert verdicts(found) == {**PASSED, "drift": Verdict.REFUTED, "risk": Verdict.REFUTED}
    assert found.exit_code == 1

    k, c = found.first_outside, found.comparison
    assert np.all(c.in_band[:k]) and not c.in_band[k]
    assert abs(c.mean[k] - c.risk[k]) > 3 * c.stderr[k] + 0.03 * c.risk[k]
    evidence = found.risk_evidence
    assert float(evidence.witness["t"]) == pytest.approx(found.theory.t[k])
    assert evidence.z == pytest.approx((c.mean[k] - c.risk[k]) / c.stderr[k])

    drift, i = found.drift, found.drift.worst
    assert drift.where[i] == () and drift.evidence.witness["coordinate"] == "along E[F]"
    z = (drift.seen[i] - drift.expected[i]) / drift.stderr[i]
    assert abs(z) == pytest.approx(drift.largest_z) and abs(z) > drift.threshold


def test_one_wrong_coordinate_is_named(problem):
    """Data in which a single coordinate has another sign are seen to differ there."""
    step = step_at(problem("Dirac(0)"), Covariance.identity(20), np.full(20, 0.3))
    expected = step.drift.expected.copy()
    expected[7] *= -1
    wrong = replace(step.drift, expected=expected)
    assert wrong.verdict is Verdict.REFUTED and wrong.evidence.witness["coordinate"] == "7"


def test_another_covariance_is_refuted_by_the_second_moments(problem):
    data = GaussianStream(Covariance.ar1(100, 0.55), noise_law("Laplace(0, 1)"))
    found = validate("Laplace(0, 1)", K, "1/2", 1, problem=problem("Laplace(0, 1)"), stream=data, **FEW)
    assert found.diffusion.verdict is Verdict.REFUTED
    i, j = found.diffusion.where[found.diffusion.worst]
    assert abs(i - j) == 1, "neighbours carry the correlation"


def step_at(problem, covariance, delta, law=None, samples=200_000):
    stream = GaussianStream(covariance, noise_law(law or problem.law))
    comparisons = comparisons_of(covariance, 1)
    return one_step(problem, covariance, stream, delta, 0, samples=samples, seed=5, comparisons=comparisons)


def test_the_drift_of_the_wrong_law_is_refuted_by_one_step(problem):
    delta = np.full(20, 0.3)
    for law, other in (("Normal(0, 1)", "Laplace(0, 1)"), ("Rademacher(1)", "Normal(0, 1)")):
        right = step_at(problem(law), Covariance.identity(20), delta)
        wrong = step_at(problem(law), Covariance.identity(20), delta, law=other)
        assert (right.drift.verdict, wrong.drift.verdict) == (Verdict.STATISTICAL, Verdict.REFUTED)


@pytest.mark.parametrize(("d", "verdict"), [(3, Verdict.REFUTED), (300, Verdict.STATISTICAL)])
def test_the_linear_drift_is_refuted_where_the_dimension_is_small(d, verdict, problem):
    """No noise, K = I, Delta = (1, ..., 1): the exact mean is (2/pi) asin(rho), rho = d^(-1/2)."""
    step = step_at(problem("Dirac(0)"), Covariance.identity(d), np.ones(d), samples=50_000)
    assert step.drift.verdict is Verdict.STATISTICAL
    assert step.linear.verdict is verdict
    rho = d**-0.5
    assert step.linearisation_error == pytest.approx(1 - rho / np.arcsin(rho), rel=1e-6)


def test_sgd_without_its_term_of_rank_one_is_refuted(problem):
    """What the SDE leaves out of SGD's second moment, 2 (K Delta)(K Delta)^T, is there and is seen."""
    covariance, delta = Covariance.ar1(10, 0.5), np.full(10, 0.5)
    step = step_at(problem("Laplace(0, 1)", SGD), covariance, delta)
    assert step.diffusion.verdict is Verdict.STATISTICAL
    rows, columns = np.triu_indices(10)
    gradient = covariance.K @ delta
    without = step.diffusion.expected - 2 * gradient[rows] * gradient[columns]
    z = np.abs(step.diffusion.seen - without) / step.diffusion.stderr
    assert z.max() > step.diffusion.threshold
    assert step.factorisation_error > 0.05


def test_z_is_of_unit_size(problem):
    """At K = I the coordinates are independent but for r: their z have the spread of N(0, 1)."""
    for rule in (SIGN, SGD):
        delta = np.random.default_rng(1).standard_normal(300) / 17
        step = step_at(problem("Laplace(0, 1)", rule), Covariance.identity(300), delta, samples=20_000)
        for seen in (step.drift.z, step.diffusion.z[step.diffusion.stderr > 0]):
            assert abs(seen.std() - 1) < 4 / np.sqrt(2 * len(seen))


def test_the_error_along_the_mean_is_that_of_the_derived_moments(problem):
    """v^T (M - m m^T) v/n with v = m/|m|, from the exact M and m."""
    samples = 50_000
    for rule in (SIGN, SGD):
        made, covariance = problem("Laplace(0, 1)", rule), Covariance.ar1(10, 0.5)
        step = step_at(made, covariance, np.full(10, 0.3), samples=samples)
        M = np.zeros((10, 10))
        M[np.triu_indices(10)] = step.diffusion.expected
        M += np.triu(M, 1).T
        m = step.drift.expected[:-1]
        v = m / np.linalg.norm(m)
        assert step.drift.stderr[-1] == pytest.approx(np.sqrt((v @ M @ v - m @ m) / samples), rel=0.05)
        assert step.drift.seen[-1] == pytest.approx(v @ step.drift.seen[:-1])


def test_noise_without_a_fourth_moment_has_no_verdict_on_squares(problem):
    """SGD's second moments and risk are quadratic in the noise: sample means without a standard error."""
    made = problem("StudentT(3)", SGD)
    found = validate("StudentT(3)", K, "1/4", 1, optimizer=SGD, problem=made, **FEW)
    assert found.diffusion.verdict is Verdict.UNKNOWN and "E[eps^4]" in found.diffusion.evidence.reason
    assert found.risk_verdict is Verdict.UNKNOWN and "no variance" in found.risk_evidence.reason
    assert found.drift.verdict is Verdict.STATISTICAL
    assert found.verdict is Verdict.UNKNOWN and not found.verdict.passed
    assert "UNKNOWN" in str(found)
    apart = replace(found.drift, expected=2 * found.drift.expected)
    assert apart.exceeds and apart.verdict is Verdict.UNKNOWN, "a large z is no surprise there"


def test_chance_refutes_as_seldom_as_is_said():
    rng = np.random.default_rng(2)
    z = rng.standard_normal((40_000, 50))
    level = 0.05
    exceeds = np.mean(np.abs(z).max(axis=1) > threshold(50, level))
    assert abs(exceeds - level) < 4 * np.sqrt(level / len(z))
    correlated = z @ np.linalg.cholesky(Covariance.ar1(50, 0.9).K).T
    assert np.mean(np.abs(correlated).max(axis=1) > threshold(50, level)) < level


def test_the_state_is_that_of_the_simulated_replicate():
    stream, schedule = GaussianStream(K, noise_law("Laplace(0, 1)")), Schedule.of("1/2")
    start = np.full(100, 0.1)
    for rule in (SIGN, SGD):
        runs = simulate(rule, stream, schedule, start, times=[0, 1, 2], runs=2, seed=4)
        for replicate in (0, 1):
            delta = delta_at(rule, stream, schedule, start, 2, seed=4, replicate=replicate)
            assert stream.risk(delta) == runs.risk[replicate, -1]


def test_times_are_at_most_one_a_step(problem):
    """Finer than 1/d, the curve would be compared with runs that have not moved yet."""
    found = validate("Dirac(0)", "identity:d=3", "1/4", 2, runs=2, samples=1000, problem=problem("Dirac(0)"))
    assert np.allclose(found.theory.t * 3, np.arange(7))


def test_coordinates_that_are_compared():
    assert len(compared_coordinates(Covariance.identity(20))) == 20
    for covariance in (Covariance.identity(1000), K, Covariance.random_unequal(60, seed=1)):
        at = compared_coordinates(covariance)
        assert 16 <= len(at) <= 32 and len(set(at)) == len(at) and at.max() < covariance.d
    correlated = np.eye(100)
    correlated[66, 13] = correlated[13, 66] = 0.9
    at = compared_coordinates(Covariance.from_matrix(correlated))
    assert {13, 66} <= set(at) or 13 not in at


def test_bad_numbers_are_refused(problem):
    with pytest.raises(ParameterError, match="runs is 1"):
        validate("Laplace(0, 1)", K, "1/2", 1, runs=1)
    with pytest.raises(ParameterError, match="samples is 999"):
        validate("Laplace(0, 1)", K, "1/2", 1, samples=999)
    other = GaussianStream(Covariance.identity(7), noise_law("Laplace(0, 1)"))
    with pytest.raises(ShapeMismatch, match="d = 7"):
        validate("Laplace(0, 1)", K, "1/2", 1, problem=problem("Laplace(0, 1)"), stream=other, **FEW)


def test_a_rule_without_derived_moments_is_refused(problem):
    cubic = UpdateRule(nt.z**3, "cubic")
    made = problem("Laplace(0, 1)", SGD)
    ode = replace(made.ode, sde=replace(made.ode.sde, step=cubic, scale=sp.Integer(2)))
    with pytest.raises(RuleError, match="sign and sgd only"):
        exact_second_moments(replace(made, ode=ode), State.of(K, np.ones(100)), np.arange(3))
