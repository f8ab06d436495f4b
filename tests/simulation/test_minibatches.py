"""Claim: the sign of the mean gradient of b samples responds with phi_b, and its risk follows the ODE.

phi_b is computed from phi alone. It is held against its definition by Monte Carlo, against the closed form
under Gaussian noise, against one simulated step, and against whole runs at d = 500.
"""

import math

import numpy as np
import pytest
import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.minibatch import gaussian_batch_response
from signsgd_sym.errors import InfiniteVariance, ParameterError, RuleError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, PoolStream, simulate
from signsgd_sym.solve.batch_functions import phi_of_batch
from signsgd_sym.solve.risk import risk_curve
from signsgd_sym.solve.spectrum import noise_matrix

BATCHES = [2, 4, 16]


@pytest.mark.parametrize("b", BATCHES)
@pytest.mark.parametrize("R", [1e-4, 0.3, 40.0])
def test_closed_form_under_gaussian_noise(b, R, problem):
    closed = gaussian_batch_response().result.subs({nt.batch: b, nt.v: 1, nt.R: sp.Rational(str(R))})
    found = phi_of_batch(problem("Normal(0, 1)").module.phi, R, b)
    assert abs(found / float(closed.evalf(20)) - 1) < 1e-12


@pytest.mark.parametrize("law", ["Laplace(0, 1)", "Cauchy(0, 1/2)", "Rademacher(1)", "Exponential(1)"])
@pytest.mark.parametrize("b", BATCHES)
def test_definition(b, law, problem):
    """sqrt(2/pi) E[<r, G>/|r|] by simulation of residuals alone."""
    R, n, rng = 0.3, 400_000, np.random.default_rng(b)
    G = rng.standard_normal((n, b))
    r = np.sqrt(2 * R) * G - noise_law(law).sample(rng, (n, b))
    draws = np.sqrt(2 / np.pi) * np.sum(r * G, axis=1) / np.linalg.norm(r, axis=1)
    found = phi_of_batch(problem(law).module.phi, R, b)
    assert abs(draws.mean() - found) < 4 * draws.std() / np.sqrt(n)
    assert abs(draws.mean() - phi_of_batch(problem(law).module.phi, R, b + 1)) > 4 * draws.std() / np.sqrt(n)


