"""From step to step: how long each is, and the risk at the times asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_poly, ctx

from signsgd_sym.errors import NotConverged
from signsgd_sym.solve.series import constant, series_scope
from signsgd_sym.solve.taylor import Expansion, Flow, State, evaluate

MAX_STEPS = 100_000
MOST_GROWTH = 10.0**300
"""An unstable ODE is not followed any further."""
STIFFNESS = 0.25
"""Largest 2 lam h of a step in units of its order n: `modes_at` breaks a series in 2 lam h off after 2 n
terms, where the next one is (e/8)^(2 n) = 10^-(0.94 n), and n > 1.15 digits + 14."""
Progress = Callable[[float], object]


@dataclass(frozen=True, eq=False)
class PreciseRun:
    """One integration: R at the times asked for, and how it was done."""

    risk: tuple[arb, ...]
    steps: int
    order: int
    bits: int


def integrate(
    flow: Callable[[int], Flow],
    modes: Sequence[arb],
    times: Sequence[Any],
    digits: int,
    order: int,
    found: list[arb],
    progress: Progress = lambda share: None,
) -> PreciseRun:
    """Follow the ODE from R = sum(modes) at time 0 to the last of `times` (exact numbers, from 0 on).

    `flow(order)` makes the right-hand side at the precision in force. A step is as long as the last
    coefficients of R and t allow: what they contribute stays below 10^-(digits + 3) of R and of the step.
    `found` receives the risks one by one.

    Raises `NotConverged` when the steps become too many or the risk has grown `MOST_GROWTH`-fold,
    `StepError` where eta is not positive.
    """
    # Alternating sums of terms (2 lam h)^k/k! lose 2 lam h/log(2) bits; feeding R back into q loses as many.
    bits = math.ceil(3.33 * (digits + 6)) + 2 * math.ceil(STIFFNESS * order / math.log(2)) + 40
    with series_scope(bits, order + 1):
        at = [constant(time) for time in times]
        right = flow(order)
        state = State(arb(0), tuple(arb(value).mid() for value in modes))
        start = state.risk
        scale, steps = arb(1) / max(right.top, 1e-300), 0
        tolerance = arb(10) ** -(digits + 3)
        while len(found) < len(at):
            while len(found) < len(at) and at[len(found)] <= state.time:
                found.append(state.risk.mid())
            if len(found) == len(at):
                break
            expansion = right.expand(state, scale)
            length = _length(right, expansion, tolerance)
            share = (length / scale).mid()
            end = evaluate(expansion.time, share).mid()
            while len(found) < len(at) and at[len(found)] <= end:
                found.append(evaluate(expansion.risk, _when(expansion.time, at[len(found)], share)).mid())
            if steps == MAX_STEPS or not end > state.time:
                raise NotConverged(
                    f"the risk ODE stands still at t = {float(end.mid()):.6g} after {steps + 1} steps "
                    f"of order {order} (the step size may fall to 0 there); take a shorter time."
                )
            if expansion.risk[0] > start * MOST_GROWTH:
                raise NotConverged(
                    f"the risk has grown beyond 1e300 times its start before t = {float(end.mid()):.6g}: "
                    "the ODE is unstable at this step size; take a smaller one."
                )
            if len(found) < len(at):
                state = State(end, right.modes_at(state, expansion, length))
            scale, steps = length, steps + 1
            progress(min(1.0, float((end / at[-1]).mid())) if at[-1] > 0 else 1.0)
        return PreciseRun(tuple(found), steps, order, bits)


def _length(flow: Flow, expansion: Expansion, tolerance: arb) -> arb:
    """The step in units of `scale` that the tails of the series, stiffness and the domain of a(R) allow.

    Once the fast modes follow the slow ones, the coefficients of R fall as if there were none; what they are
    made of still grows with 2 lam h.
    """
    longest = STIFFNESS * flow.order / (2 * max(flow.top, 1e-300))
    share = longest / float(expansion.scale)
    for row, size in (
        (expansion.risk, abs(expansion.risk[0])),
        (expansion.time, abs(expansion.time[1])),
    ):
        for k in (len(row) - 1, len(row) - 2, len(row) - 3):
            if row[k] != 0:
                share = min(share, math.exp(_log(tolerance * size / abs(row[k])) / k))
    share = min(0.9 * share, 4.0)
    domain = flow.rate.domain(expansion.risk[0])
    if domain is not None:
        while not all(
            domain[0] < evaluate(expansion.risk, arb(share * j / 4).mid()) < domain[1] for j in range(1, 5)
        ):
            share *= 0.7
            if share < 1e-30:
                raise NotConverged("the risk leaves every interval on which its drift rate is known.")
    return (expansion.scale * arb(share)).mid()


def _log(x: arb) -> float:
    return float(x.mid().log().mid())


def _when(time: list[arb], target: arb, share: arb) -> arb:
    """s with t(s) = target, by Newton's method from a point right of it."""
    t = arb_poly(time)
    slope = t.derivative()
    s = share * (target - time[0]).mid() / (t(share) - time[0]).mid()
    for _ in range(200):
        change = ((t(s) - target) / slope(s)).mid()
        s = (s - change).mid()
        if abs(change) <= abs(s) * arb(2) ** -(int(ctx.prec) // 2):
            return (s - ((t(s) - target) / slope(s)).mid()).mid()
    raise NotConverged(f"no point of the step has t = {float(target.mid()):.6g}.")
