"""Claim: the family of ODEs ends in the two risk curves, and the shares of the effects are Shapley's.

The ends are compared with `risk_curve`, which knows nothing of the family; a mixed ODE with the matrix ODE of
its SDE; the shares with the average over the 24 orders written out, and with the axioms that determine them:
they add up, an effect that does nothing gets nothing, and the unit of the data does not matter.
"""

from itertools import permutations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signsgd_sym import Covariance, effects, risk_curve
from signsgd_sym.derive.effects import COMPRESSION, EFFECTS, PRECONDITIONING, RATE, RESHAPING
from signsgd_sym.solve.attribution import Switchboard, subsets

LAW, D = "Laplace(0, 1/2)", 24


def covariance():
    return Covariance.random_unequal(D, seed=5)


@pytest.fixture(scope="module")
def found():
    return effects(LAW, covariance(), "1/3", 3, sgd_lr="1/4", points=12)


def test_the_ends_are_the_curves_of_the_two_optimizers(found):
    shares = found.course.attribution
    start = found.course.sign.delta0
    sign = risk_curve(LAW, covariance(), "1/3", 3, points=12, delta0=start)
    sgd = risk_curve(LAW, covariance(), "1/4", 3, points=12, delta0=start, optimizer="sgd")
    assert np.allclose(shares.sign, sign.risk, rtol=1e-11)
    assert np.allclose(shares.sgd, sgd.risk, rtol=1e-11)


@pytest.mark.parametrize("on", [{PRECONDITIONING}, {RATE, RESHAPING}, {RATE, COMPRESSION, PRECONDITIONING}])
def test_a_mixed_ode_is_the_matrix_ode_of_its_sde(found, on):
    """M' = -alpha (A M + M A^T) + beta B/d with R = tr(K M)/2, no modes and no derived expression."""
    K, step, step_of_sgd = covariance(), 1 / 3, 1 / 4
    unit = K.trace / K.trace_D
    A = unit * K.Kbar if PRECONDITIONING in on else K.K
    B = (np.pi * unit / 2) ** 2 * K.K_sigma if RESHAPING in on else K.K

    def slope(_, flat):
        M = flat.reshape(D, D)
        R = np.trace(K.K @ M) / 2
        P = R + 0.25
        size = 2 / np.pi * step / np.sqrt(2 * P) / unit if RATE in on else step_of_sgd
        compression = float(found.psi(R)) if COMPRESSION in on else 1.0
        return (-size * compression * (A @ M + M @ A.T) + size**2 * 2 * P * B / D).ravel()

    start = found.course.sign.delta0
    solved = solve_ivp(slope, (0, 3), np.outer(start, start).ravel(), rtol=1e-9, atol=1e-12)
    end = np.trace(K.K @ solved.y[:, -1].reshape(D, D)) / 2
    assert found.course.attribution.curves[frozenset(on)][-1] == pytest.approx(end, rel=1e-6)


def test_the_shares_are_the_mean_over_all_orders(found):
    shares = found.course.attribution
    orders = list(permutations(EFFECTS))
    assert len(orders) == 24
    for effect in EFFECTS:
        mean = np.mean([shares.in_turn(order)[effect] for order in orders], axis=0)
        assert np.allclose(shares.shapley(effect), mean, rtol=1e-12, atol=1e-14)


def test_the_shares_add_up(found):
    shares = found.course.attribution
    total = np.log(shares.sign / shares.sgd)
    assert np.allclose(sum(shares.shapley(e) for e in EFFECTS), total, atol=1e-13)
    assert np.allclose(sum(shares.in_turn().values()), total, atol=1e-13)
    assert abs(total[-1]) > 1e-2


def test_an_effect_that_does_nothing_has_no_share():
    """K = I has nothing to precondition, Gaussian noise nothing to compress."""
    shares = effects("Normal(0, 1)", "identity:d=20", "1/2", 3, points=6).course.attribution
    assert np.max(np.abs(shares.shapley(PRECONDITIONING))) < 1e-12
    assert np.max(np.abs(shares.shapley(COMPRESSION))) < 1e-12
    # All that reshaping does at K = I is the factor pi^2/4 of the noise.
    assert shares.shapley(RESHAPING)[-1] > 0.1


def test_the_unit_of_the_data_does_not_matter(found):
    """x -> 7 x, theta -> theta/7: the same regression, with steps in the new unit of theta."""
    K = covariance()
    start = found.course.sign.delta0 / 7
    same = effects(LAW, 49 * K.K, "1/21", 3, sgd_lr="1/196", points=12, delta0=start).course.attribution
    for on in subsets(EFFECTS):
        assert np.allclose(same.curves[on], found.course.attribution.curves[on], rtol=1e-7)


def test_the_matched_step_makes_equal_traces_of_the_drift(found):
    course, K = found.course, found.covariance
    board = Switchboard(
        found.formulas, found.problem, K, course.sign.schedule, course.step_of_sgd, course.sign.delta0
    )
    R = 0.3
    of_sign = float(found.effective_rate(R)) / 3 * K.trace_D
    assert board.matched_step(0.0, R) * K.trace == pytest.approx(of_sign, rel=1e-12)


def test_spectra_are_those_of_the_matrices(found):
    K, spectra = found.covariance, found.spectra
    assert np.allclose(np.sort(np.linalg.eigvals(K.Kbar).real), spectra.Kbar.eigenvalues, rtol=1e-9)
    assert spectra.K_sigma.eigenvalues.sum() == pytest.approx(D, rel=1e-12)
    assert spectra.Kbar.averaged_condition == pytest.approx(K.trace_D / D / spectra.Kbar.smallest)
    whole = spectra.K_sigma.effective_rank
    assert whole == pytest.approx(D**2 / np.sum(K.K_sigma**2))
    diagonal = effects(LAW, np.arange(1.0, 9.0)).spectra
    assert np.allclose(diagonal.Kbar.eigenvalues, np.sqrt(np.arange(1.0, 9.0)))
    assert diagonal.K_sigma.condition == 1
