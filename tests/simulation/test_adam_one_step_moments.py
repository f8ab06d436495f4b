"""Claim: c1, c2 and the kernel k are the moments of Adam's steps at a fixed Delta, within 0.5 %.

Chains of independent gradients w = r x, with v started in its stationary law; nothing is linearised: the
response is a difference of steps at the correlations +-rho of r and x, from the same random numbers.
"""

import numpy as np
import pytest

from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel

CHAINS = 20_000
RHO = 0.03


def burn_in(beta):
    """Steps after which a moving average has forgotten its start to 1e-7."""
    return int(np.ceil(np.log(1e-7) / np.log(beta))) if beta else 1


def steps(beta1, beta2, gradients):
    """m/sqrt(v), step after step, for arrays of gradients."""
    m = v = 0.0
    for w in gradients:
        m = beta1 * m + (1 - beta1) * w
        v = beta2 * v + (1 - beta2) * w**2
        yield m / np.sqrt(v)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.0, 0.5), (0.0, 0.9), (0.9, 0.5), (0.9, 0.9)])
def test_drift(beta1, beta2):
    rng, burn = np.random.default_rng(1), burn_in(max(beta1, beta2))
    length = burn + 150

    def pairs():
        for _ in range(length):
            r, noise = rng.standard_normal((2, CHAINS))
            yield np.array([r * (s * RHO * r + np.sqrt(1 - RHO**2) * noise) for s in (1, -1)])

    slopes = [(u[0] - u[1]).mean() / (2 * RHO) for u in steps(beta1, beta2, pairs())][burn:]
    blocks = np.array(slopes).reshape(10, -1).mean(axis=1)
    stderr = blocks.std(ddof=1) / np.sqrt(len(blocks))
    c1 = adam_kernel(Adam(beta1, beta2)).c1
    assert stderr < 0.002 * c1
    assert np.mean(slopes) == pytest.approx(c1, rel=0.005)
    assert abs(np.mean(slopes) / (2 / np.pi) - 1) > 0.05, "signSGD's constant would be seen"


@pytest.mark.parametrize("beta2", [0.5, 0.9])
@pytest.mark.parametrize("rho", [0.3, 0.8, 1.0])
def test_diffusion_without_momentum(beta2, rho):
    """E of the product of the steps of two coordinates that see the same residuals."""
    rng, burn = np.random.default_rng(2), burn_in(beta2)

    def pairs():
        for _ in range(burn + 200):
            r, x, noise = rng.standard_normal((3, CHAINS))
            yield np.array([r * x, r * (rho * x + np.sqrt(1 - rho**2) * noise)])

    products = [(u[0] * u[1]).mean() for u in steps(0.0, beta2, pairs())][burn:]
    k = float(adam_kernel(Adam(0, beta2))(np.array(rho)))
    assert np.mean(products) == pytest.approx(k, rel=0.005)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.5, 0.5), (0.9, 0.9)])
def test_long_run_variance(beta1, beta2):
    """Autocovariances of the steps, added up: 4 standard errors, about 2 %."""
    rng, burn = np.random.default_rng(3), burn_in(max(beta1, beta2))
    reach, length = burn_in(beta1) // 2, 2000
    gradients = (np.prod(rng.standard_normal((2, 5000)), axis=0) for _ in range(burn + length))
    u = np.array(list(steps(beta1, beta2, gradients))[burn:])
    total = (u * u).mean(axis=0)
    for lag in range(1, reach):
        total += 2 * (u[lag:] * u[:-lag]).mean(axis=0)
    c2 = adam_kernel(Adam(beta1, beta2)).c2
    stderr = total.std() / np.sqrt(len(total))
    assert stderr < 0.006 * c2
    assert abs(total.mean() - c2) < 4 * stderr
    without_momentum = adam_kernel(Adam(0, beta2)).c2
    assert abs(total.mean() - without_momentum) > 4 * stderr


@pytest.mark.parametrize(("beta1", "beta2", "rho"), [(0.9, 0.5, 1.0), (0.9, 0.5, 0.6), (0.5, 0.9, 0.6)])
def test_diffusion_with_momentum(beta1, beta2, rho):
    """The same number, gradient by gradient: E[w_s^2 (sum_l (1 - beta1) beta1^l/sqrt(v_(s + l)))^2]."""
    rng, burn = np.random.default_rng(4), burn_in(beta2)
    reach = burn_in(beta1) // 2
    r, x, noise = rng.standard_normal((3, burn + 400 + reach, 4000))
    w = np.array([r * x, r * (rho * x + np.sqrt(1 - rho**2) * noise)])
    v, inverse_root = np.zeros((2, 4000)), []
    for k in range(w.shape[1]):
        v = beta2 * v + (1 - beta2) * w[:, k] ** 2
        inverse_root.append(1 / np.sqrt(v))
    memory, found = np.zeros((2, 4000)), []
    for k in reversed(range(w.shape[1])):
        memory = (1 - beta1) * inverse_root[k] + beta1 * memory
        if burn <= k < burn + 400:
            one, other = w[:, k] * memory
            found.append((one * other).mean())
    k = float(adam_kernel(Adam(beta1, beta2))(np.array(rho)))
    assert np.mean(found) == pytest.approx(k, rel=0.006)
