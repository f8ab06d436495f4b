"""SymPy's own Meijer G algorithm on a half-line: slow, sometimes wrong, at times the only route."""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.routes.found import Found

ROUTE = "Meijer G algorithm of SymPy"
_y = sp.Dummy("y", positive=True)


def integrate(integral: Any) -> Found | None:
    """The value of an Integral over (0, oo), or None where SymPy finds none without conditions."""
    from sympy.integrals.meijerint import meijerint_definite

    variable, lo, hi = integral.limits[0]
    if lo != 0 or hi is not sp.oo:
        return None
    found = meijerint_definite(integral.function.subs(variable, _y), _y, 0, sp.oo)
    if found is None or found[1] != True:  # noqa: E712  (a symbolic truth value)
        return None
    return Found(ROUTE, ((sp.unpolarify(found[0]), ROUTE),))
