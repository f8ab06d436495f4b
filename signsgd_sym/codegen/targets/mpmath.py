r"""A module for mpmath: values to the caller's working precision, whatever it is.

Closed forms cancel, so each is evaluated at two precisions, and at more until two values agree. Where phi
has no closed form, or one in Meijer's G (slow and not always convergent in mpmath where R is very small or
large), the integral over the density is summed by the trapezoidal rule, u = log y in the distance y from an
end of the support, again until two values, here of different precision and step, agree.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.evaluate import program
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.measure import Measure, Term
from signsgd_sym.codegen.module import Module
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
from signsgd_sym.codegen.targets.formula import NAMES, CannotPrint, FormulaPrinter, prepared, refusal
from signsgd_sym.codegen.targets.mpmath_text import (
    AT,
    CLOSED,
    ERFCX,
    EXP,
    INTEGRAL,
    INTEGRATED,
    KERNEL,
    OWEN_T,
)
from signsgd_sym.codegen.targets.text import numbers
from signsgd_sym.notation import R, t, x
from signsgd_sym.special import Erfcx, OwenT, TricomiU

Y = sp.Symbol("y", positive=True)
"""Distance from an end of the support."""


class MpmathPrinter(FormulaPrinter):
    """mpmath's names."""

    ball, root, pi, e = "mp.mpf({0})", "mp.sqrt({0})", "mp.pi", "mp.e"
    imaginary, infinity, euler = "mp.j", "mp.inf", "mp.euler"
    spelling: Mapping[Any, str] = {
        sp.exp: "mp.exp({0})",
        sp.log: "mp.log({0})",
        sp.Abs: "abs({0})",
        sp.re: "mp.re({0})",
        sp.im: "mp.im({0})",
        sp.sin: "mp.sin({0})",
        sp.cos: "mp.cos({0})",
        sp.tan: "mp.tan({0})",
        sp.atan: "mp.atan({0})",
        sp.asin: "mp.asin({0})",
        sp.acos: "mp.acos({0})",
        sp.sinh: "mp.sinh({0})",
        sp.cosh: "mp.cosh({0})",
        sp.tanh: "mp.tanh({0})",
        sp.sech: "mp.sech({0})",
        sp.erf: "mp.erf({0})",
        sp.erfc: "mp.erfc({0})",
        sp.erfi: "mp.erfi({0})",
        sp.erfinv: "mp.erfinv({0})",
        Erfcx: "_erfcx({0})",
        sp.gamma: "mp.gamma({0})",
        sp.loggamma: "mp.loggamma({0})",
        sp.polygamma: "mp.polygamma({0}, {1})",
        sp.zeta: "mp.zeta({0})",
        sp.uppergamma: "mp.gammainc({0}, {1})",
        sp.lowergamma: "mp.gammainc({0}, 0, {1})",
        sp.expint: "mp.expint({0}, {1})",
        sp.Ei: "mp.ei({0})",
        sp.besseli: "mp.besseli({0}, {1})",
        sp.besselk: "mp.besselk({0}, {1})",
        sp.besselj: "mp.besselj({0}, {1})",
        TricomiU: "mp.hyperu({0}, {1}, {2})",
        OwenT: "_owen_t({0}, {1})",
    }

    def _function(self, expr: Any) -> tuple[str, int]:
        if isinstance(expr, sp.hyper):
            above, below = (f"[{', '.join(map(self, row))}]" for row in (expr.ap, expr.bq))
            return f"mp.hyper({above}, {below}, {self(expr.argument)})", 9
        if isinstance(expr, sp.Integral) and len(expr.limits) == 1 and not expr.free_symbols:
            return self._integral(expr), 9
        return super()._function(expr)

    def _integral(self, expr: Any) -> str:
        """A number given as an integral over a density: the Gaussian factor is left out by spread = oo."""
        [(name, lo, hi)] = expr.limits
        [term] = Measure.of(pieces=((sp.S.One, expr.function.xreplace({name: x}), lo, hi),)).terms
        return f"_integrated(lambda R, goal, attempt: {_integrals(term, 'mp.inf')}, mp.one)"


