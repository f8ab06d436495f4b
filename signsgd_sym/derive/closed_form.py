r"""Expectations over a named label-noise law in closed form, where a route leads to one.

For phi the quantity is exp(-eps^2/(4 R)); its integral against the density is cut at the density's
breakpoints and each piece tries, in order,

1. an atom: evaluate;
2. completing the square (Normal, Laplace, Exponential, Uniform and their shifts);
3. SymPy's Meijer G algorithm on the half-line, in a process with a deadline (Cauchy, StudentT).

A result is used only if it agrees with quadrature of the integral it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive import gaussian_integral, worker
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.agreement import Agreement, agreement
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import NoiseMean, TricomiU

DIGITS_NEEDED = 18
_positive = sp.Dummy("x", positive=True)


@dataclass(frozen=True)
class ClosedForm:
    """An expectation over a law: the integral it is, and its closed form where one was found.

    `value` is None without a closed form; `routes` names the rule that evaluated each piece; `evidence` is
    the agreement with quadrature.
    """

    law: NoiseLaw
    quantity: Any
    integral: Any
    value: Any | None
    routes: tuple[str, ...]
    evidence: Agreement | None
    derivation: Derivation

    def at(self, values: Mapping[Any, Any]) -> ClosedForm:
        """The same expectation with numbers for symbolic parameters.

        Evidence and derivation stay those of the family.
        """
        value = None if self.value is None else self.value.subs(values)
        return replace(
            self, law=self.law.substitute(values), integral=self.integral.subs(values), value=value
        )


def noise_mean(law: NoiseLaw, quantity: Any, *, seconds: float = 20.0) -> ClosedForm:
    """E[quantity(eps)] for eps of the given law; `quantity` is an expression in `notation.eps`.

    >>> from signsgd_sym.model import noise_law
    >>> from signsgd_sym.notation import R, eps
    >>> noise_mean(noise_law("Normal(0, v)"), sp.exp(-eps**2 / (4 * R))).value
    sqrt(2)*sqrt(R)/sqrt(2*R + v**2)
    """
    integral = law.mean_of(quantity)
    record = Recorder("noise-mean", f"E[q(eps)] for eps ~ {law.text}", (Assumption(f"eps ~ {law.text}"),))
    record.equal(NoiseMean(quantity), integral, "integrate against the law")
    pieces = sorted(integral.atoms(sp.Integral), key=sp.default_sort_key)
    found = _by_square(pieces)
    routes = ["complete the square"] * len(found)
    missing = [piece for piece in pieces if piece not in found]
    if missing:
        extra = _by_meijer(missing, seconds)
        found |= extra
        routes += ["Meijer G on the half-line"] * len(extra)
    if len(found) < len(pieces):
        return ClosedForm(law, quantity, integral, None, (), None, record.finish())
    value = tidy(integral.xreplace(found))
    evidence = agreement(integral, value) if pieces else None
    if evidence is not None and evidence.digits < DIGITS_NEEDED:
        return ClosedForm(law, quantity, integral, None, (), evidence, record.finish())
    routes = sorted(set(routes)) or ["sum over atoms"]
    record.equal(integral, value, " and ".join(routes))
    return ClosedForm(law, quantity, integral, value, tuple(routes), evidence, record.finish())


def _by_square(pieces: list[Any]) -> dict[Any, Any]:
    values = {piece: gaussian_integral.integrate(piece.function, *piece.limits[0]) for piece in pieces}
    return {piece: value for piece, value in values.items() if value is not None}


def _by_meijer(pieces: list[Any], seconds: float) -> dict[Any, Any]:
    """Pieces on (0, oo), on (-oo, 0) after reflection, on (-oo, oo) as two; others are left out."""
    halves: dict[Any, list[Any]] = {}
    for piece in pieces:
        variable, lo, hi = piece.limits[0]
        right, left = (piece.function.subs(variable, sign * _positive) for sign in (1, -1))
        if (lo, hi) == (0, sp.oo):
            halves[piece] = [right]
        elif (lo, hi) == (-sp.oo, 0):
            halves[piece] = [left]
        elif (lo, hi) == (-sp.oo, sp.oo):
            halves[piece] = [right, left]
    distinct = list(dict.fromkeys(half for both in halves.values() for half in both))
    if not distinct:
        return {}
    answers = worker.call("meijer_half_line", (distinct, _positive), seconds)
    if answers is None:
        return {}
    table = dict(zip(distinct, answers, strict=True))
    values = {piece: [table[half] for half in both] for piece, both in halves.items()}
    return {piece: sp.Add(*both) for piece, both in values.items() if None not in both}


def _meijer_to_tricomi(g: Any) -> Any:
    """Tricomi's U for the Meijer G function with one upper and two lower parameters.

    G^{2,1}_{1,2}(z | a; b, c) = Gamma(1 - a + b) Gamma(1 - a + c) z^b U(1 - a + b, 1 + b - c, z); compare the
    Mellin-Barnes integrals DLMF 16.17.1 and 13.4.17.
    """
    (an, ap), (bm, bq), z = g.args[0], g.args[1], g.argument
    if len(an) == 1 and not ap and len(bm) == 2 and not bq:
        a, (b1, b2) = an[0], bm
        return sp.gamma(1 - a + b1) * sp.gamma(1 - a + b2) * z**b1 * TricomiU(1 - a + b1, 1 + b1 - b2, z)
    return g


def tidy(value: Any) -> Any:
    """A readable form: Tricomi's U for its Meijer G, erfc for 1 - erf, powers combined."""
    value = value.replace(lambda node: isinstance(node, sp.meijerg), _meijer_to_tricomi)
    if value.has(sp.erf, sp.erfc):
        candidates = [sp.factor_terms(sp.simplify(value)), sp.factor_terms(sp.simplify(_erf_to_erfc(value)))]
        return min(candidates, key=lambda form: (form.has(sp.erf) and form.has(sp.exp), sp.count_ops(form)))
    return simplify_terms(value)


def simplify_terms(value: Any) -> Any:
    """Each term simplified by itself: a common denominator would multiply what the terms keep apart.

    For a mixture of Normals that product would overflow at R = 1e154, and hide which part is which.
    """
    return sp.Add(*(sp.simplify(term) for term in sp.Add.make_args(value)))


def _erf_to_erfc(value: Any) -> Any:
    """erf as 1 - erfc, expanded: the products exp erfc keep their digits where exp (1 - erf) loses them."""
    expanded = sp.expand(value, power_exp=False, power_base=False)
    rewritten = expanded.replace(
        lambda node: isinstance(node, sp.erf), lambda node: 1 - sp.erfc(node.args[0])
    )
    return sp.expand(rewritten, power_exp=False, power_base=False)


__all__ = ["ClosedForm", "noise_mean", "tidy"]
