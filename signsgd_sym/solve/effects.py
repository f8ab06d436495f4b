r"""`effects`: what makes signSGD differ from SGD under one law and covariance, in formulas and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.derive.effects import FourEffects, four_effects
from signsgd_sym.derive.phi import phi_integral
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.covariance import covariance as as_covariance
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import phi
from signsgd_sym.solve.attribution import Attribution, Switchboard, attribute, typical_deviation
from signsgd_sym.solve.functions import Problem, make_problem
from signsgd_sym.solve.matrices import Spectra
from signsgd_sym.solve.risk import RiskResult, checked_delta, checked_times, mode_curve

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Course:
    """signSGD's curve, and SGD beside it where SGD has one.

    `sign` is the risk curve of signSGD; `matched` the risk of SGD at the matched step all along,
    `attribution` the sixteen curves between the two optimizers at their own steps. Both are None under a law
    without a variance, and where they were interrupted.
    """

    sign: RiskResult
    step_of_sgd: Schedule | None
    matched: Array | None
    attribution: Attribution | None


@dataclass(frozen=True, eq=False, repr=False)
class Effects:
    """The four effects under one law and covariance.

    `formulas` holds the decomposition and its derivation, `psi_formula` is psi under the law; `spectra` are
    those of K, Kbar and K_sigma, `start` is R(0). `course` is None where no step and time were given.
    """

    formulas: FourEffects
    problem: Problem
    covariance: Covariance
    psi_formula: Any | None
    psi_reason: str
    spectra: Spectra
    start: float
    course: Course | None

    def __repr__(self) -> str:
        known = f"psi(R(0)) = {float(self.psi(self.start)):.6g}" if self.has_variance else "psi infinite"
        return f"Effects({self.law.text}, {self.covariance.name}, R(0) = {self.start:.6g}, {known})"

    @property
    def law(self) -> NoiseLaw:
        """The label noise."""
        return self.problem.law

    @property
    def has_variance(self) -> bool:
        """Whether E[eps^2] is finite, so that P and psi are and SGD has a risk curve."""
        return self.problem.functions.has_variance

    def psi(self, R: ArrayLike) -> Array:
        """Noise compression at a risk; infinite at every R where eps has no variance."""
        if not self.has_variance:
            return np.full_like(np.asarray(R, dtype=float), np.inf)
        return np.asarray(self.problem.module.psi(R))

    def phi(self, R: ArrayLike) -> Array:
        """The drift factor phi(R), finite under every law."""
        return np.asarray(self.problem.module.phi(R))

    def population_risk(self, R: Any) -> Any:
        """P = R + E[eps^2]/2."""
        return R + float(self.problem.functions.noise_power) / 2

    def effective_rate(self, R: ArrayLike) -> Array:
        """phi(R)/sqrt(2 R) = (2/pi) psi/sqrt(2 P): what multiplies eta, finite under every law."""
        return np.asarray(self.problem.module.drift_rate(R))

    @property
    def typical_deviation(self) -> float:
        """varsigma = tr(K)/tr(D)."""
        return typical_deviation(self.covariance)

    @property
    def rate_advantage(self) -> float:
        """(4/pi^2) kappa_SGD/kappa_sign: above 1 signSGD is the faster one without label noise.

        Each at half its largest stable step, and up to the factor of `solve.convergence`.
        """
        ratio = self.spectra.K.averaged_condition / self.spectra.Kbar.averaged_condition
        return ratio / float(self.formulas.unit)

    @property
    def rest_advantage(self) -> float | None:
        """q_SGD/q_sign = (2 psi/pi)^2 where signSGD rests, q = R/P: above 1 it rests lower at equal pace.

        None without a constant step, and under a law without a variance.
        """
        at_rest = None if self.course is None else self.course.sign.stationary
        if at_rest is None or not self.has_variance:
            return None
        return float(self.psi(at_rest)) ** 2 / float(self.formulas.unit)


class EffectsInterrupted(KeyboardInterrupt):
    """Ctrl-C once the effects are known; `found` has what was finished of the curves."""

    def __init__(self, found: Effects) -> None:
        super().__init__("interrupted; the effects are found, the curves between SGD and signSGD are not")
        self.found = found


def effects(
    law: Any,
    covariance: Any,
    lr: Any = None,
    time: Any = None,
    *,
    sgd_lr: Any = None,
    points: int = 100,
    delta0: ArrayLike | None = None,
    seed: int = 0,
    progress: Callable[[str, float], object] = lambda stage, share: None,
) -> Effects:
    """The four effects of signSGD against SGD: formulas, numbers and, with a step and a time, their shares.

    law, covariance, points, delta0, seed : as for `risk_curve`
    lr, time : signSGD's step eta and the horizon T; both or neither
    sgd_lr : SGD's step eta_0; by default the matched step at time 0, at which both drift matrices have the
        same trace, (2/pi) eta psi/(varsigma sqrt(2 P)) with varsigma = tr(K)/tr(D)

    Under a law without a variance psi is infinite and SGD has no curve: the attribution is then None.

    Raises `InputError` of the kind that fits, `NotConverged` when an ODE cannot be followed to T, and
    `EffectsInterrupted` for Ctrl-C during the curves.

    >>> found = effects("Laplace(0, 1)", "powerlaw:d=50,alpha=1")
    >>> found.psi_formula
    sqrt(pi)*sqrt(R + 1)*exp(R)*erfc(sqrt(R))
    >>> round(found.spectra.K.averaged_condition / found.spectra.Kbar.averaged_condition, 2)
    2.49
    """
    if (lr is None) != (time is None):
        given, missing = ("a step", "a time") if time is None else ("a time", "a step")
        raise ParameterError(
            f"{given} is given without {missing}; give both, or neither for the effects alone."
        )
    if lr is None and sgd_lr is not None:
        raise ParameterError(
            f"a step of SGD, {sgd_lr}, is given without signSGD's and a time; give all three."
        )
    noise, K = noise_law(law), as_covariance(covariance)
    schedule = None if lr is None else Schedule.of(lr)
    of_sgd = None if sgd_lr is None else Schedule.of(sgd_lr)
    times = None if time is None else checked_times(time, points)
    start = checked_delta(delta0, K.d, seed)
    progress("deriving the four effects", 0.0)
    formulas = four_effects()
    problem = make_problem(SIGN, noise, ode=derive_risk_ode(formulas.sign))
    psi, reason = None, ""
    if problem.functions.has_variance:
        form = problem.closed_form
        assert form is not None  # the sign rule's ODE contains phi
        response = (
            problem.phi
            if problem.phi is not None
            else phi_integral(form, dict(formulas.sign.definitions)[phi])
        )
        psi = formulas.psi_of(response, problem.functions.population_risk)
    else:
        reason = (
            f"{noise.text} has E[eps^2] = oo: psi is infinite at every R and SGD has no risk curve, "
            "while signSGD's drift stays finite."
        )
    progress("finding the spectra", 0.1)
    risk = float(start @ K.matvec(start)) / 2
    found = Effects(formulas, problem, K, psi, reason, Spectra.of(K), risk, None)
    if schedule is None or times is None:
        return found
    progress("solving the risk ODE of signSGD", 0.2)
    try:
        sign = mode_curve(SIGN, noise, K, schedule, start, times, problem=problem)
        found = replace(found, course=Course(sign, None, None, None))
        if not found.has_variance:
            return found
        course = _compared(found, sign, of_sgd, lambda share: progress("solving between the two", share))
    except KeyboardInterrupt:
        raise EffectsInterrupted(found) from None
    return replace(found, course=course)


def _compared(
    found: Effects, sign: RiskResult, of_sgd: Schedule | None, progress: Callable[[float], object]
) -> Course:
    """SGD at the matched step and at its own, and the ODEs in between."""
    board = Switchboard(
        found.formulas, found.problem, found.covariance, sign.schedule, sign.schedule, sign.delta0
    )
    if of_sgd is None:
        of_sgd = Schedule.of(board.matched_step(0.0, found.start))
    board = replace(board, step_of_sgd=of_sgd)
    matched = board.matched_curve(sign.t)
    return Course(sign, of_sgd, matched, attribute(board, sign.t, progress))
