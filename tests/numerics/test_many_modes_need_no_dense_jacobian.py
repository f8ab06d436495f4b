"""Claim: a curve of very many modes costs O(d) memory, and is the one that the dense Jacobian gives."""

import numpy as np
import pytest

from signsgd_sym import effects, risk_curve
from signsgd_sym.solve import curve
from signsgd_sym.solve.curve import diagonal_at_fixed_risk


@pytest.mark.parametrize("d", [2, 3, 4, 7, 8, 101])
def test_the_diagonal_is_that_at_fixed_risk(d):
    rng = np.random.default_rng(d)
    lam, forcing, r = rng.exponential(size=(3, d))

    def slope(t, r):
        return -2 / (1 + r.sum()) * lam * r + np.sqrt(r.sum()) * forcing

    found = diagonal_at_fixed_risk(slope, 0.0, r)
    np.testing.assert_allclose(found, -2 / (1 + r.sum()) * lam, rtol=1e-9)


@pytest.mark.parametrize("law", ["Laplace(0, 1/2)", "Dirac(0)"])
def test_both_jacobians_give_the_same_curve(law, monkeypatch):
    """Over a time long for the fastest mode, so that LSODA takes stiff steps."""
    asked = law, "powerlaw:d=101,alpha=4", 1, 300
    dense = risk_curve(*asked, points=10)
    used = []

    def counted(*arguments):
        used.append(arguments)
        return diagonal_at_fixed_risk(*arguments)

    monkeypatch.setattr(curve, "MANY_MODES", 10)
    monkeypatch.setattr(curve, "diagonal_at_fixed_risk", counted)
    banded = risk_curve(*asked, points=10)
    np.testing.assert_allclose(banded.risk, dense.risk, rtol=1e-8)
    assert used


def test_a_hundred_thousand_modes_fit():
    """The d x d Jacobian would take 74.5 GiB; modes of one kind in equal numbers give the curve of a few."""
    k = np.array([0.5, 1.0, 1.5, 2.0])
    few, many = np.tile(k, 25), np.tile(k, 25_000)
    short, long = (
        risk_curve("Laplace(0, 1/2)", K, "1/4", 2, points=2, delta0=np.full(len(K), len(K) ** -0.5))
        for K in (few, many)
    )
    np.testing.assert_allclose(long.risk, short.risk, rtol=1e-7)


def test_effects_of_twenty_thousand_modes_are_found():
    found = effects("Laplace(0, 1/2)", "powerlaw:d=20000,alpha=1", "1/4", 1, points=2)
    shares = found.course.attribution
    assert np.log(shares.sign / shares.sgd)[-1] == pytest.approx(
        sum(shares.shapley(effect)[-1] for effect in ("effective learning rate", "noise compression"))
        + sum(shares.shapley(effect)[-1] for effect in ("diagonal preconditioning", "noise reshaping"))
    )
