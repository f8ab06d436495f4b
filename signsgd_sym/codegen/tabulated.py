r"""Functions of R that are known on a range only: Chebyshev pieces in log R, and NaN outside them."""

from __future__ import annotations

import math
from dataclasses import replace

from signsgd_sym.codegen.assemble import sde_factors, vector_rhs
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.ir import Function, Node, Num, Op, Program, Regime, Var, program
from signsgd_sym.codegen.module import Elementwise, Facts, Module
from signsgd_sym.codegen.pieces import Pieces

RISK = Var("R")
OUTSIDE = Program((), Op("mul", (RISK, Num(math.nan))))
AT_ENDS = "where R is negative, infinite or NaN, and those from a table at R = 0 and outside the table too"


def of_log(table: Pieces) -> Node:
    """The table at u = log R."""
    return Op(f"pieces:{table.name}", (Op("log", (RISK,)),))


def on_range(name: str, doc: str, node: Node, table: Pieces) -> Function:
    """`node` for R in the range of `table`, a table in log R; NaN elsewhere.

    >>> import numpy as np
    >>> table = Pieces("log_a", "log a(R)", 0.0, 1.0, np.array([[0.0]]))
    >>> [regime.upper for regime in on_range("a", "a(R)", of_log(table), table).regimes]
    [1.0, 2.718281828459045, inf]
    """
    low, high = math.exp(table.lo), math.exp(table.hi)
    regimes = (
        Regime(low, OUTSIDE, "below the table"),
        Regime(high, program(node), "Chebyshev pieces in log R"),
        Regime(math.inf, OUTSIDE, "beyond the table"),
    )
    return Function(name, doc, math.nan, regimes)


def assemble_tables(
    f: RiskFunctions,
    functions: tuple[Function, ...],
    pieces: tuple[Pieces, ...],
    more: tuple[tuple[str, str], ...],
    elementwise: tuple[Elementwise, ...] = (),
    note: str = "",
) -> Module:
    """The module of `f` with `functions` that read `pieces`; the exact formulas stay those of `f`, `more` are
    rows of the header, and `note` is said of the right-hand side.
    """
    facts = Facts(
        f.rule, f.law, f.formula, str(f.rate), str(f.scale), f.derivation, f.verdict, f.modes, more=more
    )
    facts = replace(facts, at_ends=AT_ENDS if pieces else "")
    rhs = replace(vector_rhs(f), note=note)
    return Module(facts, functions, sde_factors(f), rhs, None, f, pieces, elementwise)


__all__ = ["assemble_tables", "of_log", "on_range"]
