"""Numbers as users give them, made exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.parse import parse_expression


def exact_number(value: Any) -> sp.Expr:
    """A SymPy number; a float becomes the shortest decimal that rounds to it."""
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            raise ParameterError(f"the value {value} is not finite; give a real number")
        return sp.Rational(repr(float(value)))
    if isinstance(value, str):
        return parse_expression(value, {})
    return sp.sympify(value, strict=True)
