"""Paths of the limiting SDE in dimension 200 follow the risk ODE: mean within 3 standard errors plus 3 %."""

import numpy as np
import pytest

from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.solve.curve import solve_modes
from signsgd_sym.solve.euler_maruyama import euler_maruyama
from signsgd_sym.solve.spectrum import Spectrum, spectrum

DIMENSION, RUNS = 200, 24
TIMES = np.linspace(0, 2, 9)
COVARIANCES = {
    "unequal": Covariance.random_unequal(DIMENSION, 1),
    "power law": Covariance.powerlaw(DIMENSION, 0.5),
}


@pytest.mark.parametrize(("rule", "eta"), [(SIGN, 0.8), (SGD, 0.5)], ids=["sign", "sgd"])
@pytest.mark.parametrize("name", COVARIANCES)
def test_mean_of_the_paths_is_the_curve(problem, rule, eta, name):
    K, made = COVARIANCES[name], problem("Laplace(0, 1)", rule)
    delta0 = np.random.default_rng(0).standard_normal(DIMENSION) / np.sqrt(DIMENSION)
    schedule, modes = Schedule.of(eta), spectrum(made.ode.sde, K, delta0)
    risks = euler_maruyama(made, K, schedule, delta0, TIMES, runs=RUNS, seed=5)
    mean, stderr = risks.mean(axis=0), risks.std(axis=0, ddof=1) / np.sqrt(RUNS)
    curve = solve_modes(made, modes, schedule, TIMES).risk
    assert np.all(np.abs(mean - curve) <= 3 * stderr + 0.03 * curve)
    np.testing.assert_allclose(mean[0], curve[0], rtol=1e-12)
    # Half the diffusion, or a drift 20 % off, would leave the band.
    weaker = solve_modes(made, Spectrum(modes.lam, modes.forcing / 2, modes.r0), schedule, TIMES).risk
    slower = solve_modes(made, Spectrum(0.8 * modes.lam, modes.forcing, modes.r0), schedule, TIMES).risk
    for wrong in (weaker, slower):
        assert np.any(np.abs(mean - wrong) > 3 * stderr + 0.03 * wrong)


def test_paths_are_reproducible(problem):
    K, made = Covariance.ar1(10, 0.5), problem("Laplace(0, 1)")
    times, delta0 = np.array([0.0, 1.0]), np.ones(10)

    def run(seed):
        return euler_maruyama(made, K, Schedule.of(0.1), delta0, times, runs=2, seed=seed, substeps=2)

    np.testing.assert_array_equal(run(1), run(1))
    assert np.all(run(1)[:, 1] != run(2)[:, 1])
    assert run(1)[0, 1] != run(1)[1, 1]
