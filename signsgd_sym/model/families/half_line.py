"""Families on a half-line whose densities are powers times exponentials."""

from __future__ import annotations

import numpy as np
from sympy import Integer, Rational, besseli, exp, gamma, hyper, log, oo, pi, sqrt, zeta

from signsgd_sym.model.families.family import Family, Piece, count, finite_if, location, positive, x

ZERO, HALF = Integer(0), Rational(1, 2)

mu = location("mu")
n_count = count("n")
k, l, c = positive("k"), positive("l"), positive("c")
a, b, theta = positive("a"), positive("b"), positive("theta")

rate = positive("rate")
EXPONENTIAL = Family(
    "Exponential",
    (rate,),
    (Piece(rate * exp(-rate * x), ZERO, oo),),
    second_moment=2 / rate**2,
    mean=1 / rate,
    draw=lambda rng, n, rate: rng.exponential(1 / rate, n),
)

GAMMA = Family(
    "Gamma",
    (k, theta),
    (Piece(x ** (k - 1) * exp(-x / theta) / (theta**k * gamma(k)), ZERO, oo),),
    second_moment=k * (k + 1) * theta**2,
    mean=k * theta,
    draw=lambda rng, n, k, theta: rng.gamma(k, theta, n),
)

ERLANG = Family(
    "Erlang",
    (count("k"), l),
    (Piece(l ** count("k") * x ** (count("k") - 1) * exp(-l * x) / gamma(count("k")), ZERO, oo),),
    second_moment=count("k") * (count("k") + 1) / l**2,
    mean=count("k") / l,
    draw=lambda rng, n, k, l: rng.gamma(k, 1 / l, n),
)

GAMMA_INVERSE = Family(
    "GammaInverse",
    (a, b),
    (Piece(b**a * x ** (-a - 1) * exp(-b / x) / gamma(a), ZERO, oo),),
    second_moment=finite_if(a > 2, b**2 / ((a - 1) * (a - 2))),
    mean=b / (a - 1),
    draw=lambda rng, n, a, b: b / rng.gamma(a, 1.0, n),
)

degrees = count("k")
CHI = Family(
    "Chi",
    (degrees,),
    (Piece(2 ** (1 - degrees / 2) * x ** (degrees - 1) * exp(-(x**2) / 2) / gamma(degrees / 2), ZERO, oo),),
    second_moment=degrees,
    mean=sqrt(2) * gamma((degrees + 1) / 2) / gamma(degrees / 2),
    draw=lambda rng, n, k: np.sqrt(rng.chisquare(k, n)),
)

CHI_SQUARED = Family(
    "ChiSquared",
    (degrees,),
    (Piece(x ** (degrees / 2 - 1) * exp(-x / 2) / (2 ** (degrees / 2) * gamma(degrees / 2)), ZERO, oo),),
    second_moment=degrees**2 + 2 * degrees,
    mean=degrees,
    draw=lambda rng, n, k: rng.chisquare(k, n),
)

CHI_NONCENTRAL = Family(
    "ChiNoncentral",
    (degrees, l),
    (
        Piece(
            l
            * x**degrees
            * (l * x) ** (-degrees / 2)
            * exp(-(x**2 + l**2) / 2)
            * besseli(degrees / 2 - 1, l * x),
            ZERO,
            oo,
        ),
    ),
    second_moment=degrees + l**2,
    mean=sqrt(2)
    * gamma((degrees + 1) / 2)
    / gamma(degrees / 2)
    * hyper((-HALF,), (degrees / 2,), -(l**2) / 2),
    draw=lambda rng, n, k, l: np.sqrt(rng.noncentral_chisquare(k, l**2, n)),
)

MAXWELL = Family(
    "Maxwell",
    (a,),
    (Piece(sqrt(2 / pi) * x**2 * exp(-(x**2) / (2 * a**2)) / a**3, ZERO, oo),),
    second_moment=3 * a**2,
    mean=2 * a * sqrt(2 / pi),
    draw=lambda rng, n, a: a * np.sqrt(rng.chisquare(3, n)),
)

sigma = positive("sigma")
RAYLEIGH = Family(
    "Rayleigh",
    (sigma,),
    (Piece(x * exp(-(x**2) / (2 * sigma**2)) / sigma**2, ZERO, oo),),
    second_moment=2 * sigma**2,
    mean=sigma * sqrt(pi / 2),
    draw=lambda rng, n, sigma: rng.rayleigh(sigma, n),
)

