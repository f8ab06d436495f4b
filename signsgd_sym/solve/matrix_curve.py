r"""The risk curve of a coordinate-wise rule: modes where there are modes, the matrix ODE elsewhere.

    V' = -eta (a K V + V K a) + (eta^2/d) Sigma(R),    V = E[Delta Delta^T],  R = tr(K V)/2,

with a = diag(a(R, K_ii)).

It closes in fewer unknowns r_i' = -2 eta alpha_i(R) r_i + eta^2 beta_i(R), R = sum r_i, in three cases:

    K diagonal         r_i = K_ii V_ii/2, alpha_i = a(R, K_ii) K_ii, beta_i = K_ii Sigma_ii/(2 d);
    diag(K) constant   the modes of K, alpha_i = a(R) lambda_i, beta_i = lambda_i (U^T Sigma U)_ii/(2 d);
    a separates        the modes of D^(-q/2) K D^(-q/2): the powers, see `derive.risk`.

Otherwise all of V is integrated, d^2 unknowns, by the explicit method of Dormand and Prince of order 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853, solve_ivp

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.solve.panels_in_risk import PanelsInRisk
from signsgd_sym.solve.rule_functions import RuleFunctions, SeparatedFunctions
from signsgd_sym.solve.spectrum import spectrum

Array = NDArray[np.float64]
Step = Callable[[float, float], float]
"""eta(t, R)."""


@dataclass(frozen=True)
class Resolution:
    """How finely a curve is computed: relative tolerance in time, points on a panel of R."""

    rtol: float
    points: int


FINE = Resolution(1e-8, 14)
COARSE = Resolution(1e-6, 10)
"""A second resolution, against which the error of the first is stated."""


def has_constant_diagonal(covariance: Covariance) -> bool:
    """Whether all K_ii are equal to rounding, so that every rule has modes."""
    k = covariance.diagonal
    return bool(np.ptp(k) <= 1e-13 * k.max())


def unknowns(functions: RuleFunctions, covariance: Covariance) -> str:
    """Which of the forms in the module docstring is integrated: `diagonal`, `modes` or `matrix`."""
    if covariance.is_diagonal:
        return "diagonal"
    if isinstance(functions, SeparatedFunctions) or has_constant_diagonal(covariance):
        return "modes"
    return "matrix"


def curve(
    functions: RuleFunctions,
    covariance: Covariance,
    delta0: Array,
    eta: Step,
    times: Array,
    resolution: Resolution = FINE,
    form: str | None = None,
) -> Array:
    """R at `times`, which start at 0; `form` overrides `unknowns`, to hold one against another.

    Raises:
        NotConverged: the risk overflows, falls to 0, or an integrator gives up.
    """
    form = form or unknowns(functions, covariance)
    if form == "matrix":
        return _of_matrix(functions, covariance, delta0, eta, times, resolution)
    start, coefficients = {"diagonal": _diagonal, "modes": _modes}[form](functions, covariance, delta0)
    return _of_vector(start, PanelsInRisk(coefficients, resolution.points), eta, times, resolution.rtol)


Coefficients = Callable[[float], Array]
"""alpha and beta at R, shape (2, d)."""


def _diagonal(functions: RuleFunctions, covariance: Covariance, delta0: Array) -> tuple[Array, Coefficients]:
    k = covariance.diagonal

    def coefficients(risk: float) -> Array:
        return np.stack([functions.rates(risk) * k, k * functions.squares(risk) / (2 * covariance.d)])

    return k * delta0**2 / 2, coefficients


def _modes(functions: RuleFunctions, covariance: Covariance, delta0: Array) -> tuple[Array, Coefficients]:
    d = covariance.d
    if isinstance(functions, SeparatedFunctions):
        modes = spectrum(functions.sde, covariance, delta0)

        def separated(risk: float) -> Array:
            rate, scale = functions.rate_and_scale(risk)
            return np.stack([rate * modes.lam, scale * modes.forcing])

        return modes.r0, separated
    lam, U = np.linalg.eigh(covariance.K)

    def coefficients(risk: float) -> Array:
        noise = np.einsum("ki,ki->i", U, functions.second_moment(risk) @ U)
        return np.stack([functions.rates(risk)[0] * lam, lam * noise / (2 * d)])

    return lam * (U.T @ delta0) ** 2 / 2, coefficients


def _of_vector(start: Array, table: PanelsInRisk, eta: Step, times: Array, rtol: float) -> Array:
    d = len(start)

    def slope(t: float, r: Array) -> Array:
        risk = _positive(float(r.sum()), t)
        alpha, beta = table(risk)
        step = eta(t, risk)
        return np.asarray(-2 * step * alpha * r + step**2 * beta)

    atol = rtol * 1e-4 * float(start.sum()) / d
    # Under a rule that outgrows z, R may be infinite after a finite time: what overflows on the way there is
    # met by `slope` as an R that is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        found = solve_ivp(slope, (times[0], times[-1]), start, "LSODA", times, rtol=rtol, atol=atol)
    if not found.success or not np.all(np.isfinite(found.y)):
        raise _lost(times, found.t[-1] if len(found.t) else times[0])
    return np.asarray(found.y.sum(axis=0))


def _of_matrix(
    functions: RuleFunctions,
    covariance: Covariance,
    delta0: Array,
    eta: Step,
    times: Array,
    resolution: Resolution,
) -> Array:
    d, K = covariance.d, covariance.K
    rates = PanelsInRisk(functions.rates, resolution.points)
    noise = PanelsInRisk(functions.second_moment, resolution.points)

    def risk_of(V: Array) -> float:
        return float(np.vdot(K, V)) / 2

    def slope(t: float, flat: Array) -> Array:
        V = flat.reshape(d, d)
        risk = _positive(risk_of(V), t)
        step = eta(t, risk)
        drift = (step * rates(risk))[:, None] * (K @ V)
        return np.asarray((step**2 / d * noise(risk) - drift - drift.T).ravel())

    start = np.outer(delta0, delta0)
    found = [risk_of(start)]
    # Errors are asked for relative to the whole matrix: its small entries carry no risk.
    atol = resolution.rtol * 1e-2 * float(np.abs(start).max())
    solver = DOP853(slope, times[0], start.ravel(), times[-1], rtol=resolution.rtol, atol=atol)
    with np.errstate(over="ignore", invalid="ignore"):
        while len(found) < len(times):
            solver.step()
            if solver.status == "failed" or not np.isfinite(solver.y[0]):
                raise _lost(times, solver.t)
            reached = np.searchsorted(times, solver.t, side="right")
            if reached > len(found):
                between = solver.dense_output()
                found += [risk_of(between(t).reshape(d, d)) for t in times[len(found) : reached]]
    return np.array(found)


def _positive(risk: float, t: float) -> float:
    if not 0 < risk < np.inf:
        raise NotConverged(
            f"the risk ODE gives R = {risk:.3g} near t = {t:.4g}, which float64 cannot follow; take a "
            "smaller step size or a shorter time."
        )
    return risk


def _lost(times: Array, reached: float) -> NotConverged:
    return NotConverged(
        f"the risk ODE could not be followed to t = {times[-1]:g} (the integrator gave up after t = "
        f"{reached:.4g}); take a smaller step size or a shorter time."
    )
