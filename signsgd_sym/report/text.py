"""Derivations as plain text, for terminals and pipes."""

from __future__ import annotations

import re
import textwrap
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.report.latex import _is_scalar_product, with_root

WIDTH = 100


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
        return (
            f"{self._print(node.base)}^({node.exp})"
            if node.exp.is_Rational
            else str(super()._print_MatPow(node))
        )

    def _print_Inverse(self, node: Any) -> str:
        return f"{self._print(node.arg)}^(-1)"


def text(expr: Any) -> str:
    """One-line text of an expression.

    >>> from signsgd_sym.notation import R, phi
    >>> text(phi / sp.sqrt(2 * R))
    'phi(R)/sqrt(2*R)'
    """
    return str(_Printer().doprint(with_root(sp.sympify(expr))))


def step_text(step: Step) -> tuple[str, str]:
    """Left side and "relation right side" of a step."""
    right = text(step.rhs)
    if step.relation == "~":
        return text(step.lhs), f"= {right} + O({text(step.order)})"
    if step.relation == "->":
        return text(step.lhs), f"-> {right}   as {text(step.variable)} -> {text(step.point)}"
    return text(step.lhs), f"{step.relation} {right}"


def _wrap(line: str, indent: str) -> str:
    return "\n".join(
        textwrap.wrap(
            line,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + "    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def derivation_text(derivation: Derivation) -> str:
    """The derivation as indented text: each step, then its reason."""
    lines = [f"{derivation.id}   {derivation.title}"]
    if derivation.given:
        lines.append(_wrap("given   " + ";  ".join(a.text for a in derivation.given), "  "))
    if derivation.uses:
        lines.append(_wrap("uses    " + ", ".join(u.id for u in derivation.uses), "  "))
    previous = None
    for step in derivation.steps:
        left, right = step_text(step)
        lines.append("")
        label = f"{step.id:>3}  "
        if previous is not None and step.lhs == previous:
            lines.append(label + _wrap(right, "     ").lstrip())
        else:
            lines += [label + _wrap(left, "     ").lstrip(), _wrap(right, "       ")]
        reason = step.reason + (f"  [cited: {step.reference}]" if step.reference else "")
        lines.append(_wrap("| " + reason, "         "))
        previous = step.rhs
    return "\n".join(lines)


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
