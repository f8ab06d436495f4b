"""From operations to text: parentheses where the order of operations needs them, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from signsgd_sym.codegen.ir import Node, Num, Op, Program, Var
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.targets.text import WIDTH, fold

INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
UNARY = 3


class Printer:
    """Prints nodes; a target gives its own spelling of operations and numbers.

    `spelling` maps an operation to a template with {0}, {1}, ... for its arguments; `let` binds a name, `end`
    ends a statement, and long ones are put in parentheses where the end of the line would end them. `own`
    stands before the names of tables.
    """

    spelling: ClassVar[Mapping[str, str]] = {}
    infinity, nan = "inf", "nan"
    let, end, parenthesised = "{0} = ", "", True
    own = "_"

    def number(self, value: float) -> str:
        """The shortest text that reads back as the same float64."""
        if math.isnan(value):
            return self.nan
        if math.isinf(value):
            return self.infinity if value > 0 else f"-{self.infinity}"
        return repr(value)

    def __call__(self, node: Node) -> str:
        """The text of an expression."""
        return self._print(node)[0]

    def _print(self, node: Node) -> tuple[str, int]:
        """The text, and how tightly its outermost operation binds."""
        if isinstance(node, Num):
            return self.number(node.value), UNARY if node.value < 0 else 9
        if isinstance(node, Var):
            return node.name, 9
        if node.name in INFIX:
            sign, level = INFIX[node.name]
            left, right = self._within(node.args[0], level), self._within(node.args[1], level + 1)
            # -a * b is (-a) * b to the last bit; after an operator a sign needs parentheses.
            return f"{left} {sign} {f'({right})' if right.startswith('-') else right}", level
        if node.name == "neg":
            return f"-{self._within(node.args[0], UNARY)}", UNARY
        if node.name.startswith("call:"):
            return self.call(node), 9
        if node.name.startswith("pieces:"):
            name = node.name.removeprefix("pieces:")
            return f"{self.own}{name}({', '.join(self(arg) for arg in node.args)})", 9
        template = self.spelling[node.name]
        return template.format(*(self(arg) for arg in node.args)), 9

    def _within(self, node: Node, level: int) -> str:
        """The text of an argument, in parentheses where its operation binds less tightly."""
        text, own = self._print(node)
        return text if own >= level else f"({text})"

    def call(self, node: Op) -> str:
        """A call of another function of the module."""
        name = node.name.removeprefix("call:")
        return f"{name}({', '.join(self(arg) for arg in node.args)})"

    def lines(self, program: Program, result: str, indent: str) -> list[str]:
        """The statements of a program; `result` is what stands before the value of the last one."""
        found = [self.statement(self.let.format(name), node, indent) for name, node in program.lets]
        return [*found, self.statement(result, program.result, indent)]

    def statement(self, lead: str, node: Node, indent: str) -> str:
        """`lead`, the expression and `end`, over several lines where it is long."""
        text = self(node)
        if len(indent + lead + text + self.end) <= WIDTH or not self.parenthesised:
            return indent + fold(lead + text + self.end, indent, WIDTH)
        inner = fold(text, indent, WIDTH)
        return f"{indent}{lead}(\n{indent}    {inner}\n{indent})"


def needed(module: Module, *, own_erf: bool = True) -> set[str]:
    """The operations of a module and what their definitions rest on; with `own_erf`, erf is one of ours."""
    used = set(module.operations)
    if own_erf and "erf" in used:
        used |= {"erfcx", "exp_sum", "product_error"}
    if "quotient_rest" in used or (module.table is not None and module.table.is_steep):
        used.add("product_error")
    return used
