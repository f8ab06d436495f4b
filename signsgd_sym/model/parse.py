"""Safe text to SymPy: the syntax tree is read against a whitelist, nothing is ever evaluated as Python.

Grammar: numbers, names, calls of the functions below, `+ - * / **`, and comparisons inside
`Piecewise((value, condition), ...)`. Numbers are exact rationals taken from the digits as typed, so
`.6` is 3/5 and `1e-3` is 1/1000.

Text comes from strangers, so its cost is bounded before anything is computed: length, nesting, number
of arguments, and the size of every integer that a power, an exponential or a factorial would create.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from signsgd_sym.errors import ParseError
from signsgd_sym.model.bounds import apply, check_count, check_power, check_side, check_value
from signsgd_sym.model.grammar import (
    CONSTANTS,
    MAX_ARGUMENTS,
    MAX_DIGITS,
    MAX_NESTING,
    NUMBER,
    RELATIONS,
    WORDS,
    Word,
)
from signsgd_sym.model.syntax import describe, did_you_mean, syntax_tree


def parse_expression(
    text: str,
    symbols: Mapping[str, sp.Expr],
    *,
    free: Callable[[str], sp.Expr] | None = None,
) -> sp.Expr:
    """The SymPy expression that `text` denotes.

    Args:
        text: one expression, at most 4000 characters of ASCII.
        symbols: what each known name stands for; it wins over the constants pi, E, oo.
        free: makes the value of any other name; without it other names are refused.

    Raises:
        ParseError: for anything outside the grammar, with the column of the offence.

    Example:
        >>> import sympy as sp
        >>> parse_expression(".6*Abs(x) - 1e-3", {"x": sp.Symbol("x", real=True)})
        3*Abs(x)/5 - 1/1000
        >>> parse_expression("9**9**9", {})
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.ParseError: the power 9**387420489 is too large to write out; use smaller numbers
    """
    reader = Reader(text, symbols, free)
    return reader.expression(reader.tree())


@dataclass(frozen=True)
class Reader:
    """One text, and what its names mean; its methods turn parts of the syntax tree into SymPy.

    `start` and `stop` bound the part of `text` that is read, so that columns in errors count from
    the beginning of what the user typed. `words` are the functions that are known, `forms` those that read
    their arguments themselves, such as integrals, which bind a name.
    """

    text: str
    symbols: Mapping[str, sp.Expr] = field(default_factory=dict)
    free: Callable[[str], sp.Expr] | None = None
    start: int = 0
    stop: int | None = None
    words: Mapping[str, Word] = field(default_factory=lambda: WORDS)
    forms: Mapping[str, Callable[[Reader, ast.Call, int], sp.Expr]] = field(default_factory=dict)

    @property
    def functions(self) -> frozenset[str]:
        """The names that can be called."""
        return frozenset({*self.words, *self.forms, "Piecewise"})

    def error(self, message: str, where: ast.AST | int = 0) -> ParseError:
        """A `ParseError` that points at a node or a column."""
        column = where if isinstance(where, int) else getattr(where, "col_offset", 0)
        return ParseError(message, self.text, min(column, len(self.text)))

    def tree(self) -> ast.expr:
        """The syntax tree of the part that is read."""
        return syntax_tree(self.text, self.start, self.stop)

    def expression(self, node: ast.expr) -> sp.Expr:
        """The SymPy value of an arithmetic node."""
        try:
            value = self.value(node, 0)
        except ParseError:
            raise
        except (RecursionError, MemoryError, OverflowError):
            raise self.error("the expression is too large; write it in a simpler form", node) from None
        except (ValueError, TypeError, ArithmeticError, NotImplementedError):
            # SymPy speaks of a value outside a domain, or of a comparison of numbers that are not real.
            raise self.error("the expression has no real value; check the arguments", node) from None
        self._guard(node, check_value(value))
        return value

    def source(self, node: ast.expr) -> str:
        """The characters of a node as typed."""
        return self.text[node.col_offset : node.end_col_offset]

    def call(self, node: ast.expr) -> tuple[str, list[ast.expr]] | None:
        """Name and arguments of a plain call `f(p, q)`, `None` for any other node."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return None
        if node.keywords:
            raise self.error("keyword arguments are not read; give the arguments in order", node)
        return node.func.id, node.args

    def items(self, node: ast.expr, count: int, form: str) -> list[ast.expr]:
        """The entries of a tuple of `count` entries; `form` shows the user what is expected."""
        if not isinstance(node, ast.Tuple) or len(node.elts) != count:
            raise self.error(f"expected {form}", node)
        return node.elts

    def _guard(self, node: ast.AST, complaint: str | None) -> None:
        if complaint:
            raise self.error(complaint, node)

    def value(self, node: ast.expr, depth: int) -> sp.Expr:
        """The value of a node that stands `depth` levels deep; `expression` is what others call."""
        if depth > MAX_NESTING:
            raise self.error(f"the expression is nested more than {MAX_NESTING} deep; flatten it", node)
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.USub()):
                return -self.value(node.operand, depth + 1)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.value(node.operand, depth + 1)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._sum(node, depth)
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self._product(node, depth)
            case ast.BinOp(op=ast.Pow()):
                base, exponent = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
                self._guard(node, check_power(base, exponent))
                power = sp.Pow(base, exponent)
                self._guard(node, check_value(power))
                return power
            case ast.BinOp(op=ast.BitXor()):
                raise self.error("^ is not a power here; write ** instead", node.left.end_col_offset or 0)
            case ast.Call():
                return self._function(node, depth)
            case ast.Compare() | ast.BoolOp() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
                raise self.error("a comparison is only read as a condition inside Piecewise", node)
        raise self.error(
            f"{describe(node)} is not part of the language; use numbers, names, + - * / ** and functions",
            node,
        )

    def _sum(self, node: ast.expr, depth: int) -> sp.Expr:
        # Long sums lean to the left in the tree: walk the spine in a loop, so only true nesting counts.
        terms: list[sp.Expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            term = self.value(node.right, depth + 1)
            terms.append(-term if isinstance(node.op, ast.Sub) else term)
            node = node.left
        return sp.Add(self.value(node, depth + 1), *reversed(terms))

    def _product(self, node: ast.expr, depth: int) -> sp.Expr:
        factors: list[sp.Expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            factor = self.value(node.right, depth + 1)
            if isinstance(node.op, ast.Div):
                if factor.is_zero:
                    raise self.error("division by zero; change the denominator", node.right)
                factor = 1 / factor
            factors.append(factor)
            node = node.left
        return sp.Mul(self.value(node, depth + 1), *reversed(factors))

    def _number(self, node: ast.Constant) -> sp.Expr:
        digits = self.source(node)
        if isinstance(node.value, bool) or not NUMBER.fullmatch(digits):
            raise self.error(
                f"{digits[:40]} is not a decimal number; write for example 3, .6 or 1e-3",
                node,
            )
        mantissa, _, exponent = digits.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > MAX_DIGITS:
            raise self.error(f"{digits[:40]} has too many digits; at most {MAX_DIGITS} are read", node)
        return sp.Rational(digits)

    def _name(self, node: ast.Name) -> sp.Expr:
        name = node.id
        if name in self.symbols:
            return self.symbols[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in self.functions:
            raise self.error(f"{name} is a function; write {name}(...)", node)
        if self.free is None:
            known = sorted({*self.symbols, *CONSTANTS})
            raise self.error(
                f"{name} is not a known name{did_you_mean(name, known)}; known here: {', '.join(known)}", node
            )
        try:
            return self.free(name)
        except ParseError as problem:
            raise self.error(str(problem), node) from None

    def _function(self, node: ast.Call, depth: int) -> sp.Expr:
        called = self.call(node)
        if called is None:
            raise self.error("only functions called by name are read, such as exp(x)", node)
        name, nodes = called
        if name not in self.functions:
            raise self.error(
                f"{name} is not a known function"
                + (did_you_mean(name, self.functions) or f"; known: {', '.join(sorted(self.functions))}"),
                node,
            )
        if len(nodes) > MAX_ARGUMENTS:
            raise self.error(f"{name} has {len(nodes)} arguments; at most {MAX_ARGUMENTS} are read", node)
        if name == "Piecewise":
            return self._piecewise(nodes, node, depth)
        if name in self.forms:
            result = self.forms[name](self, node, depth)
            self._guard(node, check_value(result))
            return result
        word = self.words[name]
        try:
            check_count(name, word, len(nodes))
            return apply(name, word, [self.value(each, depth + 1) for each in nodes])
        except ParseError as problem:
            raise problem if problem.text else self.error(str(problem), node) from None

    def _piecewise(self, nodes: list[ast.expr], node: ast.Call, depth: int) -> sp.Expr:
        pairs = []
        for entry in nodes:
            value, condition = self.items(entry, 2, "Piecewise((value, condition), ...)")
            pairs.append((self.value(value, depth + 1), self.condition(condition, depth + 1)))
        result = sp.Piecewise(*pairs) if pairs else sp.nan
        if result is sp.nan:
            raise self.error("Piecewise needs (value, condition) pairs of which one can hold", node)
        return result

    def condition(self, node: ast.expr, depth: int = 0) -> sp.Basic:
        """The SymPy relation of a comparison, a chain of them, or several joined by & and |."""
        if depth > MAX_NESTING:
            raise self.error(f"the condition is nested more than {MAX_NESTING} deep; flatten it", node)
        match node:
            case ast.Constant(value=bool() as truth):
                return sp.true if truth else sp.false
            case ast.BinOp(op=ast.BitAnd()) | ast.BinOp(op=ast.BitOr()):
                join = sp.And if isinstance(node.op, ast.BitAnd) else sp.Or
                return join(self.condition(node.left, depth + 1), self.condition(node.right, depth + 1))
            case ast.Compare():
                sides = [self.value(side, depth + 1) for side in (node.left, *node.comparators)]
                for side in sides:
                    self._guard(node, check_side(side))
                relations = []
                for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
                    if type(operator) not in RELATIONS:
                        raise self.error("conditions compare with <, <=, > or >=", node)
                    relations.append(RELATIONS[type(operator)](left, right))
                return sp.And(*relations)
        raise self.error("a condition is a comparison such as x < 1, or True", node)
