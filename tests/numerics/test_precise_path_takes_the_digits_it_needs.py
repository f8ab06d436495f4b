"""A path that loses digits is computed with more of them, and refused when too many are lost.

The step size 1 + cos(10^30 R)/2 magnifies an error of R by 10^30 a step: float64 knows nothing of it.
"""

import numpy as np
import pytest

from signsgd_sym.errors import NotConverged
from signsgd_sym.model import Covariance, Schedule
from signsgd_sym.solve import precise_path
from signsgd_sym.solve.precise_path import precise_paths

K, DELTA0 = Covariance.identity(2), np.array([1.0, 2.0])
WILD, TAME = Schedule.of("1 + cos(10**30*R)/2"), Schedule.of("1 + cos(R)/2")


def paths(problem, schedule, T, digits=20):
    times = np.array([0.0, T])
    return precise_paths(problem("Laplace(0, 1)"), K, schedule, DELTA0, times, digits=digits, seed=4)


def test_thirty_digits_lost_are_made_good(problem, monkeypatch):
    wild, more = paths(problem, WILD, 1.0), paths(problem, WILD, 1.0, digits=90)
    assert wild.decimals[0][1] == more.risk[0][1].str(20, radius=False)
    # Two runs alone, of 30 and 45 digits, are not enough for it, but are for another schedule.
    monkeypatch.setattr(precise_path, "ATTEMPTS", 1)
    with pytest.raises(NotConverged):
        paths(problem, WILD, 1.0)
    assert paths(problem, TAME, 1.0).gap < -20


def test_sixty_digits_lost_are_too_many(problem):
    with pytest.raises(NotConverged, match=r"of 60 and of 75 digits differ by .* more than 1e-20; take"):
        paths(problem, WILD, 1.5)
    # Two steps lose thirty.
    assert paths(problem, WILD, 1.0).gap < -20


def test_the_gap_is_that_of_the_coarser_run(problem):
    for digits in (20, 40):
        assert -digits - 45 < paths(problem, TAME, 3.0, digits).gap < -digits - 10
