"""What the two exact Python targets have in common: the header, and the functions in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.targets.formula import FormulaPrinter
from signsgd_sym.codegen.targets.text import WIDTH, fold, header
from signsgd_sym.notation import R


@dataclass(frozen=True)
class Limits:
    """Values at R = 0."""

    phi: Any
    rate: Any
    scale: Any
    psi: Any

    @staticmethod
    def of(f: RiskFunctions) -> Limits:
        """The limits for R -> 0; psi is (pi/sqrt 2) a(R) sqrt(P), and 1 where there is no noise."""
        power = f.population_risk.subs(R, 0)
        psi = sp.S.One
        if f.has_variance and power != 0:
            psi = sp.pi / sp.sqrt(2) * f.rate_at_zero * sp.sqrt(power)
        return Limits(2 * f.measure.mass_at_zero / sp.pi, f.rate_at_zero, f.scale_limit, psi)


def formulas(
    f: RiskFunctions, printer: FormulaPrinter, phi: str, rate: str
) -> dict[str, tuple[str, str, str]]:
    """(docstring, expression in R, limit at 0) of every function of R but phi, which is printed by `phi(R)`.

    `rate` is the call of the drift rate in psi.
    """
    limits = Limits.of(f)
    symbol = sp.Symbol("phi")
    own = type(printer)({**printer.names, symbol: phi})
    rate_text = own(f.factor * symbol if f.has_phi else f.rate)
    found = {
        "drift_rate": (f"The drift factor {f.rate}.", rate_text, printer(limits.rate)),
        "noise_scale": (
            f.scale_doc,
            printer(f.scale_code),
            printer(limits.scale),
        ),
    }
    for name, doc, value in f.extra:
        found[name] = doc, printer(value), printer(value.subs(R, 0))
    if f.has_phi and f.has_variance:
        symbol = sp.Symbol("rate")
        own = type(printer)({**printer.names, symbol: rate})
        doc = "Noise compression (pi/2) phi(R) sqrt(P/R), P = R + E[eps^2]/2."
        psi = own(sp.pi / sp.sqrt(2) * symbol * sp.sqrt(f.population_risk))
        found["psi"] = doc, psi, printer(limits.psi)
    return found


def scalars(f: RiskFunctions, printer: FormulaPrinter) -> list[str]:
    """The statements of `risk_rhs` that are done once a call."""
    return [f"{name} = {printer(value)}" for name, value in f.form.scalars]


def schedule(f: RiskFunctions, printer: FormulaPrinter) -> str:
    """eta(t, R) as an expression; "" where none is asked for. `printer` knows the names of t and R."""
    return "" if f.step is None else printer(f.step)


def products(f: RiskFunctions) -> str:
    """The right-hand side for one mode, with `r_i`, `lam_i` and `n_i` for the elements of the arrays."""
    element = {"r": "r_i", "lam": "lam_i", "forcing": "n_i"}
    terms = [
        " * ".join([str(k), *(element[a] if p == 1 else f"{element[a]} ** {p}" for a, p in powers)])
        for k, powers in f.form.terms
    ]
    return " + ".join(terms)


def needs_risk(f: RiskFunctions) -> bool:
    """Whether the right-hand side contains R."""
    return any(sp.sympify(value, strict=True).has(R) for _, value in f.form.scalars)


def exact_header(module: Module, accuracy: str) -> str:
    """The docstring of the module: that of every target, without the regimes of the float64 code."""
    single = tuple(replace(f, regimes=f.regimes[:1]) for f in module.functions)
    rows = tuple(row for row in module.facts.more if row[0] != "tables")
    facts = replace(module.facts, more=rows, at_ends="")
    plain = replace(module, facts=facts, functions=single, table=None).with_measured(accuracy)
    return '"""' + "\n".join(header(plain)) + '\n"""'


def accuracy_of(f: RiskFunctions, accuracy: str) -> str:
    """`accuracy`, and how far constants and kernel limit it."""
    limits = [f"{c.symbol} is known to {c.radius}, {_words(c.proved)}" for c in f.constants]
    if f.kernel is not None:
        limits.append(f"{f.kernel.name} to {f.kernel.error:.1e}, {_words(False)}")
    return "; ".join([accuracy, *limits])


def _words(proved: bool) -> str:
    return "proved" if proved else "an estimate and not proved"


def statement(lead: str, text: str, indent: str) -> str:
    """`lead` and the expression, in parentheses over several lines where it is long."""
    if len(indent + lead + text) <= WIDTH:
        return indent + lead + text
    return f"{indent}{lead}(\n{indent}    {fold(text, indent, WIDTH - 4)}\n{indent})"


def joined(head: str, imports: str, parts: Sequence[str]) -> str:
    """The file."""
    return f"{head}\n\n{imports}\n\n\n" + "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def helpers_in(body: str, helpers: Mapping[str, str]) -> list[str]:
    """Those helpers that the code calls, or that a helper in use calls, in the order given."""
    used: set[str] = set()
    text = body
    while True:
        more = {name for name in helpers if f"{name}(" in text and name not in used}
        if not more:
            return [helpers[name] for name in helpers if name in used]
        used |= more
        text += "".join(helpers[name] for name in more)
