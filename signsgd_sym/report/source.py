r"""The Python that makes a step: readable, and pasted into an interpreter it gives back both sides.

SymPy's `str` loses what matters (that `x` is positive, that 1/3 is exact), its `srepr` loses the reader. Here
the names of `notation.py` are imported, other names are declared with their assumptions, and formulas
are written as SymPy users type them.
"""

from __future__ import annotations

import keyword
import re
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.printing.str import StrPrinter

from signsgd_sym import notation, special
from signsgd_sym.proof.derivation import Step

_SPECIAL = ("Erfcx", "Generator", "NoiseMean", "OwenT", "TricomiU", "Variation")
_ARGUMENTS = {"~": ("variable", "point", "order"), "->": ("variable", "point")}


@cache
def _of_notation() -> dict[Any, str]:
    """Names of `notation.py`, by what they stand for."""
    kinds = (sp.Symbol, sp.MatrixSymbol, sp.IndexedBase, AppliedUndef)
    return {value: name for name, value in vars(notation).items() if isinstance(value, kinds)}


class _Printer(StrPrinter):
    """Prints what Python reads back; names are those of `names`."""

    printmethod = "_source"  # the short forms for readers, L[f], are not Python

    def __init__(self, names: dict[Any, str]) -> None:
        super().__init__()
        self.names = names

    def _print_Symbol(self, node: Any) -> str:
        return self.names[node]

    _print_Dummy = _print_MatrixSymbol = _print_IndexedBase = _print_Symbol

    def _print_Function(self, node: Any) -> str:
        if node in self.names:
            return self.names[node]
        head = self.names[node.func] if isinstance(node, AppliedUndef) else node.func.__name__
        return f"{head}({self.stringify(node.args, ', ')})"

    def _print_Rational(self, node: Any) -> str:
        return f"S({node.p})/{node.q}"  # 1/3 would be a float

    def _print_Indexed(self, node: Any) -> str:
        return f"{self._print(node.base)}[{self.stringify(node.indices, ', ')}]"

    def _print_MatPow(self, node: Any) -> str:
        base = self._print(node.base)
        return f"{base if node.base.is_Symbol else f'({base})'}**({self._print(node.exp)})"

    def _print_Inverse(self, node: Any) -> str:
        base = self._print(node.arg)
        return f"{base if node.arg.is_Symbol else f'({base})'}**(-1)"

    def _print_Node(self, node: Any) -> str:
        return f"{type(node).__name__}({self.stringify(node.args, ', ')})"

    _print_NoiseMean = _print_Generator = _print_Variation = _print_Trace = _print_Identity = _print_Node
    _print_ZeroMatrix = _print_OneMatrix = _print_HadamardPower = _print_HadamardProduct = _print_Node
    _print_ElementwiseApplyFunction = _print_DiagMatrix = _print_DiagonalMatrix = _print_Node


def _atoms(expressions: list[Any]) -> list[Any]:
    """Everything that has a name, each after what it is made of."""
    known = _of_notation()
    found: dict[Any, None] = {}

    def visit(node: Any) -> None:
        if node in known or isinstance(node, sp.Symbol):
            found.setdefault(node)
        elif isinstance(node, sp.MatrixSymbol):
            for size in node.shape:
                visit(size)
            found.setdefault(node)
        elif isinstance(node, sp.IndexedBase):
            found.setdefault(node)
        else:
            if isinstance(node, AppliedUndef):
                found.setdefault(node.func)
            for argument in getattr(node, "args", ()):
                visit(argument)

    for expr in expressions:
        visit(expr)
    return list(found)


def _identifier(node: Any, taken: set[str]) -> str:
    plain = re.sub(r"\W+", "_", getattr(node, "name", str(node))).strip("_") or "x"
    if plain[0].isdigit() or keyword.iskeyword(plain) or hasattr(sp, plain):
        plain = f"{plain}_"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _declared(node: Any, names: dict[Any, str]) -> str:
    printer = _Printer(names)
    if isinstance(node, UndefinedFunction):
        return f"Function({node.__name__!r}{_given_of_function(node)})"
    if isinstance(node, sp.MatrixSymbol):
        return f"MatrixSymbol({node.name!r}, {printer.stringify(node.shape, ', ')})"
    if isinstance(node, sp.IndexedBase):
        return f"IndexedBase({str(node.label)!r}{_given(node.label)})"
    return f"Symbol({node.name!r}{_given(node)})"


def _given(symbol: Any) -> str:
    """The assumptions with which a symbol was made, as arguments."""
    made = getattr(symbol, "_assumptions_orig", None) or getattr(symbol._assumptions, "generator", {})
    return "".join(f", {key}={value}" for key, value in sorted(made.items()) if key != "commutative")


def _given_of_function(function: Any) -> str:
    """The fact that implies all others, where there is one: SymPy keeps no record of what was typed."""
    facts = function._kwargs
    if not facts:
        return ""
    for key, value in facts.items():
        if sp.Function(function.__name__, **{key: value}) == function:
            return f", {key}={value}"
    return "".join(f", {key}={value}" for key, value in sorted(facts.items()))


def python_source(**sides: Any) -> str:
    """Python source that ends in `name = expression` for every side given.

    >>> print(python_source(lhs=sp.sqrt(notation.rho) / 3))
    from sympy import *
    from signsgd_sym.notation import rho
    <BLANKLINE>
    lhs = sqrt(rho)/3
    """
    expressions = [sp.sympify(side, strict=True) for side in sides.values()]
    known = _of_notation()
    names: dict[Any, str] = {}
    declared, imported = [], []
    atoms = _atoms(expressions)
    taken = {known[node] for node in atoms if node in known} | set(sides)
    for node in atoms:
        if node in known:
            names[node] = known[node]
            imported.append(known[node])
            continue
        names[node] = _identifier(node, taken)
        taken.add(names[node])
        declared.append(f"{names[node]} = {_declared(node, names)}")
    printer = _Printer(names)
    body = [f"{name} = {printer.doprint(side)}" for name, side in zip(sides, expressions, strict=True)]
    functions = [name for name in _SPECIAL if any(e.has(getattr(special, name)) for e in expressions)]
    head = ["from sympy import *"]
    if imported:
        head.append(f"from signsgd_sym.notation import {', '.join(sorted(set(imported)))}")
    if functions:
        head.append(f"from signsgd_sym.special import {', '.join(functions)}")
    return "\n".join([*head, *declared, "", *body])


def step_source(step: Step) -> str:
    """The source of both sides of a step, and of its order and limit where it has them."""
    more = {
        name: getattr(step, name)
        for name in _ARGUMENTS.get(step.relation, ())
        if getattr(step, name) is not None
    }
    return python_source(lhs=step.lhs, rhs=step.rhs, **more)
