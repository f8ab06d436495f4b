"""What a name among the parameters of a law becomes: a symbol whose assumptions follow from its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import sympy as sp

from signsgd_sym.model.families import FAMILIES
from signsgd_sym.model.families.family import count, location, positive
from signsgd_sym.model.parse import Reader
from signsgd_sym.model.syntax import names_in

SPECIAL = ("Mixture", "Rademacher", "Dirac", "Finite", "Density", "SymmetricStable", "Truncated")
"""Constructors that are not families."""

RESERVED: Mapping[str, str] = {
    "R": "the risk",
    "P": "the population risk",
    "eta": "the step size",
    "t": "time",
    "d": "the dimension",
    "x": "the variable of densities",
    "y": "a variable of integration",
    "z": "the argument of update rules",
    "eps": "the label noise",
    "epsilon": "the label noise",
    "h": "the label noise in units of the residual",
    "g": "the Gaussian part of the residual",
    "w": "a variable of integration",
    "phi": "the drift factor",
    "psi": "the noise compression",
    "Delta": "the state",
    "I": "the imaginary unit",
}
"""Names that have a meaning of their own in derivations."""

_SYMBOL = {"aside": positive, "location": location, "positive": positive, "integer": count}
_STRENGTH = ("aside", "location", "positive", "integer")
"""Weakest first: the strongest place of a name decides. `aside` is a weight or the end of an interval."""


def is_law(node: ast.AST) -> bool:
    """Whether the name of a law occurs in the tree."""
    return any(
        isinstance(part, ast.Name) and (part.id in FAMILIES or part.id in SPECIAL) for part in ast.walk(node)
    )


def parameter_symbols(reader: Reader, tree: ast.expr) -> dict[str, sp.Symbol]:
    """A symbol for every parameter name in the text of a law.

    Real where it only stands for a location, a positive integer where it stands for a number of terms or
    degrees of freedom, positive everywhere else. A weight of a mixture or an end of Truncated makes a name
    positive only if it stands nowhere else: those of a truncated law may hold any of its parameters.

    Raises:
        ParseError: for a name that has a meaning of its own.
    """
    symbols = {}
    for name, kind in sorted(_places(tree), key=lambda place: _STRENGTH.index(place[1])):
        if name in RESERVED:
            node = next(n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name)
            raise reader.error(
                f"{name} already means {RESERVED[name]}; give the parameter another name", node
            )
        symbols[name] = _SYMBOL[kind](name)
    return symbols


def _places(node: ast.AST, kind: str = "positive") -> Iterator[tuple[str, str]]:
    """Each parameter name with the kind of the place where it stands."""
    match node:
        case ast.Call(func=ast.Name(id="Truncated"), args=[law, ends]):
            yield from _places(law, kind)
            yield from _places(ends, "aside")
        case ast.Call(func=ast.Name(id="Mixture"), args=entries):
            for entry in entries:
                inside = entry.elts if isinstance(entry, ast.Tuple) and len(entry.elts) == 2 else [entry]
                for k, part in enumerate(inside):
                    yield from _places(part, "aside" if len(inside) == 2 and k == 0 else kind)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            kinds = [kind] * len(arguments)
            if name in FAMILIES:
                family = FAMILIES[name]
                kinds = [family.kind(p) for p in family.parameters] + kinds
            elif name == "Dirac":
                kinds = ["location"] * len(arguments)
            for argument, its_kind in zip(arguments, kinds, strict=False):
                found = _places(
                    argument,
                    its_kind if isinstance(argument, ast.Name) or its_kind != "integer" else "positive",
                )
                yield from (place for place in found if not (name == "Density" and place[0] == "x"))
        case ast.BinOp(op=ast.Add() | ast.Sub()) if is_law(node.left) != is_law(node.right):
            for side in (node.left, node.right):
                yield from _places(side, kind if is_law(side) else "location")
        case ast.Name(id=name):
            if name not in FAMILIES and name not in SPECIAL:
                yield from ((found, kind) for found in names_in(node))
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _places(child, kind)
