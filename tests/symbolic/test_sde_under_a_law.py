"""Claim: an SDE derived for a law is the general one with phi and P of that law; SGD needs a variance."""

import pytest
import sympy as sp

from signsgd_sym import SGD, SIGN, derive_sde
from signsgd_sym.derive.phi import phi_mean, phi_of
from signsgd_sym.errors import InfiniteVariance
from signsgd_sym.model import noise_law
from signsgd_sym.notation import P, R, phi


def test_phi_is_that_of_the_law():
    general, cauchy = derive_sde(SIGN), derive_sde(SIGN, "Cauchy(0, c)")
    assert (cauchy.drift, cauchy.covariance) == (general.drift, general.covariance)
    assert dict(cauchy.definitions)[phi] == phi_of(phi_mean(noise_law("Cauchy(0, c)")))


def test_phi_without_a_closed_form_is_an_integral():
    meaning = dict(derive_sde(SIGN, "Logistic(0, 1)").definitions)[phi]
    assert meaning.has(sp.Integral)


def test_population_risk():
    v = sp.Symbol("v", positive=True)
    assert dict(derive_sde(SGD, "Normal(0, v)").definitions)[P] == R + v**2 / 2


def test_sgd_needs_a_variance():
    with pytest.raises(InfiniteVariance, match="Cauchy"):
        derive_sde(SGD, "Cauchy(0, 1)")
    derive_sde(SIGN, "Cauchy(0, 1)")
