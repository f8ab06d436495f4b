r"""Hermite coefficients of x -> f(u x), the data's side of every mean of a coordinate-wise rule.

    h_m(u) = E[f(u X) He_m(X)]/sqrt(m!),      X ~ N(0, 1),      sum_m h_m(u)^2 = E f(u X)^2 .

h_1 gives the drift; by Mehler's series E[f(u X) f(v Y)] = sum_m h_m(u) h_m(v) rho^m for X, Y of correlation
rho. f is odd, so only odd m occur. Quadrature is by panels in x that close in on 0, with an edge at every
point where f has a kink or a jump. Where f(u x) oscillates within a panel, the panels of that u are halved
until it does not; a bounded f that oscillates for ever is resolved up to some u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.polynomial import legendre
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.kinks import split
from signsgd_sym.model.quadrature import compiled
from signsgd_sym.model.rule_text import brief
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import x, z

Array = NDArray[np.float64]

LARGEST = 13.0
"""|x| after which the Gaussian weight is nothing, also against He_m^2 for m up to `MOST`."""
MOST = 61
"""Largest order m that is computed."""
AGREEMENT = 1e-7
"""Relative change on halving every panel at which a rule is refused."""
FLOOR = 1e-9
"""Share of the largest value below which values need no digits: there f(u x) may be lost to rounding."""
BLOCK = 64
"""Values of u done at a time."""
FINEST = 64
"""Parts of a panel at most: f = sin is followed to u of about 2000."""


@dataclass(frozen=True)
class HermiteTable:
    """h_m(u) for m = 1, 3, ..., in rows, at the points u in columns; `square` is E f(u X)^2.

    `error` is the largest change when every panel is halved, relative to sqrt(E f(u X)^2), or to `FLOOR` of
    its maximum where it is smaller than that. From u = `limit` on f oscillates too fast for quadrature: h and
    `square` are 0 there, and `error` does not count it.
    """

    u: Array
    h: Array
    square: Array
    error: float
    limit: float = np.inf

    @property
    def orders(self) -> NDArray[np.int64]:
        """m of each row."""
        return np.arange(1, 2 * len(self.h), 2)


def hermite_table(rule: UpdateRule, u: Array, largest_order: int) -> HermiteTable:
    """The table of a rule at points u > 0 in ascending order, for odd m up to `largest_order`.

    Raises:
        NotConverged: the quadrature settles for no u, or f has no finite value somewhere.

    Example:
        >>> from signsgd_sym.model import SIGN
        >>> table = hermite_table(SIGN, np.array([2.0]), 3)
        >>> bool(abs(table.h[0, 0] - np.sqrt(2 / np.pi)) < 1e-14), bool(abs(table.square[0] - 1) < 1e-14)
        (True, True)
    """
    f, kinks = pieces_of(rule)
    count = (min(largest_order, MOST) + 1) // 2
    h, square, change = np.empty((count, len(u))), np.empty(len(u)), np.empty(len(u))

    def compute(part: slice | NDArray[np.intp], parts: int) -> None:
        h[:, part], square[part] = _coefficients(f, kinks, u[part], count, parts)
        finer, finer_square = _coefficients(f, kinks, u[part], min(count, 3), 2 * parts)
        of_size = np.abs(np.sqrt(finer_square) - np.sqrt(square[part]))
        change[part] = np.maximum(np.max(np.abs(finer - h[: len(finer), part]), axis=0), of_size)

    for start in range(0, len(u), BLOCK):
        compute(slice(start, start + BLOCK), 1)
    floor = FLOOR * np.sqrt(square)[u <= max(1.0, u[0])].max(initial=0.0)

    def errors() -> Array:
        return np.asarray(change / np.maximum(np.maximum(np.sqrt(square), floor), 1e-300))

    # Upwards in u: the first that the finest panels do not resolve ends the table.
    for at in np.flatnonzero(~(errors() < AGREEMENT)):
        parts = 2
        while not errors()[at] < AGREEMENT:
            if parts > FINEST:
                return _ended(rule, HermiteTable(u, h, square, 0.0, float(u[at])), errors())
            compute(np.array([at]), parts)
            parts *= 2
    return HermiteTable(u, h, square, float(np.max(errors())))


def _ended(rule: UpdateRule, table: HermiteTable, errors: Array) -> HermiteTable:
    """The table up to its limit, 0 beyond."""
    kept = table.u < table.limit
    if not kept.any():
        raise NotConverged(
            f"the moments of {brief(rule.expr)} do not settle under quadrature (they move by "
            f"{errors[0]:.1e}); write it with fewer oscillations or kinks."
        )
    error = float(np.max(errors[kept]))
    return HermiteTable(table.u, table.h * kept, table.square * kept, error, table.limit)


def pieces_of(rule: UpdateRule) -> tuple[Callable[[Array], Array], Array]:
    """f for z > 0 in float64, and the points z > 0 where it is not smooth, as far as they are found exactly.

    Example:
        >>> f, kinks = pieces_of(UpdateRule.from_text("clip(2)"))
        >>> f(np.array([1.0, 5.0])), kinks
        (array([1., 2.]), array([2.]))
    """
    found = split(rule.expr.subs(z, x), sp.S.Zero, sp.oo)
    functions = [(float(piece.lo), float(piece.hi), compiled(piece.density, x)) for piece in found]
    kinks = np.array([end for lo, hi, _ in functions for end in (lo, hi) if 0 < end < np.inf])

    def f(points: Array) -> Array:
        values = np.zeros(points.shape)
        for lo, hi, function in functions:
            inside = (points >= lo) & (points < hi)
            values[inside] = function(points[inside])
        return values

    return f, np.unique(kinks)


def _coefficients(
    f: Callable[[Array], Array], kinks: Array, u: Array, count: int, parts: int
) -> tuple[Array, Array]:
    edges = np.concatenate([[0.0], np.exp2(np.arange(-36, 0.0)), np.arange(1.0, LARGEST + 0.1, 0.5)])
    if parts > 1:
        within = np.arange(parts) / parts
        edges = np.append((edges[:-1, None] + np.diff(edges)[:, None] * within).ravel(), edges[-1])
    own = np.broadcast_to(edges, (len(u), len(edges)))
    if len(kinks):
        own = np.sort(np.concatenate([own, np.minimum(kinks / u[:, None], LARGEST)], axis=1), axis=1)
    t, q = legendre.leggauss(16)
    half = np.diff(own, axis=1)[:, :, None] / 2
    points = (own[:, :-1, None] + half * (1 + t)).reshape(len(u), -1)
    weights = (half * q).reshape(len(u), -1) * np.exp(-(points**2) / 2) * np.sqrt(2 / np.pi)
    values = f(u[:, None] * points)
    if not np.all(np.isfinite(values)):
        raise NotConverged("the update rule has no finite value somewhere between z = 0 and infinity.")
    weighted = weights * values
    h = np.empty((count, len(u)))
    before, now = np.ones_like(points), points  # He_0 and He_1, divided by sqrt(m!)
    for row in range(count):
        h[row] = np.einsum("ij,ij->i", weighted, now)
        m = 2 * row + 1
        for k in (m, m + 1):
            before, now = now, (points * now - np.sqrt(k) * before) / np.sqrt(k + 1)
    return h, np.einsum("ij,ij->i", weighted, values)
