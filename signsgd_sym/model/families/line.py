"""Families on the whole line."""

from __future__ import annotations

import numpy as np
from sympy import (
    EulerGamma,
    Rational,
    erfc,
    exp,
    gamma,
    log,
    oo,
    pi,
    polygamma,
    sqrt,
)

from signsgd_sym.model.families.family import Family, Piece, finite_if, location, positive, x

mu = location("mu")

mean, std = location("mean"), positive("std")
NORMAL = Family(
    "Normal",
    (mean, std),
    (Piece(exp(-((x - mean) ** 2) / (2 * std**2)) / (sqrt(2 * pi) * std), -oo, oo),),
    second_moment=mean**2 + std**2,
    mean=mean,
    centre=mean,
    draw=lambda rng, n, mean, std: rng.normal(mean, std, n),
)

b = positive("b")
LAPLACE = Family(
    "Laplace",
    (mu, b),
    (Piece(exp((x - mu) / b) / (2 * b), -oo, mu), Piece(exp(-(x - mu) / b) / (2 * b), mu, oo)),
    second_moment=mu**2 + 2 * b**2,
    mean=mu,
    centre=mu,
    draw=lambda rng, n, mu, b: rng.laplace(mu, b, n),
)

nu = positive("nu")
STUDENT = Family(
    "StudentT",
    (nu,),
    (
        Piece(
            gamma((nu + 1) / 2) / (sqrt(pi * nu) * gamma(nu / 2)) * (1 + x**2 / nu) ** (-(nu + 1) / 2),
            -oo,
            oo,
        ),
    ),
    second_moment=finite_if(nu > 2, nu / (nu - 2)),
    mean=0 * nu,
    centre=0 * nu,
    draw=lambda rng, n, nu: rng.standard_t(nu, n),
)

x0, scale = location("x0"), positive("gamma")
CAUCHY = Family(
    "Cauchy",
    (x0, scale),
    (Piece(1 / (pi * scale * (1 + (x - x0) ** 2 / scale**2)), -oo, oo),),
    second_moment=oo,
    centre=x0,
    draw=lambda rng, n, x0, scale: x0 + scale * rng.standard_cauchy(n),
)

s = positive("s")
LOGISTIC = Family(
    "Logistic",
    (mu, s),
    (Piece(exp(-(x - mu) / s) / (s * (1 + exp(-(x - mu) / s)) ** 2), -oo, oo),),
    second_moment=mu**2 + pi**2 * s**2 / 3,
    mean=mu,
    centre=mu,
    draw=lambda rng, n, mu, s: rng.logistic(mu, s, n),
)

alpha, beta = positive("alpha"), positive("beta")
_power = beta / (2 * alpha * gamma(1 / beta))
EXPONENTIAL_POWER = Family(
    "ExponentialPower",
    (mu, alpha, beta),
    (
        Piece(_power * exp(-(((mu - x) / alpha) ** beta)), -oo, mu),
        Piece(_power * exp(-(((x - mu) / alpha) ** beta)), mu, oo),
    ),
    second_moment=mu**2 + alpha**2 * gamma(3 / beta) / gamma(1 / beta),
    mean=mu,
    centre=mu,
    draw=lambda rng, n, mu, alpha, beta: (
        mu + alpha * rng.choice((-1.0, 1.0), n) * rng.gamma(1 / beta, 1.0, n) ** (1 / beta)
    ),
)

GUMBEL = Family(
    "Gumbel",
    (beta, mu),
    (Piece(exp(-(x - mu) / beta - exp(-(x - mu) / beta)) / beta, -oo, oo),),
    second_moment=(mu + EulerGamma * beta) ** 2 + pi**2 * beta**2 / 6,
    mean=mu + EulerGamma * beta,
    draw=lambda rng, n, beta, mu: rng.gumbel(mu, beta, n),
)

sigma = positive("sigma")
MOYAL = Family(
    "Moyal",
    (mu, sigma),
    (Piece(exp(-(x - mu) / (2 * sigma) - exp(-(x - mu) / sigma) / 2) / (sqrt(2 * pi) * sigma), -oo, oo),),
    second_moment=(mu + sigma * (EulerGamma + log(2))) ** 2 + pi**2 * sigma**2 / 2,
    mean=mu + sigma * (EulerGamma + log(2)),
    draw=lambda rng, n, mu, sigma: mu - sigma * np.log(rng.chisquare(1, n)),
)

rate = positive("rate")
EX_GAUSSIAN = Family(
    "ExGaussian",
    (mean, std, rate),
    (
        Piece(
            rate
            / 2
            * exp(rate / 2 * (2 * mean + rate * std**2 - 2 * x))
            * erfc((mean + rate * std**2 - x) / (sqrt(2) * std)),
            -oo,
            oo,
        ),
    ),
    second_moment=(mean + 1 / rate) ** 2 + std**2 + 1 / rate**2,
    mean=mean + 1 / rate,
    draw=lambda rng, n, mean, std, rate: rng.normal(mean, std, n) + rng.exponential(1 / rate, n),
)

d1, d2 = positive("d1"), positive("d2")
_fisher_mean = (polygamma(0, d1 / 2) - log(d1) - polygamma(0, d2 / 2) + log(d2)) / 2
FISHER_Z = Family(
    "FisherZ",
    (d1, d2),
    (
        Piece(
            2
            * gamma((d1 + d2) / 2)
            / (gamma(d1 / 2) * gamma(d2 / 2))
            * d1 ** (d1 / 2)
            * d2 ** (d2 / 2)
            * exp(d1 * x)
            * (d1 * exp(2 * x) + d2) ** (-(d1 + d2) / 2),
            -oo,
            oo,
        ),
    ),
    second_moment=_fisher_mean**2 + (polygamma(1, d1 / 2) + polygamma(1, d2 / 2)) * Rational(1, 4),
    mean=_fisher_mean,
    draw=lambda rng, n, d1, d2: np.log(rng.f(d1, d2, n)) / 2,
)

LINE = (
    NORMAL,
    LAPLACE,
    STUDENT,
    CAUCHY,
    LOGISTIC,
    EXPONENTIAL_POWER,
    GUMBEL,
    MOYAL,
    EX_GAUSSIAN,
    FISHER_Z,
)
