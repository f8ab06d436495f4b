"""How simple a formula is: by its hardest function first, then by its length."""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.special import Erfcx, OwenT, TricomiU

CLASSES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("elementary", ()),
    ("error function", (sp.erf, sp.erfc, sp.erfi, Erfcx, OwenT)),
    ("Bessel function", (sp.besseli, sp.besselk, sp.besselj, sp.bessely)),
    (
        "incomplete gamma or confluent function",
        (TricomiU, sp.uppergamma, sp.lowergamma, sp.expint, sp.Ei, sp.Si, sp.Ci),
    ),
    ("hypergeometric function", (sp.hyper,)),
    ("Meijer G function", (sp.meijerg,)),
    ("series", (sp.Sum,)),
    ("integral", (sp.Integral,)),
)
"""From simple to hard; 1F1 counts as confluent."""
UNREADABLE = (sp.exp_polar, sp.polar_lift, sp.Piecewise)
"""What SymPy sometimes leaves in a result and no reader wants to see."""


def hardest(expr: Any) -> int:
    """Index in `CLASSES` of the hardest function in `expr`.

    >>> z = sp.Symbol("z", positive=True)
    >>> [CLASSES[hardest(f)][0] for f in (sp.exp(z), sp.erfc(z), sp.hyper((1,), (z,), -z))]
    ['elementary', 'error function', 'incomplete gamma or confluent function']
    """
    level = 0
    for k, (_, kinds) in enumerate(CLASSES):
        for node in expr.atoms(*kinds) if kinds else ():
            confluent = isinstance(node, sp.hyper) and len(node.ap) <= 1 and len(node.bq) <= 1
            level = max(level, 3 if confluent else k)
    return level


def measure(expr: Any) -> tuple[int, int, int, str]:
    """Smaller is simpler: unreadable parts, hardest function, number of operations, text."""
    return len(expr.atoms(*UNREADABLE)), hardest(expr), _length(expr), sp.srepr(expr)


def _length(expr: Any) -> int:
    """Operations, and three more for every gamma function: one that cancels should."""
    products = sum(
        1
        for node in sp.preorder_traversal(expr)
        if node.is_Mul
        and node.has(sp.erf)
        and node.has(sp.exp)
        and any(isinstance(f, sp.exp) for f in node.args)
    )
    return int(sp.count_ops(expr)) + 3 * len(expr.atoms(sp.gamma)) + 10 * products
