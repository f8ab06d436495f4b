r"""Nodes for int f(x) exp(-sigma x^2) dx with a proved error, for many sigma at once.

Each half of a piece is bisected until, at every sigma of a grid, the error of the Gauss-Legendre rule on
every panel is small against the whole integral. What is left is

* a panel so thin that the integral over it is negligible (kinks and zeros of the density end there);
* a panel at a singular end, so short that exp(-sigma x^2) is constant on it to 2^-60: its mass is an
  enclosure of the integral of the density by the kernel;
* the tail beyond a point, with a mass enclosed by the kernel, or beyond one where exp(-sigma x^2) < e^-100.

The grid and the estimates of the integral only steer; the errors hold for every sigma.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.halves import BITS, Half, Node, above, node, number
from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]

TOLERANCE = 1e-17
RHOS = (4.0, 2.8)
FLOOR = -800.0
"""Logarithm of the integral below which nothing is resolved. The grid needs a point below that of 1e-300."""
NOTHING = 1e-320
"""An error that is always accepted: the integral is not below 1e-300 where it counts."""
MOST_PANELS = 6000


@dataclass(frozen=True)
class Error:
    """(size + slope sigma) exp(-square sigma)."""

    size: float
    square: float
    slope: float = 0.0


@dataclass(frozen=True)
class Panel:
    """The nodes of a panel and its error; `half` is None where bisecting would not help."""

    nodes: list[Node]
    error: Error
    half: Half | None = None
    lo: float = 0.0
    hi: float = 0.0


@dataclass
class Refiner:
    """Panels under construction; `sigma` is the grid, `log_total` an estimate of the integral on it."""

    sigma: Array
    log_total: Array
    panels: list[Panel] = field(default_factory=list)
    tried: int = 0
    end_goal: float = 0.0

    def half(self, half: Half, mass: arb) -> None:
        """All panels of one half; `mass` bounds the integral of its density."""
        self.end_goal = 1.0
        if not half.infinite:
            self.refine(half, 0.0, 1.0)
            return
        last, tail = self._tail(half, mass)
        self.panels.append(Panel([], tail))
        self.refine(half, 0.0, 1.0)
        for k in range(last):
            self.refine(half, 2.0**k, 2.0 ** (k + 1))

    def refine(self, half: Half, lo: float, hi: float) -> None:
        """Bisect [lo, hi] until every part is acceptable."""
        pending = [(lo, hi)]
        while pending:
            lo, hi = pending.pop()
            self.tried += 1
            if self.tried > MOST_PANELS:
                raise NotConverged(
                    f"the density needs more than {MOST_PANELS} panels; give its kinks as ends of pieces."
                )
            panel = self._accept(half, lo, hi)
            if panel is not None:
                self.panels.append(panel)
                continue
            middle = (lo + hi) / 2
            if not lo < middle < hi:
                raise NotConverged("the density has a singularity inside a piece; give the point as an end.")
            pending += [(middle, hi), (lo, middle)]

    def again(self, log_total: Array) -> bool:
        """Bisect the panels whose error is not small against a better `log_total`; whether there were any."""
        self.log_total = log_total
        goal = log_total + math.log(10 * TOLERANCE)
        kept, self.panels = self.panels, []
        rough = [p for p in kept if p.half is not None and not self._small(p.error, goal)]
        self.panels = [p for p in kept if p not in rough]
        for p in rough:
            assert p.half is not None
            middle = (p.lo + p.hi) / 2
            self.refine(p.half, p.lo, middle)
            self.refine(p.half, middle, p.hi)
        return bool(rough)

    def _small(self, error: Error, log_goal: Array) -> bool:
        if not (math.isfinite(error.size) and math.isfinite(error.slope)):
            return False
        size = error.size + error.slope * self.sigma
        if error.square >= 0 and bool(np.all(size <= NOTHING)):
            return True
        return bool(np.all(np.log(size) - error.square * self.sigma <= log_goal))

    def _accept(self, half: Half, lo: float, hi: float) -> Panel | None:
        goal = self.log_total + math.log(TOLERANCE)
        # What the panel itself contributes is a lower estimate of the whole.
        centre = (lo + hi) / 2
        own = above(half.at(acb(half.length * centre)).real) * (hi - lo) * above(half.length)
        local = goal
        if 1e-305 < own < math.inf:
            local = np.maximum(goal, math.log(own * TOLERANCE) - float(half.square(centre)) * self.sigma)
        for rho in RHOS:
            error = Error(*half.bound_on_ellipse(lo, hi, rho))
            if self._small(error, local):
                nodes = half.nodes(lo, hi)
                return None if nodes is None else Panel(nodes, error, half, lo, hi)
        error = Error(*half.bound(lo, hi))
        if self._small(error, goal):
            return Panel([], error)
        if hi - lo < 2.0**-20 and lo > 0.0 and (found := half.middle(lo, hi)):
            middle, size, slope = found
            error = Error(size, error.square, slope)
            if self._small(error, goal):
                return Panel([middle], error)
        return self._end(half, hi) if lo == 0.0 else None

    def _end(self, half: Half, hi: float) -> Panel | None:
        """[0, hi] next to a singular end: nothing if its mass is negligible, or the mass, put at the end, if
        exp(-sigma x^2) is flat enough. None as long as neither is to be hoped for."""
        square, least = half.square(0.0), half.least_square(0.0, hi)
        change = above(half.square(hi) - square)
        flat = bool(np.all(np.log(change * self.sigma) - least * self.sigma <= self.log_total - 41.5))
        goal = self.log_total + math.log(TOLERANCE)
        guess = max(above(half.at(acb(half.length * hi * part)).real) for part in (1.0, 0.75, 0.5, 0.25))
        vanishes = hi < self.end_goal and self._small(
            Error(guess * hi * above(half.length) * 100, least), goal
        )
        if not (flat or vanishes):
            return None
        mass = half.mass(0.0, hi, 20 if flat else 2, arb(10) ** -330)
        if mass is not None and self._small(Error(above(mass), least), goal):
            return Panel([], Error(above(mass), least))
        self.end_goal = hi**2  # the kernel is slow where it fails
        if mass is None and flat:
            raise NotConverged(f"the mass next to the end of {half.expression} could not be enclosed.")
        if mass is None or not flat:
            return None
        # |exp(-q sigma) - exp(-q' sigma)| <= |q - q'| sigma exp(-min(q, q') sigma)
        return Panel([node(mass, square)], Error(0.0, least, above(mass) * change))

    def _tail(self, half: Half, mass: arb) -> tuple[int, Error]:
        """k and the error of leaving out y > 2^k."""
        last = 0
        while float(half.square(2.0**last)) * self.sigma[0] < 110:
            last += 1
        light = last
        while light > 0:
            value = above(half.at(acb(2.0 ** (light - 1))).real)
            if not value * 2.0 ** (light - 1) < 1e-45:
                break
            light -= 1
        goal = self.log_total + math.log(TOLERANCE)
        while light < last:  # a peak between two powers of 2 was not seen: then bisect
            beyond = half.mass(2.0**light, None, 2, arb(10) ** -40)
            if beyond is None:
                break
            error = Error(above(beyond), half.least_square(2.0**light, 2.0**light))
            if self._small(error, np.maximum(goal, math.log(1e-40))):
                return light, error
            light = (light + last + 1) // 2
        return last, Error(above(half.weight * mass), half.least_square(2.0**last, 2.0**last))


def crude_total(halves: Sequence[Half], sigma: Array) -> Array:
    """log of the integral at every sigma, estimated by a sum over y = 2^(k/3)."""
    weights, squares = [], []
    with precision(64):
        for half in halves:
            scale = float(half.start)
            least = min(sigma[-1] ** -0.5, 1 / (sigma[-1] * scale) if scale else math.inf) / 4096
            unit = float(half.length)
            top = math.log2(unit if not half.infinite else (200 / sigma[0]) ** 0.5 + 1)
            for k in range(math.floor(3 * (math.log2(least))), math.ceil(3 * top) + 1):
                y = 2.0 ** (k / 3)
                if not half.infinite and y > unit:
                    continue
                value = above(half.at(acb(y)).real) * y * math.log(2) / 3
                if 0 < value < math.inf:
                    weights.append(math.log(value))
                    squares.append(float(half.square(arb(y) / half.length)))
    if not weights:
        return np.full(sigma.shape, FLOOR)
    exponents = np.array(weights)[None, :] - sigma[:, None] * np.array(squares)[None, :]
    top_exponent = exponents.max(axis=1)
    total = top_exponent + np.log(np.exp(exponents - top_exponent[:, None]).sum(axis=1))
    return np.maximum(total, FLOOR)


__all__ = ["BITS", "FLOOR", "Error", "Panel", "Refiner", "crude_total", "number"]