class DensityPrinter(MpmathPrinter):
    """Densities as functions of y: they are asked for where exp has an argument without limit."""

    spelling: Mapping[Any, str] = {**MpmathPrinter.spelling, sp.exp: "_exp({0})"}


def _halves(term: Term) -> Iterator[tuple[Any, Any, Any]]:
    """(A, B, density) of every piece cut at 0 and reflected to 0 <= A < B, equal ones once."""
    found: dict[tuple[Any, Any, Any], Any] = {}
    for weight, density, left, right in term.pieces:
        cuts = [left, sp.S.Zero, right] if left < 0 < right else [left, right]
        for lo, hi in itertools.pairwise(cuts):
            reflect = 1 if lo >= 0 else -1
            a, b = (lo, hi) if reflect == 1 else (-hi, -lo)
            key = a, b, sp.powsimp(density.subs(x, reflect * x))
            found[key] = found.get(key, sp.S.Zero) + weight
    for (a, b, density), weight in found.items():
        yield a, b, weight * density


def _integrals(term: Term, spread: str) -> str:
    """The sum of the integrals of a term."""
    printer = DensityPrinter({**NAMES, Y: "y"})
    parts = []
    for a, b, density in _halves(term):
        start, end = printer(a), printer(b)
        forward = f"lambda y: {printer(density.subs(x, a + Y))}"
        backward = "None" if b is sp.oo else f"lambda y: {printer(density.subs(x, b - Y))}"
        parts.append(f"_integral({forward}, {backward}, {start}, {end}, {spread}, goal, attempt)")
    return " + ".join(parts)


def _phi(f: RiskFunctions) -> tuple[str, bool]:
    """phi as an expression in R, and whether it is integrated."""
    printer = MpmathPrinter()
    if f.phi is not None and not f.phi.has(sp.meijerg, sp.Integral):
        try:
            text = printer(prepared(f.phi))
            return f"mp.re({text})" if f.phi.has(sp.I) else text, False
        except CannotPrint:
            pass
    parts = []
    for term in f.measure.terms:
        spread = printer(term.spread)
        inner = [printer(weight * sp.exp(-(at**2) / (4 * term.spread))) for weight, at in term.atoms]
        inner += [_integrals(term, spread)] if term.pieces else []
        text = " + ".join(inner)
        parts.append(text if term.prefactor == 1 else f"({printer(term.prefactor)}) * ({text})")
    return f"2 / mp.pi * ({' + '.join(parts)})", True