def test_one_step(problem):
    """Drift along itself and second moments of one step, b = 4, to 0.5 %."""
    d, b, n, R, rng = 64, 4, 300_000, 1.0, np.random.default_rng(3)
    K, law = Covariance.random_unequal(d, seed=3, log_sd=0.5), noise_law("Laplace(0, 1)")
    made = problem("Laplace(0, 1)")
    delta = np.linalg.solve(K.K, rng.choice([-1.0, 1.0], d) * K.D)
    delta *= np.sqrt(2 * R / (delta @ K.K @ delta))
    drift = phi_of_batch(made.module.phi, R, b) / np.sqrt(2 * R) * (K.Kbar @ delta)
    unit = drift / np.linalg.norm(drift)
    smooth = np.linalg.eigh(K.C)[1][:, -1]
    smooth = smooth - (smooth @ unit) * unit  # the mean itself, of rank one, is not in the diffusion
    along, across = [], []
    for _ in range(10):
        x = K.sample(rng, n // 10 * b)
        r = x @ delta - law.sample(rng, n // 10 * b)
        F = np.sign((r[:, None] * x).reshape(-1, b, d).sum(axis=1))
        along.append(F @ drift / (drift @ drift))
        across.append((F @ smooth) ** 2)
    along, across = np.concatenate(along), np.concatenate(across)
    assert abs(along.mean() - 1) < 0.005 + 3 * along.std() / np.sqrt(n)
    expected = smooth @ noise_matrix(made.ode.sde, K) @ smooth
    assert abs(across.mean() / expected - 1) < 0.005 + 3 * across.std() / np.sqrt(n) / expected


@pytest.mark.parametrize("rule", [SIGN, SGD, UpdateRule.from_text("tanh")], ids=str)
def test_compiled_steps_are_the_obvious_ones(rule):
    rng, d, b, steps = np.random.default_rng(1), 7, 3, 5
    x, eps = rng.standard_normal((steps * b, d)), rng.standard_normal(steps * b)
    K, start = Covariance.identity(d), rng.standard_normal(d)

    class Given:
        """The samples above, in blocks that no batch fits into."""

        d, second_moment = 7, np.ones(7)

        def risk(self, delta):
            return float(delta @ delta) / 2

        def blocks(self, seed):
            buffer = np.empty((4, 7))
            for k in range(0, len(x), 4):
                rows = x[k : k + 4]
                buffer[: len(rows)] = rows  # overwritten by the next block, as a stream may
                yield buffer[: len(rows)], eps[k : k + 4].copy()

    f = sp.lambdify(nt.z, rule.expr, "numpy")
    delta, risks = start.copy(), []
    for k in range(steps):
        rows, noise = x[k * b : (k + 1) * b], eps[k * b : (k + 1) * b]
        mean = ((rows @ delta - noise)[:, None] * rows).mean(axis=0)
        delta = delta - 0.5 / d * f(mean)
        risks.append(delta @ delta / 2)
    times = np.arange(1, steps + 1) / d
    run = simulate(rule, Given(), Schedule.of("1/2"), start, times=times, runs=1, seed=0, batch=b)
    np.testing.assert_allclose(run.risk[0], risks, rtol=1e-12)
    assert K.d == d and run.signs.uncertified == 0


@pytest.mark.parametrize(
    ("rule", "b", "law"),
    [
        (SIGN, 4, "Laplace(0, 1)"),
        (SIGN, 16, "Laplace(0, 1)"),
        (SIGN, 4, "Cauchy(0, 1/2)"),
        (SGD, 4, "Laplace(0, 1)"),
    ],
)
def test_risk_follows_the_ode(rule, b, law):
    K = Covariance.random_unequal(500, seed=11, log_sd=0.5)
    result = risk_curve(law, K, "1/2", 2, optimizer=rule, points=20, batch=b)
    runs = simulate(
        rule,
        GaussianStream(K, noise_law(law)),
        result.schedule,
        result.delta0,
        times=result.t,
        runs=16,
        seed=1,
        batch=b,
    )
    assert compare(result.risk, runs).share_in_band >= 0.95
    alone = risk_curve(law, K, "1/2", 2, optimizer=rule, points=20)
    assert compare(alone.risk, runs).share_in_band < 0.5, "b samples are not one"


def test_a_large_batch_grows_like_its_root(problem):
    phi, R = problem("Laplace(0, 1)").module.phi, 0.5
    P = R + 1  # E eps^2 = 2
    limit = math.sqrt(2 / math.pi) * math.sqrt(R / P)
    assert abs(phi_of_batch(phi, R, 4000) / math.sqrt(4000) / limit - 1) < 1e-2


def test_what_is_not_derived_is_refused():
    pool = PoolStream([[1.0]], noise=[0.0])
    with pytest.raises(RuleError, match="remembers older ones; take batch 1"):
        risk_curve("Laplace(0, 1)", "identity:d=10", 1, 1, optimizer="adam(0, 1/2)", batch=2)
    with pytest.raises(ParameterError, match="batch is 0"):
        risk_curve("Laplace(0, 1)", "identity:d=10", 1, 1, batch=0)
    with pytest.raises(InfiniteVariance, match="finite variance"):
        risk_curve("Cauchy(0, 1)", "identity:d=10", 1, 1, optimizer="sgd", batch=2)
    with pytest.raises(RuleError, match="float64 alone"):
        simulate(SIGN, pool, Schedule.of(1), [1.0], times=[1], runs=1, seed=0, batch=2, certified=True)
    with pytest.raises(ParameterError, match="batch is 0"):
        simulate(SIGN, pool, Schedule.of(1), [1.0], times=[1], runs=1, seed=0, batch=0)
