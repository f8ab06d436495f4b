"""The equations and facts behind a risk curve, for the terminal and as data: what a rule has of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.report.text import sde_text, text
from signsgd_sym.solve.adam_risk import AdamRisk
from signsgd_sym.solve.batch_functions import BatchFunctions
from signsgd_sym.solve.damped_functions import DampedFunctions
from signsgd_sym.solve.risk import RiskResult
from signsgd_sym.solve.rule_functions import PowerFunctions, SeparatedFunctions
from signsgd_sym.solve.rule_risk import RuleRisk

Curve = RiskResult | RuleRisk | AdamRisk
"""What `risk_curve` finds."""
MATRIX_SDE = "d Theta = -eta a K (Theta - theta*) dt + eta sqrt(Sigma/d) dB, a = diag(a(R, K_ii))"
MATRIX_ODE = "-eta*(a*K*V + V*K*a) + eta**2*Sigma/d"
BATCH_ODE = "-2*eta*a(R)*lambda[i]*r[i] + eta**2*s(R)*n[i]"
BATCH_RATE = {
    "sign": "a = phi_b(R)/sqrt(2*R), phi_b = sqrt(2/pi)*E[<r, G>/|r|] over b residuals, s = 1",
    "sgd": "a = 1, s = 2*P/b",
}
"""a(R) and s(R) of a minibatch of b samples."""
POWER_RATE = "a = B*E[<r, G>*|r|^(p - 1)]/(b^p*sqrt(2*R)), s = E|r|^(2*p)/b^(2*p), B = E|Z|^(p + 1)"
"""The same of the rule |z|^p sign(z), r the residuals of b samples."""
POWER_SDE = "d Theta = -eta a D^(p - 1) K (Theta - theta*) dt + eta sqrt(s M/d) dB, M = E[f(x) f(x)^T]"
BATCH_SDE = {
    "sign": "d Theta = -eta a Kbar (Theta - theta*) dt + eta sqrt(K_sigma/d) dB",
    "sgd": "d Theta = -eta K (Theta - theta*) dt + eta sqrt(2 P K/(b d)) dB",
}
ADAM_STATUS = "conjectured: that the recursion follows this ODE is supported by simulation, not proved"
"""How sure Adam's risk ODE is."""
DAMPED = {
    "a(R, K_ii)": "c_1(R, eps/sqrt(K_ii))/sqrt(2*R*K_ii)",
    "Sigma_ij": "k(C_ij; R, eps/sqrt(K_ii), eps/sqrt(K_jj)), Sigma_ii = c_2(R, eps/sqrt(K_ii))",
}
"""The coefficients of Adam with eps > 0."""
DAMPED_BASIS = "derived: c_1 and k at fixed Delta; assumed: that Delta stands still while Adam remembers"
SOLVED = {
    "diagonal": "K is diagonal: one unknown a coordinate",
    "modes": "solved in the modes of the covariance",
    "matrix": "no modes: all of V = E[Delta Delta^T] is solved for",
}
"""How the ODE of a rule was solved, in words."""


def equations_data(result: Curve) -> dict[str, Any]:
    """`phi` (None for a rule without it, or without a closed form), `sde` and `risk_ode` as texts."""
    if isinstance(result, RiskResult):
        phi = result.problem.phi
        sde, ode = result.problem.ode.sde, result.problem.ode.rhs
        return {"phi": None if phi is None else str(phi), "sde": sde_text(sde), "risk_ode": str(ode)}
    if isinstance(result, AdamRisk):
        constants = {"c_1": result.kernel.c1, "c_2": result.kernel.c2, "error": result.kernel.error}
        if result.constants_move:
            constants["R"] = float(result.risk[0])
        texts = {"sde": sde_text(result.ode.sde), "risk_ode": str(result.ode.rhs)}
        return {"phi": None, **texts, "constants": constants, "status": ADAM_STATUS}
    if result.batch > 1 and isinstance(result.functions, SeparatedFunctions):
        words, rate = _batch_equations(result.functions)
        return {"phi": None, "sde": words, "risk_ode": BATCH_ODE, "rate": rate}
    if isinstance(result.functions, PowerFunctions):
        sde = result.functions.sde
        definitions = {str(name): str(meaning) for name, meaning in sde.definitions}
        ode = str(derive_risk_ode(sde).rhs)
        return {"phi": None, "sde": sde_text(sde), "risk_ode": ode, "definitions": definitions}
    if isinstance(result.functions, DampedFunctions):
        return {
            "phi": None, "sde": MATRIX_SDE, "risk_ode": MATRIX_ODE, "form": result.form,
            "definitions": DAMPED, "constants": _damped_constants(result),
            "status": ADAM_STATUS, "basis": DAMPED_BASIS,
        }  # fmt: skip
    means = dict(_means(result.batch))
    return {"phi": None, "sde": MATRIX_SDE, "risk_ode": MATRIX_ODE, "form": result.form, "means": means}


