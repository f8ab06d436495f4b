"""Claim: c1(R), c2(R) and k(rho; R) are the moments of Adam's steps at a fixed Delta, within 0.5 %.

Chains of gradients r x with r = sqrt(2 R) G - eps, v in its stationary law; nothing is linearised: the
response is a difference of steps at the correlations +-rho of x and G, from the same random numbers.
Everything is held to 4 standard errors, and these to 0.5 % of the theory.
"""

import numpy as np
import pytest
from adam_chains import average, burn_in, inverse_roots, mean_and_stderr, shares

from signsgd_sym.model import noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_law import law_kernel

RHO = 0.08
STDERR = 0.00125
CASES = [
    ("Laplace(0, 1)", 0.3, (0.0, 0.5)),
    ("Laplace(0, 1)", 0.3, (0.9, 0.5)),
    ("StudentT(3)", 1.0, (0.0, 0.5)),
    ("StudentT(3)", 0.3, (0.0, 0.9)),
    ("StudentT(3)", 0.3, (0.5, 0.9)),
    ("StudentT(1)", 16.0, (0.9, 0.9)),
    ("Exponential(1)", 0.4, (0.0, 0.5)),
]


@pytest.mark.parametrize(("text", "risk", "betas"), CASES)
def test_moments(text, risk, betas):
    """The response of the steps, and products of the shares of coordinates at correlations 1 and +-rho."""
    rng, burn, reach = np.random.default_rng(5), burn_in(*betas), burn_in(betas[0])
    law, rho, seen = noise_law(text), 0.7, []
    draw = np.random.default_rng(6)
    for _ in range(48):
        G, noise, other = rng.standard_normal((3, 500, burn + 400 + reach))
        r = np.sqrt(2 * risk) * G - law.sample(draw, G.size).reshape(G.shape)
        across = np.sqrt(1 - rho**2) * other
        tilted = r * np.array([s * RHO * G + np.sqrt(1 - RHO**2) * noise for s in (1, -1)])
        up, down = average(betas[0], tilted) * inverse_roots(betas[1], tilted)
        one, partner, opposite = shares(
            *betas, r * np.array([noise, across + rho * noise, across - rho * noise])
        )
        products = np.array([(up - down) / (2 * RHO), one * (partner - opposite) / 2, one * one])
        seen.append(products[..., burn : burn + 400].mean(axis=-1))
    mean, stderr = mean_and_stderr(np.concatenate(seen, axis=-1))
    kernel = law_kernel(Adam(*betas), law, risk)
    theory = np.array([kernel.c1, *kernel(np.array([rho, 1]))])
    assert np.all(stderr < STDERR * theory)
    assert np.all(np.abs(mean - theory) < 4 * stderr)


def test_the_gaussian_constants_would_be_seen():
    """c1 sqrt(R/P) and c2 of Gaussian noise of the same variance miss what a t_3 residual does."""
    risk, gaussian = 0.1, adam_kernel(Adam(0, "9/10"))
    kernel = law_kernel(Adam(0, "9/10"), noise_law("StudentT(3)"), risk)
    assert kernel.c1 > 1.2 * gaussian.c1 * np.sqrt(risk / (risk + 1.5))
    assert kernel.c2 < 0.95 * gaussian.c2
