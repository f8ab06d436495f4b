r"""Python source of an expression, readable and complete: it evaluates to the expression when it is pasted.

Names of `notation` are imported from there, other symbols are made with their assumptions, and every
rational is a SymPy number. SymPy's own `str` loses assumptions and reads 1/2 as a float.
"""

from __future__ import annotations

import keyword
import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.str import StrPrinter
from sympy.stats import random_symbols

from signsgd_sym import notation
from signsgd_sym import special as special_functions
from signsgd_sym.proof.derivation import Step

_ASSUMPTIONS = ("integer", "positive", "nonnegative", "negative", "nonpositive", "real")
_RESERVED = frozenset(dir(sp)) | frozenset(keyword.kwlist)


def _notation_names() -> dict[Any, str]:
    """Symbol, function or matrix -> its name in `notation`."""
    found: dict[Any, str] = {}
    for name, value in vars(notation).items():
        if isinstance(value, (sp.Symbol, sp.MatrixSymbol, AppliedUndef, sp.IndexedBase)):
            found.setdefault(value, name)
    return found


class _Source(StrPrinter):
    """Prints names as Python identifiers and notes what has to be imported or made."""

    def __init__(self) -> None:
        super().__init__({"full_prec": True})
        self.known = _notation_names()
        self.imports: dict[str, set[str]] = {}
        self.made: dict[str, str] = {}
        self.names: dict[Any, str] = {}

    def _name(self, thing: Any, wanted: str, code: str) -> str:
        """The identifier of something that is made by `code`; two things never share one."""
        if thing not in self.names:
            base = re.sub(r"\W+", "_", wanted).strip("_") or "v"
            base = base if base[0].isalpha() and base.isascii() else f"v_{len(self.names)}"
            while base in _RESERVED or base in self.made or base in self.known.values():
                base += "_"
            self.names[thing] = base
            self.made[base] = code
        return self.names[thing]

    def _imported(self, module: str, name: str) -> str:
        self.imports.setdefault(module, set()).add(name)
        return name

    def _print_Symbol(self, node: Any) -> str:
        if node in self.known:
            return self._imported("notation", self.known[node])
        given = node.assumptions0
        told = [name for name in _ASSUMPTIONS if given.get(name)]
        if "positive" in told or "negative" in told:
            told = [name for name in told if name not in ("nonnegative", "nonpositive", "real")]
        if "integer" in told or "nonnegative" in told or "nonpositive" in told:
            told = [name for name in told if name != "real"]
        arguments = "".join(f", {name}=True" for name in told)
        kind = "Dummy" if isinstance(node, sp.Dummy) else "Symbol"
        return self._name(node, node.name, f"sp.{kind}({node.name!r}{arguments})")

    _print_Dummy = _print_Symbol

    def _print_MatrixSymbol(self, node: Any) -> str:
        if node in self.known:
            return self._imported("notation", self.known[node])
        rows, columns = map(self._print, node.shape)
        return self._name(node, node.name, f"sp.MatrixSymbol({str(node.name)!r}, {rows}, {columns})")

    def _print_IndexedBase(self, node: Any) -> str:
        if node in self.known:
            return self._imported("notation", self.known[node])
        return self._name(node, str(node), f"sp.IndexedBase({str(node)!r})")

    def _print_Indexed(self, node: Any) -> str:
        return f"{self._print(node.base)}[{', '.join(map(self._print, node.indices))}]"

    def _print_RandomSymbol(self, node: Any) -> str:
        return self._name(node, node.name, f"...  # {node.name}, a variable of sympy.stats")

    def _print_Function(self, node: Any) -> str:
        arguments = ", ".join(map(self._print, node.args))
        if isinstance(node, AppliedUndef):
            if node in self.known:
                return self._imported("notation", self.known[node])
            return f"{self._undefined(node.func)}({arguments})"
        if hasattr(special_functions, node.func.__name__):
            return f"{self._imported('special', node.func.__name__)}({arguments})"
        return f"sp.{node.func.__name__}({arguments})"

    def _undefined(self, function: Any) -> str:
        positive = ", positive=True" if function._kwargs.get("positive") else ""
        return self._name(function, function.__name__, f"sp.Function({function.__name__!r}{positive})")

    def _own(self, node: Any) -> str:
        """Classes of this package."""
        arguments = ", ".join(map(self._print, node.args))
        module = type(node).__module__.removeprefix("signsgd_sym.")
        return f"{self._imported(module, type(node).__name__)}({arguments})"

    def _named(self, node: Any) -> str:
        return f"sp.{type(node).__name__}({', '.join(map(self._print, node.args))})"

    def _limits(self, node: Any) -> str:
        ranges = [f"({', '.join(map(self._print, limit.args))})" for limit in node.limits]
        return f"sp.{type(node).__name__}({', '.join([self._print(node.function), *ranges])})"

    _print_Integral = _limits
    _print_Sum = _limits
    _print_Subs = _named
    _print_Trace = _named
    _print_Piecewise = _named
    _print_Max = _print_Min = _named

    def _print_Derivative(self, node: Any) -> str:
        counts = [f"({self._print(v)}, {n})" if n != 1 else self._print(v) for v, n in node.variable_count]
        return f"sp.Derivative({', '.join([self._print(node.expr), *counts])})"

    def _print_Tuple(self, node: Any) -> str:
        return f"sp.Tuple({', '.join(map(self._print, node.args))})"

    def _print_ExprCondPair(self, node: Any) -> str:
        return f"({self._print(node.expr)}, {self._print(node.cond)})"

    def _print_BooleanTrue(self, node: Any) -> str:
        return "True"

    def _print_Identity(self, node: Any) -> str:
        return f"sp.Identity({self._print(node.shape[0])})"

    def _print_ZeroMatrix(self, node: Any) -> str:
        return f"sp.ZeroMatrix({', '.join(map(self._print, node.shape))})"

    def _print_Transpose(self, node: Any) -> str:
        return f"{self.parenthesize(node.arg, 1000)}.T"

    def _print_Rational(self, node: Any) -> str:
        return f"sp.Rational({node.p}, {node.q})" if node.q != 1 else str(node.p)

    def _print_Pi(self, node: Any) -> str:
        return "sp.pi"

    def _print_Exp1(self, node: Any) -> str:
        return "sp.E"

    def _print_ImaginaryUnit(self, node: Any) -> str:
        return "sp.I"

    def _print_Infinity(self, node: Any) -> str:
        return "sp.oo"

    def _print_NegativeInfinity(self, node: Any) -> str:
        return "-sp.oo"

    def _print_Pow(self, node: Any, rational: bool = False) -> str:
        text = str(super()._print_Pow(node, rational=rational))
        return re.sub(r"^(1/)?sqrt\(", lambda found: f"{found[1] or ''}sp.sqrt(", text)

    def emptyPrinter(self, expr: Any) -> str:
        if type(expr).__module__.startswith("signsgd_sym."):
            return self._own(expr)
        return self._named(expr) if getattr(expr, "args", ()) else f"sp.{type(expr).__name__}"


def step_source(step: Step) -> str:
    """Python that makes both sides of a step, with the names they need.

    >>> from signsgd_sym.notation import R, x
    >>> print(step_source(Step("1", sp.sqrt(R), "<=", (1 + R) / 2, "")))
    import sympy as sp
    from signsgd_sym.notation import R
    <BLANKLINE>
    lhs = sp.sqrt(R)
    rhs = R/2 + sp.Rational(1, 2)
    """
    printer = _Source()
    sides = [("lhs", step.lhs), ("rhs", step.rhs)]
    if step.order is not None:
        sides.append(("order", step.order))
    body = [f"{name} = {printer.doprint(side)}" for name, side in sides]
    if random_symbols(step.lhs) or random_symbols(step.rhs):
        body.insert(0, "# the random variables are those of the file that states this step")
    imports = ["import sympy as sp"] + [
        f"from signsgd_sym.{module} import {', '.join(sorted(names))}"
        for module, names in sorted(printer.imports.items())
    ]
    made = [f"{name} = {code}" for name, code in printer.made.items()]
    return "\n".join([*imports, "", *made, *([""] if made else []), *body])


__all__ = ["step_source"]
