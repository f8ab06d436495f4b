r"""From a derived ODE and a law to running code: the functions, their accuracy, the loaded module."""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.codegen.assemble import assemble
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.measure import Measure, Term
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.plan import Plan, make_plan
from signsgd_sym.codegen.targets import numpy as numpy_target
from signsgd_sym.codegen.vector import vector_form
from signsgd_sym.derive.closed_form import ClosedForm
from signsgd_sym.derive.phi import drift_rate_at_zero, phi_mean, phi_of
from signsgd_sym.derive.risk import RiskODE, derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import InfiniteVariance, NotConverged, ParameterError, RuleError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import A, P, R, phi, s_R, x
from signsgd_sym.solve.rule_code import modes_of
from signsgd_sym.special import NoiseMean

SQUARES = (1e-300, 1e300)
"""Where E[eps^2] has to lie, unless it is 0 or infinite: its multiples are float64 numbers then."""


@dataclass(frozen=True, repr=False)
class Problem:
    """The derived ODE of one rule under one law, and the module generated from it.

    `closed_form` is None for rules whose ODE does not contain phi. `plan` says how phi is computed where, and
    `generated` is what every target prints; `source` and `module` are the NumPy one.
    """

    law: NoiseLaw
    ode: RiskODE
    closed_form: ClosedForm | None
    phi: Any | None
    functions: RiskFunctions
    plan: Plan | None
    generated: Module
    source: str
    module: types.ModuleType

    @property
    def phi_error(self) -> float | None:
        """A bound of the relative error of phi in float64: proved for Chebyshev pieces, else measured.

        The measured one is on [1e-12, 1e12]. None where the ODE does not contain phi.
        """
        return None if self.plan is None else self.plan.relative_error

    def __repr__(self) -> str:
        return f"Problem({self.ode.sde.rule.name} under {self.law.text})"


def measure_of(law: NoiseLaw) -> Measure:
    """The law as exact numbers and densities for quadrature; its parameters must all be numbers.

    >>> from signsgd_sym.model.noise import noise_law
    >>> measure_of(noise_law("Uniform(2, 3)")).terms[0].pieces
    ((1, 1, 2, 3),)
    """
    if law.parameters:
        names = ", ".join(s.name for s in law.parameters)
        raise ParameterError(f"{law.text} has the symbolic parameter {names}; numbers are needed to run it.")
    terms = []
    for weight, term in law.gaussian_terms():
        if isinstance(term, Atom):
            terms.append(Term(((weight, term.location),), ()))
            continue
        pieces = tuple((weight, piece.density, piece.lo, piece.hi) for piece in term.pieces)
        mass = sp.S.One if term.at.has(R) and term.at.subs(R, sp.oo) is sp.oo else _mass(term.pieces)
        terms.append(Term((), pieces, term.at, term.prefactor, mass))
    plain = [term for term in terms if term.spread == R and term.prefactor == 1]
    merged = Term(tuple(a for t in plain for a in t.atoms), tuple(p for t in plain for p in t.pieces))
    return Measure(tuple([merged] if plain else []) + tuple(t for t in terms if t not in plain))


def _check_squares(noise_power: Any) -> None:
    if noise_power.has(sp.Integral) or noise_power.is_finite is False or noise_power.is_zero:
        return
    least, most = SQUARES
    found = sp.N(noise_power, 15)
    if not least <= found <= most:
        remedy = (
            "take Dirac(0), from which no risk in float64 differs"
            if found < least
            else "measure the noise, Delta and eta in a larger unit"
        )
        raise ParameterError(
            f"the label noise has E[eps^2] = {str(sp.N(found, 3)).lower()}, but float64 computes with "
            f"{least:g} to {most:g} only; {remedy}."
        )


def _mass(pieces: tuple[Any, ...]) -> Any:
    """The integral of a characteristic function over its pieces."""
    from signsgd_sym.derive.routes import power

    found = [power.integrate(sp.Integral(p.density, (x, p.lo, p.hi))) for p in pieces]
    if any(one is None for one in found):
        raise NotConverged("the integral of the characteristic function is not known; no quadrature for it.")
    return sp.Add(*(one.value for one in found if one is not None))


