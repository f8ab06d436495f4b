r"""The risk ODE under power-law spectra with millions of modes, and the exponents of its curve.

Modes i = 1, ..., d have rates lambda_i = i^(-varkappa), r_i(0) = i^(-nu)/2, nu = 2 alpha + 2 beta, and
forcing n_i where K is diagonal. The first are taken one by one; beyond them a sum over i is an integral from
half below to half above (midpoint rule: the error is of order 1/(24 i^2)), done by Gauss points on doubling
intervals. So d = 10^9 costs about 1,300 modes.

In the clock tau the modes are linear, dr_i/dtau = -2 lambda_i r_i + eta n_i s(R)/a(R): each step takes the
exponential exactly and the forcing by the trapezoidal rule, on a grid that is geometric in tau. No step is
limited by the largest rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.derive.scaling import Basis, scaling_exponents
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.notation import alpha as ALPHA
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.spectrum import Spectrum

Array = NDArray[np.float64]
ONE_BY_ONE = 1_000
GAUSS = 12
ROUNDS = 60
"""Fixed-point iterations for R at the end of a step."""


def weighted_modes(d: int) -> tuple[Array, Array]:
    """Indices and weights with sum_k w_k f(i_k) = sum_(i <= d) f(i) for smooth f.

    >>> i, w = weighted_modes(10**6)
    >>> len(i) < 1200, bool(abs((w / i**2).sum() - (np.pi**2 / 6 - 1e-6)) < 1e-10)
    (True, True)
    """
    if d < 1:
        raise ParameterError(f"d is {d}; it must be at least 1.")
    first = min(d, ONE_BY_ONE)
    indices, weights = [np.arange(1.0, first + 1)], [np.ones(first)]
    points, gauss = np.polynomial.legendre.leggauss(GAUSS)
    start = first + 0.5
    while start < d:
        end = min(2 * start, d + 0.5)
        half = (end - start) / 2
        indices.append(start + half * (1 + points))
        weights.append(half * gauss)
        start = end
    return np.concatenate(indices), np.concatenate(weights)


def power_law_modes(rule: str, basis: Basis, alpha: float, beta: float, d: int) -> Spectrum:
    """Rates, forcing and initial risks of the weighted modes (a mode of weight w stands for w modes).

    Forcing is that of a diagonal K, lambda_i^2/(2 d) for either rule (P is in the s(R) of SGD). In a basis of
    constant diagonal it depends on the rotation, and is left out.

    Raises `ParameterError` unless alpha, beta > 0 and 2 alpha + 2 beta > 1.
    """
    if not (alpha > 0 and beta > 0 and 2 * alpha + 2 * beta > 1):
        raise ParameterError(
            f"alpha is {alpha} and beta {beta}; they must be positive with 2 alpha + 2 beta > 1, "
            "or the risk grows with d."
        )
    i, w = weighted_modes(d)
    lam = i ** -float(scaling_exponents(rule, basis).varkappa.subs(ALPHA, alpha))
    forcing = w * lam**2 / (2 * d) if basis == "eigenbasis" else np.zeros_like(i)
    return Spectrum(lam, forcing, w * i ** (-2 * alpha - 2 * beta) / 2)


@dataclass(frozen=True)
class ClockCurve:
    """R at times `t` and at values `tau` of the clock; `error` is how much both change on half the steps."""

    tau: Array
    t: Array
    risk: Array
    error: float


def clock_curve(
    problem: Problem, modes: Spectrum, eta: float, last: float, *, steps: int = 1500, first: float = 1e-4
) -> ClockCurve:
    """Solve the mode ODE at constant eta up to tau = `last`, with `steps` steps from tau = `first` on.

    Raises `NotConverged` where R has no value, and `ParameterError` for an empty range.
    """
    if not (0 < first < last and steps >= 4 and eta > 0):
        raise ParameterError(
            f"first is {first}, last {last}, steps {steps}, eta {eta}; need 0 < first < last."
        )
    tau = np.concatenate([[0.0], np.geomspace(first, last, steps + 1)])
    fine = _march(problem, modes, eta, tau)
    # Every other point but the two at the start.
    coarse = _march(problem, modes, eta, np.concatenate([tau[:1], tau[1::2]]))
    error = max(float(np.max(np.abs(c[1:] / f[1::2] - 1))) for c, f in zip(coarse, fine, strict=True))
    return ClockCurve(tau, *fine, error)


def _march(problem: Problem, modes: Spectrum, eta: float, tau: Array) -> tuple[Array, Array]:
    """Times and risks at the points of the clock."""
    a, s = problem.module.drift_rate, problem.module.noise_scale
    r, forced = modes.r0.copy(), bool(np.any(modes.forcing))
    risks = [float(r.sum())]

    def push(R: float) -> float:
        return eta * float(s(R)) / float(a(R))

    for step in np.diff(tau):
        x = 2 * modes.lam * step
        r = r * np.exp(-x)
        if forced:
            # int_0^h exp(-2 lam (h - u)) (g_0 (1 - u/h) + g_1 u/h) du = h (g_0 (f_0 - f_1) + g_1 f_1)
            f0, f1 = exponential_means(x)
            from_start = float((modes.forcing * (f0 - f1)).sum()) * step * push(risks[-1])
            weight, kept = float((modes.forcing * f1).sum()) * step, float(r.sum())
            end = _fixed_point(lambda R: kept + from_start + weight * push(R), kept + from_start)  # noqa: B023
            r = r + step * modes.forcing * ((f0 - f1) * push(risks[-1]) + f1 * push(end))
        risks.append(float(r.sum()))
    R = np.array(risks)
    if not np.all(np.isfinite(R) & (R > 0)):
        raise NotConverged("the risk left what float64 holds; take a smaller last value of the clock.")
    slowness = 1 / (eta * np.array([float(a(one)) for one in R]))
    return np.concatenate([[0.0], np.cumsum(np.diff(tau) * (slowness[1:] + slowness[:-1]) / 2)]), R


def exponential_means(x: Array) -> tuple[Array, Array]:
    """f_0 = int_0^1 exp(-x (1 - u)) du and f_1 = int_0^1 exp(-x (1 - u)) u du, for x > 0.

    f_1 = (1 - f_0)/x cancels for small x, where its series takes over.

    >>> _, f1 = exponential_means(np.array([0.00999, 0.01001]))
    >>> bool(abs(np.diff(f1)[0] / 2e-5 + 1 / 6 - 0.01 / 12) < 1e-5)  # its slope at 0.01
    True
    """
    f0 = -np.expm1(-x) / x
    series = 0.5 - x / 6 + x**2 / 24 - x**3 / 120 + x**4 / 720
    return f0, np.where(x < 0.01, series, (1 - f0) / x)


def _fixed_point(update: Callable[[float], float], start: float) -> float:
    value = start
    for _ in range(ROUNDS):
        new = update(value)
        if abs(new - value) <= 1e-14 * abs(new):
            return new
        value = new
    return value


@dataclass(frozen=True)
class Exponent:
    """R ~ t^-`value` over `window`: by least squares; `error` is half the spread of the local slopes."""

    value: float
    error: float
    window: tuple[float, float]


def measured_exponent(t: Array, risk: Array, window: tuple[float, float]) -> Exponent:
    """Least-squares slope over the points with window[0] <= t <= window[1]; there must be at least 8.

    >>> t = np.geomspace(1, 100, 50)
    >>> found = measured_exponent(t, 3 * t**-0.7, (10, 100))
    >>> round(found.value, 12), found.error < 1e-12
    (0.7, True)
    """
    inside = (t >= window[0]) & (t <= window[1])
    if np.count_nonzero(inside) < 8:
        raise ParameterError(f"only {np.count_nonzero(inside)} points lie in the window {window}; widen it.")
    x, y = np.log(t[inside]), np.log(risk[inside])
    local = np.diff(y) / np.diff(x)
    return Exponent(float(-np.polyfit(x, y, 1)[0]), float(np.ptp(local)) / 2, window)


def risk_at(problem: Problem, modes: Spectrum, eta: float, time: float, *, steps: int = 300) -> float:
    """R(time) at constant eta, for a drift rate that is largest at R = 0 and finite there.

    Raises `ParameterError` where it is not: without label noise the clock has no such bound.
    """
    fastest = float(problem.module.drift_rate(0.0))
    if not np.isfinite(fastest):
        raise ParameterError(
            f"the drift rate is infinite at R = 0 under {problem.law.text}; give noise with a density."
        )
    last = 1.0001 * eta * fastest * time
    curve = clock_curve(problem, modes, eta, last, steps=steps, first=1e-6 * last)
    return float(np.exp(np.interp(np.log(time), np.log(curve.t[1:]), np.log(curve.risk[1:]))))


@dataclass(frozen=True)
class BestStep:
    """The constant eta with the least R at a time, and that risk."""

    time: float
    eta: float
    risk: float


def best_constant_step(
    problem: Problem, modes: Spectrum, time: float, bracket: tuple[float, float]
) -> BestStep:
    """Minimise R(time) over constant eta in `bracket`, on a logarithmic scale.

    Raises `NotConverged` when the minimum lies at an end of the bracket.
    """
    from scipy.optimize import minimize_scalar

    low, high = np.log(bracket)
    found = minimize_scalar(
        lambda u: np.log(risk_at(problem, modes, float(np.exp(u)), time)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-3},
    )
    if not low + 0.01 < found.x < high - 0.01:
        raise NotConverged(f"the best eta at time {time:g} lies outside {bracket}; widen the bracket.")
    return BestStep(time, float(np.exp(found.x)), float(np.exp(found.fun)))
