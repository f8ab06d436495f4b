r"""Mass and second moment of a family on an interval, from antiderivatives of f, y f and y^2 f.

Facts, held against quadrature by the tests. X = location + scale Y with Y of the standard form:

    Normal         F = erf(y/sqrt(2))/2     int y f = -f            int y^2 f = F - y f
    Laplace        on (0, oo) with e = exp(-y)/2: -e, -(y + 1) e, -(y^2 + 2 y + 2) e; mirrored on (-oo, 0)
    Exponential    twice that of Laplace on (0, oo)
    Uniform        y, y^2/2, y^3/3 on (0, 1)
    Cauchy         atan(y)/pi, log(1 + y^2)/(2 pi), (y - atan(y))/pi
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from signsgd_sym.model.families.family import x
from signsgd_sym.model.kinks import clamped, order

Triple = tuple[sp.Expr, sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Stretch:
    """Antiderivatives of f, y f and y^2 f of a standard form on (lo, hi), in the variable `notation.x`."""

    lo: sp.Expr
    hi: sp.Expr
    primitives: Triple


def _exponential(weight: sp.Expr) -> Triple:
    e = weight * sp.exp(-x)
    return (-e, -(x + 1) * e, -(x**2 + 2 * x + 2) * e)


_f = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
_half, _zero, _one = sp.Rational(1, 2), sp.Integer(0), sp.Integer(1)
_up, _up_1, _up_2 = _exponential(_half)
_mirror = (-_up.subs(x, -x), _up_1.subs(x, -x), -_up_2.subs(x, -x))


def _normal(cdf: sp.Expr) -> tuple[Stretch, ...]:
    return (Stretch(-sp.oo, sp.oo, (cdf, -_f, cdf - x * _f)),)


_root = x / sp.sqrt(2)
NORMAL_MIDDLE, NORMAL_ABOVE, NORMAL_BELOW = (
    _normal(sp.erf(_root) / 2),
    _normal(-sp.erfc(_root) / 2),
    _normal(sp.erfc(-_root) / 2),
)
"""The same up to a constant in F: differences keep their digits around 0, far above it and far below it."""

STANDARD: dict[str, tuple[Callable[..., tuple[sp.Expr, sp.Expr]], tuple[Stretch, ...]]] = {
    "Normal": (lambda mean, std: (mean, std), NORMAL_MIDDLE),
    "Laplace": (
        lambda mu, b: (mu, b),
        (Stretch(-sp.oo, _zero, _mirror), Stretch(_zero, sp.oo, (_up, _up_1, _up_2))),
    ),
    "Exponential": (lambda rate: (_zero, 1 / rate), (Stretch(_zero, sp.oo, _exponential(_one)),)),
    "Uniform": (
        lambda left, right: (left, right - left),
        (Stretch(_zero, _one, (x, x**2 / 2, x**3 / 3)),),
    ),
    "Cauchy": (
        lambda x0, gamma: (x0, gamma),
        (
            Stretch(
                -sp.oo,
                sp.oo,
                (sp.atan(x) / sp.pi, sp.log(1 + x**2) / (2 * sp.pi), (x - sp.atan(x)) / sp.pi),
            ),
        ),
    ),
}
"""Location and scale by the family's parameters, and the stretches of its standard form."""


def partial_moments(
    name: str, arguments: Sequence[sp.Expr], affine: tuple[sp.Expr, sp.Expr], ends: tuple[sp.Expr, sp.Expr]
) -> tuple[sp.Expr, sp.Expr] | None:
    """P(A < Z < B) and E[Z^2; A < Z < B] for Z = scale X + shift, X of the family; None for another family.

    Example:
        >>> partial_moments("Uniform", (_zero, _one), (_one, _zero), (_half, sp.oo))
        (1/2, 7/24)
    """
    if name not in STANDARD:
        return None
    form, stretches = STANDARD[name]
    location, width = form(*arguments)
    scale, shift = affine
    place, size = scale * location + shift, scale * width
    lo, hi = (end if end.is_infinite else (end - place) / size for end in ends)
    if size.is_negative:
        lo, hi = (-end if end.is_infinite else end for end in (hi, lo))
    if name == "Normal":
        above, below = order(lo, _zero), order(hi, _zero)
        if above is not None and above >= 0:
            stretches = NORMAL_ABOVE
        elif below is not None and below <= 0:
            stretches = NORMAL_BELOW
    totals = [sp.Add(*(_between(stretch, k, lo, hi) for stretch in stretches)) for k in range(3)]
    mass, first, second = totals
    if second.is_infinite:
        return mass, sp.oo
    middle = 0 if place == 0 else place**2 * mass + 2 * place * size * first
    return mass, middle + size**2 * second


def _between(stretch: Stretch, k: int, lo: sp.Expr, hi: sp.Expr) -> sp.Expr:
    start, stop = clamped(lo, stretch.lo, stretch.hi), clamped(hi, stretch.lo, stretch.hi)
    if start == stop:
        return _zero
    return _value(stretch.primitives[k], stop) - _value(stretch.primitives[k], start)


def _value(primitive: sp.Expr, at: sp.Expr) -> sp.Expr:
    return sp.limit(primitive, x, at) if at.is_infinite else primitive.subs(x, at)
