r"""A power rule |z|^p sign(z) under a law as a `Module`, for code.

    drift_rate(R) = A(R) B/sqrt(2 R),      noise_scale(R) = s(R),

the rate and the scale of `derive_sde`, averaged over the noise: in closed form under Gaussian noise
(`power_gaussian`), and for whole p where a certified form of both means is found; otherwise, and where a
closed form cancels in float64, log a and log s are Chebyshev pieces in log R of what `rule_functions`
computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.codegen import reference
from signsgd_sym.codegen.assemble import single
from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.ir import Node, Op, program
from signsgd_sym.codegen.lower import CannotLower, lower
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.pieces import Growth, Pieces, nested_series, stacked
from signsgd_sym.codegen.reference import Reference
from signsgd_sym.codegen.stable import scaled_erfc
from signsgd_sym.codegen.tabulated import assemble_tables, of_log, on_range
from signsgd_sym.codegen.targets import TARGETS
from signsgd_sym.codegen.vector import vector_form
from signsgd_sym.derive.closed_form import judge_equality, noise_mean
from signsgd_sym.derive.power_gaussian import power_under_gaussian_noise
from signsgd_sym.derive.powers import data_response, exponent_of, whole_moment
from signsgd_sym.derive.risk import RiskODE, derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.rule_growth import check_moments
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import A, K_ii, P, R, eps, s_R
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.solve.adam_residual import exact_gaussian_variance
from signsgd_sym.solve.rule_code import DIGITS, POINTS, RuleCode, modes_of, verdict_rows
from signsgd_sym.solve.rule_functions import PowerFunctions
from signsgd_sym.special import NoiseMean

Array = NDArray[np.float64]

RISKS = np.ldexp(1.381966011250105, np.arange(-39, 40))
KEPT = 1e-14
"""Relative error in float64 up to which a closed form is used; beyond, a table is."""
BINADES = 40
"""Tables reach from 2^-40 to 2^40, about 1e-12 to 1e12."""
GROWTH = Growth(math.log(16), 1e-13)
"""The quadrature itself is good to a few 1e-14."""
NO_FORM = "no closed form of the means over the noise; float64 quadrature"
WITHOUT_QUADRATURE = ("mpmath", "flint")
Rows = tuple[tuple[str, str], ...]
RATE_DOC = "The drift factor A(R) B/sqrt(2 R) of the rule under this noise."
RANGE = ("tables", f"for R in [2^-{BINADES}, 2^{BINADES}]")
ONE = Covariance.identity(2)
AGAINST = "against the quadrature that the table was made from"


def power_code(rule: UpdateRule, law: NoiseLaw, seconds: float) -> RuleCode:
    """The module of |z|^p sign(z), p > 0, under a law without symbolic parameters.

    Raises:
        RuleError, InfiniteVariance: the step has no second moment under the law.
        NotConverged: a step of a derivation does not hold.

    >>> from signsgd_sym.model.noise import noise_law
    >>> made = power_code(UpdateRule.from_text("power(2)"), noise_law("Normal(0, 1)"), 1.0)
    >>> made.generated.exact.scale
    12*(R + 1/2)**2
    """
    check_moments(rule, law)
    ode = derive_risk_ode(derive_sde(rule))
    rows = verdict_rows(ode)
    found = _gaussian(rule, ode, law) or _means(rule, ode, law, seconds)
    if found is None:
        return _from_quadrature(_functions(rule, ode, law, NO_FORM), PowerFunctions(ode.sde, law, ONE), rows)
    functions = replace(
        _functions(rule, ode, law, found.evidence),
        rate=found.rate,
        rate_at_zero=found.rate_at_zero,
        scale=found.scale,
        scale_at_zero=found.scale_at_zero,
        cancels=found.cancels,
    )
    made, tables, references = [], [], []
    for name, doc, expr, at_zero in (
        ("drift_rate", RATE_DOC, found.rate, found.rate_at_zero),
        ("noise_scale", functions.scale_doc, found.scale, found.scale_at_zero),
    ):
        known = reference.of_expression(expr, sp.S.One, RISKS)[0]
        references.append((name, known))
        node = _float64(expr, known)
        if node is not None:
            made.append(single(name, doc, at_zero, node))
            continue
        table = _table(name, partial(_enclosed, expr))
        tables.append(table)
        made.append(on_range(name, doc, Op("exp", (of_log(table),)), table))
    rows = (*rows, RANGE) if tables else rows
    module = assemble_tables(functions, tuple(made), tuple(tables), rows)
    return RuleCode(module, tuple(references))


def _from_quadrature(functions: RiskFunctions, direct: PowerFunctions, rows: Rows) -> RuleCode:
    """Both functions from tables of what `rule_functions` computes; there are no exact formulas to print."""
    made, tables, references = [], [], []
    values = np.array([direct.rate_and_scale(float(R)) for R in RISKS])
    for column, (name, doc) in enumerate((("drift_rate", RATE_DOC), ("noise_scale", functions.scale_doc))):
        table = _table(name, lambda R, k=column: direct.rate_and_scale(R)[k])  # type: ignore[misc]
        tables.append(table)
        made.append(on_range(name, doc, Op("exp", (of_log(table),)), table))
        zero = np.zeros_like(RISKS)
        references.append((name, Reference(RISKS, values[:, column], zero, zero)))
    module = assemble_tables(functions, tuple(made), tuple(tables), (*rows, RANGE))
    able = ", ".join(target for target in TARGETS if target not in WITHOUT_QUADRATURE)
    refused = {
        target: f"the {target} target prints closed forms, and the means of {functions.rule} over "
        f"{functions.law} have none here; {able} can."
        for target in WITHOUT_QUADRATURE
    }
    return RuleCode(module, tuple(references), AGAINST, refused)


def _table(name: str, function: Callable[[float], float]) -> Pieces:
    """log of a positive function of R in Chebyshev pieces of log R."""

    def logarithm(u: float) -> Array:
        return np.array([math.log(function(math.exp(u)))])

    edge = BINADES * math.log(2)
    starts = [-edge + k * GROWTH.width for k in range(round(2 * edge / GROWTH.width))]
    series = [nested_series(logarithm, lo, lo + GROWTH.width, GROWTH)[:, 0] for lo in starts]
    return stacked(f"log_{name}", f"log {name}(R), u = log R", -edge, GROWTH.width, series)


def _enclosed(expr: Any, risk: float) -> float:
    """The value of a closed form, from ball arithmetic."""
    return float(reference.of_expression(expr, sp.S.One, np.array([risk]))[0].hi[0])


def _float64(expr: Any, known: Reference) -> Node | None:
    """The program of a closed form, if it keeps its digits at the points of `known`."""
    try:
        node = lower(scaled_erfc(expr))
    except CannotLower:
        return None
    error = float(np.max(known.relative(emulate(program(node), known.risks))))
    return node if error < KEPT else None


@dataclass(frozen=True)
class Closed:
    """a(R), s(R), their limits for R -> 0, why they are believed, and whether they are sums that cancel."""

    rate: Any
    scale: Any
    rate_at_zero: Any
    scale_at_zero: Any
    evidence: str
    cancels: bool = False


def _gaussian(rule: UpdateRule, ode: RiskODE, law: NoiseLaw) -> Closed | None:
    """The closed form under Gaussian noise, and without noise; None under another law."""
    variance = exact_gaussian_variance(law)
    if variance is None:
        return None
    derivation = power_under_gaussian_noise(rule)
    report = check_derivation(derivation, seed=0, points=POINTS, digits=DIGITS)
    if (wrong := report.first_wrong) is not None:
        raise NotConverged(f"step {wrong.step} of {derivation.id} is {wrong.verdict.value}; no code is made.")
    meanings = derivation.definitions
    named = {name: meanings[name] for name in (A, s_R)}
    rate, scale = (
        sp.powsimp(expr.xreplace(named).subs(P, R + variance / 2)) for expr in (ode.sde.rate, ode.sde.scale)
    )
    evidence = f"closed form {report.verdict.value} by {derivation.id}"
    at_zero = [sp.limit(expr, R, 0, "+") for expr in (rate, scale)]
    return Closed(rate, scale, at_zero[0], at_zero[1], evidence)


def _means(rule: UpdateRule, ode: RiskODE, law: NoiseLaw, seconds: float) -> Closed | None:
    """For whole p: both means over the noise where a closed form of each is certified."""
    p = exponent_of(rule)
    if not p.is_Integer:
        return None
    sde, verdicts, values = ode.sde, [], []
    for expr in (sde.rate, sde.scale):
        full = expr.xreplace(dict(sde.definitions))
        [mean] = full.atoms(NoiseMean)
        found = _mean(law, sp.expand(sp.hyperexpand(mean.quantity)), seconds)
        if found is None:
            return None
        value, verdict = found
        verdicts.append(verdict)
        values.append(sp.expand(full.xreplace({mean: value})))
    # a = B E[f'(r)] by Stein's lemma, with f'(z) = p |z|^(p - 1).
    moments = [_mean(law, sp.Pow(sp.Abs(eps), k), seconds) for k in (p - 1, 2 * p)]
    limits = [sp.nan if one is None else one[0] for one in moments]
    evidence = f"closed form {Verdict.weakest(verdicts).value}: against the integral in ball arithmetic"
    return Closed(values[0], values[1], data_response(p) * p * limits[0], limits[1], evidence, cancels=True)


def _mean(law: NoiseLaw, quantity: Any, seconds: float) -> tuple[Any, Verdict] | None:
    """E[quantity] in closed form with its verdict; the second moment is known to the law itself."""
    if quantity.is_polynomial(eps) and sp.degree(quantity, eps) <= 2:
        value = quantity.subs(eps**2, law.second_moment())
        judgement = judge_equality(law, law.mean_of(quantity), value)
        if not value.has(eps) and judgement.verdict.passed:
            return value, judgement.verdict
    found = noise_mean(law, quantity, seconds=seconds)
    return None if found.value is None else (found.value, found.verdict)


def _functions(rule: UpdateRule, ode: RiskODE, law: NoiseLaw, evidence: str) -> RiskFunctions:
    """The functions as they are derived, before anything is known of their means."""
    sde = ode.sde
    full = [expr.xreplace(dict(sde.definitions)) for expr in (sde.rate, sde.scale)]
    p = exponent_of(rule)
    entry = f"M_ij = {sde.noise_entry} with rho = K_ij/sqrt(K_ii K_jj), M_ii = {whole_moment(p) * K_ii**p}"
    return RiskFunctions(
        law=law.text,
        rule=rule.name,
        derivation=ode.derivation.id,
        evidence=evidence,
        verdict=evidence,
        formula="not used",
        phi=None,
        has_phi=False,
        rate=full[0],
        rate_at_zero=sp.nan,
        scale=full[1],
        noise_power=law.second_moment(),
        drift_matrix=sde.preconditioned,
        noise_matrix=sde.noise_matrix,
        modes=modes_of(sde, entry),
        form=vector_form(ode.rhs, sde.rate, sde.scale),
        measure=Measure(()),
        degree=p,
        scale_at_zero=sp.nan,
    )


__all__ = ["power_code"]
