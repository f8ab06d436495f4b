"""Claim: c1(a), c2(a) and k(rho; a_i, a_j) are the moments of Adam's steps with eps > 0, within 0.5 %.

As `test_adam_one_step_moments`: chains of independent gradients w = r x at a fixed Delta, v started in its
stationary law; a coordinate of unit variance takes the step m/(sqrt(v) + a).
"""

import numpy as np
import pytest

from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_pairs import Effort, integrals_for
from signsgd_sym.solve.residual import gaussian_residual

CHAINS, RHO = 10_000, 0.03
A = np.array([0.2, 1.0])
BETAS = [(0.0, 0.5), (0.0, 0.9), (0.9, 0.5), (0.9, 0.9)]


def burn_in(beta):
    """Steps after which a moving average has forgotten its start to 1e-5."""
    return int(np.ceil(np.log(1e-5) / np.log(beta))) if beta else 1


@pytest.fixture(scope="module")
def found():
    effort = Effort(16, 20, 0.2, 0.35)
    return {b: integrals_for(Adam(*b), gaussian_residual(), effort, 1.0).constants(A) for b in BETAS}


@pytest.mark.parametrize("betas", BETAS)
def test_drift(betas, found):
    """A difference of steps at the correlations +-rho of r and x, from the same random numbers."""
    (beta1, beta2), rng = betas, np.random.default_rng(1)
    burn, slopes = burn_in(max(betas)), []
    m = v = np.zeros((2, CHAINS))
    for number in range(burn + 150):
        r, noise = rng.standard_normal((2, CHAINS))
        w = np.array([r * (s * RHO * r + np.sqrt(1 - RHO**2) * noise) for s in (1, -1)])
        m, v = beta1 * m + (1 - beta1) * w, beta2 * v + (1 - beta2) * w**2
        if number >= burn:
            steps = m / (np.sqrt(v) + A[:, None, None])
            slopes.append((steps[:, 0] - steps[:, 1]).mean(axis=1) / (2 * RHO))
    np.testing.assert_allclose(np.mean(slopes, axis=0), found[betas].c1, rtol=0.005)
    assert found[betas].c1[0] > 1.2 * found[betas].c1[1]


@pytest.mark.parametrize("betas", BETAS)
@pytest.mark.parametrize("rho", [0.5, 1.0])
def test_diffusion(betas, rho, found):
    """E[w_s^i w_s^j B_i B_j], B = sum_l (1 - beta1) beta1^l/(sqrt(v_(s + l)) + a), for every pair of A."""
    (beta1, beta2), rng = betas, np.random.default_rng(4)
    burn, keep, reach = burn_in(beta2), 400, burn_in(beta1)
    r, x, noise = rng.standard_normal((3, burn + keep + reach, 5000))
    w = np.array([r * x, r * (rho * x + np.sqrt(1 - rho**2) * noise)])
    v, inverse = np.zeros((2, 5000)), []
    for k in range(w.shape[1]):
        v = beta2 * v + (1 - beta2) * w[:, k] ** 2
        inverse.append(1 / (np.sqrt(v) + A[:, None, None]))
    B, products = np.zeros((2, 2, 5000)), []
    for k in reversed(range(w.shape[1])):
        B = (1 - beta1) * inverse[k] + beta1 * B
        if burn <= k < burn + keep:
            products.append(np.einsum("am,bm->ab", w[0, k] * B[:, 0], w[1, k] * B[:, 1]) / 5000)
    place = 2 * (1 - rho**2) ** 0.25 - 1
    k = rho * np.polynomial.chebyshev.chebval(place, found[betas].coefficients)
    np.testing.assert_allclose(np.mean(products, axis=0), k, rtol=0.005)
    assert k[0, 0] > 1.2 * k[0, 1] > 1.2 * k[1, 1]
