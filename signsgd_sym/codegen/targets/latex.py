r"""The formulas for a paper: phi, drift rate, psi, noise scale, the mode ODE and the factors of the SDE.

An `align*` environment of amsmath under comments that say where it comes from. exp(z^2) erfc(z) is shown as
erfcx(z); Meijer's G and phi as an integral are shown as they stand. Parameters are numbers, for a law with
symbols has no `Module`.
"""

from __future__ import annotations

import textwrap
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.stable import scaled_erfc
from signsgd_sym.codegen.targets.exact_python import accuracy_of, exact_header
from signsgd_sym.codegen.targets.text import WIDTH
from signsgd_sym.codegen.vector import DRIFT_RATE, NOISE_SCALE
from signsgd_sym.notation import LATEX_NAMES, Kbar, R, d, eta, lam, n, r_i, x
from signsgd_sym.notation import i as mode

_rate, _scale = sp.Symbol("a(R)", positive=True), sp.Symbol("s(R)", positive=True)
ARRAYS = {"r": r_i, "lam": lam[mode], "forcing": n[mode]}


class FormulaLatex(LatexPrinter):
    """SymPy's LaTeX with the names of the text, indices in braces and phi(R) without them."""

    def __init__(self) -> None:
        names = {**LATEX_NAMES, Kbar: r"\overline{K}", _rate: "a(R)", _scale: "s(R)"}
        super().__init__({"symbol_names": names, "inv_trig_style": "full"})

    def _print_Indexed(self, node: Any) -> str:
        indices = ",".join(self._print(index) for index in node.indices)
        return f"{self._print(sp.Symbol(node.base.name))}_{{{indices}}}"

    def _print_MatrixSymbol(self, node: Any) -> str:
        return r"\overline{K}" if node == Kbar else str(super()._print_Symbol(sp.Symbol(node.name)))


def shown(expr: Any) -> str:
    r"""LaTeX of an exact formula.

    >>> print(shown(sp.exp(R) * sp.erfc(sp.sqrt(R))))
    \operatorname{erfcx}\left(\sqrt{R}\right)
    """
    expr = sp.sympify(expr, strict=True)
    if expr.has(sp.exp_polar, sp.polar_lift):
        expr = sp.unpolarify(expr)
    return str(FormulaLatex().doprint(scaled_erfc(expr)))


def phi_formula(f: RiskFunctions) -> Any:
    """The closed form, or phi as an integral over the law."""
    if f.phi is not None:
        return f.phi
    total: Any = sp.S.Zero
    for term in f.measure.terms:
        atoms = [weight * sp.exp(-(at**2) / (4 * term.spread)) for weight, at in term.atoms]
        pieces = [
            sp.Integral(weight * density * sp.exp(-(x**2) / (4 * term.spread)), (x, lo, hi))
            for weight, density, lo, hi in term.pieces
        ]
        total += term.prefactor * sp.Add(*atoms, *pieces)
    return sp.Mul(2 / sp.pi, total, evaluate=False)


def lines(f: RiskFunctions) -> list[tuple[str, str]]:
    """(left side, right side) of every formula, in LaTeX."""
    found = []
    if f.has_phi:
        found.append((r"\phi(R)", shown(phi_formula(f))))
    found += [(shown(name), shown(value)) for name, value in f.definitions]
    found += [(shown(c.symbol), rf"{c.text} \pm {_power_of_ten(c.radius)}") for c in f.constants]
    found.append(("a(R)", shown(f.rate).replace(r"\phi{\left(R \right)}", r"\phi(R)")))
    if f.has_phi and f.has_variance:
        root = shown(sp.sqrt(f.population_risk / R))
        found.append((r"\psi(R)", rf"\frac{{\pi}}{{2}} \phi(R) {root}"))
    found.append(("s(R)", shown(f.scale_code)))
    found += [(rf"\mathrm{{{name}}}(R)".replace("_", r"\_"), shown(value)) for name, _, value in f.extra]
    if f.kernel is not None:
        found.append((f"{shown(f.noise_matrix)}_{{ij}}", KERNEL))
    hoisted = {DRIFT_RATE: _rate, NOISE_SCALE: _scale}
    scalars = {name: value.xreplace(hoisted) for name, value in f.form.scalars}
    ode = sp.Add(*(scalars[k] * sp.Mul(*(ARRAYS[a] ** p for a, p in powers)) for k, powers in f.form.terms))
    found.append((rf"\frac{{\mathrm{{d}} {shown(r_i)}}}{{\mathrm{{d}} t}}", shown(ode)))
    found.append(("R", r"\sum_{i=1}^{d} r_{i}"))
    if f.step is not None:
        found.append((r"\eta(t, R)", shown(f.step)))
    drift, noise = shown(f.drift_matrix), shown(f.noise_matrix)
    factor = shown(eta * sp.sqrt((sp.S.One if f.scale_in_noise else _scale) / d))
    sde = rf"-\eta\, a(R)\, {drift} \Delta\, \mathrm{{d}} t"
    sde += rf" + {factor} \left({noise}\right)^{{1/2}} \mathrm{{d}} W_t"
    found.append((r"\mathrm{d} \Delta", sde))
    return found


KERNEL = (
    r"\rho \sum_{j} \kappa_j T_j\left(2 (1 - \rho^2)^{1/4} - 1\right), \quad"
    r" \rho = K_{ij} / \sqrt{K_{ii} K_{jj}}"
)


def _power_of_ten(radius: str) -> str:
    """`radius`, such as 2.4e-32, as LaTeX."""
    digits, _, power = radius.partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits


def _coefficients(f: RiskFunctions) -> list[str]:
    """The numbers kappa_j, as a comment."""
    if f.kernel is None:
        return []
    values = ", ".join(repr(float(c)) for c in f.kernel.series.coefficients[0])
    lead = f"kappa_0, kappa_1, ... (estimated error {f.kernel.error:.1e}): "
    return [f"% {line}" for line in textwrap.wrap(lead + values, WIDTH - 2)]


def source(module: Module) -> str:
    """The snippet, for a document that loads amsmath and amssymb.

    >>> from signsgd_sym.codegen.targets import source_of
    >>> source_of("latex") is source
    True
    """
    accuracy = accuracy_of(module.exact, "none, the formulas are exact")
    head = exact_header(module, accuracy).strip('"\n').splitlines()
    comments = [f"% {line}".rstrip() for line in head]
    rows = [rf"  {left} &= {right}" for left, right in lines(module.exact)]
    body = " \\\\\n".join(rows)
    needs = "% \\usepackage{amsmath, amssymb}"
    return (
        "\n".join([*comments, *_coefficients(module.exact), needs, r"\begin{align*}", body, r"\end{align*}"])
        + "\n"
    )