shape, omega = positive("mu"), positive("omega")
NAKAGAMI = Family(
    "Nakagami",
    (shape, omega),
    (
        Piece(
            2
            * shape**shape
            / (gamma(shape) * omega**shape)
            * x ** (2 * shape - 1)
            * exp(-shape * x**2 / omega),
            ZERO,
            oo,
        ),
    ),
    second_moment=omega,
    mean=gamma(shape + Rational(1, 2)) / gamma(shape) * sqrt(omega / shape),
    draw=lambda rng, n, mu, omega: np.sqrt(rng.gamma(mu, omega / mu, n)),
)

alpha, beta = positive("alpha"), positive("beta")
WEIBULL = Family(
    "Weibull",
    (alpha, beta),
    (Piece(beta / alpha * (x / alpha) ** (beta - 1) * exp(-((x / alpha) ** beta)), ZERO, oo),),
    second_moment=alpha**2 * gamma(1 + 2 / beta),
    mean=alpha * gamma(1 + 1 / beta),
    draw=lambda rng, n, alpha, beta: alpha * rng.weibull(beta, n),
)

s, m = positive("s"), location("m")
_frechet = (x - m) / s
FRECHET = Family(
    "Frechet",
    (a, s, m),
    (Piece(a / s * _frechet ** (-a - 1) * exp(-(_frechet ** (-a))), m, oo),),
    second_moment=finite_if(a > 2, m**2 + 2 * m * s * gamma(1 - 1 / a) + s**2 * gamma(1 - 2 / a)),
    mean=m + s * gamma(1 - 1 / a),
    draw=lambda rng, n, a, s, m: m + s * rng.exponential(1.0, n) ** (-1 / a),
)

LEVY = Family(
    "Levy",
    (mu, c),
    (Piece(sqrt(c / (2 * pi)) * exp(-c / (2 * (x - mu))) / (x - mu) ** Rational(3, 2), mu, oo),),
    second_moment=oo,
    draw=lambda rng, n, mu, c: mu + c / rng.chisquare(1, n),
)

mean, lam = positive("mean"), positive("shape")
GAUSSIAN_INVERSE = Family(
    "GaussianInverse",
    (mean, lam),
    (
        Piece(
            sqrt(lam / (2 * pi)) * x ** Rational(-3, 2) * exp(-lam * (x - mean) ** 2 / (2 * mean**2 * x)),
            ZERO,
            oo,
        ),
    ),
    second_moment=mean**2 + mean**3 / lam,
    mean=mean,
    draw=lambda rng, n, mean, lam: rng.wald(mean, lam, n),
)

# Planck's law in y = b/(x - mu): y has density y^(n-1)/((e^y - 1) gamma(n) zeta(n)).
n_davis, mu_davis = positive("n"), positive("mu")


def _davis_moment(order: int) -> object:
    return b**order * gamma(n_davis - order) * zeta(n_davis - order) / (gamma(n_davis) * zeta(n_davis))


DAVIS = Family(
    "Davis",
    (b, n_davis, mu_davis),
    (
        Piece(
            b**n_davis
            * (x - mu_davis) ** (-n_davis - 1)
            / ((exp(b / (x - mu_davis)) - 1) * gamma(n_davis) * zeta(n_davis)),
            mu_davis,
            oo,
        ),
    ),
    second_moment=finite_if(n_davis > 3, mu_davis**2 + 2 * mu_davis * _davis_moment(1) + _davis_moment(2)),
    mean=mu_davis + _davis_moment(1),
    requires=(n_davis > 1,),
)

benini_a, benini_b, benini_s = positive("alpha"), positive("beta"), positive("sigma")
_benini = log(x / benini_s)
BENINI = Family(
    "Benini",
    (benini_a, benini_b, benini_s),
    (
        Piece(
            exp(-benini_a * _benini - benini_b * _benini**2) * (benini_a + 2 * benini_b * _benini) / x,
            benini_s,
            oo,
        ),
    ),
    second_moment=None,
)

HALF_LINE = (
    EXPONENTIAL,
    GAMMA,
    ERLANG,
    GAMMA_INVERSE,
    CHI,
    CHI_SQUARED,
    CHI_NONCENTRAL,
    MAXWELL,
    RAYLEIGH,
    NAKAGAMI,
    WEIBULL,
    FRECHET,
    LEVY,
    GAUSSIAN_INVERSE,
    DAVIS,
    BENINI,
)
