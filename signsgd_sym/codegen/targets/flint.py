r"""A module for python-flint: balls that contain the values, whatever is lost to rounding and cancellation.

Only closed forms are printed, in functions that python-flint has: there is no rigorous quadrature up to an
infinite or singular end to call, and no Meijer G.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.targets import flint_text
from signsgd_sym.codegen.targets.exact_python import (
    Limits,
    accuracy_of,
    exact_header,
    formulas,
    helpers_in,
    joined,
    needs_risk,
    products,
    scalars,
    schedule,
    statement,
)
from signsgd_sym.codegen.targets.formula import ATOM, NAMES, CannotPrint, FormulaPrinter, prepared, refusal
from signsgd_sym.codegen.targets.text import numbers
from signsgd_sym.notation import R, eta, t
from signsgd_sym.special import Erfcx, TricomiU

METHODS = {
    sp.exp: "exp()", sp.log: "log()", sp.sin: "sin()", sp.cos: "cos()", sp.tan: "tan()", sp.atan: "atan()",
    sp.asin: "asin()", sp.acos: "acos()", sp.sinh: "sinh()", sp.cosh: "cosh()", sp.tanh: "tanh()",
    sp.erf: "erf()", sp.erfi: "erfi()", sp.gamma: "gamma()", sp.loggamma: "lgamma()", sp.zeta: "zeta()",
}  # fmt: skip
"""Functions of one argument, which are methods of it."""


class FlintPrinter(FormulaPrinter):
    """Real balls."""

    ball, root, pi, e = "arb({0})", "{0}.sqrt()", "arb.pi()", "arb(1).exp()"
    infinity, euler = "arb.pos_inf()", "arb.const_euler()"
    spelling: Mapping[Any, str] = {
        **{function: f"{{0}}.{method}" for function, method in METHODS.items()},
        sp.Abs: "abs({0})",
        sp.erfc: "_erfc({0})",
        Erfcx: "_erfcx({0})",
        sp.uppergamma: "{1}.gamma_upper({0})",
        sp.lowergamma: "{1}.gamma_lower({0})",
        sp.expint: "{1}.expint({0})",
        sp.Ei: "{0}.ei()",
        sp.besseli: "_bessel_i({0}, {1})",
        sp.besselk: "{1}.bessel_k({0})",
        sp.besselj: "{1}.bessel_j({0})",
        TricomiU: "{2}.hypgeom_u({0}, {1})",
    }

    def _filled(self, template: str, arguments: Sequence[Any]) -> str:
        """The object whose method is called needs parentheses where it is not an atom."""
        texts = [self(a) for a in arguments]
        for k, a in enumerate(arguments):
            if f"{{{k}}}." in template and not a.is_Integer and self._print(a)[1] != ATOM:
                texts[k] = f"({texts[k]})"
        return template.format(*texts)

    def _function(self, expr: Any) -> tuple[str, int]:
        if isinstance(expr, sp.hyper):
            above, below = (f"[{', '.join(map(self, row))}]" for row in (expr.ap, expr.bq))
            return f"_hyper({above}, {below}, {self(expr.argument)})", ATOM
        return super()._function(expr)


class ComplexPrinter(FlintPrinter):
    """Complex balls, for closed forms with complex arguments."""

    ball, pi, e, imaginary = "acb({0})", "acb.pi()", "acb(1).exp()", "acb(0, 1)"
    spelling: Mapping[Any, str] = {
        **FlintPrinter.spelling,
        sp.re: "acb({0}.real)",
        sp.im: "acb({0}.imag)",
    }


def _phi(f: RiskFunctions) -> list[str]:
    """phi as a private function; raises `TargetError` where it cannot be printed."""
    if f.phi is None or f.phi.has(sp.Integral):
        raise refusal("flint", f"phi of {f.law}, an integral without a known closed form")
    form = prepared(f.phi)
    is_complex = form.has(sp.I)
    printer = ComplexPrinter({**NAMES, R: "z"}) if is_complex else FlintPrinter()
    try:
        text = printer(form)
    except CannotPrint as missing:
        raise refusal("flint", f"{missing.name}, which phi of {f.law} contains") from None
    lines = ["def _phi(R: arb) -> arb:", '    """phi with what it loses to cancellation."""']
    if is_complex:
        return [*lines, "    z = acb(R)", statement("value = ", text, "    "), "    return value.real"]
    return [*lines, statement("return ", text, "    ")]


def _functions(f: RiskFunctions) -> list[str]:
    printer = FlintPrinter()
    found = []
    if f.has_phi:
        found.append("\n".join(_phi(f)))
        found.append(_public("phi", "(2/pi) E[exp(-eps^2/(4 R))].", printer(Limits.of(f).phi)))
    for name, (doc, text, limit) in formulas(f, printer, "_phi(R)", "_drift_rate(R)").items():
        raw = [f"def _{name}(R: arb) -> arb:", statement("return ", text, "    ")]
        found += ["\n".join(raw), _public(name, doc, limit)]
    return found


def _public(name: str, doc: str, limit: str) -> str:
    body = statement("return ", f"_at(R, _{name}, lambda: {limit})", "    ")
    return f'def {name}(R: Number) -> arb:\n    """{doc}"""\n{body}'


def _constants(f: RiskFunctions) -> list[str]:
    return [
        f"def {NAMES[c.symbol]} -> arb:\n"
        f'    """{c.symbol} = {c}."""\n'
        f'    return arb("{c.text} +/- {c.radius}")'
        for c in f.constants
    ]


def _kernel(f: RiskFunctions) -> list[str]:
    if f.kernel is None:
        return []
    series = numbers(f.kernel.series.coefficients[0])
    return [flint_text.KERNEL.format(f.kernel.name, f.kernel.doc, series, f.kernel.error)]


SDE = '''
def sde_drift(R: Number, eta: Number) -> arb:
    """The drift of Delta is this times {0} Delta."""
    return -arb(eta) * drift_rate(R)


def sde_diffusion(R: Number, eta: Number, d: Number) -> arb:
    """The diffusion of Delta is this times a square root of {1}."""
    return arb(eta) * ({2} / arb(d)).sqrt()
'''


def _rhs(f: RiskFunctions) -> str:
    printer = FlintPrinter({**NAMES, eta: "step"})
    lines = [
        "def risk_rhs(",
        "    t: Number, r: Sequence[arb], lam: Sequence[arb], forcing: Sequence[arb], eta: Number",
        ") -> list[arb]:",
        '    """dr/dt over the modes; R = sum(r)."""',
        "    step = arb(eta)",
    ]
    lines += ["    R = sum(r, arb(0))"] if needs_risk(f) else []
    lines += [f"    {line}" for line in scalars(f, printer)]
    lines += [f"    return [{products(f)} for r_i, lam_i, n_i in zip(r, lam, forcing, strict=True)]"]
    return "\n".join(lines)


def _schedule(f: RiskFunctions) -> list[str]:
    text = schedule(f, FlintPrinter({**NAMES, t: "time", R: "risk"}))
    if not text:
        return []
    lines = [
        "def learning_rate(t: Number, R: Number) -> arb:",
        f'    """The step size eta = {f.step}."""',
        *(f"    {name} = arb({own})" for name, own in (("time", "t"), ("risk", "R")) if name in text),
        statement("return ", f"arb({text})", "    "),
    ]
    return ["\n".join(lines)]


def source(module: Module) -> str:
    """The source text of the module.

    Raises `TargetError` where phi has no closed form in functions of python-flint.
    """
    f = module.exact
    try:
        factor = "1" if f.scale_in_noise else "noise_scale(R)"
        sde = SDE.format(f.drift_matrix, f.noise_matrix, factor)
        body = [*_constants(f), *_functions(f), *_kernel(f), sde, *_schedule(f), _rhs(f)]
    except CannotPrint as missing:
        raise refusal("flint", f"{missing.name}, which the formulas of {f.law} contain") from None
    text = "\n".join(body)
    is_complex = "acb" in text
    ball = "acb" if is_complex else "arb"
    helpers = {
        "_at": flint_text.AT,
        "_erfc": flint_text.COMPLEX_ERFC if is_complex else flint_text.ERFC,
        "_erfcx": flint_text.ERFCX,
        "_bessel_i": flint_text.BESSEL_I.format(ball=ball),
        "_hyper": flint_text.HYPER.format(ball=ball),
    }
    names = "acb, arb, ctx, fmpq, fmpz" if is_complex else "arb, ctx, fmpq, fmpz"
    imports = (
        "from collections.abc import Callable, Sequence\n\n"
        f"from flint import {names}  # type: ignore[import-untyped,unused-ignore]\n\n"
        "Number = arb | fmpq | fmpz | int | float | str"
    )
    accuracy = accuracy_of(
        f, "none: every result is a ball that contains the value, to ctx.prec bits where that can be had"
    )
    return joined(exact_header(module, accuracy), imports, [*helpers_in(text, helpers), *body])
