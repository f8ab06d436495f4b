"""Families on a bounded interval."""

from __future__ import annotations

import numpy as np
import sympy as sp
from sympy import Eq, Integer, Piecewise, Rational, besseli, cos, exp, gamma, hyper, log, pi, sqrt

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.families.family import Family, Piece, count, location, positive, x

ZERO, ONE = Integer(0), Integer(1)

a, b, c, d = location("a"), location("b"), location("c"), location("d")
alpha, beta, lamda = positive("alpha"), positive("beta"), positive("lamda")
mu, s = location("mu"), positive("s")

left, right = location("left"), location("right")
UNIFORM = Family(
    "Uniform",
    (left, right),
    (Piece(1 / (right - left), left, right),),
    second_moment=(left**2 + left * right + right**2) / 3,
    mean=(left + right) / 2,
    centre=(left + right) / 2,
    draw=lambda rng, n, left, right: rng.uniform(left, right, n),
    ends=(left, right),
    requires=(left < right,),
)

ARCSIN = Family(
    "Arcsin",
    (a, b),
    (Piece(1 / (pi * sqrt((x - a) * (b - x))), a, b),),
    second_moment=(a + b) ** 2 / 4 + (b - a) ** 2 / 8,
    mean=(a + b) / 2,
    centre=(a + b) / 2,
    draw=lambda rng, n, a, b: (a + b) / 2 + (b - a) / 2 * np.cos(np.pi * rng.random(n)),
    ends=(a, b),
    requires=(a < b,),
)

BETA = Family(
    "Beta",
    (alpha, beta),
    (
        Piece(
            gamma(alpha + beta) / (gamma(alpha) * gamma(beta)) * x ** (alpha - 1) * (1 - x) ** (beta - 1),
            ZERO,
            ONE,
        ),
    ),
    second_moment=alpha * (alpha + 1) / ((alpha + beta) * (alpha + beta + 1)),
    mean=alpha / (alpha + beta),
    draw=lambda rng, n, alpha, beta: rng.beta(alpha, beta, n),
)


def _noncentral_moment(order: int) -> sp.Expr:
    total = alpha + beta
    return (
        exp(-lamda / 2)
        * sp.expand_func(sp.rf(alpha, order) / sp.rf(total, order))
        * hyper((alpha + order, total), (alpha, total + order), lamda / 2)
    )


# A Poisson(lamda/2) mixture of Beta(alpha + k, beta): the sum over k is Kummer's function 1F1.
BETA_NONCENTRAL = Family(
    "BetaNoncentral",
    (alpha, beta, lamda),
    (
        Piece(
            exp(-lamda / 2)
            * gamma(alpha + beta)
            / (gamma(alpha) * gamma(beta))
            * x ** (alpha - 1)
            * (1 - x) ** (beta - 1)
            * hyper((alpha + beta,), (alpha,), lamda * x / 2),
            ZERO,
            ONE,
        ),
    ),
    second_moment=_noncentral_moment(2),
    mean=_noncentral_moment(1),
    draw=lambda rng, n, alpha, beta, lamda: rng.beta(alpha + rng.poisson(lamda / 2, n), beta),
)

low, high = positive("left"), positive("right")
_pareto_mass = 1 - (low / high) ** alpha


def _bounded_pareto_moment(order: int) -> sp.Expr:
    generic = (high ** (order - alpha) - low ** (order - alpha)) / (order - alpha)
    return alpha * low**alpha / _pareto_mass * Piecewise((log(high / low), Eq(alpha, order)), (generic, True))


BOUNDED_PARETO = Family(
    "BoundedPareto",
    (alpha, low, high),
    (Piece(alpha * low**alpha * x ** (-alpha - 1) / _pareto_mass, low, high),),
    second_moment=_bounded_pareto_moment(2),
    mean=_bounded_pareto_moment(1),
    draw=lambda rng, n, alpha, left, right: (
        left * (1 - rng.random(n) * (1 - (left / right) ** alpha)) ** (-1 / alpha)
    ),
    requires=(low < high,),
)

ka, kb = positive("a"), positive("b")
KUMARASWAMY = Family(
    "Kumaraswamy",
    (ka, kb),
    (Piece(ka * kb * x ** (ka - 1) * (1 - x**ka) ** (kb - 1), ZERO, ONE),),
    second_moment=kb * gamma(1 + 2 / ka) * gamma(kb) / gamma(1 + 2 / ka + kb),
    mean=kb * gamma(1 + 1 / ka) * gamma(kb) / gamma(1 + 1 / ka + kb),
    draw=lambda rng, n, a, b: (-np.expm1(-rng.exponential(1.0, n) / b)) ** (1 / a),
)

# Neither moment of the logit-normal law is known in closed form.
LOGIT_NORMAL = Family(
    "LogitNormal",
    (mu, s),
    (
        Piece(
            exp(-((log(x / (1 - x)) - mu) ** 2) / (2 * s**2)) / (sqrt(2 * pi) * s * x * (1 - x)),
            ZERO,
            ONE,
        ),
    ),
    second_moment=None,
    draw=lambda rng, n, mu, s: (1 + np.tanh(rng.normal(mu, s, n) / 2)) / 2,
)

