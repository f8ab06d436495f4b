r"""`risk_curve`: from a law, a covariance and a step size to the risk curve of an optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.derive.risk import StationaryEquation, derive_risk_ode, stationary_equation
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import NotConverged, NotFinite, ParameterError, RuleError, ShapeMismatch, StepError
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.covariance import covariance as as_covariance
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.optimizer import Optimizer, as_optimizer
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import RULES, UpdateRule
from signsgd_sym.solve.adam_risk import AdamRisk, adam_risk
from signsgd_sym.solve.curve import RiskCurve, solve_modes, stationary_risk
from signsgd_sym.solve.damped_risk import damped_risk
from signsgd_sym.solve.functions import Problem, make_problem
from signsgd_sym.solve.rule_risk import RuleRisk, rule_risk
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class RiskResult:
    """The risk curve R(t) and all it rests on.

    `stationary` is the stationary risk at constant eta (None for a varying schedule or a diverging ODE).
    `error_budget` holds relative errors: `phi` of the generated function (measured or proved), `solver` of
    the integrator.
    """

    problem: Problem
    covariance: Covariance
    schedule: Schedule
    delta0: Array
    modes: Spectrum
    curve: RiskCurve
    stationary_equation: StationaryEquation
    stationary: float | None

    def __repr__(self) -> str:
        return (
            f"RiskResult({self.problem!r}, {self.covariance!r}, eta = {self.schedule.expr}, "
            f"R({self.t[0]:g}) = {self.risk[0]:.6g}, R({self.t[-1]:g}) = {self.risk[-1]:.6g}, "
            f"stationary = {self.stationary})"
        )

    @property
    def rule(self) -> UpdateRule:
        """The update rule."""
        return self.problem.ode.sde.rule

    @property
    def law(self) -> NoiseLaw:
        """The law of the label noise."""
        return self.problem.law

    @property
    def batch(self) -> int:
        """Samples of a step: one."""
        return 1

    @property
    def t(self) -> Array:
        """Times, from 0 to T."""
        return self.curve.times

    @property
    def risk(self) -> Array:
        """R(t)."""
        return self.curve.risk

    @property
    def error_budget(self) -> dict[str, float | None]:
        """Relative errors by source; None where the source plays no part."""
        solver = None if self.curve.failure else self.curve.solver_error
        return {"phi": self.problem.phi_error, "solver": solver}


def initial_delta(d: int, seed: int = 0) -> Array:
    """Delta(0) ~ N(0, I/d), so that |Delta(0)| is about 1 in every dimension."""
    return np.asarray(np.random.default_rng(seed).standard_normal(d) / np.sqrt(d))


def checked_times(T: Any, points: int) -> Array:
    """`points` + 1 equally spaced times from 0 to T; raises `StepError` or `ParameterError`."""
    horizon = float(exact_number(T))
    if not (horizon > 0 and np.isfinite(horizon)):
        raise StepError(f"the time T is {T}; it must be positive and finite.")
    if points < 1:
        raise ParameterError(f"points is {points}; it must be at least 1.")
    return np.linspace(0.0, horizon, points + 1)


def checked_delta(delta0: ArrayLike | None, d: int, seed: int) -> Array:
    """Delta(0) as given, or the default; raises `ShapeMismatch` or `NotFinite`."""
    if delta0 is None:
        return initial_delta(d, seed)
    given = np.asarray(delta0, dtype=float)
    if given.shape != (d,):
        raise ShapeMismatch(
            f"Delta(0) has shape {given.shape} but the covariance has d = {d}; give {d} numbers."
        )
    if not np.all(np.isfinite(given)):
        where = int(np.flatnonzero(~np.isfinite(given))[0])
        raise NotFinite(f"Delta(0) has the entry {given[where]} at index {where}; give finite numbers.")
    if not np.any(given):
        raise ParameterError(
            "Delta(0) is zero, so R(0) = 0 and phi/sqrt(2 R) has no meaning; start elsewhere."
        )
    return given


def risk_curve(
    law: Any,
    covariance: Any,
    lr: Any,
    time: Any,
    *,
    optimizer: Optimizer | str = "sign",
    points: int = 100,
    delta0: ArrayLike | None = None,
    seed: int = 0,
    problem: Problem | None = None,
    need_curve: bool = True,
    batch: int = 1,
) -> RiskResult | RuleRisk | AdamRisk:
    """Derive, generate and solve the risk ODE of `optimizer`.

    Sign and SGD give a `RiskResult`, from generated code; Adam with eps = 0 an `AdamRisk`; Adam with eps > 0
    and every other rule a `RuleRisk`.

    law : label-noise law (text, `NoiseLaw`, `sympy.stats` variable, frozen `scipy.stats` law)
    covariance : `Covariance`, specification such as "ar1:d=500,rho=1/2", or a matrix
    optimizer : `UpdateRule`, `Adam`, or the text of one, such as "sign", "tanh" or "adam(9/10, 99/100)"
    lr : step size eta, a number or an expression in t and R; the recursion steps by eta/d
    time : horizon T; d T steps of the recursion
    delta0 : Delta at time 0, shape (d,); by default drawn from N(0, I/d) with `seed`
    problem : a `Problem` made earlier for the same law and optimizer, to save its derivation
    batch : samples of a step, which is the rule applied to their mean gradient; 1 for Adam
    need_curve : with False, a curve that float64 cannot follow is NaN, not an error; `curve.failure` says why

    Raises `InputError` of the kind that fits, and `NotConverged` when the ODE cannot be followed to T.

    >>> result = risk_curve("Normal(0, 1)", "identity:d=200", 1, 2, points=4)
    >>> A = np.pi / 8  # Gaussian noise: R = A^2 + A sqrt(A^2 + v^2)
    >>> bool(abs(result.stationary / (A**2 + A * np.sqrt(A**2 + 1)) - 1) < 1e-12)
    True
    """
    rule = as_optimizer(optimizer)
    K, schedule, times = as_covariance(covariance), Schedule.of(lr), checked_times(time, points)
    start = checked_delta(delta0, K.d, seed)
    if batch < 1:
        raise ParameterError(f"batch is {batch}; it must be at least 1.")
    if isinstance(rule, Adam):
        if batch > 1:
            raise RuleError(
                f"batches of {batch} samples are derived for functions of one gradient, and {rule.name} "
                "remembers older ones; take batch 1."
            )
        solve = damped_risk if rule.eps else adam_risk
        return solve(rule, noise_law(law), K, schedule, start, times)
    named = next((known for known in RULES.values() if known.expr == rule.expr), None)
    if named is None or batch > 1:
        return rule_risk(named or rule, noise_law(law), K, schedule, start, times, batch)
    return mode_curve(
        named, noise_law(law), K, schedule, start, times, problem=problem, need_curve=need_curve
    )


def mode_curve(
    rule: UpdateRule,
    law: NoiseLaw,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    *,
    problem: Problem | None = None,
    need_curve: bool = True,
) -> RiskResult:
    """The risk curve of `sign` or `sgd`, from generated code; see `risk_curve`, which checks its input."""
    if problem is None:
        problem = make_problem(rule, law, ode=derive_risk_ode(derive_sde(rule)))
    modes = spectrum(problem.ode.sde, covariance, delta0)
    try:
        curve = solve_modes(problem, modes, schedule, times)
    except (NotConverged, StepError) as failure:
        if need_curve:
            raise
        curve = RiskCurve.without(modes, times, str(failure))
    equation = stationary_equation(problem.ode)
    stationary = None
    if schedule.is_constant:
        trace = float(np.sum(covariance.diagonal ** (float(equation.power) / 2)))
        stationary = stationary_risk(problem, trace, float(schedule.value), covariance.d)
    return RiskResult(problem, covariance, schedule, delta0, modes, curve, equation, stationary)
