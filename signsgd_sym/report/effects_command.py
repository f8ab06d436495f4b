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
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.latex import latex
from signsgd_sym.report.text import law_label, text
from signsgd_sym.solve.effects import Effects, effects
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
    """The effects, and the verdict on the derivation that takes SGD into signSGD."""

    request: EffectsRequest
    found: Effects
    verdict: Verdict

    @property
    def exit_code(self) -> int:
        """1 when the decomposition did not check."""
        return int(not self.verdict.passed)


def run_effects(request: EffectsRequest, progress: Progress = lambda stage, share: None) -> EffectsAnswer:
    """Derive, solve, check; raises `NotConverged` when an ODE cannot be followed."""
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
    progress("checking the derivation", 0.9)
    report = check_derivation(found.formulas.derivation, seed=request.seed, points=POINTS, digits=DIGITS)
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


# --- data --------------------------------------------------------------------------------------
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
        "verdict": answer.verdict.value,
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


# --- text --------------------------------------------------------------------------------------
def effects_text(answer: EffectsAnswer, plot: Path | None = None) -> str:
    """The answer for a terminal."""
    found = answer.found
    lines = [
        f"signSGD against SGD under {law_label(found.law)}, {found.covariance.name}, "
        f"R(0) = {found.start:.6g}",
        "",
        f"  signSGD is SGD with four changes; the derivation four-effects is {answer.verdict.value}",
    ]
    for number, effect in enumerate(EFFECTS, 1):
        of_sgd, of_sign = formula_of(found, effect)
        lines += ["", f"  {number}. {effect}: {text(of_sgd)} becomes {text(of_sign)}"]
        lines += [f"     {line}" for line in _effect_lines(found, effect)]
    lines += _course_lines(found)
    if plot is not None:
        lines += ["", f"plot: {plot}"]
    return "\n".join(lines)


def _effect_lines(found: Effects, effect: str) -> list[str]:
    R, spectra = found.start, found.spectra
    if effect == RATE:
        rate = float(found.effective_rate(R))
        if not found.has_variance:
            return [f"P is infinite; with psi the step is eta phi/sqrt(2 R) = {rate:.6g} eta at R(0)"]
        plain = rate / float(found.psi(R))
        return [f"{plain:.6g} eta at R(0), where P = {found.population_risk(R):.6g}; with psi {rate:.6g} eta"]
    if effect == COMPRESSION:
        if not found.has_variance:
            return [found.psi_reason, f"phi = {float(found.phi(R)):.6g} at R(0)"]
        return [f"psi(R) = {text(found.psi_formula)}", f"psi = {float(found.psi(R)):.6g} at R(0)"]
    other = ("Kbar", spectra.Kbar) if effect == PRECONDITIONING else ("K_sigma", spectra.K_sigma)
    lines = [
        f"{'':10}{'largest':>12}{'smallest':>12}{'ratio':>12}{'(tr/d)/smallest':>17}{'effective rank':>16}"
    ]
    for name, s in (("K", spectra.K), other):
        lines.append(
            f"{name:10}{s.largest:>12.5g}{s.smallest:>12.5g}{s.condition:>12.5g}"
            f"{s.averaged_condition:>17.5g}{s.effective_rank:>16.5g}"
        )
    if effect == PRECONDITIONING:
        lines.append(
            f"(4/pi^2) kappa_SGD/kappa_sign = {found.rate_advantage:.5g}: without label noise "
            f"{'signSGD' if found.rate_advantage > 1 else 'SGD'} is faster, each at half its largest step"
        )
    return lines


def _course_lines(found: Effects) -> list[str]:
    course = found.course
    if course is None:
        return []
    sign = course.sign
    T = f"{sign.t[-1]:g}"
    lines = ["", f"  signSGD, eta = {sign.schedule.expr}: R({T}) = {sign.risk[-1]:.6g}"]
    shares = course.attribution
    if shares is None or course.matched is None or course.step_of_sgd is None:
        return [*lines, "  SGD has no risk curve under this law, so there is nothing to share out"]
    psi_end = float(found.psi(sign.risk[-1]))
    step = float(course.step_of_sgd.expr) if course.step_of_sgd.is_constant else course.step_of_sgd.expr
    shown = f"{step:.6g}" if isinstance(step, float) else str(step)
    lines += [
        f"  SGD, eta_0 = {shown}: R({T}) = {shares.sgd[-1]:.6g}; at the matched step all along "
        f"{course.matched[-1]:.6g}",
        f"  psi along signSGD's curve: {float(found.psi(found.start)):.6g} at 0, {psi_end:.6g} at {T}",
        *_rest_lines(found),
        "",
        f"  shares in log R_sign({T})/R_SGD({T})",
        f"  {'':28}{'mean of 24 orders':>18}{'in this order':>15}{'alone':>10}",
    ]
    in_turn = shares.in_turn()
    for effect in EFFECTS:
        ends = (shares.shapley(effect)[-1], in_turn[effect][-1], shares.alone(effect)[-1])
        values = [round(float(end), 4) + 0.0 for end in ends]  # -0.0000 is 0
        lines.append(f"  {effect:28}{values[0]:>+18.4f}{values[1]:>+15.4f}{values[2]:>+10.4f}")
    total = sum(shares.shapley(effect)[-1] for effect in EFFECTS)
    return [*lines, f"  {'together':28}{total:>+18.4f}{sum(v[-1] for v in in_turn.values()):>+15.4f}"]


def _rest_lines(found: Effects) -> list[str]:
    advantage = found.rest_advantage
    if advantage is None:
        return []
    return [
        f"  (4/pi^2) psi^2 = {advantage:.5g} where signSGD rests: at equal pace "
        f"{'signSGD' if advantage > 1 else 'SGD'} rests at the smaller R/P"
    ]


def effects_plot(answer: EffectsAnswer, path: Path) -> None:
    """Write the panels; the format follows the file's ending."""
    from signsgd_sym.report import plots
    from signsgd_sym.report.effects_plot import effects_figure

    write_file(path, plots.image_bytes(effects_figure(answer.found), str(path)))
