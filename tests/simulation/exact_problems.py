"""signSGD with a constant step in exact fractions, as it is defined, and sixty-odd problems to run it on."""

from dataclasses import dataclass
from fractions import Fraction
from math import ldexp, nextafter

import numpy as np
from numpy.random import SeedSequence

from signsgd_sym.model import Covariance, noise_law
from signsgd_sym.simulate import GaussianStream

LAWS = (
    "Normal(0, 1)",
    "Normal(1/2, 1/1000)",
    "Laplace(0, 2)",
    "StudentT(3/2)",
    "Cauchy(0, 1/2)",
    "Uniform(-1, 1)",
    "Logistic(0, 1)",
    "Arcsin(-2, 2)",
    "Triangular(-1, 1, 0)",
    "Exponential(1)",
    "Gumbel(1, 0)",
    "Levy(0, 1)",
    "Pareto(1, 3)",
    "WignerSemicircle(2)",
    "Weibull(1, 3)",
    "Moyal(0, 1)",
    "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))",
    "Mixture((1/2, Uniform(-1, 1)), (1/2, Cauchy(0, 1)))",
)
DIMENSIONS = (2, 3, 5, 31, 32, 33, 64, 100, 200)
STEPS = 40


@dataclass(frozen=True, eq=False)
class Problem:
    """Delta(0), x and eps of every step, and eta; h = fl(eta/d)."""

    eta: float
    delta0: np.ndarray
    x: np.ndarray
    eps: np.ndarray

    @property
    def h(self):
        return self.eta / len(self.delta0)


class Exact:
    """The definition in fractions."""

    def __init__(self, eta, delta0):
        self.h = Fraction(eta / len(delta0))
        self.delta = [Fraction(value) for value in delta0.tolist()]

    def product(self, x):
        return sum((Fraction(a) * b for a, b in zip(x.tolist(), self.delta, strict=True)), Fraction(0))

    def step(self, x, eps):
        sign = sign_of(self.product(x) - Fraction(float(eps)))
        self.delta = [
            delta - self.h * sign * sign_of(value)
            for delta, value in zip(self.delta, x.tolist(), strict=True)
        ]
        return sign


def sign_of(value):
    return (value > 0) - (value < 0)


def exact_run(problem):
    """(signs, Delta) after all steps."""
    exact = Exact(problem.eta, problem.delta0)
    return [exact.step(x, eps) for x, eps in zip(problem.x, problem.eps, strict=True)], exact.delta


def near_tie(eta, delta0, x, ulps, steps=None):
    """eps the float nearest to <x, Delta>, exactly computed along the run, or the next or the last float.

    `steps` are those where eps is chosen so (all by default); elsewhere it is 0.
    """
    exact, eps = Exact(eta, delta0), np.zeros(len(x))
    for k, row in enumerate(x):
        if steps is None or k in steps:
            nearest = float(exact.product(row))
            eps[k] = nearest if ulps == 0 else nextafter(nearest, ulps * np.inf)
        exact.step(row, eps[k])
    return Problem(eta, delta0, x, eps)


def normals(d, seed, steps=STEPS):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((steps, d)), rng.standard_normal(d), rng


def under_a_law(text, d, seed):
    x, eps = next(GaussianStream(Covariance.powerlaw(d, 1.0), noise_law(text)).blocks(SeedSequence(seed)))
    delta0 = np.random.default_rng(seed).standard_normal(d)
    return Problem(0.7, delta0, x[:STEPS].copy(), eps[:STEPS].copy())


def integers(d, h, seed):
    """Small integers, Delta on a grid of step h: the residual is often exactly 0."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, (STEPS, d)).astype(float)
    return Problem(d * h, h * rng.integers(-2, 3, d), x, h * rng.integers(-2, 3, STEPS).astype(float))


def wild(d, seed, spread):
    """Exponents spread over +-`spread`, some coordinates 0."""
    x, delta0, rng = normals(d, seed)

    def scaled(values):
        return np.ldexp(values, rng.integers(-spread, spread + 1, values.shape))

    x = scaled(x) * (rng.random(x.shape) < 0.8)
    return Problem(
        2.0 ** rng.integers(-spread, spread), scaled(delta0), x, scaled(rng.standard_normal(STEPS))
    )


def scaled(problem, of_x, of_delta):
    """x times 2^of_x, Delta and eta times 2^of_delta: what is lost to underflow is lost from the problem."""
    return Problem(
        ldexp(problem.eta, of_delta),
        np.ldexp(problem.delta0, of_delta),
        np.ldexp(problem.x, of_x),
        np.ldexp(problem.eps, of_x + of_delta),
    )


def problems():
    found = {}
    for number, text in enumerate(LAWS):
        d = DIMENSIONS[number % len(DIMENSIONS)]
        found[f"{text}, d = {d}"] = under_a_law(text, d, number)
    for d in (1, 2, 7, 40, 150):
        for ulps in (-1, 0, 1):
            x, delta0, _ = normals(d, 100 + d)
            found[f"near ties, {ulps:+d} ulp, d = {d}"] = near_tie(0.3, delta0, x, ulps)
    for d, h in ((1, 1.0), (2, 0.25), (3, 1.0), (4, 0.1), (33, 2.0**-40), (64, 1e-3), (100, 5e-324)):
        found[f"integers times {h}, d = {d}"] = integers(d, h, d)
    for d in (1, 2, 20, 90):
        for spread in (20, 60, 300):
            found[f"exponents to +-{spread}, d = {d}"] = wild(d, d + spread, spread)
    base = under_a_law("Normal(0, 1)", 12, 5)
    found |= {
        "x subnormal": scaled(base, -1040, 0),
        "Delta subnormal": scaled(base, 0, -1040),
        "x and Delta small, r below every float": scaled(base, -700, -700),
        "x near 1e300": scaled(base, 997, 0),
        "Delta near 1e300": scaled(base, 0, 997),
        "x and Delta so large that products overflow": Problem(
            1e300, 1e300 * base.delta0, 1e300 * base.x, 1e300 * base.eps
        ),
        "x 1e300, Delta 1e-300": scaled(base, 997, -997),
        "all of x is 0": Problem(1.0, np.ones(3), np.zeros((STEPS, 3)), np.arange(STEPS) - 3.0),
        "step lost beside Delta in float64": Problem(1e-30, base.delta0, base.x, base.eps),
        "huge terms cancel": Problem(
            0.75,
            np.ones(3),
            np.tile([[1e16, -1e16, 1.0], [-1e16, 1e16, -1.0]], (STEPS // 2, 1)),
            np.zeros(STEPS),
        ),
    }
    return found


PROBLEMS = problems()
