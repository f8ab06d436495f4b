"""The four effects as text for a terminal."""

from __future__ import annotations

from pathlib import Path

from signsgd_sym.derive.effects import COMPRESSION, EFFECTS, PRECONDITIONING, RATE
from signsgd_sym.report.effects_command import EffectsAnswer, formula_of
from signsgd_sym.report.layout import wrap
from signsgd_sym.report.text import WIDTH, law_label, text
from signsgd_sym.solve.effects import Effects
from signsgd_sym.solve.matrices import MatrixSpectrum


def effects_text(answer: EffectsAnswer, plot: Path | None = None, *, width: int = WIDTH) -> str:
    """The answer for a terminal; its lines are at most `width` columns where words allow it."""
    found = answer.found
    judged = "was not checked" if answer.verdict is None else f"is {answer.verdict.value}"
    lines = [
        f"signSGD against SGD under {law_label(found.law)}, {found.covariance.name}, "
        f"R(0) = {found.start:.6g}",
        "",
        f"  signSGD is SGD with four changes; the derivation four-effects {judged}",
    ]
    for number, effect in enumerate(EFFECTS, 1):
        of_sgd, of_sign = formula_of(found, effect)
        lines += ["", f"  {number}. {effect}: {text(of_sgd)} becomes {text(of_sign)}"]
        lines += [f"     {line}" for line in _effect_lines(found, effect)]
    lines += _course_lines(found)
    if plot is not None:
        lines += ["", f"plot: {plot}"]
    return "\n".join(part for line in lines for part in _wrapped(line, width))


def _wrapped(line: str, width: int) -> list[str]:
    """A line, and below it, indented, what does not fit; rows of a table fit, and keep their spaces."""
    indent = line[: len(line) - len(line.lstrip())]
    return [line] if len(line) <= width else wrap(line.strip(), width, indent, "    ")


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
    lines = _spectra_lines(spectra.K, *other)
    if effect == PRECONDITIONING:
        lines.append(
            f"(4/pi^2) kappa_SGD/kappa_sign = {found.rate_advantage:.5g}: without label noise "
            f"{'signSGD' if found.rate_advantage > 1 else 'SGD'} is faster, each at half its largest step"
        )
    return lines


def _spectra_lines(K: MatrixSpectrum, name: str, other: MatrixSpectrum) -> list[str]:
    """A table with a column a matrix: it fits a narrow terminal."""
    rows = (
        ("largest", K.largest, other.largest),
        ("smallest", K.smallest, other.smallest),
        ("ratio", K.condition, other.condition),
        ("(tr/d)/smallest", K.averaged_condition, other.averaged_condition),
        ("effective rank", K.effective_rank, other.effective_rank),
    )
    return [f"{'':18}{'K':>12}{name:>12}", *(f"{row:18}{a:>12.5g}{b:>12.5g}" for row, a, b in rows)]


def _course_lines(found: Effects) -> list[str]:
    course = found.course
    if course is None:
        return []
    sign = course.sign
    T = f"{sign.t[-1]:g}"
    lines = ["", f"  signSGD, eta = {sign.schedule.expr}: R({T}) = {sign.risk[-1]:.6g}"]
    shares = course.attribution
    if shares is None or course.matched is None or course.step_of_sgd is None:
        if found.has_variance:
            return [*lines, "  the curves of SGD, and those between the two, are not finished"]
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
        f"  {'':26}{'mean of':>11}{'in this':>10}",
        f"  {'':26}{'24 orders':>11}{'order':>10}{'alone':>10}",
    ]
    in_turn = shares.in_turn()
    for effect in EFFECTS:
        ends = (shares.shapley(effect)[-1], in_turn[effect][-1], shares.alone(effect)[-1])
        values = [round(float(end), 4) + 0.0 for end in ends]  # -0.0000 is 0
        lines.append(f"  {effect:26}{values[0]:>+11.4f}{values[1]:>+10.4f}{values[2]:>+10.4f}")
    total = sum(shares.shapley(effect)[-1] for effect in EFFECTS)
    return [*lines, f"  {'together':26}{total:>+11.4f}{sum(v[-1] for v in in_turn.values()):>+10.4f}"]


def _rest_lines(found: Effects) -> list[str]:
    advantage = found.rest_advantage
    if advantage is None:
        return []
    return [
        f"  (4/pi^2) psi^2 = {advantage:.5g} where signSGD rests: at equal pace "
        f"{'signSGD' if advantage > 1 else 'SGD'} rests at the smaller R/P"
    ]
