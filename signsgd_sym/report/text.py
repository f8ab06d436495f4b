"""Derivations as plain text, for terminals and pipes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter
from sympy.stats import random_symbols

from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.verdict import Report
from signsgd_sym.report.latex import _is_scalar_product, with_root

WIDTH = 100


def derivation_text(derivation: Derivation, report: Report | None = None, **options: Any) -> str:
    """The derivation step by step, with verdicts where there is a report; see `layout`."""
    from signsgd_sym.report.layout import layout

    return layout(derivation, report, **options)


class _Printer(StrPrinter):
    def _print_Trace(self, node: Any) -> str:
        return (
            f"({self._print(node.arg)})" if _is_scalar_product(node.arg) else f"tr({self._print(node.arg)})"
        )

    def _print_NoiseMean(self, node: Any) -> str:
        return f"E[{self._print(node.quantity)}]"

    def _print_OwenT(self, node: Any) -> str:
        return f"T({', '.join(self._print(arg) for arg in node.args)})"

    def _print_Symbol(self, node: Any) -> str:
        return "eps" if node.name == "epsilon" else str(node.name)

    def _print_MatPow(self, node: Any) -> str:
        if not node.exp.is_Rational:
            return str(super()._print_MatPow(node))
        plain = node.exp.is_Integer and node.exp > 0 and isinstance(node.base, sp.MatrixSymbol)
        return f"{self._print(node.base)}^{node.exp}" if plain else f"{self._print(node.base)}^({node.exp})"

    def _print_ImmutableDenseMatrix(self, node: Any) -> str:
        rows = (", ".join(map(self._print, row)) for row in node.tolist())
        return f"[{'; '.join(rows)}]"

    def _print_Determinant(self, node: Any) -> str:
        return f"det({self._print(node.arg)})"

    def _print_Inverse(self, node: Any) -> str:
        return f"{self._print(node.arg)}^(-1)"


def text(expr: Any) -> str:
    """One-line text of an expression.

    >>> from signsgd_sym.notation import R, phi
    >>> text(phi / sp.sqrt(2 * R))
    'phi(R)/sqrt(2*R)'
    """
    return str(_Printer().doprint(with_root(sp.sympify(expr, strict=True))))


def laws_text(*sides: Any) -> str:
    """`X ~ Normal(0, 1)` for every `sympy.stats` variable in the sides of a step."""
    symbols = sorted({s for side in sides for s in random_symbols(side)}, key=str)
    return ", ".join(f"{text(symbol)} ~ {_law_text(symbol)}" for symbol in symbols)


def _law_text(symbol: Any) -> str:
    law = getattr(symbol.pspace, "distribution", None)
    if law is None:
        return str(symbol.pspace)
    return f"{type(law).__name__.removesuffix('Distribution')}({', '.join(map(text, law.args))})"


def limit_text(step: Step) -> str:
    """`R -> 0`, with the side from which where it is one."""
    side = {"+": " from above", "-": " from below"}.get(step.direction, "")
    return f"{text(step.variable)} -> {text(step.point)}{'' if step.point.is_infinite else side}"


def step_text(step: Step) -> tuple[str, str]:
    """Left side and "relation right side" of a step."""
    left, right = text(step.lhs), text(step.rhs)
    if step.relation == "~":
        return left, f"= {right} + O({text(step.order)})   as {limit_text(step)}"
    if step.relation == "->":
        return left, f"-> {right}   as {limit_text(step)}"
    if step.relation == "has law":
        laws = laws_text(step.lhs, step.rhs)
        return left, f"has the law of {right}" + (f"   where {laws}" if laws else "")
    return left, f"{step.relation} {right}"


def statement(step: Step) -> str:
    """The whole step in one line.

    >>> from signsgd_sym.notation import x
    >>> statement(Step("1", x, "=", sp.exp(x), ""))
    'x = exp(x)'
    """
    return " ".join(step_text(step))


def sde_text(sde: LimitSDE) -> str:
    """The SDE as one line."""
    rate = "" if sde.rate == 1 else f" {text(sde.rate)}"
    matrix = "Kbar" if sde.power == 1 else text(sde.preconditioned)
    scale = "" if sde.scale == 1 else f"{text(sde.scale)} "
    return (
        f"d Theta = -eta{rate} {matrix} (Theta - theta*) dt + eta sqrt({scale}{text(sde.noise_matrix)}/d) dB"
    )


def law_label(law: Any) -> str:
    """The text of a law with exact decimals in place of long fractions; it parses back to the same law.

    Densities are left as they are: in x**4/4 the fraction is not 4/4.

    >>> from signsgd_sym.model.noise import noise_law
    >>> law_label(noise_law("0.0021*StudentT(1/3)"))
    '0.0021*StudentT(1/3)'
    """
    if "ensity" in law.text:
        return str(law.text)
    return re.sub(r"(?<![\w.*/])(\d+)/(\d+)(?![\w.*]*\*\*)\b", _shorter_decimal, law.text)


def _shorter_decimal(match: re.Match[str]) -> str:
    fraction = Fraction(int(match[1]), int(match[2]))
    decimal = f"{float(fraction):.12g}"
    exact = "e" not in decimal and Fraction(decimal) == fraction
    return decimal if exact and len(decimal) < len(match[0]) else match[0]
