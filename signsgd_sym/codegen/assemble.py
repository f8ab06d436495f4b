"""From derived formulas to a `Module`: functions with their regimes, the factors of the SDE, the ODE."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import sympy as sp

from signsgd_sym.codegen.correlation import kernel_code
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.ir import Function, Node, Num, Op, Program, Regime, Var, op, program
from signsgd_sym.codegen.lower import lower, number
from signsgd_sym.codegen.module import Factor, Facts, Module, VectorRhs
from signsgd_sym.codegen.plain import plain
from signsgd_sym.codegen.plan import Plan
from signsgd_sym.codegen.regimes import Chosen
from signsgd_sym.codegen.vector import DRIFT_RATE, NOISE_SCALE
from signsgd_sym.notation import R, d, eta, t

NAMES: dict[Any, Node] = {
    R: Var("R"),
    eta: Var("eta"),
    d: Var("d"),
    DRIFT_RATE: Op("call:drift_rate", (Var("R"),)),
    NOISE_SCALE: Op("call:noise_scale", (Var("R"),)),
}


def assemble(
    f: RiskFunctions,
    plan: Plan | None,
    exact: RiskFunctions | None = None,
    more: tuple[tuple[str, str], ...] = (),
    without_psi: str = "it belongs to the sign rule",
) -> Module:
    """The module of `f`, phi and the drift rate as planned; there is no plan where the ODE lacks phi.

    `exact` is `f` with the integrals that in `f` are floats, where there are any; `more` are further rows of
    the header, `without_psi` says why a module without phi has no psi.
    """
    chosen = plan.chosen if plan is not None else ()
    functions: list[Function] = []
    if f.has_phi:
        functions.append(
            _regimes("phi", "(2/pi) E[exp(-eps^2/(4 R))].", 2 * f.measure.mass_at_zero / sp.pi, chosen)
        )
        functions.append(
            _regimes("drift_rate", f"The drift factor {f.rate}.", f.rate_at_zero, chosen, is_rate=True)
        )
    else:
        rate, at_zero = f.with_numbers(f.rate), f.with_numbers(f.rate_at_zero)
        functions.append(single("drift_rate", f"The drift factor {f.rate}.", at_zero, lower(rate)))
    scale = f.with_numbers(f.scale_code)
    functions.append(single("noise_scale", f.scale_doc, f.with_numbers(f.scale_limit), lower(scale)))
    for name, doc, value in f.extra:
        functions.append(single(name, doc, value.subs(R, 0), lower(value)))
    if f.has_phi and f.has_variance:
        functions.append(_psi(f))
    factors = sde_factors(f)
    facts = Facts(
        f.rule,
        f.law,
        f.formula,
        str(f.rate),
        str(f.scale_code),
        f.derivation,
        f.verdict,
        f.modes,
        "exact" if plan is None else plan.accuracy,
        more,
        without_psi,
    )
    table = None if plan is None else plan.table
    kernel = f.kernel
    pieces = (kernel.series,) if kernel else ()
    elementwise = (kernel_code(kernel.name, kernel.doc, kernel.series),) if kernel else ()
    return Module(facts, tuple(functions), factors, vector_rhs(f), table, exact or f, pieces, elementwise)


def sde_factors(f: RiskFunctions) -> tuple[Factor, Factor]:
    """The scalar factors of the drift and of the diffusion of Delta."""
    drift = f"The drift of Delta is this times {f.drift_matrix} Delta."
    diffusion = f"The diffusion of Delta is this times a square root of {f.noise_matrix}."
    scale = sp.S.One if f.scale_in_noise else NOISE_SCALE
    return (
        Factor("sde_drift", ("R", "eta"), drift, plain(-eta * DRIFT_RATE, NAMES)),
        Factor("sde_diffusion", ("R", "eta", "d"), diffusion, plain(eta * sp.sqrt(scale / d), NAMES)),
    )


def scheduled(module: Module, step: Any) -> Module:
    """The module with `learning_rate(t, R)`, `step` an expression in t and R.

    Raises `CannotLower` for a function without a float64 program.
    """
    doc = f"The step size eta = {step}."
    node = plain(sp.sympify(step, strict=True), {**NAMES, t: Var("t")})
    return module.with_step(step, Factor("learning_rate", ("t", "R"), doc, node))


def _regimes(name: str, doc: str, at_zero: Any, chosen: Sequence[Chosen], is_rate: bool = False) -> Function:
    found = []
    for part in chosen:
        assert part.form is not None
        code = part.form.rate if is_rate else part.form.phi
        found.append(Regime(2.0**part.hi if part.hi < math.inf else math.inf, code, part.form.note))
    return Function(name, doc, _limit(at_zero), tuple(found))


def single(name: str, doc: str, at_zero: Any, node: Node) -> Function:
    """One program for all R > 0, and the limit `at_zero`."""
    return Function(name, doc, _limit(at_zero), (Regime(math.inf, program(node), ""),))


def _limit(value: Any) -> float:
    return math.inf if value == sp.oo else number(sp.sympify(value, strict=True))


def _psi(f: RiskFunctions) -> Function:
    """(pi/2) phi sqrt(P/R) = (pi/sqrt 2) a(R) sqrt(P), so that R cancels."""
    P = f.population_risk
    node = op("mul", op("mul", Num(number(sp.pi / sp.sqrt(2))), NAMES[DRIFT_RATE]), lower(sp.sqrt(P)))
    rate = _limit(f.rate_at_zero)
    at_zero = number(sp.pi / sp.sqrt(2) * sp.sqrt(P.subs(R, 0))) * rate if P.subs(R, 0) != 0 else 1.0
    return Function(
        "psi",
        "Noise compression (pi/2) phi(R) sqrt(P/R), P = R + E[eps^2]/2.",
        at_zero,
        (Regime(math.inf, Program((), node), ""),),
    )


def vector_rhs(f: RiskFunctions) -> VectorRhs:
    """The right-hand side of the mode ODE in operations."""
    scalars = tuple(
        (str(name), plain(sp.sympify(value, strict=True), NAMES)) for name, value in f.form.scalars
    )
    terms = tuple((str(k), tuple((a, int(p)) for a, p in powers)) for k, powers in f.form.terms)
    return VectorRhs(scalars, terms, any(sp.sympify(v, strict=True).has(R) for _, v in f.form.scalars))
