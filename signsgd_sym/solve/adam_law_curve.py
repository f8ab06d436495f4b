r"""Adam's mode ODE under any label noise: its constants move with the risk.

    dr_i/dt = -2 eta lam_i (c1(R)/sqrt(2 R)) r_i + eta^2 n_i(R),

with the right-hand side of `derive.adam_law` and the constants of `adam_law`. Adam's memory, 1/(1 - beta2)
steps, is taken to be short beside the d steps in which R moves: at every time the constants are those of a
recursion in which R has always been what it is now. That the recursion follows this curve is a conjecture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from signsgd_sym.derive.adam_law import adam_law_ode
from signsgd_sym.derive.risk import RiskODE
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import R, c_1, eta, i, lam, n, r_i
from signsgd_sym.solve.adam_law import COARSE, FINE, constants_in_risk
from signsgd_sym.solve.panels_in_risk import PanelsInRisk
from signsgd_sym.solve.spectrum import Eigenbasis, Spectrum

Array = NDArray[np.float64]
RTOL = 1e-8
DOUBLINGS = 40
"""How far the stationary risk is looked for, in factors of 2 from the last risk of the curve."""


@dataclass(frozen=True, eq=False)
class LawCurve:
    """R(t), modes at t = 0, stationary risk or None, relative errors by source (None: plays no part)."""

    ode: RiskODE
    modes: Spectrum
    risk: Array
    stationary: float | None
    error_budget: dict[str, float | None]


def law_curve(
    adam: Adam, law: NoiseLaw, covariance: Covariance, schedule: Schedule, times: Array, delta0: Array
) -> LawCurve:
    """The risk at `times`, solved with two resolutions of the constants; their difference is the error.

    Raises `NotConverged` when the ODE cannot be followed, and the errors of `law_kernel`.
    """
    ode = adam_law_ode()
    basis = Eigenbasis.of(ode.sde, covariance)
    r0 = basis.risks(delta0)
    fine, coarse = (constants_in_risk(adam, law, basis, resolution) for resolution in (FINE, COARSE))

    def solve(constants: PanelsInRisk, rtol: float) -> Array:
        return _integrate(ode, constants, basis.lam, r0, schedule, times, rtol)

    risk = solve(fine, RTOL)
    budget = {
        "phi": None,
        "constants": _gap(risk, solve(coarse, RTOL)),
        "solver": _gap(risk, solve(fine, 30 * RTOL)),
    }
    stationary = None
    if schedule.is_constant:
        level = float(schedule.value) * float(np.sum(np.sqrt(covariance.diagonal))) / (4 * covariance.d)
        stationary = _stationary(fine, level, float(risk[-1]))
    modes = Spectrum(basis.lam, fine(float(r0.sum()))[2:], r0)
    return LawCurve(ode, modes, risk, stationary, budget)


def _gap(one: Array, other: Array) -> float:
    return float(np.max(np.abs(other / one - 1)))


def _integrate(
    ode: RiskODE,
    constants: PanelsInRisk,
    lam_: Array,
    r0: Array,
    schedule: Schedule,
    times: Array,
    rtol: float,
) -> Array:
    names = sp.symbols("r_i lambda_i n_i", real=True)
    plain = ode.rhs.xreplace(dict(zip((r_i, lam[i], n[i]), names, strict=True)))
    rhs: Callable[..., Array] = sp.lambdify((*names, eta, c_1, R), plain, "numpy")
    step, least = schedule.function(), float(r0.sum()) * 1e-12

    def slope(t: float, r: Array) -> Array:
        risk = max(float(r.sum()), least)
        c1, _, *forcing = constants(risk)
        return np.asarray(rhs(r, lam_, np.array(forcing), step(t, risk), c1, risk))

    span = (float(times[0]), float(times[-1]))
    atol = rtol * 1e-4 * float(r0.sum()) / len(r0)
    solved = solve_ivp(slope, span, r0, method="LSODA", t_eval=times, rtol=rtol, atol=atol)
    risk = solved.y.sum(axis=0)
    if not solved.success or not np.all(np.isfinite(risk)) or np.any(risk <= 0):
        raise NotConverged(
            f"the risk ODE of Adam could not be followed to t = {times[-1]:g}; take a smaller step size or a "
            "shorter time."
        )
    return np.asarray(risk)


def _stationary(constants: PanelsInRisk, level: float, near: float) -> float | None:
    """The root of sqrt(R/2) c1(R) = eta tr(D)/(4 d) c2(R) nearest to where the curve ends, if one is found.

    Summing dr_i/dt = 0 over the modes, only the diagonal of K_A counts, which is c2.
    """

    def balance(log_risk: float) -> float:
        risk = float(np.exp(log_risk))
        c1, c2 = constants(risk)[:2]
        return float(np.sqrt(risk / 2) * c1 - level * c2)

    here = float(np.log(near))
    sign = np.sign(balance(here))
    for _ in range(DOUBLINGS):
        there = here - float(sign) * np.log(2.0)
        if np.sign(balance(there)) != sign:
            return float(np.exp(brentq(balance, *sorted((here, there)), xtol=1e-12)))
        here = there
    return None


__all__ = ["LawCurve", "law_curve"]
