r"""Rewriting for floating point: products of exp and erfc become erfcx.

exp(u) erfc(v) overflows times underflow where u is large; with u = w + v^2 it is exp(w) erfcx(v), where w
is what SymPy finds for u - v^2, most often 0 or free of cancellation. The rewriting is an identity, so it
needs no condition; it is an improvement where v >= 0 (erfcx overflows for v < -26). Where the sign of v
is not known the node `ExpErfc(u, w, v)` leaves the choice to run time.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.special import Erfcx


class ExpErfc(sp.Function):
    """exp(u) erfc(v) with w = u - v^2 given: exp(w) erfcx(v) for v >= 0, the plain product otherwise."""

    nargs = 3

    def _eval_rewrite_as_erfc(self, u: Any, w: Any, v: Any, **_: Any) -> Any:
        return sp.exp(u) * sp.erfc(v)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        """exp(w) erfcx(v), which it is for either sign of v."""
        _, w, v = self.args
        factor = "" if w.is_zero else printer._print(sp.exp(w))
        body = rf"{factor} \operatorname{{erfcx}}\left({printer._print(v)}\right)".strip()
        return body if exp is None else rf"\left({body}\right)^{{{exp}}}"


def scaled_erfc(expr: Any) -> Any:
    """Every product exp(u) erfc(v) in `expr` in its scaled form.

    >>> z = sp.Symbol("z", positive=True)
    >>> scaled_erfc(sp.exp(z**2) * sp.erfc(z) / z)
    Erfcx(z)/z
    """
    return expr.replace(lambda node: isinstance(node, sp.Mul) and node.has(sp.erfc), _rewrite_product)


def _rewrite_product(product: Any) -> Any:
    factors = list(sp.Mul.make_args(product))
    tails = [f for f in factors if isinstance(f, sp.erfc)]
    if len(tails) != 1:
        return product
    [tail] = tails
    exponentials = [f for f in factors if isinstance(f, sp.exp)]
    rest = [f for f in factors if f is not tail and f not in exponentials]
    u = sp.Add(*(f.args[0] for f in exponentials))
    v = tail.args[0]
    w = sp.simplify(u - v**2)
    if v.is_nonnegative:
        return sp.Mul(*rest, sp.exp(w), Erfcx(v))
    if not exponentials:
        return product
    return sp.Mul(*rest, ExpErfc(u, w, v))


def stable(expr: Any) -> Any:
    """All rewritings, in the order in which they apply."""
    return scaled_erfc(expr)
