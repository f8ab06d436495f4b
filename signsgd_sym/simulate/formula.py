r"""A formula as a compile-time constant: arbitrary f(z) or eta(t, R) inside one compiled loop.

The recursion calls two functions it does not know, the update rule f and the step size eta. Passed as
compiled functions they would defeat Numba's on-disk cache, because a function object has no identity
that outlives its process. A *type* has: a `Formula` is an empty value whose Numba type carries its
source text, so the loop is specialised to the formula, inlines it, and is found again on disk by the next
process. Numbers in a formula are part of its text: a new constant is a new specialisation (about
0.4 s once, then a few milliseconds a process).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy as sp
from numba.core import types
from numba.extending import NativeValue, models, overload, register_model, typeof_impl, unbox
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.pycode import PythonCodePrinter

from signsgd_sym import notation
from signsgd_sym.errors import RuleError, StepError

SIGN = "sign(z)"
"""Body of the sign rule, which the recursion evaluates as sign(r) sign(x_i)."""


@dataclass(frozen=True)
class Formula:
    """A real function of named float64 arguments, as the text of a Python expression.

    Example:
        >>> rule_formula(sp.tanh(notation.z / 2))
        Formula(arguments=('z',), body='math.tanh((0.5)*z)')
    """

    arguments: tuple[str, ...]
    body: str


class FormulaType(types.Type):
    """The Numba type of a `Formula`: equal, hashed and pickled by its text."""

    def __init__(self, arguments: tuple[str, ...], body: str) -> None:
        self.arguments = arguments
        self.body = body
        super().__init__(name=f"Formula({', '.join(arguments)} -> {body})")


@typeof_impl.register(Formula)
def _typeof(formula: Formula, _context: Any) -> FormulaType:
    return FormulaType(formula.arguments, formula.body)


register_model(FormulaType)(models.OpaqueModel)


@unbox(FormulaType)
def _unbox(_type: FormulaType, _value: Any, context: Any) -> Any:
    return NativeValue(context.context.get_dummy_value())  # all there is to know is in the type


def evaluate(formula: Formula, *arguments: float) -> float:
    """Value of `formula` at `arguments`; inside compiled code, the formula itself, inlined.

    Example:
        >>> evaluate(rule_formula(notation.z**3), 2.0)
        8.0
    """
    return float(_python_function(formula.arguments, formula.body)(formula, *arguments))


@overload(evaluate, strict=False, jit_options={"error_model": "numpy"})  # 1/0 is inf, as in float arithmetic
def _evaluate(formula: FormulaType, *arguments: Any) -> Any:
    return _python_function(formula.arguments, formula.body)


def _python_function(arguments: tuple[str, ...], body: str) -> Any:
    namespace: dict[str, Any] = {"math": math}
    # The body was printed from a SymPy expression by `_source`, never taken from a user.
    exec(f"def formula(formula, {', '.join(arguments)}):\n    return {body}", namespace)
    return namespace["formula"]


def rule_formula(expr: sp.Expr) -> Formula:
    """The update rule f(z) as a `Formula`.

    An odd f has f(0) = 0. Where the expression itself has no value at 0 (z/sqrt(|z|)), that value is
    written in: rows of real data do contain exact zeros.

    Args:
        expr: expression in `notation.z` alone.

    Raises:
        RuleError: a function that compiled code does not offer.

    Example:
        >>> rule_formula(notation.z / sp.sqrt(sp.Abs(notation.z))).body
        '(0.0 if z == 0.0 else z/math.sqrt(abs(z)))'
    """
    if expr == sp.sign(notation.z):
        return Formula(("z",), SIGN)
    body = _source(expr, RuleError, "update rule")
    if expr.subs(notation.z, 0) != 0:
        body = f"(0.0 if z == 0.0 else {body})"
    return Formula(("z",), body)


def schedule_formula(expr: sp.Expr) -> Formula:
    """The step size eta(t, R) as a `Formula` of t, or of t and R when R occurs in it.

    Args:
        expr: expression in `notation.t` and `notation.R` alone.

    Raises:
        StepError: a function that compiled code does not offer.

    Example:
        >>> schedule_formula(sp.sqrt(2 * notation.R) / 2).arguments
        ('t', 'R')
    """
    arguments = ("t", "R") if expr.has(notation.R) else ("t",)
    return Formula(arguments, _source(expr, StepError, "step size"))


def _source(expr: sp.Expr, error: type[RuleError] | type[StepError], what: str) -> str:
    try:
        return str(_Float64Printer({"fully_qualified_modules": True}).doprint(expr))
    except PrintMethodNotImplementedError as missing:
        raise error(
            f"{what} {expr} cannot be compiled ({str(missing).splitlines()[0]}); "
            "write it with elementary functions, erf, erfc or gamma"
        ) from missing


class _Float64Printer(PythonCodePrinter):
    """Python source in which every exact number is the float64 nearest to it.

    SymPy would print 1/3 as a quotient of integers, which overflow int64 in compiled code when a
    decimal of twenty digits was read as an exact rational.
    """

    def _print_Rational(self, expr: sp.Rational) -> str:
        return repr(expr.p / expr.q)  # Python's division of integers rounds correctly

    def _print_Integer(self, expr: sp.Integer) -> str:
        return str(expr.p) if abs(expr.p) <= 2**53 else repr(float(expr.p))

    def _print_sign(self, expr: sp.Expr) -> str:
        z = self._print(expr.args[0])
        return f"(0.0 if ({z}) == 0.0 else math.copysign(1.0, {z}))"
