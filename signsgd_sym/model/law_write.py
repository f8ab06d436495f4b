r"""The parts of a noise law to canonical LAW text, which reads back as an equal law, and to LaTeX."""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.parts import Atom, DensityPart, FamilyPart
from signsgd_sym.model.smoothed_part import SmoothedPart
from signsgd_sym.model.stable_part import StablePart
from signsgd_sym.model.truncated_part import TruncatedPart
from signsgd_sym.model.truncation import Parts


def write_law(parts: Parts) -> str:
    """Canonical LAW text.

    Example:
        >>> from signsgd_sym.model.law_text import read_law
        >>> write_law(read_law("Finite({-1/2: 1/2, 1/2: .5})"))
        'Rademacher(1/2)'
    """
    if len(parts) == 1:
        ((_, part),) = parts
        if isinstance(part, GivenDensity):
            return f"density: {part.given} on ({part.ends[0]}, {part.ends[1]})"
        return part.text
    atoms = [(weight, part.location) for weight, part in parts if isinstance(part, Atom)]
    if len(atoms) == len(parts):
        size = _rademacher_size(atoms)
        if size is not None:
            return "Rademacher()" if size == 1 else f"Rademacher({size})"
        return "Finite({" + ", ".join(f"{where}: {weight}" for weight, where in atoms) + "})"
    return f"Mixture({', '.join(f'({weight}, {part.text})' for weight, part in parts)})"


def _rademacher_size(atoms: list[tuple[sp.Expr, sp.Expr]]) -> sp.Expr | None:
    """c when the atoms are -c and c, in this order, with equal weights."""
    if len(atoms) != 2 or atoms[0][0] != atoms[1][0]:
        return None
    minus, plus = atoms[0][1], atoms[1][1]
    return plus if minus == -plus and plus.is_positive else None


def latex_law(parts: Parts) -> str:
    r"""The law as LaTeX: constructors upright, mixtures as weighted sums.

    Example:
        >>> from signsgd_sym.model.law_text import read_law
        >>> print(latex_law(read_law("Laplace(0, b)")))
        \operatorname{Laplace}\left(0, b\right)
    """
    terms = []
    for weight, part in parts:
        prefix = "" if weight == 1 else f"{_factor(weight)} \\, "
        shown = _latex_part(part)
        if isinstance(part, SmoothedPart) and len(parts) > 1:
            shown = f"\\left({shown}\\right)"
        terms.append(prefix + shown)
    return " + ".join(terms)


def _factor(value: sp.Expr) -> str:
    shown = sp.latex(value)
    return f"\\left({shown}\\right)" if value.is_Add else shown


def _latex_part(part: Atom | DensityPart) -> str:
    if isinstance(part, Atom):
        return f"\\delta_{{{sp.latex(part.location)}}}"
    if isinstance(part, FamilyPart):
        arguments = ", ".join(map(sp.latex, part.arguments))
        law = f"\\operatorname{{{part.name}}}\\left({arguments}\\right)"
        if part.scale != 1:
            law = f"-{law}" if part.scale == -1 else f"{_factor(part.scale)} \\, {law}"
        return law if part.shift == 0 else f"{sp.latex(part.shift)} + {law}"
    if isinstance(part, StablePart):
        law = f"\\operatorname{{SymmetricStable}}\\left({sp.latex(part.alpha)}, {sp.latex(part.c)}\\right)"
        return law if part.shift == 0 else f"{sp.latex(part.shift)} + {law}"
    if isinstance(part, SmoothedPart):
        return f"{_latex_part(part.inner)} + \\operatorname{{Normal}}\\left(0, {sp.latex(part.std)}\\right)"
    if isinstance(part, TruncatedPart):
        lo, hi = map(sp.latex, part.ends)
        given = f"{lo} < {sp.latex(notation.eps)} < {hi}"
        return f"\\left[{_latex_part(part.inner)} \\mid {given}\\right]"
    assert isinstance(part, GivenDensity)
    lo, hi = map(sp.latex, part.ends)
    return f"\\left[{sp.latex(part.given)}\\right]_{{x \\in \\left({lo}, {hi}\\right)}}"
