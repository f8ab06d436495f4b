r"""Forms of one closed form that are equal in exact arithmetic and differ in float64.

None is best everywhere: erf(v) keeps its digits for small v and 1 - erfc(v) in differences at large v, and
1 - exp(-1/R) needs expm1 at large R. Which form is used where is found by measuring (`regimes`); that each
is equal to the closed form is a step for the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import expm1

from signsgd_sym.codegen.end_series import EndSeries
from signsgd_sym.codegen.ir import Node, Num, Op, Program, op, program
from signsgd_sym.codegen.lower import CannotLower, lower, number
from signsgd_sym.codegen.stable import ExpErfc, stable
from signsgd_sym.notation import R
from signsgd_sym.special import Erfcx


@dataclass(frozen=True)
class Form:
    """One way to evaluate phi, and the rate, which is `factor` times phi.

    `expr` is exact and equal to phi where `series` is None; `note` says what was done; `cost` counts as much
    as that many regimes.
    """

    expr: Any
    note: str
    phi: Program
    rate: Program
    series: EndSeries | None = None
    cost: float = 0.0


def plain(expr: Any) -> Any:
    """The expression in functions that the checker knows.

    >>> z = sp.Symbol("z", positive=True)
    >>> plain(expm1(z) * Erfcx(z))
    (exp(z) - 1)*exp(z**2)*erfc(z)
    """
    expr = expr.replace(ExpErfc, lambda u, w, v: sp.exp(u) * sp.erfc(v))
    expr = expr.replace(Erfcx, lambda z: sp.exp(z**2) * sp.erfc(z))
    return expr.replace(expm1, lambda z: sp.exp(z) - 1)


def closed_forms(phi: Any, factor: Any) -> Iterator[Form]:
    """The forms of phi, the plainest first; `factor` is rate/phi.

    Raises `CannotLower` where phi has a function without a float64 program.
    """
    seen: list[Any] = []
    notes: list[str] = []
    for rewrite, note in REWRITINGS:
        expr = rewrite(phi)
        if expr is None or expr in seen:
            continue
        seen.append(expr)
        notes.append(note)
        yield Form(expr, note, program(lower(expr)), program(lower(_times(expr, factor))))
    for expr, note in zip(seen, notes, strict=True):
        try:
            own, rate = (program(lower(e, twofold=True)) for e in (expr, _times(expr, factor)))
        except CannotLower:
            continue
        yield Form(expr, f"{note}, {TWOFOLD}", own, rate, cost=1.5)


def _times(expr: Any, factor: Any) -> Any:
    """The product, term by term: over a common denominator it could overflow where the terms do not."""
    return sp.Add(*(sp.powsimp(term * factor) for term in sp.Add.make_args(expr)))


def _expanded(phi: Any) -> Any:
    return sp.expand(phi, power_exp=False, power_base=False, log=False)


def _with_tails(phi: Any) -> Any:
    """erf as 1 - erfc, terms apart."""
    if not phi.has(sp.erf):
        return None
    return _expanded(_expanded(phi).replace(sp.erf, lambda v: 1 - sp.erfc(v)))


def _with_bodies(phi: Any) -> Any:
    """erfc as 1 - erf, terms apart."""
    if not phi.has(sp.erfc):
        return None
    return _expanded(_expanded(phi).replace(sp.erfc, lambda v: 1 - sp.erf(v)))


def _with_expm1(phi: Any) -> Any:
    """exp(-a/R) as 1 + expm1(-a/R), what is rational gathered so that it cancels exactly."""

    def small(u: Any) -> bool:
        return bool(sp.limit(u, R, sp.oo) == 0) if u.is_rational_function(R) else False

    if not any(small(e.args[0]) for e in phi.atoms(sp.exp)):
        return None
    swapped = _expanded(phi).replace(sp.exp, lambda u: 1 + expm1(u) if small(u) else sp.exp(u))
    collected: dict[Any, Any] = {}
    for term in sp.Add.make_args(_expanded(swapped)):
        rest, functions = _split(term)
        collected[functions] = collected.get(functions, sp.S.Zero) + rest
    return sp.Add(*(sp.factor_terms(sp.together(rest)) * f for f, rest in collected.items()))


def _split(term: Any) -> tuple[Any, Any]:
    """The algebraic and the transcendental factors of a term."""
    functions = [f for f in sp.Mul.make_args(term) if f.has(sp.exp, sp.erf, sp.erfc, expm1)]
    return term / sp.Mul(*functions), sp.Mul(*functions)


TWOFOLD = "algebraic factors in two floats"
REWRITINGS: tuple[tuple[Callable[[Any], Any], str], ...] = (
    (stable, "the closed form with exp(v^2) erfc(v) = erfcx(v)"),
    (lambda phi: stable(_expanded(phi)), "the closed form, term by term"),
    (lambda phi: _then(stable, _with_tails(phi)), "erf(v) = 1 - erfc(v)"),
    (lambda phi: _then(stable, _with_bodies(phi)), "erfc(v) = 1 - erf(v)"),
    (lambda phi: _then(stable, _with_expm1(phi)), "exp(u) = 1 + expm1(u)"),
)


def _then(rewrite: Callable[[Any], Any], expr: Any) -> Any:
    return None if expr is None else rewrite(expr)


def series_form(series: EndSeries, factor: Any) -> Form:
    """front sum_k c_k v^k by Horner's rule; for the rate, front times `factor`."""
    variable = lower(series.variable)
    total: Node = Num(number(series.coefficients[-1]))
    for c in reversed(series.coefficients[:-1]):
        total = op("mul", total, variable)
        if c != 0:
            total = op("add", total, Num(number(c)))
    where = "large" if series.end == "oo" else "small"
    phi = program(op("mul", lower(series.front), total))
    if series.front.has(R):
        rate = program(op("mul", lower(sp.powsimp(series.front * factor)), total))
    else:
        rate = program(_scaled(op("mul", lower(series.front), total), factor))
    expr = series.front * sp.Add(*(c * series.variable**k for k, c in enumerate(series.coefficients)))
    return Form(expr, f"series at {where} R, truncated at {series.error:.0e}", phi, rate, series)


def table_form(factor: Any) -> Form:
    """phi from the Chebyshev pieces of the module."""
    value = Op("table", (lower(R),))
    return Form(None, "Chebyshev pieces", program(value), program(_scaled(value, factor)))


def _scaled(value: Node, factor: Any) -> Node:
    """value * factor; for factor = 1/sqrt(2 R) a division by one root, which is one rounding less."""
    square = sp.cancel(1 / factor**2)
    if square.is_polynomial(R):
        return op("div", value, Op("sqrt", (lower(square),)))
    return op("mul", value, lower(factor))
