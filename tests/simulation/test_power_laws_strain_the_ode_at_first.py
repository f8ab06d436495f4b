"""Where one mode carries much of the risk its correlation is not small: signSGD is then faster than its ODE.

alpha = 1, beta = 0.3, dimension 400. As the risk spreads over more modes the recursion comes back to the ODE.
"""

import numpy as np

from signsgd_sym.model import SIGN, Covariance, Schedule, noise_law
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.curve import solve_modes
from signsgd_sym.solve.spectrum import spectrum

DIMENSION, LAW = 400, "Normal(0, 1/10)"
TIMES = np.array([0.0, 1.0, 8.0, 16.0])


def test_runs_fall_below_the_ode_and_come_back(problem):
    i = np.arange(1.0, DIMENSION + 1)
    K, schedule, start = Covariance.from_diagonal(i**-2.0), Schedule.of("1/5"), i**-0.3
    made = problem(LAW)
    curve = solve_modes(made, spectrum(made.ode.sde, K, start), schedule, TIMES)
    runs = simulate(
        SIGN, GaussianStream(K, noise_law(LAW)), schedule, start, times=TIMES[1:], runs=16, seed=1
    )
    share = curve.modes.max(axis=1) / curve.risk
    assert np.all(np.diff(share) < 0)
    assert share[1] > 0.7
    assert share[-1] < 0.1
    ratio, error = runs.mean / curve.risk[1:], runs.stderr / curve.risk[1:]
    early, middle, late = ratio
    assert middle + 4 * error[1] < early < 1
    assert 0.75 < middle < 0.85
    assert middle + 3 * error[1] < late
