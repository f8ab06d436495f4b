r"""Routes that use a fact about the whole law for E exp(-q X^2), q > 0.

* Characteristic function (Parseval): (pi q)^(-1/2) int_0^oo exp(-t^2/(4 q)) Re E exp(i t X) dt.
* Gaussian scale mixture X = sqrt(S) Z: E (1 + 2 q S)^(-1/2), since E exp(-q s Z^2) = (1 + 2 q s)^(-1/2).
* A Gaussian part, X = Y + N with N ~ N(m, s^2): (1 + 2 q s^2)^(-1/2) E exp(-q' (Y + m)^2) with
  q' = q/(1 + 2 q s^2), by completing the square in N.

Each gives the integral of something simpler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from signsgd_sym.derive.facts import CHARACTERISTIC, PLUS_NORMAL, SCALE_MIXTURE
from signsgd_sym.model.parts import FamilyPart
from signsgd_sym.notation import eps, x


def gaussian_rate(quantity: Any) -> Any | None:
    """q of exp(-q eps^2), or None for any other quantity."""
    if not isinstance(quantity, sp.exp):
        return None
    q = -quantity.args[0].coeff(eps, 2)
    return q if q.is_positive and sp.simplify(quantity.args[0] + q * eps**2) == 0 else None


def forms(part: Any, quantity: Any) -> Iterator[tuple[Any, str]]:
    """Other integrals for E quantity(X) under a part of a law, each with the fact it rests on."""
    q = gaussian_rate(quantity)
    if q is None or not isinstance(part, FamilyPart):
        return
    for rule in (_by_characteristic, _by_mixture, _by_gaussian_part):
        found = rule(part, q)
        if found is not None:
            yield found


def _by_characteristic(part: FamilyPart, q: Any) -> tuple[Any, str] | None:
    if part.name not in CHARACTERISTIC:
        return None
    modulus, phase = CHARACTERISTIC[part.name](sp.Abs(part.scale) * x, *part.arguments)
    sign = -1 if part.scale.is_negative else 1
    total = sp.expand(sign * phase + part.shift * x)
    integrand = sp.exp(-(x**2) / (4 * q) + modulus) * sp.cos(total)
    return sp.Integral(integrand, (x, 0, sp.oo)) / sp.sqrt(
        sp.pi * q
    ), "Parseval, with the characteristic function"


def _by_mixture(part: FamilyPart, q: Any) -> tuple[Any, str] | None:
    fact = SCALE_MIXTURE.get(part.name)
    if fact is None or sp.simplify(part.scale * fact.centre(*part.arguments) + part.shift) != 0:
        return None
    integrand = fact.density(x, *part.arguments) / sp.sqrt(1 + 2 * q * part.scale**2 * x)
    return sp.Integral(integrand, (x, 0, sp.oo)), "a scale mixture of Gaussians, X = sqrt(S) Z"


def _by_gaussian_part(part: FamilyPart, q: Any) -> tuple[Any, str] | None:
    if part.name not in PLUS_NORMAL:
        return None
    name, arguments, mean, std = PLUS_NORMAL[part.name](*part.arguments)
    wider = sp.cancel(1 + 2 * q * part.scale**2 * std**2)
    rest = FamilyPart(name, arguments, part.scale, part.scale * mean + part.shift)
    inner = rest.integral(sp.exp(-sp.cancel(q / wider) * x**2))
    return inner / sp.sqrt(wider), f"X is {name} plus an independent Gaussian: average over the latter first"