def make_problem(
    rule: UpdateRule,
    law: NoiseLaw,
    *,
    ode: RiskODE | None = None,
    found: ClosedForm | None = None,
    seconds: float = 20.0,
) -> Problem:
    """Derive (unless `ode` is given), find phi (unless `found` is), generate the module and measure it.

    Raises `InfiniteVariance` when the rule's noise needs E[eps^2] and the law has none, and `ParameterError`
    when float64 does not hold the numbers of the law.
    """
    ode = ode or derive_risk_ode(derive_sde(rule))
    sde = ode.sde
    noise_power = law.second_moment()
    if sde.scale.has(P) and noise_power.is_finite is False:
        raise InfiniteVariance(
            f"{rule.name} needs label noise of finite variance and {law.text} has E[eps^2] = oo; "
            "use --optimizer sign or a law with a variance."
        )
    measure = measure_of(law)
    _check_squares(noise_power)
    if sde.rate.has(NoiseMean, A) or sde.scale.has(NoiseMean, s_R):
        raise RuleError(
            f"f(z) = {rule.expr} needs expectations over the noise for which no code is generated; take the "
            "rule sign or sgd, or risk_curve for its curve."
        )
    needs_phi = sde.rate.has(phi)
    form, formula, at_zero = None, None, sp.sympify(sde.rate, strict=True)
    if needs_phi:
        response = dict(sde.definitions)[phi]
        form = found or phi_mean(law, response, seconds=seconds)
        formula = phi_of(form, response)
        at_zero = drift_rate_at_zero(law, response)
    exact = RiskFunctions(
        law=law.text,
        rule=rule.name,
        derivation=ode.derivation.id,
        evidence=_evidence(form),
        verdict=_verdict(form),
        formula=str(
            formula if formula is not None else sp.Mul(2 / sp.pi, form.integral) if form else "not used"
        ),
        phi=formula,
        has_phi=needs_phi,
        rate=sde.rate,
        rate_at_zero=at_zero,
        scale=sde.scale,
        noise_power=noise_power,
        drift_matrix=sde.preconditioned,
        noise_matrix=sde.noise_matrix,
        modes=modes_of(sde, f"M_ij = {sde.noise_entry} with rho = K_ij/sqrt(K_ii K_jj)"),
        form=vector_form(ode.rhs, sde.rate, sde.scale),
        measure=measure,
    )
    functions = replace(exact, noise_power=_number(noise_power), rate_at_zero=_number(at_zero))
    at_zero = functions.rate_at_zero
    plan = None
    if needs_phi:
        # phi ~ a(0) sqrt(2 R) for R -> 0 where the drift rate has a finite limit.
        regular = at_zero.is_finite and at_zero.is_positive
        plan = make_plan(formula, functions.factor, measure, 0.5 if regular else None)
    generated = assemble(functions, plan, exact)
    source = numpy_target.source(generated)
    return Problem(law, ode, form, formula, functions, plan, generated, source, numpy_target.load(source))


def _number(value: Any) -> Any:
    """The value, to 25 digits if it contains integrals: enclosed, or by mpmath where the kernel cannot."""
    if not value.has(sp.Integral):
        return value
    try:
        ball = enclose(value, {}, digits=25).ball.real
        return sp.Float(ball.mid().str(30, radius=False), 25)
    except (Unsupported, Undecided, PointRejected):
        return sp.Float(value.evalf(20), 17)


def _verdict(form: ClosedForm | None) -> str:
    """The verdict, without what differs from run to run."""
    if form is None or form.value is None:
        return _evidence(form)
    found = form.judgement
    return f"closed form {found.verdict.value}: against the integral in ball arithmetic" + (
        f", {found.evidence.region}" if found.evidence.region else ""
    )


def _evidence(form: ClosedForm | None) -> str:
    if form is None:
        return "no expectation over the law but E[eps^2]"
    if form.value is None:
        return "quadrature of the integral"
    found = form.judgement
    words = filter(None, (found.evidence.summary(), found.evidence.region))
    return f"closed form {found.verdict.value}: {', '.join(words)}"
