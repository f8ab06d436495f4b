"""Claim: c1, c2 and the kernel k are the moments of Adam's steps at a fixed Delta, within 0.5 %.

Chains of independent gradients w = r x, with v in its stationary law; nothing is linearised: the response is
a difference of steps at the correlations +-rho of r and x, from the same random numbers. Everything is held
to 4 standard errors, and these to 0.5 % of the theory.
"""

import numpy as np
import pytest
from adam_chains import average, burn_in, inverse_roots, mean_and_stderr, shares, to_come

from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel

RHO = 0.03
STDERR = 0.00125


@pytest.mark.parametrize(("beta1", "beta2"), [(0.0, 0.5), (0.0, 0.9), (0.9, 0.5), (0.9, 0.9)])
def test_drift(beta1, beta2):
    rng, burn, seen = np.random.default_rng(1), burn_in(beta1, beta2), []
    for _ in range(20):
        r, noise = rng.standard_normal((2, 400, burn + 400))
        w = r * np.array([s * RHO * r + np.sqrt(1 - RHO**2) * noise for s in (1, -1)])
        up, down = (average(beta1, w) * inverse_roots(beta2, w))[..., burn:]
        seen.append((up - down).mean(axis=-1) / (2 * RHO))
    mean, stderr = mean_and_stderr(np.concatenate(seen))
    c1 = adam_kernel(Adam(beta1, beta2)).c1
    assert stderr < STDERR * c1
    assert abs(mean - c1) < 4 * stderr
    assert abs(mean / (2 / np.pi) - 1) > 0.05, "signSGD's constant would be seen"


@pytest.mark.parametrize(("beta1", "beta2"), [(0.0, 0.5), (0.0, 0.9), (0.9, 0.5), (0.5, 0.9), (0.9, 0.9)])
def test_diffusion(beta1, beta2):
    """Shares of coordinates that see the same residuals, at correlations 1 and +-rho of x, for k is odd."""
    rng, burn, reach = np.random.default_rng(2), burn_in(beta2), burn_in(beta1)
    rho, seen = np.array([0.3, 0.6, 0.9]), []
    along, across = (part[:, None, None] for part in (rho, np.sqrt(1 - rho**2)))
    for _ in range(40):
        r, x, noise = rng.standard_normal((3, 250, burn + 400 + reach))
        w = r * np.concatenate([[x], across * noise + along * x, across * noise - along * x])
        one, *others = shares(beta1, beta2, w)[..., burn : burn + 400]
        up, down = np.split(np.array(others), 2)
        seen.append((one * np.array([*(up - down) / 2, one])).mean(axis=-1))
    mean, stderr = mean_and_stderr(np.concatenate(seen, axis=-1))
    k = adam_kernel(Adam(beta1, beta2))(np.append(rho, 1))
    assert np.all(stderr < STDERR * k)
    assert np.all(np.abs(mean - k) < 4 * stderr)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.5, 0.5), (0.9, 0.5), (0.9, 0.9)])
def test_long_run_covariance(beta1, beta2):
    """Autocovariances of the steps themselves, added up; at correlation 1 and 0.9.

    With the signs of later gradients averaged out, a step that is l steps ahead is beta1^l m/sqrt(v_(s + l)):
    then standard errors are 0.12 %, with the later steps as they come 0.5 %.
    """
    rng, burn, reach, seen = np.random.default_rng(3), burn_in(beta1, beta2), burn_in(beta1) // 2, []
    rho, now = 0.9, slice(burn, burn + 1000)
    for _ in range(72):
        r, x, noise = rng.standard_normal((3, 250, burn + 1000 + reach))
        w = r * np.array([x, rho * x + np.sqrt(1 - rho**2) * noise])
        m, inverse_root = average(beta1, w), inverse_roots(beta2, w)
        total, step = np.cumsum(m * inverse_root, axis=-1), (m * inverse_root)[..., now]
        later = total[..., burn + reach : burn + 1000 + reach] - total[..., now]
        on_average = (m * (to_come(beta1, inverse_root) / (1 - beta1) - inverse_root))[..., now]
        seen.append(
            [(step[0] * (step + ahead) + step * ahead[0]).mean(axis=-1) for ahead in (on_average, later)]
        )
    mean, stderr = mean_and_stderr(np.concatenate(seen, axis=-1))
    k, without_momentum = (adam_kernel(Adam(beta, beta2))(np.array([1, rho])) for beta in (beta1, 0))
    assert np.all(stderr[0] < STDERR * k)
    assert np.all(stderr[1] < 0.006 * k)
    assert np.all(np.abs(mean - k) < 4 * stderr)
    assert np.all(np.abs(mean - without_momentum) > 4 * stderr)
