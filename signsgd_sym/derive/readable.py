r"""One readable form for a result: gamma functions combined, exp next to its erfc, no leftovers of an
algorithm.

Rewritings are tried one after another, each on what the ones before made; the simplest result wins
(`simplicity.measure`). None of them is trusted: the result is certified against the integral in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.tricomi import reduce_tricomi
from signsgd_sym.derive.simplicity import measure


def readable(value: Any) -> Any:
    """The simplest of the forms that the rewritings give.

    >>> z = sp.Symbol("z", positive=True)
    >>> readable(sp.sqrt(2) * (sp.sqrt(2) * sp.exp(z) - sp.sqrt(2) * sp.exp(z) * sp.erf(sp.sqrt(z))))
    2*exp(z)*erfc(sqrt(z))
    """
    forms = [value]
    for rewrite in REWRITINGS:
        for form in list(forms):
            new = rewrite(form)
            if new not in forms:
                forms.append(new)
        forms = sorted(forms, key=measure)[:2]
    return forms[0]


def erf_to_erfc(value: Any) -> Any:
    """erf as 1 - erfc, expanded: the products exp erfc keep their digits where exp (1 - erf) loses them."""
    if not value.has(sp.erf):
        return value
    expanded = sp.expand(value, power_exp=False, power_base=False)
    rewritten = expanded.replace(
        lambda node: isinstance(node, sp.erf), lambda node: 1 - sp.erfc(node.args[0])
    )
    return sp.expand(rewritten, power_exp=False, power_base=False)


def expand_hypergeometric(value: Any) -> Any:
    """pFq with special parameters as elementary, error or Bessel functions, where SymPy's table has them."""
    if not value.has(sp.hyper):
        return value
    expanded = sp.hyperexpand(value)
    return value if expanded.has(sp.exp_polar, sp.polar_lift, sp.Piecewise) else expanded


def combine_gammas(value: Any) -> Any:
    """Quotients of gamma functions, by recurrence, reflection and duplication; beta functions as gammas."""
    value = value.rewrite(sp.gamma) if value.has(sp.beta, sp.binomial, sp.factorial) else value
    return sp.powsimp(sp.gammasimp(value)) if value.has(sp.gamma) else value


def simplify_terms(value: Any) -> Any:
    """Each term simplified by itself: a common denominator would multiply what the terms keep apart.

    For a mixture of Normals that product would overflow at R = 1e154, and hide which part is which.
    """
    return sp.Add(*(simplify_term(term) for term in sp.Add.make_args(value)))


def simplify_term(term: Any) -> Any:
    """Powers collected factor by factor."""
    return sp.powsimp(sp.powdenest(sp.factor_terms(sp.simplify(term))))


def collect_exponentials(value: Any) -> Any:
    """Terms with the same exponential times error function together."""
    expanded = sp.expand(value, power_exp=False, power_base=False)
    parts = expanded.atoms(sp.exp, sp.erfc, sp.erf, sp.besselk, sp.besseli)
    return sp.factor_terms(sp.collect(expanded, sorted(parts, key=sp.default_sort_key), sp.factor))


REWRITINGS: tuple[Callable[[Any], Any], ...] = (
    reduce_tricomi,
    expand_hypergeometric,
    combine_gammas,
    erf_to_erfc,
    simplify_terms,
    collect_exponentials,
    sp.factor_terms,
)
"""In this order: functions first, then what multiplies them."""
