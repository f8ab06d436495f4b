r"""The risk curve: the generated right-hand side, integrated by SciPy's LSODA.

LSODA switches between a stiff and a non-stiff method; noise with a sharp density at 0 makes signSGD's ODE
stiff, because the drift rate grows as R falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.spectrum import Spectrum

Array = NDArray[np.float64]
Slope = Callable[[float, Array], Array]
LOG_R = (float(np.log(1e-280)), float(np.log(1e280)))
MOST_SLOPES = 200_000
"""Evaluations of the right-hand side after which a curve is given up; stiff ones take about 20,000."""


@dataclass(frozen=True)
class RiskCurve:
    """R(t) at `times`; `modes` is (points, d).

    `solver_error` is the largest relative change of R against a run at 100 times the tolerance. `failure`
    says in words why float64 has no curve, which is then NaN after time 0.
    """

    times: Array
    risk: Array
    modes: Array
    solver_error: float
    failure: str = ""

    @staticmethod
    def without(modes: Spectrum, times: Array, failure: str) -> RiskCurve:
        """Where float64 has no answer."""
        rows = np.full((len(times), modes.d), np.nan)
        rows[0] = modes.r0
        return RiskCurve(times, rows.sum(axis=1), rows, float("nan"), failure)


def solve_modes(
    problem: Problem, modes: Spectrum, schedule: Schedule, times: Array, *, rtol: float = 1e-10
) -> RiskCurve:
    """Integrate the mode ODE from r(0) and sample it at `times`, which start at 0.

    Raises `NotConverged` when the integrator gives up or the risk overflows.
    """
    rhs, eta = problem.module.risk_rhs, schedule.function()

    def slope(t: float, r: Array) -> Array:
        return np.asarray(rhs(t, r, modes.lam, modes.forcing, eta(t, float(r.sum()))))

    return follow(slope, modes.r0, times, rtol=rtol)


def follow(slope: Slope, start: Array, times: Array, *, rtol: float = 1e-10) -> RiskCurve:
    """The curve of dr/dt = `slope`(t, r), r(0) = `start`, at `times`; raises as `solve_modes`."""
    fine = _integrate(slope, start, times, rtol)
    coarse = _integrate(slope, start, times, 100 * rtol)
    risk = fine.sum(axis=1)
    if (lost := np.flatnonzero(risk <= 0)).size:
        raise NotConverged(
            f"the risk has fallen below what the float64 integrator resolves before t = "
            f"{times[lost[0]]:.6g}; take a shorter time, or ask for digits with --dps."
        )
    error = float(np.max(np.abs(coarse.sum(axis=1) - risk) / np.maximum(risk, 1e-300)))
    return RiskCurve(times, risk, fine, error)


def _integrate(slope: Slope, start: Array, times: Array, rtol: float) -> Array:
    atol = rtol * 1e-4 * max(float(start.sum()), 1e-300) / len(start)
    count = 0

    def counted(t: float, r: Array) -> Array:
        nonlocal count
        count += 1
        if count > MOST_SLOPES:
            raise NotConverged(
                f"the risk ODE stands still at t = {t:.6g}: {MOST_SLOPES:,} evaluations have not passed it "
                "(the step size may have a pole there); take a shorter time or another step size."
            )
        return slope(t, r)

    with np.errstate(over="ignore", invalid="ignore"):
        result = solve_ivp(
            counted,
            (float(times[0]), float(times[-1])),
            start,
            method="LSODA",
            t_eval=times,
            rtol=rtol,
            atol=atol,
        )
    if not result.success or not np.all(np.isfinite(result.y)):
        reached = result.t[-1] if len(result.t) else times[0]
        raise NotConverged(
            f"the risk ODE could not be followed to t = {times[-1]:g} (the risk overflows, or the integrator "
            f"gave up after t = {reached:.4g}); take a smaller step size or a shorter time."
        )
    return np.asarray(result.y.T)


def stationary_risk(problem: Problem, trace: float, step: float, d: int) -> float | None:
    """The root of R a(R)/s(R) = eta tr(D^m)/(4 d), or None when the left side never reaches the level
    (SGD diverges).

    `trace` is tr(D^m) of the covariance. The left side increases with R for every law: a(R) R grows. It is
    1/2 at every R for SGD without label noise, which comes to rest at 0 if it does.
    """
    level = step * trace / (4 * d)
    a, s = problem.module.drift_rate, problem.module.noise_scale

    def excess(u: float) -> float:
        R = float(np.exp(u))
        with np.errstate(divide="ignore"):  # a(R) may underflow
            return float(np.log(R * a(R)) - np.log(s(R)) - np.log(level)) if a(R) > 0 else -np.inf

    if excess(LOG_R[1]) <= 0:
        return None
    lo, hi = LOG_R
    while excess((lo + hi) / 2) == -np.inf:  # the drift underflows: the root lies above
        lo = (lo + hi) / 2
    if excess(lo) >= 0:
        return 0.0
    return float(np.exp(brentq(lambda u: max(excess(u), -1e300), lo, hi, xtol=1e-14, rtol=1e-15)))
