"""Claim: c1(R), c2(R) and k(rho; R) are the moments of Adam's steps at a fixed Delta, within 0.5 %.

Chains of gradients r x with r = sqrt(2 R) G - eps, v in its stationary law; nothing is linearised: the
response is a difference of steps at the correlations +-rho of x and G, from the same random numbers.
"""

import numpy as np
import pytest

from signsgd_sym.model import noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_law import law_kernel

CHAINS, LENGTH = 30_000, 300
RHO = 0.08
CASES = [
    ("Laplace(0, 1)", 0.3, 0.5),
    ("Laplace(0, 1)", 0.3, 0.9),
    ("StudentT(3)", 1.0, 0.5),
    ("StudentT(3)", 0.3, 0.9),
    ("Exponential(1)", 0.2, 0.5),
]


def moments(law, risk, beta2, rho):
    """Means over the chains and their standard errors: the response, u_i u_j at correlation rho, u_i^2."""
    rng = np.random.default_rng(5)
    burn = int(np.ceil(np.log(1e-7) / np.log(beta2)))
    draw = np.random.default_rng(6)
    v, seen = np.zeros((4, CHAINS)), []
    for k in range(burn + LENGTH):
        G, noise, other = rng.standard_normal((3, CHAINS))
        r = np.sqrt(2 * risk) * G - law.sample(draw, CHAINS)
        partner = rho * noise + np.sqrt(1 - rho**2) * other
        tilted = [s * RHO * G + np.sqrt(1 - RHO**2) * noise for s in (1, -1)]
        w = r * np.array([*tilted, noise, partner])
        v = beta2 * v + (1 - beta2) * w**2
        if k >= burn:
            up, down, one, two = w / np.sqrt(v)
            seen.append([((up - down) / (2 * RHO)).mean(), (one * two).mean(), (one * one).mean()])
    blocks = np.array(seen).reshape(10, -1, 3).mean(axis=1)
    return blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(10)


@pytest.mark.parametrize(("text", "risk", "beta2"), CASES)
def test_moments(text, risk, beta2):
    law, rho = noise_law(text), 0.7
    means, stderr = moments(law, risk, beta2, rho)
    kernel = law_kernel(Adam(0, beta2), law, risk)
    theory = np.array([kernel.c1, float(kernel(np.array(rho))), kernel.c2])
    assert np.all(stderr < 0.002 * theory)
    np.testing.assert_allclose(means, theory, rtol=0.005)


def test_the_gaussian_constants_would_be_seen():
    """c1 sqrt(R/P) and c2 of Gaussian noise of the same variance miss what a t_3 residual does."""
    risk, gaussian = 0.1, adam_kernel(Adam(0, "9/10"))
    kernel = law_kernel(Adam(0, "9/10"), noise_law("StudentT(3)"), risk)
    assert kernel.c1 > 1.2 * gaussian.c1 * np.sqrt(risk / (risk + 1.5))
    assert kernel.c2 < 0.95 * gaussian.c2
