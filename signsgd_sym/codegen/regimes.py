r"""Which form computes phi where: the plainest that keeps its digits, found by measuring, binade by binade.

Every form is run on the points of a grid and compared with certified values. Where none of the closed forms
keeps its digits, a series at the end whose remainder is proved takes over, and what is left in the middle
is covered by Chebyshev pieces with a proved error. Boundaries are powers of two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.forms import Form
from signsgd_sym.codegen.reference import Reference

Array = NDArray[np.float64]

GOALS = (2.6, 2.9)
"""Largest errors in ulp on the grid, tried in turn; the promise is 4 everywhere in [1e-12, 1e12]."""
SLACK = 0.5
OUTER_GOAL = 64.0
"""Beyond [2^-40, 2^40], where only finite values and the right limits are promised."""
INNER, OUTER = 40, 1000
"""Binades in which errors matter, and in which values must be finite: 2^-40 < 1e-12, 2^-1000 < 1e-300."""
STRIDE = 4
DENSE = 20
"""Binades on either side of R = 1 in which cancellation changes: they have more points."""
PER_BINADE = {True: 40, False: 10}


def grid() -> tuple[Array, Array]:
    """R and the binade of each: 40 a binade around 1, 10 to 2^-40 and 2^40, two every four binades beyond.

    >>> risks, binades = grid()
    >>> len(risks), float(risks[0]) < 1e-298, float(risks[-1]) > 1e299
    (2960, True, True)
    """
    counts = [PER_BINADE[-DENSE <= k < DENSE] for k in range(-INNER, INNER)]
    inner = np.repeat(np.arange(-INNER, INNER), counts)
    # Not short fractions, for which operations would be exact.
    steps = np.concatenate([(np.arange(n) + 0.618033988749895) / n for n in counts])
    outer = np.concatenate([np.arange(-OUTER, -INNER, STRIDE), np.arange(INNER, OUTER, STRIDE)])
    binades = np.concatenate([inner, outer, outer])
    # Both ends of a stretch: what overflows may do so between them, and nothing comes back after it.
    far = np.concatenate([np.ldexp(1.381966011250105, outer), np.ldexp(1.99, outer + STRIDE - 1)])
    risks = np.concatenate([np.ldexp(1 + steps, inner), far])
    order = np.argsort(risks)
    return risks[order], binades[order]


@dataclass(frozen=True)
class Chosen:
    """`form` from R = 2^`lo` to 2^`hi`; None where only a table will do. `ulp`: largest errors seen."""

    lo: float
    hi: float
    form: Form | None
    ulp: tuple[float, float] = (0.0, 0.0)


def choose(forms: Sequence[Form], phi: Reference, rate: Reference, binades: Array) -> tuple[Chosen, ...]:
    """The regimes, in order of R, from R = 0 to oo: the fewest that one of the goals allows."""
    ulps = [(phi.ulp(emulate(f.phi, phi.risks)), rate.ulp(emulate(f.rate, phi.risks))) for f in forms]
    found = [_choose(forms, ulps, binades, goal) for goal in GOALS]
    return min(found, key=_cost)


GAP = 4.0
"""A stretch without a form costs a table: as much as that many regimes more."""


def _cost(chosen: tuple[Chosen, ...]) -> float:
    return sum(1 + (GAP if c.form is None else c.form.cost) for c in chosen)


def _choose(
    forms: Sequence[Form], ulps: Sequence[tuple[Array, Array]], binades: Array, goal: float
) -> tuple[Chosen, ...]:
    """From the left, the form that is good the furthest, the earlier one of those that get equally far."""
    good = np.array([_is_good(*each, binades, goal) for each in zip(forms, ulps, strict=True)])
    good = good.reshape(len(forms), -1)
    edges = np.unique(binades)
    chosen: list[Chosen] = []
    k = 0
    while k < len(edges):
        reach = [_run(row, k) for row in good]
        best = max(range(len(forms)), key=lambda n: (reach[n], -forms[n].cost, -n), default=None)
        if best is None or reach[best] == 0:
            end = k + 1
            while end < len(edges) and not good[:, end].any():
                end += 1
            chosen.append(Chosen(_edge(edges, k), _edge(edges, end), None))
        else:
            end = k + reach[best]
            inside = (binades >= edges[k]) & (binades <= edges[end - 1]) & (abs(binades + 0.5) <= INNER)
            worst = [float(np.max(e[inside], initial=0.0)) for e in ulps[best]]
            chosen.append(Chosen(_edge(edges, k), _edge(edges, end), forms[best], (worst[0], worst[1])))
        k = end
    return tuple(chosen)


def _edge(edges: Array, k: int) -> float:
    return -math.inf if k == 0 else math.inf if k == len(edges) else float(edges[k])


def _run(row: Any, start: int) -> int:
    """How many entries from `start` on are true."""
    bad = np.flatnonzero(~row[start:])
    return int(bad[0]) if len(bad) else len(row) - start


def _is_good(form: Form, ulps: tuple[Array, Array], binades: Array, goal: float) -> list[bool]:
    """For each binade of the grid: accurate inside, finite and close beyond."""
    # A series is never the cause of large errors: what is above the goal is chance.
    limit = np.where(abs(binades + 0.5) <= INNER, goal + SLACK * (form.series is not None), OUTER_GOAL)
    ok = (ulps[0] <= limit) & (ulps[1] <= limit)
    if form.series is not None:
        start = form.series.start
        ok &= (binades >= math.log2(start)) if form.series.end == "oo" else (binades + 1 <= math.log2(start))
    edges = np.unique(binades)
    alone = np.array([bool(np.all(ok[binades == edge])) for edge in edges])
    # The neighbours count too: cancellation grows from one binade to the next, and the largest error of a
    # binade is found only by many points.
    beside = np.ones(len(edges), dtype=bool)
    inner = abs(edges + 0.5) <= INNER
    beside[1:] &= alone[:-1] | ~(inner[1:] & inner[:-1])
    beside[:-1] &= alone[1:] | ~(inner[1:] & inner[:-1])
    return list(alone & (beside | (form.series is not None)))


def restricted(chosen: Sequence[Chosen], table: Callable[[float, float], Form]) -> tuple[Chosen, ...]:
    """The gaps filled with the form that `table(lo, hi)` gives."""
    return tuple(c if c.form is not None else Chosen(c.lo, c.hi, table(2.0**c.lo, 2.0**c.hi)) for c in chosen)
