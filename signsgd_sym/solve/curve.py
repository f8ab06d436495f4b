r"""The risk curve: the generated right-hand side, integrated by SciPy's LSODA.

LSODA switches between a stiff and a non-stiff method; noise with a sharp density at 0 makes signSGD's ODE
stiff, because the drift rate grows as R falls. Its stiff steps need a Jacobian of the slope
-2 a(R) lam_i r_i + n_i b(R): a diagonal, and a matrix of rank one from R. Among many modes the diagonal alone
takes its place, so that a step costs O(d), not O(d^3) in O(d^2) of memory; what is solved stays the same, the
Jacobian decides only how fast the steps converge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
MANY_MODES = 2000
"""Number of modes above which no d x d Jacobian is made."""


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


def diagonal_at_fixed_risk(slope: Slope, t: float, r: Array) -> Array:
    """d slope_i/d r_i at fixed R = sum r_i, which is -2 a(R) lam_i: shape (d,), for d >= 2.

    The slope is linear in r at fixed R, so one difference in a direction of sum zero gives all d.

    >>> lam = np.array([1.0, 2.0, 4.0])
    >>> diagonal_at_fixed_risk(lambda t, r: -lam * r.sum() * r + 5, 0.0, np.ones(3))
    array([ -3.,  -6., -12.])
    """
    direction = np.where(np.arange(len(r)) % 2, -1.0, 1.0)
    if len(r) % 2:
        direction[:3] = 2.0, -1.0, -1.0
        direction[3:] *= -1.0
    change = direction * (float(np.abs(r).sum()) or 1.0) / len(r)
    return np.asarray((slope(t, r + change) - slope(t, r)) / change)


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

    def diagonal(t: float, r: Array) -> Array:
        return diagonal_at_fixed_risk(counted, t, r)[None, :]

    many = len(start) > MANY_MODES
    banded: dict[str, Any] = {"jac": diagonal, "lband": 0, "uband": 0} if many else {}
    with np.errstate(over="ignore", invalid="ignore"):
        result = solve_ivp(
            counted,
            (float(times[0]), float(times[-1])),
            start,
            method="LSODA",
            t_eval=times,
            rtol=rtol,
            atol=atol,
            **banded,
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
