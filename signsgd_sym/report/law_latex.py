r"""LaTeX for the formulas of a law: exp(z^2) erfc(z) as erfcx(z), sums in the order of their terms.

exp(z^2) erfc(z) hides a quantity between 0 and 1 behind one that is huge and one that is tiny; readers know
it as erfcx. `exp_polar`, SymPy's note on which branch it means, is shown as the plain exponential.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from signsgd_sym.codegen.stable import scaled_erfc
from signsgd_sym.derive.law_formulas import LawFormulas
from signsgd_sym.report.latex import latex


def law_latex(expr: Any) -> str:
    r"""LaTeX of a formula about a law.

    >>> from signsgd_sym.notation import R
    >>> print(law_latex(sp.exp(R) * sp.erfc(sp.sqrt(R))))
    \operatorname{erfcx}\left(\sqrt{R}\right)
    """
    return latex(scaled_erfc(plain(expr)))


def plain(expr: Any) -> Any:
    """`expr` without exp_polar and polar_lift."""
    return sp.unpolarify(expr) if expr.has(sp.exp_polar, sp.polar_lift) else expr


def phi_latex(formulas: LawFormulas) -> str:
    r"""phi(R) = formula, or the integral where there is none."""
    return rf"\phi(R) = {law_latex(formulas.evaluable)}"


def ordered_sum(terms: Sequence[Any], show: Callable[[Any], str]) -> str:
    """The terms in their own order: SymPy would sort them.

    >>> R, b = sp.symbols("R b", positive=True)
    >>> ordered_sum((sp.sqrt(R) / b, -R / b**2), str)
    'sqrt(R)/b - R/b**2'
    """
    shown = ""
    for term in terms:
        negative = term.could_extract_minus_sign()
        body = show(-term if negative else term)
        if (-term if negative else term).is_Add:
            body = f"({body})"
        if shown:
            shown += f" {'-' if negative else '+'} {body}"
        else:
            shown = f"-{body}" if negative else body
    return shown
