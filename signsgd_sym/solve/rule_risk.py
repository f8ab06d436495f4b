r"""The risk curve of a coordinate-wise rule other than sign and SGD, and all it rests on.

Adam with eps > 0 has the same equations with other coefficients: see `damped_risk`.

Stationary risk at constant eta, for any K: multiply a K V + V K a = eta Sigma/d by a^-1 and take the trace,

    R = (eta/(4 d)) sum_i Sigma_ii(R)/a(R, K_ii).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.optimizer import Optimizer
from signsgd_sym.model.rule_growth import check_moments
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import RULES, UpdateRule
from signsgd_sym.solve.batch_functions import batch_functions
from signsgd_sym.solve.label_norm import ORDER
from signsgd_sym.solve.matrix_curve import COARSE, FINE, Resolution, curve, unknowns
from signsgd_sym.solve.rule_functions import DISTINCT, PowerFunctions, RuleFunctions, quadrature_functions

Array = NDArray[np.float64]

FACTOR = 4.0
"""Steps in R in which the stationary risk is bracketed."""
STEPS = 24
"""Steps taken at most in either direction."""


@dataclass(frozen=True, eq=False, repr=False)
class RuleRisk:
    """The risk curve R(t) of `rule`.

    `form` says what was integrated: `diagonal`, `modes` or `matrix` (see `matrix_curve`). `stationary` is the
    stationary risk at constant eta, None for a varying schedule or where there is none. `error_budget`
    holds relative errors: `solver` from a second resolution of everything, `series` of what Mehler's series
    leaves out.
    """

    rule: Optimizer
    law: NoiseLaw
    covariance: Covariance
    schedule: Schedule
    delta0: Array
    functions: RuleFunctions
    form: str
    t: Array
    risk: Array
    stationary: float | None
    error_budget: dict[str, float | None]
    batch: int = 1

    def __repr__(self) -> str:
        return (
            f"RuleRisk({self.rule.name} under {self.law.text}, {self.covariance!r}, "
            f"eta = {self.schedule.expr}, R({self.t[0]:g}) = {self.risk[0]:.6g}, "
            f"R({self.t[-1]:g}) = {self.risk[-1]:.6g}, stationary = {self.stationary})"
        )


def rule_risk(
    rule: UpdateRule,
    law: NoiseLaw,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    batch: int = 1,
) -> RuleRisk:
    """Solve the risk ODE of any odd rule at `times`, which start at 0, from Delta(0) = `delta0`.

    The rule is applied to the mean gradient of `batch` samples a step.

    Raises:
        ParameterError: a batch below 1.
        RuleError, InfiniteVariance: the step has no second moment under the law.
        NotConverged: a quadrature does not settle, or the ODE cannot be followed.

    Example:
        >>> law, K = NoiseLaw.from_text("Laplace(0, 1)"), Covariance.identity(20)
        >>> args = (law, K, Schedule.of("1/2"), np.full(20, 0.2), np.array([0.0, 60.0]))
        >>> found = rule_risk(UpdateRule.from_text("tanh"), *args)
        >>> found.form, bool(abs(found.risk[-1] / found.stationary - 1) < 1e-6)
        ('diagonal', True)
    """
    start = float(delta0 @ covariance.matvec(delta0)) / 2
    functions, coarser = _functions(rule, law, covariance, start, batch)
    at_two = (functions, FINE), (coarser, COARSE)
    return followed(rule, law, covariance, schedule, delta0, times, at_two, batch)


def followed(
    rule: Optimizer,
    law: NoiseLaw,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    at_two: tuple[tuple[RuleFunctions, Resolution], tuple[RuleFunctions, Resolution]],
    batch: int = 1,
    known_rest: float | None = None,
) -> RuleRisk:
    """The curve of the first functions at the first resolution; the second pair says how wrong it is.

    The stationary risk at constant eta is looked for unless it is given as `known_rest`. Raises
    `NotConverged` when the ODE cannot be followed.
    """
    functions = at_two[0][0]
    eta = schedule.function()
    fine, coarse = (curve(one, covariance, delta0, eta, times, resolution) for one, resolution in at_two)
    error = float(np.max(np.abs(coarse / fine - 1)))
    budget = {"phi": None, "solver": error, "series": functions.series_error}
    stationary = known_rest
    if schedule.is_constant and known_rest is None:
        stationary = stationary_risk(functions, covariance.d, float(schedule.value), float(fine[-1]))
    return RuleRisk(
        rule,
        law,
        covariance,
        schedule,
        delta0,
        functions,
        unknowns(functions, covariance),
        times,
        fine,
        stationary,
        budget,
        batch,
    )


def _functions(
    rule: UpdateRule, law: NoiseLaw, covariance: Covariance, risk: float, batch: int
) -> tuple[RuleFunctions, RuleFunctions]:
    """The coefficients, and the same at a second resolution."""
    if batch != 1 and rule in RULES.values():
        exact = batch_functions(rule, law, covariance, batch)
        return exact, exact
    check_moments(rule, law)
    if rule.exponent is not None:
        powers = PowerFunctions(derive_sde(rule), law, covariance, batch)
        return powers, replace(powers, order=ORDER - 2)
    fine = quadrature_functions(rule, law, covariance, risk, batch=batch)
    return fine, quadrature_functions(
        rule, law, covariance, risk, batch=batch, order=10, distinct=DISTINCT - 2
    )


def stationary_risk(functions: RuleFunctions, d: int, eta: float, near: float) -> float | None:
    """The root of R = (eta/(4 d)) sum_i Sigma_ii(R)/a(R, K_ii) next to `near`, None where none is found."""

    def excess(u: float) -> float:
        R = float(np.exp(u))
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                level = eta / (4 * d) * float(np.sum(functions.squares(R) / functions.rates(R)))
        except NotConverged:  # an R at which the moments are not resolved is no root
            return -np.inf
        return u - np.log(level) if np.isfinite(level) and level > 0 else -np.inf

    lo = hi = np.log(near)
    for _ in range(STEPS):
        if excess(lo) < 0:
            break
        lo -= np.log(FACTOR)
    for _ in range(STEPS):
        if excess(hi) > 0:
            break
        hi += np.log(FACTOR)
    if not (excess(lo) < 0 < excess(hi)):
        return None
    while excess(lo) == -np.inf:
        lo = (lo + hi) / 2
        if not excess(lo) < 0:
            return None
    return float(np.exp(brentq(excess, lo, hi, xtol=1e-12, rtol=1e-14)))
