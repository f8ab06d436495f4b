"""Claim: the mean simulated risk of Adam follows the conjectured ODE, with and without momentum.

d = 500, identity and a random correlated covariance with a strongly unequal diagonal (sd 0.5 in log scale),
48 runs: within 3 standard errors plus 3 % of the curve at every time. The simulation is Adam as
`model/adam.py` defines it, bias correction included; the constants are those of `solve.adam_kernel`.
"""

import numpy as np
import pytest

from signsgd_sym.model import Covariance, Schedule, noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_risk import adam_risk
from signsgd_sym.solve.risk import checked_delta, checked_times

D, RUNS = 500, 48
COVARIANCES = {
    "identity": Covariance.identity(D),
    "unequal": Covariance.random_unequal(D, seed=11, log_sd=0.5),
}
BETAS = [(beta1, beta2) for beta2 in ("1/2", "9/10", "99/100") for beta1 in ("0", "9/10")]


@pytest.fixture(scope="module")
def kernel():
    made = {}

    def of(*betas):
        if betas not in made:
            made[betas] = adam_kernel(Adam(*betas))
        return made[betas]

    return of


def curve(adam, law, K, lr, time, points, kernel, delta0=None):
    start, times = checked_delta(delta0, K.d, 0), checked_times(time, points)
    return adam_risk(adam, noise_law(law), K, Schedule.of(lr), start, times, kernel)


def simulated(adam, name, result, seed, law="Normal(0, 1)"):
    stream = GaussianStream(COVARIANCES[name], noise_law(law))
    return simulate(
        adam, stream, result.schedule, result.delta0, times=result.t, runs=RUNS, seed=seed, workers=2
    )


@pytest.mark.parametrize("name", COVARIANCES)
@pytest.mark.parametrize("betas", BETAS)
def test_risk(betas, name, kernel):
    adam = Adam(*betas)
    result = curve(adam, "Normal(0, 1)", COVARIANCES[name], "1/2", 4, 40, kernel(*betas))
    seen = compare(result.risk, simulated(adam, name, result, seed=1))
    assert seen.share_in_band == 1.0, seen.summary()
    assert np.ptp(result.risk) > 0.4 * result.risk[0], "a curve that hardly moves would prove nothing"
    assert result.risk[-1] == pytest.approx(result.stationary, rel=0.6)


def test_no_noise_and_a_schedule(kernel):
    adam = Adam("1/2", "9/10")
    result = curve(adam, "Dirac(0)", COVARIANCES["unequal"], "1/(1 + t)", 2, 20, kernel("1/2", "9/10"))
    seen = compare(result.risk, simulated(adam, "unequal", result, 2, "Dirac(0)"))
    assert seen.share_in_band == 1.0, seen.summary()


def test_what_adam_remembers_is_a_finite_size_effect(kernel):
    """Without noise the gradient falls while beta2 = 99/100 remembers it: the gap shrinks as d grows."""
    adam, gaps, errors = Adam("0", "99/100"), [], []
    for d, runs in ((200, 120), (1600, 60)):
        K, start = Covariance.identity(d), np.full(d, d**-0.5)
        result = curve(adam, "Dirac(0)", K, "1/2", 1, 4, kernel("0", "99/100"), start)
        stream = GaussianStream(K, noise_law("Dirac(0)"))
        found = simulate(adam, stream, result.schedule, result.delta0, times=result.t, runs=runs, seed=4)
        gaps.append(compare(result.risk, found).gap[-1])
        errors.append(found.stderr[-1] / result.risk[-1])
    assert gaps[0] > 5 * errors[0], "at d = 200 it is seen"
    assert gaps[1] < gaps[0] / 2 - 2 * np.hypot(*errors) / 2


@pytest.mark.parametrize("betas", [("0", "0"), ("0", "1/2"), ("9/10", "9/10")])
def test_constants_of_another_adam_are_seen(betas, kernel):
    """The same simulation against the constants of Adam(9/10, 1/2): outside the band."""
    other = kernel("9/10", "1/2")
    adam = Adam(*betas)
    result = curve(adam, "Normal(0, 1)", COVARIANCES["identity"], "1/2", 4, 40, other)
    assert compare(result.risk, simulated(adam, "identity", result, 3)).share_in_band < 0.5


def test_two_limits(kernel):
    """beta2 -> 0 is signSGD's ODE; beta2 -> 1 that of SGD preconditioned by D^-1/sqrt(2 P)."""
    rho = np.linspace(-1, 1, 41)
    without = adam_kernel(Adam(0, 0))
    np.testing.assert_allclose(without(rho), 2 / np.pi * np.arcsin(rho), atol=1e-12)
    assert without.c1 == pytest.approx(2 / np.pi, abs=1e-12)
    short, long = kernel("0", "1/10000000000"), kernel("0", "999/1000")
    np.testing.assert_allclose(short(rho), 2 / np.pi * np.arcsin(rho), atol=2e-4)
    np.testing.assert_allclose(long(rho), rho, atol=5e-3)
    assert long.c1 == pytest.approx(1, abs=3e-3)
