"""Families on a half-line with a power tail, or that are a logarithm or exponential of another law."""

from __future__ import annotations

import numpy as np
from sympy import EulerGamma, Integer, exp, expint, gamma, hyper, log, oo, pi, sin, sqrt

from signsgd_sym.model.families.family import Family, Piece, finite_if, location, positive, x

ZERO = Integer(0)

alpha, beta, lamda = positive("alpha"), positive("beta"), positive("lamda")
a, b, p = positive("a"), positive("b"), positive("p")
mu, sigma = location("mu"), positive("sigma")

xm = positive("xm")
PARETO = Family(
    "Pareto",
    (xm, alpha),
    (Piece(alpha * xm**alpha * x ** (-alpha - 1), xm, oo),),
    second_moment=finite_if(alpha > 2, alpha * xm**2 / (alpha - 2)),
    mean=alpha * xm / (alpha - 1),
    draw=lambda rng, n, xm, alpha: xm * (1 + rng.pareto(alpha, n)),
)

LOMAX = Family(
    "Lomax",
    (alpha, lamda),
    (Piece(alpha / lamda * (1 + x / lamda) ** (-alpha - 1), ZERO, oo),),
    second_moment=finite_if(alpha > 2, 2 * lamda**2 / ((alpha - 1) * (alpha - 2))),
    mean=lamda / (alpha - 1),
    draw=lambda rng, n, alpha, lamda: lamda * rng.pareto(alpha, n),
)

BETA_PRIME = Family(
    "BetaPrime",
    (alpha, beta),
    (
        Piece(
            gamma(alpha + beta)
            / (gamma(alpha) * gamma(beta))
            * x ** (alpha - 1)
            * (1 + x) ** (-alpha - beta),
            ZERO,
            oo,
        ),
    ),
    second_moment=finite_if(beta > 2, alpha * (alpha + 1) / ((beta - 1) * (beta - 2))),
    mean=alpha / (beta - 1),
    draw=lambda rng, n, alpha, beta: rng.gamma(alpha, 1.0, n) / rng.gamma(beta, 1.0, n),
)

d1, d2 = positive("d1"), positive("d2")
F_DISTRIBUTION = Family(
    "FDistribution",
    (d1, d2),
    (
        Piece(
            gamma((d1 + d2) / 2)
            / (gamma(d1 / 2) * gamma(d2 / 2))
            * (d1 / d2) ** (d1 / 2)
            * x ** (d1 / 2 - 1)
            * (1 + d1 * x / d2) ** (-(d1 + d2) / 2),
            ZERO,
            oo,
        ),
    ),
    second_moment=finite_if(d2 > 4, d2**2 * (d1 + 2) / (d1 * (d2 - 2) * (d2 - 4))),
    mean=d2 / (d2 - 2),
    draw=lambda rng, n, d1, d2: rng.f(d1, d2, n),
)

DAGUM = Family(
    "Dagum",
    (p, a, b),
    (Piece(a * p / x * (x / b) ** (a * p) * ((x / b) ** a + 1) ** (-p - 1), ZERO, oo),),
    second_moment=finite_if(a > 2, b**2 * gamma(p + 2 / a) * gamma(1 - 2 / a) / gamma(p)),
    mean=b * gamma(p + 1 / a) * gamma(1 - 1 / a) / gamma(p),
    draw=lambda rng, n, p, a, b: b * np.expm1(rng.exponential(1.0, n) / p) ** (-1 / a),
)

LOG_LOGISTIC = Family(
    "LogLogistic",
    (alpha, beta),
    (Piece(beta / alpha * (x / alpha) ** (beta - 1) / ((x / alpha) ** beta + 1) ** 2, ZERO, oo),),
    second_moment=finite_if(beta > 2, alpha**2 * (2 * pi / beta) / sin(2 * pi / beta)),
    mean=alpha * (pi / beta) / sin(pi / beta),
    draw=lambda rng, n, alpha, beta: alpha * np.exp(rng.logistic(0.0, 1.0, n) / beta),
)

log_mean, std = location("mean"), positive("std")
LOG_NORMAL = Family(
    "LogNormal",
    (log_mean, std),
    (Piece(exp(-((log(x) - log_mean) ** 2) / (2 * std**2)) / (x * sqrt(2 * pi) * std), ZERO, oo),),
    second_moment=exp(2 * log_mean + 2 * std**2),
    mean=exp(log_mean + std**2 / 2),
    draw=lambda rng, n, mean, std: rng.lognormal(mean, std, n),
)


def _draw_log_cauchy(rng: np.random.Generator, n: int, mu: float, sigma: float) -> np.ndarray:
    # One sample in 2000 lies beyond the range of float64; it keeps its sign and becomes the largest float.
    with np.errstate(over="ignore"):
        samples = np.exp(mu + sigma * rng.standard_cauchy(n))
    return np.minimum(samples, np.finfo(np.float64).max)


LOG_CAUCHY = Family(
    "LogCauchy",
    (mu, sigma),
    (Piece(sigma / (pi * x * (sigma**2 + (log(x) - mu) ** 2)), ZERO, oo),),
    second_moment=oo,
    draw=_draw_log_cauchy,
)

eta = positive("eta")
# E X = e^eta E_1(eta)/b; E X^2 follows from int_eta^oo E_1(u)/u du.
GOMPERTZ = Family(
    "Gompertz",
    (b, eta),
    (Piece(b * eta * exp(eta + b * x - eta * exp(b * x)), ZERO, oo),),
    second_moment=2
    / b**2
    * exp(eta)
    * (
        pi**2 / 12
        + EulerGamma**2 / 2
        + EulerGamma * log(eta)
        + log(eta) ** 2 / 2
        - eta * hyper((1, 1, 1), (2, 2, 2), -eta)
    ),
    mean=exp(eta) * expint(1, eta) / b,
    draw=lambda rng, n, b, eta: np.log1p(rng.exponential(1.0, n) / eta) / b,
)

# The larger of Exponential(b) and a Gumbel variable; E X^2 = 2 int x (1 - F) dx, term by term.
SHIFTED_GOMPERTZ = Family(
    "ShiftedGompertz",
    (b, eta),
    (Piece(b * exp(-b * x) * exp(-eta * exp(-b * x)) * (1 + eta * (1 - exp(-b * x))), ZERO, oo),),
    second_moment=2 / b**2 * (eta * hyper((1, 1, 1), (2, 2, 2), -eta) + hyper((1, 1), (2, 2), -eta)),
    draw=lambda rng, n, b, eta: np.maximum(rng.exponential(1 / b, n), rng.gumbel(np.log(eta) / b, 1 / b, n)),
)

TRANSFORMS = (
    PARETO,
    LOMAX,
    BETA_PRIME,
    F_DISTRIBUTION,
    DAGUM,
    LOG_LOGISTIC,
    LOG_NORMAL,
    LOG_CAUCHY,
    GOMPERTZ,
    SHIFTED_GOMPERTZ,
)
