"""`signsgd-sym effects`: the request checked as a whole, the four effects in formulas, numbers and shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signsgd_sym.derive.effects import COMPRESSION, EFFECTS, PRECONDITIONING, RATE, RESHAPING
from signsgd_sym.errors import ParameterError
from signsgd_sym.files import check_directory, write_file
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import K_sigma, Kbar, eta, eta_0, psi
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.verdict import Report, Verdict
from signsgd_sym.report.latex import latex
from signsgd_sym.solve.effects import Effects, EffectsInterrupted, effects
from signsgd_sym.solve.matrices import MatrixSpectrum
from signsgd_sym.solve.risk import checked_delta, checked_times

Progress = Callable[[str, float], object]
POINTS, DIGITS = 6, 20
"""How often and how closely the derivation of the effects is checked before it is shown."""


@dataclass(frozen=True, eq=False)
class EffectsRequest:
    """What was asked for, parsed and checked before any work starts."""

    law: NoiseLaw
    covariance: Covariance
    schedule: Schedule | None
    time: float | None
    step_of_sgd: Schedule | None
    points: int
    seed: int

    @classmethod
    def parse(
        cls,
        law: str,
        covariance: str,
        lr: str | None,
        time: str | None,
        sgd_lr: str | None,
        points: int,
        seed: int,
        plot: Path | None,
    ) -> EffectsRequest:
        """Parse the texts of the command line; raises `InputError` of the kind that fits."""
        if (lr is None) != (time is None):
            missing = "--lr" if lr is None else "--time"
            raise ParameterError(f"{missing} is missing; give both --lr and --time, or neither of them.")
        if sgd_lr is not None and lr is None:
            raise ParameterError(f"--sgd-lr is {sgd_lr} without --lr and --time; give all three.")
        if seed < 0:
            raise ParameterError(f"--seed is {seed}; it must be 0 or more.")
        noise = NoiseLaw.from_text(law)
        schedule = None if lr is None else Schedule.of(lr)
        of_sgd = None if sgd_lr is None else Schedule.of(sgd_lr)
        horizon = None
        if time is not None:
            horizon = float(checked_times(float(exact_number(time)), points)[-1])
        if plot is not None:
            from signsgd_sym.report.plots import checked_format

            checked_format(str(plot))
            check_directory(plot.parent)
        return cls(noise, Covariance.from_spec(covariance), schedule, horizon, of_sgd, points, seed)


@dataclass(frozen=True, eq=False)
class EffectsAnswer:
    """The effects, and the verdict on the derivation that takes SGD into signSGD; None: not checked."""

    request: EffectsRequest
    found: Effects
    verdict: Verdict | None

    @property
    def exit_code(self) -> int:
        """1 when the decomposition did not check."""
        return int(self.verdict is None or not self.verdict.passed)


class EffectsAnswerInterrupted(KeyboardInterrupt):
    """Ctrl-C once the effects are known; `answer` has what was finished."""

    def __init__(self, words: str, answer: EffectsAnswer) -> None:
        super().__init__(words)
        self.answer = answer


def run_effects(request: EffectsRequest, progress: Progress = lambda stage, share: None) -> EffectsAnswer:
    """Derive, solve, check.

    Raises `NotConverged` when an ODE cannot be followed, and `EffectsAnswerInterrupted` for Ctrl-C once the
    effects are known.
    """
    try:
        found = effects(
            request.law,
            request.covariance,
            request.schedule,
            request.time,
            sgd_lr=request.step_of_sgd,
            points=request.points,
            delta0=checked_delta(None, request.covariance.d, request.seed),
            progress=progress,
        )
    except EffectsInterrupted as stopped:
        raise EffectsAnswerInterrupted(str(stopped), EffectsAnswer(request, stopped.found, None)) from None
    progress("checking the derivation", 0.9)
    derivation = found.formulas.derivation
    try:
        checker = Checker(derivation, request.seed, POINTS, DIGITS, measure_needs=False)
        report = Report(derivation.id, tuple(map(checker.judge, derivation.steps)), ())
    except KeyboardInterrupt:
        words = f"interrupted; everything is computed, the derivation {derivation.id} is not checked"
        raise EffectsAnswerInterrupted(words, EffectsAnswer(request, found, None)) from None
    return EffectsAnswer(request, found, report.verdict)


def formula_of(found: Effects, effect: str) -> tuple[Any, Any]:
    """What SGD has and what signSGD has in its place, as expressions."""
    formulas = found.formulas
    return {
        RATE: (eta_0, formulas.rate * eta),
        COMPRESSION: (1, psi),
        PRECONDITIONING: (formulas.sgd.preconditioned, Kbar),
        RESHAPING: (formulas.sgd.noise_matrix, formulas.unit * K_sigma),
    }[effect]


def effects_data(answer: EffectsAnswer) -> dict[str, Any]:
    """The answer as JSON data."""
    found = answer.found
    shown = []
    for effect in EFFECTS:
        of_sgd, of_sign = formula_of(found, effect)
        shown.append(
            {"effect": effect, "sgd": str(of_sgd), "sign": str(of_sign), "latex": latex(of_sign)}
            | {"numbers": _numbers(found, effect)}
        )
    return {
        "law": found.law.text,
        "d": found.covariance.d,
        "covariance": found.covariance.name,
        "verdict": None if answer.verdict is None else answer.verdict.value,
        "matched_step": str(found.formulas.matched),
        "psi": None if found.psi_formula is None else str(found.psi_formula),
        "psi_reason": found.psi_reason,
        "risk_at_start": found.start,
        "effects": shown,
        "rate_advantage": found.rate_advantage,
        "rest_advantage": found.rest_advantage,
        "course": None if found.course is None else _course_data(found),
    }


def _numbers(found: Effects, effect: str) -> dict[str, float | None]:
    R, spectra = found.start, found.spectra
    if effect == RATE:
        finite = found.has_variance
        return {
            "drift_rate": float(found.effective_rate(R)),
            "without_compression": float(found.effective_rate(R) / found.psi(R)) if finite else None,
            "population_risk": float(found.population_risk(R)) if finite else None,
        }
    if effect == COMPRESSION:
        return {"psi": float(found.psi(R)) if found.has_variance else None, "phi": float(found.phi(R))}
    pairs = (
        (("K", spectra.K), ("Kbar", spectra.Kbar))
        if effect == PRECONDITIONING
        else (("K", spectra.K), ("K_sigma", spectra.K_sigma))
    )
    numbers: dict[str, float | None] = {}
    for name, spectrum in pairs:
        numbers |= {f"{key}_{name}": value for key, value in _spectrum_numbers(spectrum).items()}
    return numbers


def _spectrum_numbers(spectrum: MatrixSpectrum) -> dict[str, float]:
    return {
        "largest": spectrum.largest,
        "smallest": spectrum.smallest,
        "condition": spectrum.condition,
        "averaged_condition": spectrum.averaged_condition,
        "effective_rank": spectrum.effective_rank,
    }


def _course_data(found: Effects) -> dict[str, Any]:
    course = found.course
    assert course is not None
    sign = course.sign
    data: dict[str, Any] = {
        "t": sign.t.tolist(),
        "lr": str(sign.schedule.expr),
        "sign": sign.risk.tolist(),
        "stationary": sign.stationary,
        "drift_rate": found.effective_rate(sign.risk).tolist(),
        "psi": found.psi(sign.risk).tolist() if found.has_variance else None,
        "sgd": None,
        "sgd_lr": None,
        "sgd_matched": None,
        "attribution": None,
    }
    if course.attribution is None or course.matched is None or course.step_of_sgd is None:
        return data
    shares = course.attribution
    in_turn = shares.in_turn()
    attribution = {
        effect: {
            "shapley": float(shares.shapley(effect)[-1]),
            "in_turn": float(in_turn[effect][-1]),
            "alone": float(shares.alone(effect)[-1]),
        }
        for effect in EFFECTS
    }
    return data | {
        "sgd": shares.sgd.tolist(),
        "sgd_lr": str(course.step_of_sgd.expr),
        "sgd_matched": course.matched.tolist(),
        "attribution": attribution,
    }


def effects_plot(answer: EffectsAnswer, path: Path) -> None:
    """Write the panels; the format follows the file's ending."""
    from signsgd_sym.report import plots
    from signsgd_sym.report.effects_plot import effects_figure

    write_file(path, plots.image_bytes(effects_figure(answer.found), str(path)))
