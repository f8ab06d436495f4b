"""Claim: what chapters 16, 18 and 19 say of an effect holds for matrices and curves made without them."""

import numpy as np
import pytest
import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.catalogue import derive
from signsgd_sym.derive.preconditioning import condition_number
from signsgd_sym.notation import kappa_SGD, kappa_sign, omega, varrho
from signsgd_sym.proof.check import check_derivation

NAMES = [
    "effective-learning-rate", "diagonal-preconditioning", "preconditioned-pair", "preconditioned-rates",
    "preconditioning-hurts", "noise-reshaping", "reshaped-spectrum",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_line_holds_and_every_assumption_is_needed(name):
    report = check_derivation(derive(name), seed=11, points=3, digits=15)
    assert report.first_wrong is None
    assert not report.unused


def averaged(matrix):
    """The mean of the eigenvalues over the smallest."""
    values = np.linalg.eigvals(matrix).real
    return values.mean() / values.min()


def both(K):
    """Condition numbers of K and of D^-1 K."""
    return averaged(K), averaged(K / np.sqrt(np.diag(K))[:, None])


@pytest.mark.parametrize(("small", "corr"), [(0.01, 0.0), (0.3, 0.9), (0.7, -0.5), (1.0, 0.99)])
def test_condition_numbers_of_a_pair_are_those_of_its_matrix(small, corr):
    K = np.array([[1.0, corr * small], [corr * small, small**2]])
    found = derive("preconditioned-pair").definitions
    smallest = {name: value for name, value in found.items() if "lambda" in name.name}
    at = {omega: small, varrho: corr}
    derived = [float(found[name].subs(smallest).subs(at)) for name in (kappa_SGD, kappa_sign)]
    assert derived == pytest.approx(both(K), rel=1e-9)
    assert derived[1] <= derived[0] * (1 + 1e-12)
    pair = sp.ImmutableMatrix([[1, varrho * omega], [varrho * omega, omega**2]])
    assert float(condition_number(pair).subs(at)) == pytest.approx(both(K)[0], rel=1e-9)


def test_a_pair_never_suffers_and_three_coordinates_may():
    rng = np.random.default_rng(4)
    worst = {2: np.inf, 3: np.inf}
    for d in worst:
        for _ in range(2000):
            root = rng.standard_normal((d, d)) * rng.exponential(1, d)[:, None]
            of_K, of_Kbar = both(root @ root.T)
            worst[d] = min(worst[d], of_K / of_Kbar)
    assert worst[2] >= 1 - 1e-9
    assert worst[3] < 1
    small = np.sqrt(6) - 2
    K = np.diag([1.0, 1.0, small**2])
    K[0, 1] = K[1, 0] = 1 - small**2
    of_K, of_Kbar = both(K)
    assert of_K / of_Kbar == pytest.approx(2 * small, rel=1e-12)
    assert float(derive("preconditioning-hurts").result.subs(omega, small)) == pytest.approx(of_K / of_Kbar)


def test_two_uncorrelated_coordinates_are_equally_fast_where_the_chapter_says():
    rates = derive("preconditioned-rates").result
    at = float(sp.nsolve(rates - 1, 0.3))
    of_K, of_Kbar = both(np.diag([1.0, at**2]))
    assert at == pytest.approx(0.3375, abs=5e-5)
    assert of_K == pytest.approx(np.pi**2 / 4 * of_Kbar)


@pytest.mark.parametrize("corr", [0.2, 0.9, 0.999_999])
def test_the_spectrum_of_signs_is_flatter(corr):
    d = 7
    K_sigma = ss.Covariance.from_matrix(np.full((d, d), corr) + (1 - corr) * np.eye(d)).K_sigma
    values = np.linalg.eigvalsh(K_sigma)
    small = 1 - 2 * np.arcsin(corr) / np.pi
    assert values[0] == pytest.approx(small, rel=1e-6) and values[-2] == pytest.approx(small, rel=1e-6)
    assert 1 - corr < small and values[-1] < 1 + (d - 1) * corr
    assert values.sum() == pytest.approx(d)
    if corr > 0.99:
        root = float(derive("reshaped-spectrum").result.subs(varrho, sp.Rational(999_999, 10**6)))
        assert root == pytest.approx(small, rel=1e-6)


def test_a_step_at_which_sgd_diverges_brings_signsgd_to_rest():
    """eta = 3 > 2 = 2 d/tr(K)."""
    law, delta0 = "Normal(0, 1/2)", np.full(20, 0.2)
    sign = ss.risk_curve(law, "identity:d=20", lr=3, time=30, delta0=delta0)
    assert sign.risk[-1] == pytest.approx(sign.stationary, rel=1e-6)
    sgd = ss.risk_curve(law, "identity:d=20", lr=3, time=10, delta0=delta0, optimizer="sgd")
    assert sgd.stationary is None or not np.isfinite(sgd.stationary)
    assert sgd.risk[-1] > 1e3 * sgd.risk[0]


def test_without_label_noise_the_residual_shrinks_at_a_constant_speed():
    """K = I and a step so small that its noise does not count: sqrt(2 R) falls by 2 eta t/pi."""
    eta = 1e-3
    found = ss.risk_curve("Dirac(0)", "identity:d=50", lr=eta, time=1, delta0=np.full(50, 0.2))
    size = np.sqrt(2 * found.risk)
    assert size - size[0] == pytest.approx(-2 / np.pi * eta * found.t, abs=2 * eta**2)
