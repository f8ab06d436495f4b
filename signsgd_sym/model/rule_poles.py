r"""Where an update rule is infinite inside, so that its step has no second moment under any noise.

f(z) ~ |z - a|^(-q) next to a point a > 0 with q >= 1/2 has E f(r x_i)^2 = oo, for r x_i has a positive
density at a. Points are found by scanning |f| in float64: a largest value that keeps growing when it is
approached.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.errors import RuleError
from signsgd_sym.model.quadrature import compiled
from signsgd_sym.model.rule_text import brief
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import x, z

Array = NDArray[np.float64]

SCAN = np.unique(np.concatenate([np.geomspace(1e-6, 1e6, 4801), np.linspace(0.005, 50.0, 10_000)]))
"""Points z > 0 at which |f| is compared with its neighbours."""
FINER = 20
"""Intervals into which a neighbourhood is cut each time it is approached."""
ROUNDS = 12
"""How often, which leaves 1e-12 of the neighbourhood."""
NEAR = 10.0 ** -np.arange(4, 10)
"""Relative distances from a at which q is measured."""
STEADY = 0.1
"""By how much q may differ between them: a rule that oscillates grows as well, but not as a power."""
LEAST = 0.49
"""q from which on the square is held to be not integrable."""


def check_poles(rule: UpdateRule) -> None:
    """Refuse a rule that is infinite at a point a > 0, in such a way that E f(r x_i)^2 is.

    Raises:
        RuleError: which names the point.

    Example:
        >>> check_poles(UpdateRule("tan(z)"))
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.RuleError: the update rule tan(z) grows like |z - 1.5708|^(-1) next to z = \
1.5708, so that E f(r x_i)^2 is infinite; take a rule that is bounded there
        >>> check_poles(UpdateRule("sign(z)*log(Abs(Abs(z) - 1))"))
    """
    f = compiled(rule.expr.subs(z, x), x)

    def size(points: Array) -> Array:
        values = np.abs(f(points))
        return np.where(np.isnan(values), np.inf, values)

    peaks = _peaks(size)
    order = np.max([_order(size, peaks, side) for side in (-1.0, 1.0)], axis=0)
    for place, q in zip(peaks, order, strict=True):
        if q >= LEAST and _is_real_beside(rule, float(place)):
            raise RuleError(
                f"the update rule {brief(rule.expr)} grows like |z - {place:.5g}|^({-q:.2g}) next to "
                f"z = {place:.5g}, so that E f(r x_i)^2 is infinite; take a rule that is bounded there"
            )


def _peaks(size: Callable[[Array], Array]) -> Array:
    """Local maxima of |f|, approached from the scan, in ascending order."""
    values = size(SCAN)
    inner = (values[1:-1] >= values[:-2]) & (values[1:-1] >= values[2:])
    inner &= (values[1:-1] > values[:-2]) | (values[1:-1] > values[2:])
    at = np.flatnonzero(inner) + 1
    lo, hi = SCAN[at - 1], SCAN[at + 1]
    for _ in range(ROUNDS):
        points = lo[:, None] + (hi - lo)[:, None] * np.linspace(0.0, 1.0, FINER + 1)
        best = np.clip(np.argmax(size(points), axis=1), 1, FINER - 1)
        row = np.arange(len(at))
        lo, hi = points[row, best - 1], points[row, best + 1]
    return np.asarray((lo + hi) / 2)


def _order(size: Callable[[Array], Array], at: Array, side: float) -> Array:
    """q of |f| ~ |z - a|^(-q) on one side of each point; 0 where |f| is no such power."""
    with np.errstate(all="ignore"):
        each = np.diff(np.log10(size(at[:, None] * (1 + side * NEAR))), axis=1)
        q = each.mean(axis=1)
        is_power = np.all(np.abs(each - q[:, None]) < STEADY, axis=1)
    return np.where(is_power, q, 0.0)


def _is_real_beside(rule: UpdateRule, place: float) -> bool:
    """Whether f has a finite value on both sides, in 30 digits: float64 alone may only have lost it."""
    sides = (rule.apply(sp.Rational(place) * (1 + side * sp.Rational(1, 10**6))) for side in (-1, 1))
    return all(bool(sp.N(value, 30).is_finite) for value in sides)


__all__ = ["check_poles"]
