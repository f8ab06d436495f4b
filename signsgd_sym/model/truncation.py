"""Truncation of a whole law: of each part, with the weights of the parts that remain."""

from __future__ import annotations

import sympy as sp

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.kinks import clamped, order
from signsgd_sym.model.parts import Atom, DensityPart
from signsgd_sym.model.truncated_part import TruncatedPart, certainly_between

MAX_OPERATIONS = 150
"""Size of the sum of weights and masses by which all weights are divided: nesting multiplies it."""

Parts = tuple[tuple[sp.Expr, Atom | DensityPart], ...]


def truncated(part: DensityPart, lo: sp.Expr, hi: sp.Expr) -> DensityPart:
    """The law of X given lo < X < hi; `part` itself if the interval covers its support.

    Raises:
        ParameterError: an empty interval, or one without mass.
    """
    _check(lo, hi)
    found = _truncated(part, lo, hi)
    if found is None:
        raise ParameterError(_no_mass(part.text, lo, hi))
    return found[0]


def truncated_law(parts: Parts, lo: sp.Expr, hi: sp.Expr) -> Parts:
    """The parts of a mixture given lo < eps < hi: weights become weight_k P_k / sum_j weight_j P_j.

    P_k is the probability of the interval under part k; atoms in the open interval have P = 1 and stay.

    Raises:
        ParameterError: an interval that is empty or without mass, an atom whose place relative to the ends
            depends on parameters, or several parts of which one has no closed mass.

    Example:
        >>> from signsgd_sym.model.law_text import read_law
        >>> whole = read_law("Mixture((1/2, Dirac(0)), (1/2, Uniform(-2, 2)))")
        >>> [(weight, part.text) for weight, part in truncated_law(whole, -sp.S.One, sp.oo)]
        [(4/7, 'Dirac(0)'), (3/7, 'Truncated(Uniform(-2, 2), (-1, oo))')]
    """
    _check(lo, hi)
    kept: list[tuple[sp.Expr, Atom | DensityPart]] = []
    for weight, part in parts:
        if isinstance(part, Atom):
            inside = certainly_between(part.location, (lo, hi))
            if inside is None:
                raise ParameterError(
                    f"whether the atom {part.location} lies in ({lo}, {hi}) depends on parameters; "
                    "give numbers"
                )
            if inside:
                kept.append((weight, part))
            continue
        found = _truncated(part, lo, hi)
        if found is not None:
            kept.append((weight * found[1], found[0]))
    if not kept:
        raise ParameterError(_no_mass("the law", lo, hi))
    if len(kept) == 1:
        return ((sp.S.One, kept[0][1]),)
    for weight, part in kept:
        if weight.has(sp.Integral):
            raise ParameterError(
                f"the mass of {part.text} has no closed form, which the weights of a truncated mixture need; "
                "truncate each part by itself and mix those"
            )
    total = sp.Add(*(weight for weight, _ in kept))
    if total.count_ops() > MAX_OPERATIONS:
        raise ParameterError(
            f"the weights of the mixture truncated to ({lo}, {hi}) are too long to write out; "
            "truncate once, or mix fewer laws"
        )
    return tuple((absorbed(weight / total), part) for weight, part in kept)


def absorbed(weight: sp.Expr) -> sp.Expr:
    """c/(a + b + ...) for a number c as 1/(a/c + b/c + ...), the form that its text reads back as.

    Example:
        >>> absorbed(sp.Rational(1, 2) / (1 + sp.sqrt(2)))
        1/(2 + 2*sqrt(2))
    """
    number, rest = weight.as_coeff_Mul()
    factors = sp.Mul.make_args(rest)
    for k, factor in enumerate(factors):
        if number != 1 and factor.is_Pow and factor.exp == -1 and factor.base.is_Add:
            return sp.Mul(*factors[:k], *factors[k + 1 :], 1 / (factor.base / number))
    return weight


def _truncated(part: DensityPart, lo: sp.Expr, hi: sp.Expr) -> tuple[DensityPart, sp.Expr] | None:
    """The truncated part and the mass of the interval under `part`; None without mass."""
    below, above = order(lo, part.lo), order(hi, part.hi)
    if below is not None and above is not None and below <= 0 <= above:
        return part, sp.S.One
    if isinstance(part, TruncatedPart):
        ends = (clamped(lo, *part.ends), clamped(hi, *part.ends))
        found, whole = TruncatedPart(part.inner, ends), part.mass
    else:
        found, whole = TruncatedPart(part, (lo, hi)), sp.S.One
    mass = found.mass
    if not found.cut or mass == 0 or found.ends[0] == found.ends[1]:
        return None
    return found, mass / whole


def _check(lo: sp.Expr, hi: sp.Expr) -> None:
    for end in (lo, hi):
        if end.is_extended_real is False or end is sp.nan:
            raise ParameterError(f"the end {end} of Truncated is not a real number or oo; change it")
    wrong = order(lo, hi)
    if wrong is not None and wrong >= 0:
        raise ParameterError(f"the interval ({lo}, {hi}) of Truncated is empty; write the smaller end first")


def _no_mass(law: str, lo: sp.Expr, hi: sp.Expr) -> str:
    return f"{law} has no mass in ({lo}, {hi}), so it cannot be truncated to it; change the interval"