def bits_lost(phi: Any) -> int:
    """Bits that the closed form loses for each unit of |log2 R|, seen in ball arithmetic at 2^(+-300).

    >>> from signsgd_sym.notation import R
    >>> bits_lost(1 + 1 / R - sp.sqrt(1 + 2 / R))
    2
    """
    form = program(prepared(phi), {R: sp.S.One})
    lost = 0
    with precision(FAR * MOST):
        for k in (-FAR, FAR):
            ball = form({R: arb(2) ** k})
            lost = max(lost, FAR * MOST - int(ball.real.rel_accuracy_bits()))
    return min(MOST, -(-(lost - 30) // FAR))


FAR, MOST = 300, 8
"""Where bits are counted, and how many a unit at most."""


def _functions(f: RiskFunctions) -> list[str]:
    printer = MpmathPrinter()
    found = []
    if f.has_phi:
        text, integrated = _phi(f)
        more = ", goal: int, attempt: int" if integrated else ""
        raw = [f"def _phi(R: Any{more}) -> Any:", '    """phi with what it loses to cancellation."""']
        found.append("\n".join([*raw, statement("return ", text, "    ")]))
        limit = printer(Limits.of(f).phi)
        found.append(
            _function(
                "phi",
                "(2/pi) E[exp(-eps^2/(4 R))].",
                f"{'_integrated' if integrated else '_settled'}(_phi, R)",
                limit,
            )
        )
    for name, (doc, text, limit) in formulas(f, printer, "phi(R)", "drift_rate(R)").items():
        if f.cancels and name in ("drift_rate", "noise_scale"):
            text = f"_settled(lambda R: {text}, R)"
        found.append(_function(name, doc, text, limit))
    return found


def _function(name: str, doc: str, text: str, limit: str) -> str:
    body = statement("return ", f"_at(R, lambda R: {text}, lambda: {limit})", "    ")
    return f'def {name}(R: Any) -> Any:\n    """{doc}"""\n{body}'


def _constants(f: RiskFunctions) -> list[str]:
    return [
        f'def {NAMES[c.symbol]} -> Any:\n    """{c.symbol} = {c}."""\n    return mp.mpf("{c.text}")'
        for c in f.constants
    ]


def _kernel(f: RiskFunctions) -> list[str]:
    if f.kernel is None:
        return []
    return [KERNEL.format(f.kernel.name, f.kernel.doc, numbers(f.kernel.series.coefficients[0]))]


SDE = '''
def sde_drift(R: Any, eta: Any) -> Any:
    """The drift of Delta is this times {0} Delta."""
    return -mp.mpf(eta) * drift_rate(R)


def sde_diffusion(R: Any, eta: Any, d: Any) -> Any:
    """The diffusion of Delta is this times a square root of {1}."""
    with mp.extraprec(GUARD):
        value = mp.mpf(eta) * mp.sqrt({2} / mp.mpf(d))
    return +value
'''


def _rhs(f: RiskFunctions) -> str:
    lines = [
        "def risk_rhs(",
        "    t: Any, r: Sequence[Any], lam: Sequence[Any], forcing: Sequence[Any], eta: Any",
        ") -> list[Any]:",
        '    """dr/dt over the modes, each right to the size of its largest term; R = sum(r)."""',
        "    with mp.extraprec(GUARD):",
        "        eta = mp.mpf(eta)",
    ]
    lines += ["        R = mp.fsum(r)"] if needs_risk(f) else []
    lines += [f"        {line}" for line in scalars(f, MpmathPrinter())]
    lines += [
        f"        values = [{products(f)} for r_i, lam_i, n_i in zip(r, lam, forcing, strict=True)]",
        "    return [+value for value in values]",
    ]
    return "\n".join(lines)


IMPORTS = """from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp  # type: ignore[import-untyped,unused-ignore]

GUARD = 20"""


def _schedule(f: RiskFunctions) -> list[str]:
    text = schedule(f, MpmathPrinter({**NAMES, t: "t"}))
    if not text:
        return []
    lines = [
        "def learning_rate(t: Any, R: Any) -> Any:",
        f'    """The step size eta = {f.step}."""',
        "    with mp.extraprec(GUARD):",
        "        t, R = mp.mpf(t), mp.mpf(R)",
        statement("value = ", text, "        "),
        "    return +value",
    ]
    return ["\n".join(lines)]


def source(module: Module) -> str:
    """The source text of the module.

    Raises `TargetError` for a density with a function that mpmath lacks.
    """
    f = module.exact
    try:
        factor = "1" if f.scale_in_noise else "noise_scale(R)"
        sde = SDE.format(f.drift_matrix, f.noise_matrix, factor)
        body = [*_constants(f), *_functions(f), *_kernel(f), sde, *_schedule(f), _rhs(f)]
    except CannotPrint as missing:
        raise refusal("mpmath", f"{missing.name}, which a formula of {f.law} contains") from None
    text = "\n".join(body)
    lossy = [f.rate, f.scale_code] if f.cancels else [f.phi]
    lost = f"\nLOST = {max(map(bits_lost, lossy))}" if "_settled(" in text else ""
    accuracy = accuracy_of(f, "to the working precision, mp.prec: two evaluations that agree")
    helpers = {
        "_at": AT,
        "_settled": CLOSED,
        "_integrated": INTEGRATED,
        "_integral": INTEGRAL,
        "_exp": EXP,
        "_erfcx": ERFCX,
        "_owen_t": OWEN_T,
    }
    return joined(exact_header(module, accuracy), IMPORTS + lost, [*helpers_in(text, helpers), *body])