def _batch_equations(functions: SeparatedFunctions) -> tuple[str, str]:
    """The SDE of minibatches, and what its a and s are."""
    name = functions.sde.rule.name
    if isinstance(functions, BatchFunctions):
        return BATCH_SDE[name], BATCH_RATE[name]
    return POWER_SDE, POWER_RATE


def _means(batch: int) -> list[tuple[str, str]]:
    """a(R, K_ii) and Sigma_ij of a rule without modes."""
    if batch == 1:
        return [("a(R, K_ii)", "E[d^2 f(r x_i)/dr dx_i]"), ("Sigma_ij", "E[f(r x_i) f(r x_j)]")]
    return [
        ("a(R, K_ii)", f"E[(1 + (X^2 - 1)/b) f'(s sqrt(K_ii) X)], s = |r|/b, b = {batch}"),
        ("Sigma_ij", "E[f(s x_i) f(s x_j)]"),
    ]


def equation_lines(result: Curve) -> list[str]:
    """The same for a terminal, with how sure phi is."""
    if isinstance(result, RuleRisk):
        return _lines_of_rule(result)
    if isinstance(result, AdamRisk):
        return _lines_of_adam(result)
    problem = result.problem
    lines = [
        f"  SDE         {sde_text(problem.ode.sde)}",
        f"  modes       dr_i/dt = {text(problem.ode.rhs)}",
    ]
    if problem.functions.has_phi:
        form = problem.phi
        missing = "no closed form found; quadrature and Chebyshev series"
        lines.append(f"  phi(R)      {missing if form is None else text(form)}")
        lines.append(f"              {problem.functions.evidence}")
    return lines


def _lines_of_adam(result: AdamRisk) -> list[str]:
    kernel = result.kernel
    moving = ["              at R(0); they move with R"] if result.constants_move else []
    return [
        f"  SDE         {sde_text(result.ode.sde)}",
        f"  modes       dr_i/dt = {text(result.ode.rhs)}",
        "  K_A         (K_A)_ij = k(C_ij), k(1) = c_2",
        f"  constants   c_1 = {kernel.c1:.10g}, c_2 = {kernel.c2:.10g}, estimated error {kernel.error:.1e}",
        *moving,
        f"              {ADAM_STATUS}",
    ]


def _damped_constants(result: RuleRisk) -> dict[str, Any]:
    """c_1 and c_2 at R(0), for the least and the largest K_ii."""
    k, risk = result.covariance.diagonal, float(result.risk[0])
    ends = [int(np.argmin(k)), int(np.argmax(k))]
    c_1 = result.functions.rates(risk)[ends] * np.sqrt(2 * risk * k[ends])
    c_2 = result.functions.squares(risk)[ends]
    return {"R": risk, "K_ii": k[ends].tolist(), "c_1": c_1.tolist(), "c_2": c_2.tolist()}


def _lines_of_damped(result: RuleRisk) -> list[str]:
    at = _damped_constants(result)
    ends = zip(at["K_ii"], at["c_1"], at["c_2"], strict=True)
    shown = [f"c_1 = {c_1:.10g}, c_2 = {c_2:.10g} at R(0), K_ii = {k:.6g}" for k, c_1, c_2 in ends]
    return [
        f"  SDE         {MATRIX_SDE}",
        *(f"  {name:<11} {text}" for name, text in DAMPED.items()),
        f"  V           dV/dt = {MATRIX_ODE}, R = tr(K V)/2",
        f"  constants   {shown[0]}",
        *(f"              {line}" for line in shown[1:] if line != shown[0]),
        f"              {DAMPED_BASIS}",
        f"              {ADAM_STATUS}",
    ]


def _lines_of_rule(result: RuleRisk) -> list[str]:
    if result.batch > 1 and isinstance(result.functions, SeparatedFunctions):
        words, rate = _batch_equations(result.functions)
        lines = [
            f"  SDE         {words}",
            f"  modes       dr_i/dt = {BATCH_ODE}",
            f"  a, s        {rate}, b = {result.batch}",
        ]
    elif isinstance(result.functions, DampedFunctions):
        lines = _lines_of_damped(result)
    elif isinstance(result.functions, PowerFunctions):
        sde = result.functions.sde
        lines = [
            f"  SDE         {sde_text(sde)}",
            f"  modes       dr_i/dt = {text(derive_risk_ode(sde).rhs)}",
        ]
        lines += [f"  {name!s:<11} {text(meaning)}" for name, meaning in sde.definitions]
    else:
        lines = [
            f"  SDE         {MATRIX_SDE}",
            *(f"  {name:<11} {meaning}" for name, meaning in _means(result.batch)),
            f"  V           dV/dt = {MATRIX_ODE}, R = tr(K V)/2",
        ]
    return [*lines, f"              {SOLVED[result.form]}"]