POWER_FUNCTION = Family(
    "PowerFunction",
    (alpha, a, b),
    (Piece(alpha * (x - a) ** (alpha - 1) / (b - a) ** alpha, a, b),),
    second_moment=a**2 + 2 * a * (b - a) * alpha / (alpha + 1) + (b - a) ** 2 * alpha / (alpha + 2),
    mean=a + (b - a) * alpha / (alpha + 1),
    draw=lambda rng, n, alpha, a, b: a + (b - a) * rng.random(n) ** (1 / alpha),
    ends=(a, b),
    requires=(a < b,),
)

QUADRATIC_U = Family(
    "QuadraticU",
    (a, b),
    (Piece(12 / (b - a) ** 3 * (x - (a + b) / 2) ** 2, a, b),),
    second_moment=(a + b) ** 2 / 4 + 3 * (b - a) ** 2 / 20,
    mean=(a + b) / 2,
    centre=(a + b) / 2,
    draw=lambda rng, n, a, b: (a + b) / 2 + (b - a) / 2 * np.cbrt(rng.uniform(-1.0, 1.0, n)),
    ends=(a, b),
    requires=(a < b,),
)

RAISED_COSINE = Family(
    "RaisedCosine",
    (mu, s),
    (Piece((1 + cos(pi * (x - mu) / s)) / (2 * s), mu - s, mu + s),),
    second_moment=mu**2 + s**2 * (Rational(1, 3) - 2 / pi**2),
    mean=mu,
    centre=mu,
)

RECIPROCAL = Family(
    "Reciprocal",
    (ka, kb),
    (Piece(1 / (x * log(kb / ka)), ka, kb),),
    second_moment=(kb**2 - ka**2) / (2 * log(kb / ka)),
    mean=(kb - ka) / log(kb / ka),
    draw=lambda rng, n, a, b: a * (b / a) ** rng.random(n),
    requires=(ka < kb,),
)

_top = 2 / (d + c - a - b)


def _chord(order: int, first: sp.Symbol, second: sp.Symbol) -> sp.Expr:
    """(second^order - first^order)/(second - first) as a polynomial: first = second is allowed."""
    return sum((first**i * second ** (order - 1 - i) for i in range(order)), ZERO)


TRAPEZOIDAL = Family(
    "Trapezoidal",
    (a, b, c, d),
    (
        Piece(_top * (x - a) / (b - a), a, b),
        Piece(_top, b, c),
        Piece(_top * (d - x) / (d - c), c, d),
    ),
    second_moment=_top / 12 * (_chord(4, c, d) - _chord(4, a, b)),
    mean=_top / 6 * (_chord(3, c, d) - _chord(3, a, b)),
    ends=(a, b, c, d),
    requires=(a < d, a <= b, b <= c, c <= d),
)

TRIANGULAR = Family(
    "Triangular",
    (a, b, c),
    (
        Piece(2 * (x - a) / ((b - a) * (c - a)), a, c),
        Piece(2 * (b - x) / ((b - a) * (b - c)), c, b),
    ),
    second_moment=(a**2 + b**2 + c**2 + a * b + a * c + b * c) / 6,
    mean=(a + b + c) / 3,
    draw=lambda rng, n, a, b, c: rng.triangular(a, c, b, n),
    ends=(a, b, c),
    requires=(a < b, a <= c, c <= b),
)

terms = count("n")


def _irwin_hall(n: sp.Expr) -> tuple[Piece, ...]:
    if not isinstance(n, sp.Integer):
        raise ParameterError(
            f"n of UniformSum is {n}, but the number of pieces must be known; give an integer"
        )
    pieces = []
    density = ZERO
    for i in range(int(n)):
        density += (-1) ** i * sp.binomial(n, i) * (x - i) ** (n - 1) / sp.factorial(n - 1)
        pieces.append(Piece(sp.expand(density), Integer(i), Integer(i + 1)))
    return tuple(pieces)


UNIFORM_SUM = Family(
    "UniformSum",
    (terms,),
    (),
    second_moment=terms / 12 + terms**2 / 4,
    mean=terms / 2,
    centre=terms / 2,
    draw=lambda rng, n, terms: rng.random((n, int(terms))).sum(axis=1),
    requires=(terms <= 40,),
    make_pieces=_irwin_hall,
)

kappa = positive("k")
VON_MISES = Family(
    "VonMises",
    (mu, kappa),
    (Piece(exp(kappa * cos(x - mu)) / (2 * pi * besseli(0, kappa)), ZERO, 2 * pi),),
    second_moment=None,
    draw=lambda rng, n, mu, k: rng.vonmises(mu, k, n) % (2 * np.pi),
)

radius = positive("R")
WIGNER = Family(
    "WignerSemicircle",
    (radius,),
    (Piece(2 * sqrt(radius**2 - x**2) / (pi * radius**2), -radius, radius),),
    second_moment=radius**2 / 4,
    mean=0 * radius,
    centre=0 * radius,
    draw=lambda rng, n, radius: radius * (2 * rng.beta(1.5, 1.5, n) - 1),
)

INTERVAL = (
    UNIFORM,
    ARCSIN,
    BETA,
    BETA_NONCENTRAL,
    BOUNDED_PARETO,
    KUMARASWAMY,
    LOGIT_NORMAL,
    POWER_FUNCTION,
    QUADRATIC_U,
    RAISED_COSINE,
    RECIPROCAL,
    TRAPEZOIDAL,
    TRIANGULAR,
    UNIFORM_SUM,
    VON_MISES,
    WIGNER,
)
