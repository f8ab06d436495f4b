"""Derivatives of the final risk by step size and noise scale, through the whole integration, are those of
central differences in 40-digit arithmetic."""

import mpmath as mp
import numpy as np
import pytest
from jax_process import run

from signsgd_sym.codegen.targets.jax import source
from signsgd_sym.model import SIGN

TIME, ETA, SCALE = 2, 0.4, 1.25
R0, LAM = [0.9, 0.6, 0.4, 0.2, 0.1], [2.0, 1.4, 0.8, 0.5, 0.3]
FORCING = [0.21, 0.17, 0.11, 0.07, 0.05]
STEPS_JAX, STEPS_MPMATH = 240, 200
TOLERANCE = 1e-6


def laplace(R, s):
    """(2/pi) E exp(-eps^2/(4 R)), eps of density exp(-|x|/s)/(2 s)."""
    u = mp.sqrt(R) / s
    return 2 / mp.sqrt(mp.pi) * u * mp.exp(u * u) * mp.erfc(u)


def normal(R, s):
    """eps ~ N(0, s^2)."""
    return 2 / mp.pi * mp.sqrt(2 * R / (2 * R + s * s))


def student(R, s):
    """eps/s of density 6 sqrt(3)/(pi (3 + x^2)^2)."""
    q = R / (s * s)
    tail = mp.exp(3 / (4 * q)) * mp.erfc(mp.sqrt(3) / (2 * mp.sqrt(q)))
    return (2 * q - 3) / (mp.pi * q) * tail + 2 * mp.sqrt(3) / (mp.pi ** mp.mpf("1.5") * mp.sqrt(q))


LAWS = {"laplace": ("Laplace(0, 1)", laplace), "normal": ("Normal(0, 1)", normal),
        "student": ("StudentT(3)", student)}  # fmt: skip

CODE = f"""
import jax, jax.numpy as jnp
from importlib import import_module
r0, lam, forcing = np.array({R0}), np.array({LAM}), np.array({FORCING})
h = {TIME} / {STEPS_JAX}
for name in NAMES:
    m = import_module(name)

    def final(eta, scale):
        def rate(t, r):
            return m.risk_rhs(t, r, lam, forcing, eta, scale)

        def step(r, t):
            k1 = rate(t, r)
            k2 = rate(t + h / 2, r + h / 2 * k1)
            k3 = rate(t + h / 2, r + h / 2 * k2)
            k4 = rate(t + h, r + h * k3)
            return r + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        return jnp.sum(jax.lax.scan(step, r0, h * np.arange({STEPS_JAX}))[0])

    value, slopes = jax.jit(jax.value_and_grad(final, (0, 1)))({ETA}, {SCALE})
    forward = jax.jit(jax.jacfwd(final, (0, 1)))({ETA}, {SCALE})
    out[name] = np.array([value, *slopes])
    out[name + "_forward"] = np.array([value, *forward])
"""


def final_risk(phi, eta, scale):
    """sum(r) at the end, by Runge-Kutta steps of order four; the drift is -2 eta phi/sqrt(2 R) lam r."""
    lam, forcing = [mp.mpf(x) for x in LAM], [mp.mpf(x) for x in FORCING]

    def rate(r):
        R = mp.fsum(r)
        a = phi(R, scale) / mp.sqrt(2 * R)
        return [-2 * eta * a * one * x + eta * eta * n for x, one, n in zip(r, lam, forcing, strict=True)]

    def moved(r, h, k):
        return [x + h * y for x, y in zip(r, k, strict=True)]

    r, h = [mp.mpf(x) for x in R0], mp.mpf(TIME) / STEPS_MPMATH
    for _ in range(STEPS_MPMATH):
        k1 = rate(r)
        k2 = rate(moved(r, h / 2, k1))
        k3 = rate(moved(r, h / 2, k2))
        k4 = rate(moved(r, h, k3))
        r = [x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(r, k1, k2, k3, k4, strict=True)]
    return mp.fsum(r)


def by_differences(phi):
    """The final risk and its derivatives by eta and by the scale."""
    with mp.workdps(40):
        h, eta, scale = mp.mpf("1e-12"), mp.mpf(ETA), mp.mpf(SCALE)
        by_eta = final_risk(phi, eta + h, scale) - final_risk(phi, eta - h, scale)
        by_scale = final_risk(phi, eta, scale + h) - final_risk(phi, eta, scale - h)
        return np.array(
            [float(final_risk(phi, eta, scale)), float(by_eta / (2 * h)), float(by_scale / (2 * h))]
        )


@pytest.fixture(scope="module")
def found(problem, tmp_path_factory):
    """Final risk and derivatives by JAX, by law; `wrong` is Laplace with a drift 1.0001 times as large."""
    modules = {name: source(problem(law, SIGN).generated) for name, (law, _) in LAWS.items()}
    modules["wrong"] = modules["laplace"].replace("k_1 = -2.0 * eta", "k_1 = -2.0002 * eta")
    assert modules["wrong"] != modules["laplace"]
    code = CODE.replace("NAMES", repr(list(modules)))
    return run(tmp_path_factory.mktemp("gradients"), modules, code)


@pytest.mark.parametrize("name", LAWS)
def test_gradients_through_the_ode_are_those_of_mpmath(found, name):
    expected = by_differences(LAWS[name][1])
    assert np.all(np.abs(expected) > 1e-2)  # so that a relative error means something
    np.testing.assert_allclose(found[name], expected, rtol=TOLERANCE)
    np.testing.assert_allclose(found[f"{name}_forward"], expected, rtol=TOLERANCE)


def test_a_wrong_factor_is_seen(found):
    expected = by_differences(laplace)
    assert np.all(np.abs(found["wrong"] / expected - 1) > 10 * TOLERANCE)


@pytest.mark.parametrize("name", LAWS)
def test_formulas_of_this_test_are_means_over_the_scaled_law(name):
    """Not read off the package: the integral of exp(-eps^2/(4 R)) against the density of s eps."""
    densities = {
        "laplace": lambda x: mp.exp(-abs(x)) / 2,
        "normal": lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
        "student": lambda x: 6 * mp.sqrt(3) / (mp.pi * (3 + x * x) ** 2),
    }
    for R in (mp.mpf("0.3"), mp.mpf(2)):
        mean = mp.quad(
            lambda x, R=R: mp.exp(-((SCALE * x) ** 2) / (4 * R)) * densities[name](x), [0, 1, 5, mp.inf]
        )
        assert abs(4 / mp.pi * mean / LAWS[name][1](R, SCALE) - 1) < 1e-12
