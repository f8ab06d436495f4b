r"""One step at N digits: R, a(R), s(R), the mean step exactly and linearised, and a second moment.

At a given Delta, with float64 entries of K and Delta taken exactly, every number is an enclosure:

    R = Delta^T K Delta/2,    rho_i = (K Delta)_i/(sqrt(K_ii) sqrt(2 R)),
    E[f(r x_i)] exactly in any dimension,    a(R) K_ii^(-q/2) (K Delta)_i as in the SDE.

The two means differ by what the limit d -> oo neglects, a term of order rho_i^3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_mat

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.derive.exact_mean import exact_mean
from signsgd_sym.derive.moments import one_step_mean
from signsgd_sym.derive.phi import phi_integral
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.notation import K_ii, K_jj, R, phi, rho
from signsgd_sym.solve.digits import checked_digits
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.precise_functions import drift_rate_expressions, noise_scale_expression

GUARD_DIGITS = 12
"""Digits of R and rho_i beyond those asked for: the means lose fewer."""


@dataclass(frozen=True)
class PreciseMean:
    """The mean step of a coordinate, each number with its radius.

    `exact` is E[f(r x_i)], `linear` its linearisation in `rho` = rho_i; `difference` is their relative
    difference, as a float.
    """

    coordinate: int
    rho: CertifiedDecimal
    exact: CertifiedDecimal
    linear: CertifiedDecimal
    difference: float


@dataclass(frozen=True)
class PrecisePair:
    """E[f(x_i) f(x_j)] = `value` for `coordinates` (i, j): K_sigma,ij for the sign rule."""

    coordinates: tuple[int, int]
    value: CertifiedDecimal


@dataclass(frozen=True)
class PreciseStep:
    """The moments of one step from a given Delta, all proved to `digits` digits.

    `risk` is R, `rate` a(R), `scale` s(R) = E[f(r)^2], `means` those of the coordinates asked for, and
    `pair` the second moment of the first of them and its most correlated neighbour, None without one.
    """

    digits: int
    risk: CertifiedDecimal
    rate: CertifiedDecimal
    scale: CertifiedDecimal
    means: tuple[PreciseMean, ...]
    pair: PrecisePair | None


def precise_step(
    problem: Problem,
    covariance: Covariance,
    delta: Any,
    digits: int,
    coordinates: Sequence[int] | None = None,
) -> PreciseStep:
    """The one-step moments at `delta` to `digits` digits.

    problem : from `make_problem`
    covariance, delta : K and Delta, (d,), not zero; their float64 entries, exactly
    digits : at least 15
    coordinates : which means; by default the three with the largest |rho_i|, where linearising errs most

    Raises `ParameterError` for the digits, `NotConverged` where the kernel does not enclose a value.

    >>> from signsgd_sym.model import SGD, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> step = precise_step(make_problem(SGD, noise_law("Dirac(0)")), Covariance.identity(2), [0.5, 0.25], 20)
    >>> step.risk.text, step.means[0].exact.text, step.means[0].difference
    ('0.156250000000000000000', '0.500000000000000000000', 0.0)
    """
    start = np.asarray(delta, dtype=np.float64)
    checked_digits(digits, 4 * covariance.d**2)
    work = digits + GUARD_DIGITS
    bits = math.ceil(3.33 * work) + 64
    with precision(bits):
        gradient, risk = _gradient(covariance, start)
        variances = [arb(float(k)) for k in covariance.diagonal]
        rhos = [g / (k * 2 * risk).sqrt() for g, k in zip(gradient, variances, strict=True)]
    if coordinates is None:
        sizes = [abs(float(value.mid())) for value in rhos]
        coordinates = sorted(range(covariance.d), key=lambda i: -sizes[i])[:3]
    rates = drift_rate_expressions(problem)
    linear = [rate * K_ii ** (-problem.ode.sde.power / 2) * rho * sp.sqrt(2 * K_ii * R) for rate in rates]
    means = []
    for i in coordinates:
        point = {R: risk, K_ii: variances[i], rho: rhos[i]}
        exact_ball = _enclosed(exact_mean_expressions(problem), point, work - 4, "E[f(r x_i)]")
        linear_ball = _enclosed(linear, point, work - 4, "the linearised mean step")
        with precision(bits):
            apart = float(abs((linear_ball / exact_ball - 1).mid()))
        means.append(
            PreciseMean(
                i,
                certified_decimal(rhos[i], digits, bits),
                certified_decimal(exact_ball, digits, bits),
                certified_decimal(linear_ball, digits, bits),
                apart if apart > 10.0 ** (4 - work) else 0.0,
            )
        )

    def of_R(exprs: list[Any], name: str) -> CertifiedDecimal:
        return certified_decimal(_enclosed(exprs, {R: risk}, digits + 2, name), digits, bits)

    return PreciseStep(
        digits,
        certified_decimal(risk, digits, bits),
        of_R(rates, "the drift rate"),
        of_R([noise_scale_expression(problem)], "E[f(r)^2]"),
        tuple(means),
        _pair(problem, covariance, coordinates[0], digits, bits) if coordinates else None,
    )


def exact_mean_expressions(problem: Problem) -> list[Any]:
    """E[f(r x_i)] in R, K_ii and rho: with phi in closed form where one is known, then as an integral.

    >>> from signsgd_sym.model import SIGN, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> exact_mean_expressions(make_problem(SIGN, noise_law("Dirac(0)")))[0]
    Integral(2/(pi*sqrt(1 - s**2)), (s, 0, rho))
    """
    rule, form = problem.ode.sde.rule, problem.closed_form
    if form is None:
        return [one_step_mean(rule).result]
    mean = exact_mean(rule).result
    closed = [] if problem.phi is None else [problem.phi]
    integral = phi_integral(form, dict(problem.ode.sde.definitions)[phi])
    return [_with_phi(mean, formula) for formula in (*closed, integral)]


def _with_phi(mean: Any, formula: Any) -> Any:
    return mean.replace(
        lambda node: getattr(node, "func", None) == phi.func, lambda node: formula.subs(R, node.args[0])
    )


def _gradient(covariance: Covariance, delta: Any) -> tuple[list[arb], arb]:
    """K Delta and R, at the current precision."""
    column = [arb(value) for value in delta.tolist()]
    if covariance.is_diagonal:
        product = [arb(float(k)) * x for k, x in zip(covariance.diagonal, column, strict=True)]
    else:
        image = arb_mat(covariance.K.tolist()) * arb_mat([[value] for value in column])
        product = [row[0] for row in image.tolist()]
    return product, sum((x * y for x, y in zip(column, product, strict=True)), arb(0)) / 2


def _pair(problem: Problem, covariance: Covariance, i: int, digits: int, bits: int) -> PrecisePair | None:
    if covariance.is_diagonal or covariance.d < 2:
        return None
    neighbours = np.abs(covariance.C[i])
    neighbours[i] = 0.0
    j = int(np.argmax(neighbours))
    if neighbours[j] == 0:
        return None
    with precision(bits):
        kii, kij, kjj = (arb(float(covariance.K[a, b])) for a, b in ((i, i), (i, j), (j, j)))
        point = {K_ii: kii, K_jj: kjj, rho: kij / (kii * kjj).sqrt()}
    ball = _enclosed([problem.ode.sde.noise_entry], point, digits + 2, "E[f(x_i) f(x_j)]")
    return PrecisePair((i, j), certified_decimal(ball, digits, bits))


def _enclosed(exprs: list[Any], point: Mapping[Any, Any], digits: int, name: str) -> arb:
    """The first of the expressions that the kernel encloses to so many digits."""
    reason = ""
    for expr in exprs:
        at = {symbol: value for symbol, value in point.items() if expr.has(symbol)}
        try:
            return enclose(expr, at, digits, 40 * digits + 2_000).ball.real
        except (Undecided, PointRejected, Unsupported) as limit:
            reason = str(limit)
    raise NotConverged(f"{name} is not known to {digits} digits ({reason}); ask for fewer.")


__all__ = ["PreciseMean", "PrecisePair", "PreciseStep", "exact_mean_expressions", "precise_step"]
