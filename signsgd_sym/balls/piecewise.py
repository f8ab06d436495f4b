"""Functions that are not holomorphic: Abs, sign, Heaviside, Max, Min, Piecewise, re, im, conjugate.

On the real line |x|, sign x, ... extend to functions holomorphic off Re z = 0. That extension may be used
only for arguments that are real by assumption; otherwise the analytic answer is NaN. Conditions compare
real parts: where one is decided on a whole ball, the branch it selects is the holomorphic continuation of
the real function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from flint import acb, arb
from sympy.core.relational import Relational

from signsgd_sym.balls.ball import Ball, Evaluator, Unsupported, hull, is_real, nan
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.scope import Slots


def _real_only(on_real: Callable[..., acb], in_general: Callable[..., acb]) -> Callable[..., Evaluator]:
    def rule(e: sp.Expr, slots: Slots) -> Evaluator:
        real = all(arg.is_extended_real for arg in e.args)
        parts = [compile_node(arg, slots) for arg in e.args]

        def value(args: Sequence[Ball], analytic: bool) -> acb:
            values = [part(args, analytic) for part in parts]
            if real:
                return on_real(*values, analytic)
            return nan() if analytic else in_general(*values)

        return value

    return rule


def _sign(z: acb, analytic: bool) -> acb:
    if z.real > 0 or z.real < 0:
        return acb(1 if z.real > 0 else -1)
    return acb(0) if z.is_zero() and not analytic else nan() if analytic else acb(arb(0, 1))


def _modulus(z: acb) -> acb:
    return acb(abs(z))


def _heaviside(e: sp.Heaviside, slots: Slots) -> Evaluator:
    at_zero = compile_node(e.args[1], slots)
    step = _real_only(_sign, lambda z: nan())(sp.sign(e.args[0], evaluate=False), slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        s = step(args, analytic)
        if s.is_zero():
            return at_zero(args, analytic)
        return (
            (1 + s) / 2 if s.is_exact() or not s.is_finite() else hull(acb(0), acb(1), at_zero(args, False))
        )

    return value


def _extremum(pick: str) -> Callable[..., Evaluator]:
    def on_real(*values: Any) -> acb:
        *zs, analytic = values
        result = zs[0]
        for z in zs[1:]:
            result = getattr(result, pick)(z, analytic=analytic)
        return result

    return _real_only(on_real, lambda *zs: on_real(*zs, False) if all(map(is_real, zs)) else nan())


def _piecewise(e: sp.Piecewise, slots: Slots) -> Evaluator:
    """Branches are tried in order. An undecided condition gives the union of what may apply."""
    pieces = [(compile_node(value, slots), _condition(test, slots)) for value, test in e.args]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        possible = []
        for branch, test in pieces:
            holds = test(args, analytic)
            if holds is None and analytic:
                return nan()
            if holds is not False:
                possible.append(branch(args, analytic))
            if holds:
                return hull(*possible)
        return nan()  # no condition holds for sure: SymPy's value is nan

    return value


Test = Callable[[Sequence[Ball], bool], bool | None]


def _condition(c: Any, slots: Slots) -> Test:
    if c in (sp.true, sp.false):
        known = bool(c)
        return lambda args, analytic: known
    if isinstance(c, sp.And | sp.Or):
        tests = [_condition(arg, slots) for arg in c.args]
        absorbing = isinstance(c, sp.Or)

        def combine(args: Sequence[Ball], analytic: bool) -> bool | None:
            results = [test(args, analytic) for test in tests]
            if absorbing in results:
                return absorbing
            return None if None in results else not absorbing

        return combine
    if isinstance(c, sp.Not):
        inner = _condition(c.args[0], slots)
        return lambda args, analytic: None if (r := inner(args, analytic)) is None else not r
    if not isinstance(c, Relational):
        raise Unsupported(f"the condition {c}")
    left, right = compile_node(c.lhs, slots), compile_node(c.rhs, slots)
    symbol = c.rel_op

    def compare(args: Sequence[Ball], analytic: bool) -> bool | None:
        gap = left(args, False) - right(args, False)
        x = gap.real
        if symbol in ("==", "!="):
            equal = True if gap.is_zero() else None if gap.contains(0) else False
            return equal if equal is None or symbol == "==" else not equal
        if not (analytic or gap.imag.contains(0)):
            raise ValueError(f"{c} compares complex numbers")
        if symbol in ("<", "<="):
            x = -x
        yes, no = (x > 0, x <= 0) if symbol in ("<", ">") else (x >= 0, x < 0)
        return True if yes else False if no else None

    return compare


PIECEWISE_RULES: list[tuple[Any, Callable[..., Evaluator]]] = [
    (sp.Abs, _real_only(lambda z, flag: z.real_abs(analytic=flag), _modulus)),
    (sp.sign, _real_only(_sign, lambda z: z.sgn())),
    (sp.re, _real_only(lambda z, flag: z, lambda z: acb(z.real))),
    (sp.im, _real_only(lambda z, flag: acb(0), lambda z: acb(z.imag))),
    (sp.arg, _real_only(lambda z, flag: nan() if flag else acb(z.arg()), lambda z: acb(z.arg()))),
    (sp.conjugate, _real_only(lambda z, flag: z, lambda z: z.conjugate())),
    (sp.floor, _real_only(lambda z, flag: z.real_floor(analytic=flag), lambda z: nan())),
    (sp.ceiling, _real_only(lambda z, flag: z.real_ceil(analytic=flag), lambda z: nan())),
    (sp.Heaviside, _heaviside),
    (sp.Max, _extremum("real_max")),
    (sp.Min, _extremum("real_min")),
    (sp.Piecewise, _piecewise),
]
