"""erfcx and erf as programs for targets that lack them: the operations of `ScaledErfc` and `SmallErf`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signsgd_sym.codegen.ir import Node, Num, Program, Var, op, program
from signsgd_sym.codegen.scaled_erfc import ScaledErfc, scaled_erfc
from signsgd_sym.codegen.small_erf import small_erf


def polynomial(c: Sequence[Node], t: Node) -> Node:
    """c_0 + (t (c_1 + c_3 w + ...) + w (c_2 + c_4 w + ...)) with w = t t, as `rounded.polynomial` does it."""
    w = op("mul", t, t)
    chains = []
    for first in (1, 2):
        own = c[first::2]
        value = own[-1]
        for coefficient in own[-2::-1]:
            value = op("add", coefficient, op("mul", w, value))
        chains.append(value)
    return op("add", c[0], op("add", op("mul", t, chains[0]), op("mul", w, chains[1])))


@dataclass(frozen=True, eq=False)
class ErfcxCode:
    """`piece` in t and the coefficients c[0], c[1], ...; `tail` in r = kappa/x."""

    data: ScaledErfc
    piece: Program
    tail: Program


def erfcx_code() -> ErfcxCode:
    """What is printed for erfcx."""
    f = scaled_erfc()
    coefficients = [Var(f"c[{j}]") for j in range(len(f.coefficients[0]))]
    r = Var("r")
    tail = polynomial([Num(c) for c in f.tail], op("mul", r, r))
    return ErfcxCode(
        f, program(polynomial(coefficients, Var("t"))), program(op("add", r, op("mul", r, tail)))
    )


def erf_code() -> Program:
    """erf(x) for 0 <= x < 1, in x."""
    f, x = small_erf(), Var("x")
    t = op("sub", op("mul", x, x), Num(f.middle))
    return program(op("add", x, op("mul", x, polynomial([Num(c) for c in f.coefficients], t))))
