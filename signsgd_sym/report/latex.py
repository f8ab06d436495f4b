r"""LaTeX for expressions, derivations and SDEs, with the symbols of the text.

SymPy splits sqrt(2 R) into sqrt(2) sqrt(R) and writes a trace of a scalar as a trace; readers expect
sqrt(2R) and Delta^T K Delta. The printer puts that right; it changes no expression that is stored.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.notation import LATEX_NAMES, Kbar, R, t
from signsgd_sym.proof.derivation import Derivation, Step
from signsgd_sym.proof.verdict import Report
from signsgd_sym.report import words

_root = sp.Symbol("sqrt(2*R)", positive=True)
RELATIONS = {"=": "=", "<=": r"\le", "~": "=", "->": r"\to", "has law": r"\sim", ":=": ":="}


def with_root(expr: Any) -> Any:
    """`expr` with the odd powers of sqrt(R) written in sqrt(2 R), in each product that this makes shorter."""

    def is_root(node: Any) -> bool:
        return isinstance(node, sp.Pow) and node.base == R and getattr(node.exp, "q", 1) == 2

    def shorter(product: Any) -> Any:
        rooted = [(_root / sp.sqrt(2)) ** (2 * f.exp) if is_root(f) else f for f in product.args]
        rewritten = sp.Mul(*rooted)
        return rewritten if sp.count_ops(rewritten) < sp.count_ops(product) else product

    return expr.replace(lambda node: isinstance(node, sp.Mul) and any(map(is_root, node.args)), shorter)


class Printer(LatexPrinter):
    """SymPy's LaTeX printer with this project's names."""

    def __init__(self, **settings: Any) -> None:
        names = {
            **LATEX_NAMES,
            _root: r"\sqrt{2 R}",
            Kbar: r"\overline{K}",
            **settings.pop("symbol_names", {}),
        }
        super().__init__({"symbol_names": names, "inv_trig_style": "full", **settings})

    def _print_Trace(self, node: Any) -> str:
        inner = self._print(node.arg)
        if node.arg.shape[0] == 1 or _is_scalar_product(node.arg):
            return rf"\left({inner}\right)"
        return rf"\operatorname{{tr}}\left({inner}\right)"

    def _print_MatrixSymbol(self, node: Any) -> str:
        if node == Kbar:
            return r"\overline{K}"
        return str(super()._print_Symbol(sp.Symbol(node.name)))

    def _print_Indexed(self, node: Any) -> str:
        base = self._print(sp.Symbol(node.base.name))
        return f"{base}_{{{','.join(self._print(index) for index in node.indices)}}}"

    def _print_Derivative(self, node: Any) -> str:
        # A quantity along the curve depends on t alone.
        text = str(super()._print_Derivative(node))
        return text.replace(r"\partial", r"\mathrm{d}") if node.variables == (t,) else text

    def _print_Transpose(self, node: Any) -> str:
        inner = self._print(node.arg)
        return (
            rf"{inner}^{{\top}}"
            if isinstance(node.arg, sp.MatrixSymbol)
            else rf"\left({inner}\right)^{{\top}}"
        )


def _is_scalar_product(product: Any) -> bool:
    factors = product.args if isinstance(product, sp.MatMul) else ()
    matrices = [factor for factor in factors if isinstance(factor, sp.MatrixExpr)]
    return bool(matrices) and matrices[0].shape[0] == 1 and matrices[-1].shape[1] == 1


def latex(expr: Any) -> str:
    r"""LaTeX of an expression.

    >>> from signsgd_sym.notation import phi
    >>> print(latex(phi / sp.sqrt(2 * R)))
    \frac{\phi{\left(R \right)}}{\sqrt{2 R}}
    """
    return str(Printer().doprint(with_root(sp.sympify(expr, strict=True))))


def step_latex(step: Step) -> tuple[str, str, str]:
    """Left side, relation and right side of a step; `~` gets its order, `->` its limit."""
    relation, right = RELATIONS[step.relation], latex(step.rhs)
    if step.relation == "~":
        right += rf" + O\left({latex(step.order)}\right)"
    if step.relation == "->":
        side = {"+": "^+", "-": "^-"}.get(step.direction, "") if not step.point.is_infinite else ""
        relation = rf"\xrightarrow[{latex(step.variable)} \to {latex(step.point)}{side}]{{}}"
    return latex(step.lhs), relation, right


def derivation_latex(derivation: Derivation, report: Report | None = None) -> str:
    """The derivation as an `align*` environment, a reason behind every line.

    With a report, the verdict of every line is a comment above it, so that the formulas can be pasted into
    a paper as they are. What is not a pass is set in the text as well: a reader of the paper has to see it.
    """
    lines, previous = [], None
    for step in derivation.steps:
        left, relation, right = step_latex(step)
        shown = "" if previous is not None and step.lhs == previous else left
        reason, comment = escape(step.reason), ""
        if step.reference:
            reason += f" (cited: {escape(step.reference)})"
        if report is not None:
            judgement = report[step.id]
            word, rest = words.verdict_words(judgement)
            comment = "  % " + ", ".join(part for part in (f"{step.id}: {word}", rest) if part) + "\n"
            if judgement.verdict.failed:
                reason += rf" \textbf{{[{word}]}}"
        lines.append(rf"{comment}  {shown} &{relation} {right} && \text{{{reason}}}")
        previous = step.rhs
    body = " \\\\\n".join(lines)
    return f"{_comment(derivation, report)}\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _comment(derivation: Derivation, report: Report | None) -> str:
    """Title, verdict, what is given and which steps need it, as comments."""
    if report is None:
        return ""
    lines = [
        f"{derivation.id}: {derivation.title}",
        f"{report.verdict.value}: {words.tally(report.judgements)}",
    ]
    needed = dict(words.needed_words(derivation, report))
    lines += [f"given: {a.text} ({needed[a.label]})" for a in derivation.given]
    lines += [f"sampled {region}: {steps}" for region, steps in words.regions(report)]
    return "".join(f"% {' '.join(line.split())}\n" for line in lines)


_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "^": r"\^{}",
        "~": r"\textasciitilde{}",
        **{character: "\\" + character for character in "_&%#${}"},
    }
)


def escape(text: str) -> str:
    """Text for LaTeX: its special characters written out."""
    return text.translate(_SPECIAL)


def sde_latex(sde: LimitSDE) -> str:
    """The SDE as one line: d Theta = ... dt + ... dB."""
    rate = latex(sde.rate) if sde.rate != 1 else ""
    matrix = r"\overline{K}" if sde.power == 1 else latex(sde.preconditioned)
    scale = latex(sde.scale) if sde.scale != 1 else ""
    noise = rf"\sqrt{{{scale} {latex(sde.noise_matrix)}/d}}"
    return (
        rf"\mathrm{{d}}\Theta_t = -\eta\, {rate}\, {matrix}\,(\Theta_t - \theta^{{*}})\,\mathrm{{d}}t"
        rf" + \eta\, {noise}\, \mathrm{{d}}B_t"
    )
