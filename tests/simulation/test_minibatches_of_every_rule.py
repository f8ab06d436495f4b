"""Claim: f of the mean gradient of b samples moves as derived, for one step and for whole runs.

One step is simulated for a single coordinate of correlation rho with the residuals' Gaussian part G, which
is all of a step that its drift depends on: of two steps with rho and -rho, and everything else the same, half
the difference over rho is the drift without the noise of the data, up to rho^2; G and -G are taken in turn
with the same labels. Runs are at d = 500.
"""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.risk import risk_curve
from signsgd_sym.solve.rule_functions import PowerFunctions, quadrature_functions

TOLERANCE = 0.005
R, RHO, C = 0.3, 0.02, 0.6
PAIR = Covariance.from_matrix([[1.5, C * np.sqrt(1.5 * 0.4)], [C * np.sqrt(1.5 * 0.4), 0.4]])
RULES = ["power(1/2)", "tanh", "clip(1)", "dither(1/2)"]
NOISES = {
    "Laplace(0, 1)": lambda rng, shape: rng.laplace(size=shape),
    "Cauchy(0, 1/2)": lambda rng, shape: rng.standard_cauchy(shape) / 2,
    "StudentT(3)": lambda rng, shape: rng.standard_t(3, shape),
}
CASES = [
    *((rule, "Laplace(0, 1)") for rule in RULES),
    ("power(1/2)", "StudentT(3)"),
    *((rule, "Cauchy(0, 1/2)") for rule in ("tanh", "clip(1)", "dither(1/2)")),
]


def functions_of(rule, law, b):
    if rule.exponent is not None:
        return PowerFunctions(derive_sde(rule), noise_law(law), PAIR, b)
    return quadrature_functions(rule, noise_law(law), PAIR, R, batch=b)


@pytest.mark.parametrize(("b", "n"), [(4, 200_000), (16, 100_000)])
@pytest.mark.parametrize(("text", "law"), CASES)
def test_one_step(text, law, b, n):
    rule, rng = UpdateRule.from_text(text), np.random.default_rng(b)
    f = sp.lambdify(nt.z, rule.expr, ["scipy", "numpy"])
    G = rng.standard_normal((n, b)) * np.array([1.0, -1.0])[:, None, None]
    r = np.sqrt(2 * R) * G - NOISES[law](rng, (n, b))
    X = rng.standard_normal((n, b))
    Y = C * X + np.sqrt(1 - C**2) * rng.standard_normal((n, b))
    k = PAIR.diagonal
    functions = functions_of(rule, law, b)

    # (K Delta)_i = rho_i sqrt(2 R K_ii)
    along, apart = RHO * (r * G).mean(axis=-1), np.sqrt(1 - RHO**2) * (r * X).mean(axis=-1)
    steps = (f(np.sqrt(k[0]) * (along + apart)) - f(np.sqrt(k[0]) * (apart - along))) / 2
    steps = steps.mean(axis=0) / (RHO * np.sqrt(2 * R * k[0]))
    expected, stderr = functions.rates(R)[0], steps.std() / np.sqrt(n)
    assert stderr < TOLERANCE * expected, "a sample this small would prove nothing"
    assert abs(steps.mean() - expected) < TOLERANCE * expected + stderr

    fx, fy = (f(np.sqrt(one) * (r * Z).mean(axis=-1)) for one, Z in zip(k, (X, Y), strict=True))
    Sigma = functions.second_moment(R)
    for seen, value in ((fx * fx, Sigma[0, 0]), (fy * fy, Sigma[1, 1]), (fx * fy, Sigma[0, 1])):
        assert abs(seen.mean() - value) < TOLERANCE * value + 1.5 * seen.std() / np.sqrt(n)
    alone = functions_of(rule, law, 1)
    off = (steps.mean() / alone.rates(R)[0], (fx * fx).mean() / alone.squares(R)[0])
    assert max(abs(ratio - 1) for ratio in off) > 10 * TOLERANCE, "b samples are not one"


def test_the_gaussian_gradient_is_no_minibatch():
    """E f'(u X) without the factor 1 + (X^2 - 1)/b is off by more than one step's tolerance."""
    rule, b, n, rng = UpdateRule.from_text("tanh"), 4, 200_000, np.random.default_rng(1)
    G, Z = rng.standard_normal((2, n, b))
    r = np.sqrt(2 * R) * G - rng.laplace(size=(n, b))
    u = np.sqrt(PAIR.diagonal[0]) * np.linalg.norm(r, axis=1) / b
    xi = Z[:, 0]
    slope = 1 / np.cosh(u * xi) ** 2
    value = functions_of(rule, "Laplace(0, 1)", b).rates(R)[0]
    assert abs((slope * (1 + (xi**2 - 1) / b)).mean() / value - 1) < TOLERANCE
    assert abs(slope.mean() / value - 1) > 4 * TOLERANCE


@pytest.mark.parametrize(
    ("text", "b", "law", "spec", "form"),
    [
        ("power(1/2)", 4, "Laplace(0, 1)", "unequal", "modes"),
        ("tanh", 4, "Laplace(0, 1)", "powerlaw:d=500,alpha=1/2", "diagonal"),
        ("clip(1)", 16, "Cauchy(0, 1/2)", "ar1:d=500,rho=1/2", "modes"),
        ("dither(1/2)", 4, "Cauchy(0, 1/2)", "unequal", "matrix"),
    ],
)
def test_risk_follows_the_ode(text, b, law, spec, form):
    rule = UpdateRule.from_text(text)
    K = (
        Covariance.random_unequal(500, seed=11, log_sd=0.5)
        if spec == "unequal"
        else Covariance.from_spec(spec)
    )
    result = risk_curve(law, K, "1/2", 2, optimizer=rule, points=20, batch=b)
    assert result.form == form and result.error_budget["solver"] < 1e-4
    runs = simulate(
        rule,
        GaussianStream(K, noise_law(law)),
        Schedule.of("1/2"),
        result.delta0,
        times=result.t,
        runs=12,
        seed=1,
        batch=b,
    )
    assert compare(result.risk, runs).share_in_band >= 0.95
    assert np.ptp(result.risk) > 0.4 * result.risk[0], "a curve that hardly moves would prove nothing"
    other = risk_curve(law, K, "1/2", 2, optimizer=rule, points=20, batch=1 if form != "matrix" else 2 * b)
    assert compare(other.risk, runs).share_in_band < 0.8, "another batch is seen"
