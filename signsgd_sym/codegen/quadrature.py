r"""E[exp(-eps^2/(4 R))] in float64 for many R at once: the trapezoidal rule after an exponential map.

Each piece of the density on [A, B] (0 <= A < B after reflection) is mapped by x = A + exp(v) when B is
infinite and x = A + (B - A)/(1 + exp(-v)) otherwise. In v the integrand is analytic in a strip and decays at
both ends, so the trapezoidal rule converges geometrically, at every scale of R with the same nodes; all
terms are positive, so there is no cancellation. The step is halved until two rules agree.

The common factor exp(-c^2/(4 R)), c the distance of the support from 0, is left out: without it the mean
underflows for laws that avoid 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]
Density = Callable[[Array], Array]

FINEST_STEP = 1 / 256
MAX_NODES = 2_000_000


@dataclass(frozen=True)
class Measure:
    """A law as numbers: `atoms` are (weight, location), `pieces` are (weight, density, lo, hi).

    No piece has 0 in its interior.
    """

    atoms: tuple[tuple[float, float], ...]
    pieces: tuple[tuple[float, Density, float, float], ...]

    @property
    def distance(self) -> float:
        """c, the distance of the support from 0."""
        near = [abs(location) for _, location in self.atoms]
        near += [min(abs(lo), abs(hi)) for _, _, lo, hi in self.pieces]
        return min(near)


def cut_at(lo: float, hi: float, points: tuple[float, ...]) -> list[tuple[float, float]]:
    """[lo, hi] cut at 0 and at `points`."""
    ends = [lo, *sorted({p for p in (*points, 0.0) if lo < p < hi}), hi]
    return list(itertools.pairwise(ends))


def _map(lo: float, hi: float, v: Array) -> tuple[Array, Array, Array]:
    """x, x - A and dx/dv on [A, B] = [lo, hi]."""
    if np.isinf(hi):
        y = np.exp(v)
        return lo + y, y, y
    width = hi - lo
    small = 1 / (1 + np.exp(np.abs(v)))  # the logistic function of -|v|, without cancellation
    y = width * np.where(v < 0, small, 1 - small)
    return np.where(v < 0, lo + y, hi - width * small), y, width * small * (1 - small)


def _piece(density: Density, lo: float, hi: float, c: float, R: Array, step: float, offset: float) -> Array:
    """One trapezoidal sum with nodes (k + offset) step."""
    if hi <= 0:
        lo, hi, signed = -hi, -lo, -1.0
    else:
        signed = 1.0
    finest = np.sqrt(R.min()) if lo == 0 else min(np.sqrt(R.min()), R.min() / lo)
    # Below v_min and above v_max the integrand is smaller than the last bit of the sum. A pole of the density
    # at the near end makes it decay more slowly there than exp(v): go on until it has decayed.
    v_min = np.log(finest) - (0 if np.isinf(hi) else np.log(hi - lo)) - 40
    while not _negligible_below(density, lo, hi, signed, v_min, float(finest)):
        v_min -= 40
        if v_min < -650:
            raise NotConverged("the density has too strong a pole for float64 quadrature.")
    v_max = np.log(np.sqrt(R.max()) * 60 + 1) if np.isinf(hi) else 42.0
    v = (np.arange(np.floor(v_min / step), np.ceil(v_max / step) + 1) + offset) * step
    if v.size * R.size > 100 * MAX_NODES:
        raise NotConverged(f"the density needs more than {v.size} nodes; use a wider scale.")
    x, y, slope = _map(lo, hi, v)
    weight = _finite(density(signed * x) * slope, signed * x)
    total = np.zeros_like(R)
    keep = weight > 0
    excess = (lo * lo - c * c) + y[keep] * (2 * lo + y[keep])  # x^2 - c^2 without cancellation
    for k, r in enumerate(R):
        total[k] = step * np.sum(weight[keep] * np.exp(-excess / (4 * r)))
    return total


def _negligible_below(
    density: Density, lo: float, hi: float, signed: float, v_min: float, scale: float
) -> bool:
    """Whether the integrand at v_min is below 1e-17 of that at the distance `scale` from the near end."""
    log_scale = np.log(scale) - (0 if np.isinf(hi) else np.log(hi - lo))
    x, _, slope = _map(lo, hi, np.array([v_min, log_scale]))
    edge, inside = density(signed * x) * slope
    return not np.isfinite(edge) or not np.isfinite(inside) or edge <= 1e-17 * inside


def _finite(weight: Array, x: Array) -> Array:
    """`weight` with 0 where it overflows in a tail that has already underflowed, as in exp(x)/(1 + exp(x))^2.

    Raises `NotConverged` when a value is not finite next to values that count.
    """
    bad = np.flatnonzero(~np.isfinite(weight))
    if bad.size == 0:
        return weight
    good = np.flatnonzero(np.isfinite(weight))
    last = weight[good[good < bad[0]][-1]] if np.any(good < bad[0]) else np.inf
    if bad[-1] != len(weight) - 1 or bad.size != len(weight) - bad[0] or last > 1e-250:
        raise NotConverged(
            f"the density is not finite at x = {x[bad[0]]:.6g}; write it so that it can be evaluated there."
        )
    return np.where(np.isfinite(weight), weight, 0.0)


def scaled_mean(measure: Measure, R: Any, tolerance: float = 4e-15) -> tuple[Array, float]:
    """exp(c^2/(4 R)) E[exp(-eps^2/(4 R))] at every R, and the largest relative change of the last halving.

    Raises `NotConverged` when the finest step still changes the result by more than 1e-9.
    """
    R = np.atleast_1d(np.asarray(R, dtype=float))
    c = measure.distance
    total = np.zeros_like(R)
    for weight, location in measure.atoms:
        total += weight * np.exp(-(location**2 - c**2) / (4 * R))
    change = 0.0
    for weight, density, lo, hi in measure.pieces:
        step = 1 / 4
        value = _piece(density, lo, hi, c, R, step, 0.0)
        while True:
            middle = _piece(density, lo, hi, c, R, step, 0.5)
            refined, step = (value + middle) / 2, step / 2
            moved = float(np.max(np.abs(refined - value) / np.maximum(refined, 1e-300)))
            value = refined
            if moved < tolerance or step <= FINEST_STEP:
                break
        change = max(change, moved)
        total += weight * value
    if change > 1e-9:
        raise NotConverged(
            f"quadrature of the density stopped at a relative change of {change:.1e}; "
            "give its kinks as pieces, or smooth it."
        )
    return total, change
