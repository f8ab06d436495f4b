"""SymPy expressions in several symbols to programs, as they are written: for factors that nothing can lose
digits in, products of step size, drift rate and noise scale, and for schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp

from signsgd_sym.codegen.ir import Node, Num, Op, op
from signsgd_sym.codegen.lower import CannotLower, number


def plain(expr: Any, names: Mapping[Any, Node]) -> Node:
    """The operations of `expr`; `names` gives the nodes of its symbols and function calls.

    Raises `CannotLower` for a function without a program.

    >>> from signsgd_sym.codegen.ir import Var
    >>> x, y = sp.symbols("x y")
    >>> plain(x / y, {x: Var("x"), y: Var("y")})
    Op(name='div', args=(Var(name='x'), Var(name='y')))
    """
    if expr in names:
        return names[expr]
    if expr.is_number:
        return Num(number(expr))
    if expr.is_Add:
        return _chain("add", [plain(arg, names) for arg in expr.args])
    if expr.is_Mul:
        numerator, denominator = sp.fraction(expr)
        if denominator.free_symbols:
            return op("div", plain(numerator, names), plain(denominator, names))
        constant, rest = expr.as_coeff_Mul()
        parts = [plain(arg, names) for arg in sp.Mul.make_args(rest)]
        return _chain("mul", ([Num(number(constant))] if constant != 1 else []) + parts)
    if expr.is_Pow:
        base, exponent = expr.base, expr.exp
        if exponent.is_number and exponent.is_negative:
            return op("div", Num(1.0), plain(base**-exponent, names))
        node = plain(base, names)
        if exponent == sp.Rational(1, 2):
            return Op("sqrt", (node,))
        if exponent.is_Integer:
            return _chain("mul", [node] * int(exponent))
        return Op("pow", (node, plain(exponent, names)))
    if isinstance(expr, sp.Max | sp.Min):
        return _chain("max" if isinstance(expr, sp.Max) else "min", [plain(arg, names) for arg in expr.args])
    if isinstance(expr, sp.Piecewise):
        return _choice(list(expr.args), names)
    functions = {sp.exp: "exp", sp.log: "log", sp.Abs: "abs", sp.sin: "sin", sp.cos: "cos", sp.tanh: "tanh"}
    if expr.func in functions:
        return Op(functions[expr.func], (plain(expr.args[0], names),))
    raise CannotLower(type(expr).__name__)


def _choice(cases: list[Any], names: Mapping[Any, Node]) -> Node:
    """Nested `less`; NaN where no condition holds."""
    if not cases:
        return Num(math.nan)
    value, condition = cases[0]
    if condition == sp.true:
        return plain(value, names)
    one, other = plain(value, names), _choice(cases[1:], names)
    if not isinstance(condition, sp.core.relational.Relational) or isinstance(condition, sp.Eq | sp.Ne):
        raise CannotLower(f"the condition {condition}")
    left, right = plain(condition.lhs, names), plain(condition.rhs, names)
    if isinstance(condition, sp.Gt | sp.Ge):
        left, right = right, left
    if isinstance(condition, sp.Lt | sp.Gt):
        return Op("less", (left, right, one, other))
    return Op("less", (right, left, other, one))


def _chain(name: str, nodes: list[Node]) -> Node:
    total = nodes[0]
    for node in nodes[1:]:
        total = op(name, total, node)
    return total
