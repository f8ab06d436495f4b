"""Exact formulas as Python expressions: every number is built from integers at run time, at any precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from signsgd_sym.codegen.stable import ExpErfc, scaled_erfc
from signsgd_sym.codegen.vector import DRIFT_RATE, NOISE_SCALE
from signsgd_sym.errors import TargetError
from signsgd_sym.notation import R, c_1, c_2, d, eta
from signsgd_sym.special import Erfcx

ADD, MUL, UNARY, POWER, ATOM = 1, 2, 3, 4, 9
"""How tightly the outermost operation of a text binds."""

NAMES: Mapping[Any, str] = {
    R: "R",
    eta: "eta",
    d: "d",
    DRIFT_RATE: "drift_rate(R)",
    NOISE_SCALE: "noise_scale(R)",
    c_1: "c1()",
    c_2: "c2()",
}


ALWAYS = ("numpy", "c", "javascript", "numba", "jax", "mpmath")
"""Targets that need no closed form."""


class CannotPrint(Exception):
    """The target has no function for a node; `name` is that of the function."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class FormulaPrinter:
    """Prints SymPy expressions; a target gives its own spelling.

    `spelling` maps a SymPy function to a template with {0}, {1}, ... for its arguments, which are balls or
    mpf (never plain integers) in it; `ball` makes one of an integer, `root` is the square root.
    """

    spelling: Mapping[Any, str] = {}
    ball = root = pi = e = imaginary = infinity = euler = ""

    def __init__(self, names: Mapping[Any, str] = NAMES) -> None:
        self.names = names

    def __call__(self, expr: Any) -> str:
        """The text of `expr` as a ball or an mpf."""
        expr = sp.sympify(expr, strict=True)
        return self.integer(expr) if expr.is_Integer else self._print(expr)[0]

    def integer(self, value: Any) -> str:
        """An integer as a ball or an mpf."""
        return self.ball.format(value)

    def _print(self, expr: Any) -> tuple[str, int]:
        if expr in self.names:
            return self.names[expr], ATOM
        if expr.is_Integer:
            return str(expr), ATOM if expr >= 0 else UNARY
        if expr.is_Rational:
            return f"{self.integer(expr.p)} / {expr.q}", MUL
        constants = {
            sp.pi: self.pi,
            sp.E: self.e,
            sp.I: self.imaginary,
            sp.oo: self.infinity,
            sp.EulerGamma: self.euler,
        }
        if expr in constants:
            return constants[expr], ATOM
        if expr.is_Add:
            return self._sum(expr), ADD
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow and expr.base != sp.E:
            return self._power(expr)
        return self._function(expr)

    def _sum(self, expr: Any) -> str:
        text = ""
        for term in expr.as_ordered_terms():
            negative = bool(term.could_extract_minus_sign())
            # Only a single term loses its sign for good; a sum in parentheses keeps it.
            body = self._within(-term if negative else term, MUL)
            if not text:
                text = f"-{body}" if negative else body
            else:
                text += f" {'-' if negative else '+'} {body}"
        return text

    def _product(self, expr: Any) -> tuple[str, int]:
        coefficient, rest = expr.as_coeff_Mul()
        if coefficient.is_negative:
            return f"-{self._within(-expr, MUL)}", UNARY
        above, below = [], []
        if coefficient.p != 1:
            above.append(sp.Integer(coefficient.p))
        if coefficient.q != 1:
            below.append(sp.Integer(coefficient.q))
        for factor in sp.Mul.make_args(rest):
            base, power = factor.as_base_exp()
            is_below = power.is_Rational and power.is_negative and base != sp.E
            (below if is_below else above).append(base**-power if is_below else factor)
        numerator = " * ".join(self._within(f, MUL if k == 0 else UNARY) for k, f in enumerate(above)) or "1"
        if not below:
            return numerator, MUL
        denominator = " * ".join(self._within(f, MUL if k == 0 else UNARY) for k, f in enumerate(below))
        if len(below) > 1 or denominator.startswith("-"):
            denominator = f"({denominator})"
        return f"{numerator} / {denominator}", MUL

    def _power(self, expr: Any) -> tuple[str, int]:
        base, power = expr.base, expr.exp
        if power.is_Rational and power.is_negative:
            return f"1 / {self._within(base**-power, UNARY)}", MUL
        if power.is_Rational and power.q == 2:
            root = self._filled(self.root, [base])
            return (root, ATOM) if power.p == 1 else (f"{root} ** {power.p}", POWER)
        below = self._within(base, ATOM) if not base.is_Integer else self.integer(base)
        return f"{below} ** {self._within(power, ATOM)}", POWER

    def _function(self, expr: Any) -> tuple[str, int]:
        arguments = expr.args if not isinstance(expr, sp.Pow) else (expr.exp,)
        head = sp.exp if isinstance(expr, sp.Pow) else expr.func
        if head not in self.spelling:
            raise CannotPrint(type(expr).__name__)
        return self._filled(self.spelling[head], arguments), ATOM

    def _filled(self, template: str, arguments: Sequence[Any]) -> str:
        return template.format(*(self(a) for a in arguments))

    def _within(self, expr: Any, level: int) -> str:
        text, own = self._print(expr)
        return text if own >= level else f"({text})"


def prepared(phi: Any) -> Any:
    """The closed form with exp erfc as erfcx, and with erfc for erf where the ones cancel.

    Where every term is then exponentially small for R -> 0, so is phi, and erf - erf would need as many bits
    as phi has zeros.
    """
    if phi.has(sp.exp_polar, sp.polar_lift):
        phi = sp.unpolarify(phi)
    if phi.has(sp.erf) and not phi.has(sp.I):
        tails = sp.expand(phi.replace(sp.erf, lambda z: 1 - sp.erfc(z)))
        if all(term.has(sp.erfc, sp.exp) for term in sp.Add.make_args(tails)):
            phi = tails
    if phi.has(sp.I):
        return phi
    return scaled_erfc(phi).replace(ExpErfc, lambda u, w, v: sp.exp(w) * Erfcx(v))


def refusal(target: str, what: str) -> TargetError:
    """The error for a formula that the target cannot express, with those that can."""
    can = ", ".join(name for name in ALWAYS if name != target)
    return TargetError(f"the {target} target cannot express {what}; {can} can.")
