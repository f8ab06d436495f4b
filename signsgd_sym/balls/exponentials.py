"""Exponentials in products and quotients, in the form that wide balls and large arguments leave finite.

Every rule is an identity between the form as written and another; which of the two is evaluated is decided
ball by ball.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from flint import acb

from signsgd_sym.balls.ball import Ball, Evaluator, nan
from signsgd_sym.balls.functions import ScaledK, erfc, erfcx, exp


class ExpErfc(sp.Function):
    """exp(h) erfc(z) as ExpErfc(h, h - z^2, z), which the kernel puts for such products: see `exp_erfc`."""


def exp_erfc(h: acb, shorter: acb, z: acb) -> acb:
    """exp(h) erfc(z), given h - z^2 besides. For Re z >= 0 as exp(h - z^2) erfcx(z), since both factors
    of the other form lose all digits there; else as it stands, since erfcx(z) ~ 2 exp(z^2) does so there."""
    return exp(shorter) * erfcx(z) if z.real >= 0 else exp(h) * erfc(z)


PRODUCTS: dict[Any, Evaluator] = {ExpErfc: lambda args, analytic: exp_erfc(*args)}


def expm1(z: acb) -> acb:
    """exp(z) - 1 without cancellation at small z."""
    return exp(z) - 1 if abs(z.real) > 1 else z.expm1()


def scaled_pairs(factors: Sequence[Any]) -> list[Any]:
    """exp(h) erfc(z) = exp(h - z^2) Erfcx(z), exp(h) K(nu, z) = exp(h - z) e^z K(nu, z), if that shortens h.

    The identities hold everywhere; the left sides lose all digits on wide balls and at large arguments. For
    erfc that is so where Re z >= 0, and on the other side the right side does: `ExpErfc` looks at z.
    """
    special = [k for k, f in enumerate(factors) if isinstance(f, sp.erfc | sp.besselk)]
    exponents = [f.args[0] for f in factors if isinstance(f, sp.exp)]
    if not special or not exponents:
        return list(factors)
    h, scaled = sp.expand(sp.Add(*exponents)), dict[int, Any]()
    for k in special:
        f, z = factors[k], factors[k].args[-1]
        if isinstance(f, sp.besselk) and _length(shorter := sp.expand(h - z)) < _length(h):
            h, scaled[k] = shorter, ScaledK(*f.args)
    for k in special:
        f, z = factors[k], factors[k].args[-1]
        if isinstance(f, sp.erfc) and _length(shorter := sp.expand(h - z**2)) < _length(h):
            h, scaled[k] = sp.S.Zero, ExpErfc(h, shorter, z)
    if not scaled:
        return list(factors)
    return [sp.exp(h)] * (h != 0) + [
        scaled.get(k, f) for k, f in enumerate(factors) if not isinstance(f, sp.exp)
    ]


def _length(h: sp.Expr) -> int:
    return 0 if h == 0 else len(sp.Add.make_args(h))


def led_by_exponential(base: sp.Add, n: int, compiled: Callable[[sp.Expr], Evaluator]) -> Evaluator | None:
    """(A exp(g) + c)^n = exp(n g) (A + c exp(-g))^n, for n < 0 and the first g with Re g > 0 where that is
    finite; NaN elsewhere.

    A wide ball of exp(g) is a box around 0, whatever the size of its smallest element, so that the left side
    is not bounded there; exp(-g) is small.
    """
    forms = []
    for term in base.args:
        found = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, sp.exp)]
        if len(found) == 1:
            g = found[0].args[0]
            over = sp.Add(term / found[0], *(t * sp.exp(-g) for t in base.args if t is not term))
            forms.append((compiled(g), compiled(over)))

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        for exponent, over in forms:
            z = exponent(args, analytic)
            if z.real > 0 and (ball := over(args, analytic) ** n).is_finite():
                return exp(n * z) * ball
        return nan()

    return value if forms else None


def first_finite(ball: acb, other: Evaluator, args: Sequence[Ball], analytic: bool) -> acb:
    """`ball`, or what `other` gives if that is not finite."""
    return ball if ball.is_finite() else other(args, analytic)
