r"""Kernels of a correlation as programs: k(rho) = rho q(y), y = (1 - rho^2)^(1/4), q a table on [0, 1].

Where k depends on R too, q = sum_m a_m(log R) b_m(y): the tables a_m in pieces of log R, b_m on [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from signsgd_sym.codegen.ir import Node, Num, Op, Var, op, program
from signsgd_sym.codegen.module import Elementwise
from signsgd_sym.codegen.pieces import Pieces

RHO = Var("rho")
ONE = Num(1.0)


def _clipped() -> Node:
    """rho, or the nearer end of [-1, 1]: correlations come with rounding errors. NaN stays NaN."""
    return op("div", RHO, Op("max", (ONE, Op("abs", (RHO,)))))


def _fourth_root(rho: Node) -> Node:
    return Op("sqrt", (Op("sqrt", (op("mul", op("sub", ONE, rho), op("add", ONE, rho)),)),))


def kernel_code(name: str, doc: str, series: Pieces) -> Elementwise:
    """k(rho) = rho q(y).

    >>> import numpy as np
    >>> q = Pieces("q", "1", 0.0, 1.0, np.array([[1.0, 0.0]]))
    >>> kernel_code("kernel", "rho", q).arguments
    ('rho',)
    """
    rho = _clipped()
    table = Op(f"pieces:{series.name}", (_fourth_root(rho),))
    return Elementwise(name, ("rho",), doc, program(op("mul", rho, table)))


def moving_kernel_code(name: str, doc: str, terms: Sequence[tuple[Pieces, Pieces]]) -> Elementwise:
    """k(rho; R) = rho sum_m a_m(log R) b_m(y) from the pairs (a_m, b_m); NaN where R is not in the tables."""
    rho = _clipped()
    log_R, y = Op("log", (Var("R"),)), _fourth_root(rho)
    total: Node = Num(0.0)
    for a, b in terms:
        total = op("add", total, op("mul", Op(f"pieces:{a.name}", (log_R,)), Op(f"pieces:{b.name}", (y,))))
    first = terms[0][0]
    low, high = Num(math.exp(first.lo)), Num(math.exp(first.hi))
    inside = Op("less", (Var("R"), low, Num(math.nan), Op("less", (high, Var("R"), Num(math.nan), total))))
    return Elementwise(name, ("rho", "R"), doc, program(op("mul", rho, inside)))


__all__ = ["kernel_code", "moving_kernel_code"]
