"""The exact rounding errors of one sum or product of float64 numbers (Knuth; Dekker 1971)."""

from __future__ import annotations

from typing import Any

SPLIT = 2.0**27 + 1


def product_error(a: Any, b: Any, p: Any) -> Any:
    """a b - p for p = fl(a b), by Dekker's splitting; NaN where that overflows.

    >>> a = 1 + 2.0**-30
    >>> product_error(a, a, a * a) == 2.0**-60
    True
    """
    s, t = SPLIT * a, SPLIT * b
    a1, b1 = s - (s - a), t - (t - b)
    a2, b2 = a - a1, b - b1
    return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def quotient_rest(a: Any, b: Any, q: Any) -> Any:
    """a - q b for q = fl(a/b), or for q = b = fl(sqrt(a)): exact."""
    p = q * b
    return (a - p) - product_error(q, b, p)


def sum_error(a: Any, b: Any, s: Any) -> Any:
    """(a + b) - s for s = fl(a + b) (Knuth)."""
    t = s - a
    return (a - (s - t)) + (b - t)
