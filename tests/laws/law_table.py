"""Every continuous family at one numeric instance: symbolic LAW text, and values of its names."""

from __future__ import annotations

import sympy as sp

from signsgd_sym.model import NoiseLaw

LAWS: tuple[tuple[str, str], ...] = (
    ("Arcsin(-a, a)", "a=2"),
    ("Beta(a, b)", "a=2, b=5"),
    ("BetaNoncentral(a, b, c)", "a=2, b=3, c=1"),
    ("BetaPrime(a, b)", "a=3/2, b=2"),
    ("BoundedPareto(a, 1, 2)", "a=3/2"),
    ("Cauchy(0, a)", "a=1/2"),
    ("Cauchy(m, a)", "m=1, a=1/2"),
    ("Chi(n)", "n=3"),
    ("ChiNoncentral(n, b)", "n=3, b=1"),
    ("ChiSquared(n)", "n=3"),
    ("Dagum(a, b, c)", "a=2, b=3, c=1"),
    ("Davis(a, b, c)", "a=1, b=2, c=1/4"),
    ("Erlang(3, a)", "a=2"),
    ("ExGaussian(m, a, b)", "m=0, a=1, b=2"),
    ("Exponential(a)", "a=1"),
    ("ExponentialPower(0, a, b)", "a=1, b=3/2"),
    ("FDistribution(n, 4)", "n=3"),
    ("FisherZ(a, b)", "a=2, b=3"),
    ("Frechet(a, b, 0)", "a=3, b=1"),
    ("Gamma(a, b)", "a=5/2, b=1"),
    ("GammaInverse(a, b)", "a=2, b=1"),
    ("Gompertz(a, b)", "a=1, b=1/2"),
    ("Gumbel(a, m)", "a=1, m=0"),
    ("Kumaraswamy(a, b)", "a=2, b=3"),
    ("Laplace(0, a)", "a=2"),
    ("Laplace(m, a)", "m=1, a=1/2"),
    ("Levy(0, a)", "a=1"),
    ("LogCauchy(m, a)", "m=0, a=1"),
    ("Logistic(0, a)", "a=1"),
    ("LogLogistic(a, b)", "a=1, b=3"),
    ("LogitNormal(m, a)", "m=0, a=1"),
    ("LogNormal(m, a)", "m=0, a=1"),
    ("Lomax(a, b)", "a=2, b=1"),
    ("Maxwell(a)", "a=1"),
    ("Moyal(m, a)", "m=0, a=1"),
    ("Nakagami(a, b)", "a=3/2, b=2"),
    ("Normal(0, a)", "a=3/2"),
    ("Normal(m, a)", "m=1, a=1/2"),
    ("Pareto(a, b)", "a=1, b=3"),
    ("PowerFunction(a, 0, b)", "a=3, b=2"),
    ("QuadraticU(0, b)", "b=2"),
    ("RaisedCosine(0, a)", "a=2"),
    ("Rayleigh(a)", "a=1"),
    ("Reciprocal(1, 2)", ""),
    ("ShiftedGompertz(a, b)", "a=1, b=1/2"),
    ("StudentT(a)", "a=5/2"),
    ("StudentT(3)", ""),
    ("Trapezoidal(-2, -1, 1, 2)", ""),
    ("Triangular(-a, a, 0)", "a=2"),
    ("Uniform(-a, a)", "a=2"),
    ("UniformSum(3)", ""),
    ("VonMises(0, a)", "a=1"),
    ("GaussianInverse(a, b)", "a=1, b=2"),
    ("Weibull(a, b)", "a=1, b=3"),
    ("WignerSemicircle(a)", "a=2"),
    ("Benini(a, b, c)", "a=2, b=1/2, c=1"),
)
TEXTS = [text for text, _ in LAWS]


def numeric(text: str) -> NoiseLaw:
    """The law at its instance."""
    values = dict(LAWS)[text]
    pairs = (entry.split("=") for entry in values.split(",") if entry)
    return NoiseLaw.from_text(text).substitute({name.strip(): sp.Rational(value) for name, value in pairs})
