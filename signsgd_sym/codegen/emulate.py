"""A program run on NumPy arrays, operation by operation as the generated code will run it.

This is the yardstick by which forms are chosen; the generated code itself is measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.codegen.exact_error import product_error, quotient_rest, sum_error
from signsgd_sym.codegen.ir import Node, Num, Program, Var
from signsgd_sym.codegen.pieces import Pieces
from signsgd_sym.codegen.scaled_erfc import scaled_erfc
from signsgd_sym.codegen.small_erf import small_erf

Array = NDArray[np.float64]


def exp_sum(hi: Any, lo: Any) -> Any:
    """exp(hi + lo)."""
    value = np.exp(hi)
    return np.where(np.abs(lo) < 1, value + value * lo, value)


def erf(x: Any) -> Any:
    """erf(x) for x >= 0: x p(x^2) below 1, 1 - exp(-x^2) erfcx(x) from there on."""
    square = x * x
    low = exp_sum(-square, -product_error(x, x, square))
    return np.where(x < 1, small_erf()(np.minimum(x, 1.0)), 1 - low * scaled_erfc()(np.maximum(x, 1.0)))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "pow": np.power,
    "erf": erf,
    "erfcx": lambda x: scaled_erfc()(np.asarray(x, dtype=float)),
    "sum_error": sum_error,
    "product_error": product_error,
    "quotient_rest": quotient_rest,
    "exp_sum": exp_sum,
    "nonnegative": lambda v, a, b: np.where(v >= 0, a, b),
}


def emulate(
    program: Program,
    R: Array,
    table: Callable[[Array], Array] | None = None,
    pieces: Sequence[Pieces] = (),
) -> Array:
    """The values of the program at `R`; `table` evaluates the Chebyshev pieces of phi, `pieces` are others.

    >>> from signsgd_sym.codegen.ir import op, program
    >>> emulate(program(op("exp", Var("R"))), np.array([0.0]))
    array([1.])
    """
    names: dict[str, Any] = {"R": R}
    own = {f"pieces:{one.name}": one for one in pieces}

    def value(node: Node) -> Any:
        if isinstance(node, Num):
            return np.float64(node.value)
        if isinstance(node, Var):
            return names[node.name]
        if node.name == "table":
            if table is None:
                raise ValueError("the program has a table and none was given.")
            return table(R)
        if node.name in own:
            return own[node.name](value(node.args[0]))
        return OPERATIONS[node.name](*(value(arg) for arg in node.args))

    with np.errstate(all="ignore"):
        for name, node in program.lets:
            names[name] = value(node)
        return np.broadcast_to(np.asarray(value(program.result), dtype=float), R.shape)
