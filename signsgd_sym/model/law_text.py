"""LAW text to the parts of a noise law.

LAW = density: EXPR on (A, B)          a density in x, checked to be one
    | law
law = NAME(PARAMETER, ...)             a family of `families`, as in sympy.stats
    | Mixture((WEIGHT, law), ...)      weights positive, of sum 1
    | Rademacher(c) | Rademacher()     +-c with probability 1/2 each; c = 1
    | Dirac(m) | Finite({m: WEIGHT, ...})
    | Density(EXPR, (A, B))            `density:` inside a mixture
    | SymmetricStable(alpha, c)        E exp(i t eps) = exp(-(c|t|)^alpha), 0 < alpha <= 2
    | Truncated(law, (A, B))           law of eps given A < eps < B; A, B may be -oo, oo
    | NUMBER*law | law/NUMBER | -law | law + NUMBER
    | law + law                        of independent variables, one of which is a Normal
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError, ParseError, UnknownLaw
from signsgd_sym.model.density_check import check_density
from signsgd_sym.model.families import FAMILIES
from signsgd_sym.model.families.family import positive
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.grammar import MAX_NESTING
from signsgd_sym.model.law_names import RESERVED, SPECIAL, is_law, parameter_symbols
from signsgd_sym.model.parse import Reader
from signsgd_sym.model.parts import Atom, DensityPart, FamilyPart
from signsgd_sym.model.smoothed_part import as_normal, smoothed
from signsgd_sym.model.stable_part import symmetric_stable
from signsgd_sym.model.syntax import did_you_mean
from signsgd_sym.model.truncation import Parts, absorbed, truncated_law

ZERO, ONE = sp.Integer(0), sp.Integer(1)
_DENSITY = re.compile(r"\s*density\s*:")
_DENSITY_FORM = "density: exp(-x**2/2)/sqrt(2*pi) on (-oo, oo)"


def read_law(text: str) -> Parts:
    """The parts that LAW text denotes, with their weights.

    Raises:
        ParseError: text outside the grammar.
        UnknownLaw: a name that is no law.
        ParameterError: parameters outside their range.
        DensityError: `density:` of something that is not one.

    Example:
        >>> parts = read_law("2*Mixture((1/4, Normal(0, v)), (3/4, Dirac(1)))")
        >>> [(weight, part.text) for weight, part in parts]
        [(1/4, '2*Normal(0, v)'), (3/4, 'Dirac(2)')]
    """
    if _DENSITY.match(text):
        return ((ONE, _read_density(text)),)
    reader = Reader(text)
    tree = reader.tree()
    return _LawReader(replace(reader, symbols=parameter_symbols(reader, tree))).law(tree)


def law_at(reader: Reader, node: ast.expr) -> Parts:
    """The parts of the law at a node of a larger text, whose parameters are names that `reader` knows."""
    return _LawReader(reader).law(node)


def _read_density(text: str) -> GivenDensity:
    """`density: EXPR on (A, B)`, every name but x a positive symbol."""
    start = _DENSITY.match(text).end()  # type: ignore[union-attr]
    split = text.rfind(" on ")
    if split < start:
        raise ParseError(f"the interval is missing; write for example {_DENSITY_FORM}", text, len(text))

    def free(name: str) -> sp.Symbol:
        if name in RESERVED:
            raise ParseError(f"{name} already means {RESERVED[name]}; give the parameter another name")
        return positive(name)

    body = Reader(text, {"x": notation.x}, free, start, split)
    ends = Reader(text, {}, free, split + 4)
    expression = body.expression(body.tree())
    lo, hi = (
        ends.expression(node)
        for node in ends.items(ends.tree(), 2, f"an interval (A, B), as in {_DENSITY_FORM}")
    )
    return _checked(GivenDensity(expression, (lo, hi)))


def _checked(part: GivenDensity) -> GivenDensity:
    check_density(part)
    return part


@dataclass(frozen=True)
class _LawReader:
    """Walks the syntax tree of a law whose parameter names are already symbols in `reader`."""

    reader: Reader

    def law(self, node: ast.expr, depth: int = 0) -> Parts:
        if depth > MAX_NESTING:
            raise self.reader.error(f"the law is nested more than {MAX_NESTING} deep; flatten it", node)
        match node:
            case ast.UnaryOp(op=ast.USub()):
                return _affine(self.law(node.operand, depth + 1), -ONE, ZERO)
            case ast.BinOp() if is_law(node.left) != is_law(node.right):
                return self._affine_form(node, depth)
            case ast.BinOp() if is_law(node):
                return self._sum_of_laws(node, depth)
        called = self.reader.call(node)
        if called is None:
            name = node.id if isinstance(node, ast.Name) else ""
            example = FAMILIES[name].signature() if name in FAMILIES else "Normal(0, 1)"
            raise self.reader.error(f"expected a law such as {example} or {_DENSITY_FORM}", node)
        name, arguments = called
        match name:
            case "Mixture":
                return self._mixture(arguments, node, depth)
            case "Finite":
                return self._finite(arguments, node)
            case "Rademacher":
                return self._rademacher(arguments, node)
            case "Dirac":
                (where,) = self._numbers(arguments, 1, "Dirac(m)", node)
                return ((ONE, Atom(self._real(where, node))),)
            case "Density":
                return ((ONE, self._density(arguments, node)),)
            case "SymmetricStable":
                alpha, c = self._numbers(arguments, 2, "SymmetricStable(alpha, c)", node)
                return ((ONE, symmetric_stable(alpha, c)),)
            case "Truncated":
                return self._truncated(arguments, node, depth)
        if name not in FAMILIES:
            known = (*FAMILIES, *SPECIAL)
            raise UnknownLaw(
                f"{name} is not a known law{did_you_mean(name, known)}; known: {', '.join(sorted(known))}",
                self.reader.text,
                node.col_offset,
            )
        values = tuple(self.reader.expression(argument) for argument in arguments)
        return ((ONE, FamilyPart(name, values)),)

    def _affine_form(self, node: ast.BinOp, depth: int) -> Parts:
        law_is_left = is_law(node.left)
        number = self.reader.expression(node.right if law_is_left else node.left)
        law = self.law(node.left if law_is_left else node.right, depth + 1)
        match node.op:
            case ast.Add():
                return _affine(law, ONE, number)
            case ast.Sub():
                return _affine(law, ONE, -number) if law_is_left else _affine(law, -ONE, number)
            case ast.Mult():
                return _affine(law, number, ZERO)
            case ast.Div() if law_is_left and not number.is_zero:
                return _affine(law, 1 / number, ZERO)
        raise self.reader.error("a law may be multiplied or divided by a number, or shifted by one", node)

    def _sum_of_laws(self, node: ast.BinOp, depth: int) -> Parts:
        """X + N or X - N of independent variables, one of which is a Normal."""
        if isinstance(node.op, ast.Add | ast.Sub):
            left, right = self.law(node.left, depth + 1), self.law(node.right, depth + 1)
            if isinstance(node.op, ast.Sub):
                right = _affine(right, -ONE, ZERO)
            for other, ((_, part), *more) in ((left, right), (right, left)):
                normal = None if more else as_normal(part)
                if normal is not None:
                    return tuple((weight, smoothed(each, *normal)) for weight, each in other)
        raise self.reader.error(
            "sums and products of two laws are not read, but for a sum of which one is a Normal, as in "
            "Laplace(0, b) + Normal(0, s); give the density, or write a Mixture",
            node,
        )

    def _truncated(self, nodes: list[ast.expr], node: ast.AST, depth: int) -> Parts:
        form = "Truncated(LAW, (A, B)), as in Truncated(Normal(0, 1), (-2, 2))"
        if len(nodes) != 2:
            raise self.reader.error(f"expected {form}", node)
        lo, hi = (self.reader.expression(end) for end in self.reader.items(nodes[1], 2, form))
        return truncated_law(self.law(nodes[0], depth + 1), lo, hi)

    def _numbers(self, nodes: list[ast.expr], wanted: int, form: str, node: ast.AST) -> list[sp.Expr]:
        if len(nodes) != wanted:
            raise self.reader.error(f"expected {form}", node)
        return [self.reader.expression(each) for each in nodes]

    def _real(self, value: sp.Expr, node: ast.AST) -> sp.Expr:
        if value.is_finite is False or value.is_real is False:
            raise self.reader.error(f"{value} is not a finite real number; change it", node)
        return value

    def _mixture(self, nodes: list[ast.expr], node: ast.AST, depth: int) -> Parts:
        form = "Mixture((WEIGHT, LAW), ...), as in Mixture((9/10, Normal(0, 1)), (1/10, Dirac(0)))"
        if not nodes:
            raise self.reader.error(f"expected {form}", node)
        parts: list[tuple[sp.Expr, Atom | DensityPart]] = []
        for entry in nodes:
            weight_node, law_node = self.reader.items(entry, 2, form)
            weight = self._weight(weight_node)
            parts += [(absorbed(weight * inner), part) for inner, part in self.law(law_node, depth + 1)]
        return tuple(parts)

    def _weight(self, node: ast.expr) -> sp.Expr:
        weight = self.reader.expression(node)
        if weight.is_finite is False or weight.is_positive is False:
            raise self.reader.error(
                f"the weight {weight} is not a positive number; leave that part out", node
            )
        return weight

    def _finite(self, nodes: list[ast.expr], node: ast.AST) -> Parts:
        match nodes:
            case [ast.Dict(keys=keys, values=values)] if keys and None not in keys:
                return tuple(
                    (self._weight(value), Atom(self._real(self.reader.expression(key), key)))
                    for key, value in zip(keys, values, strict=True)
                    if key is not None
                )
        raise self.reader.error(
            "expected Finite({m: WEIGHT, ...}), as in Finite({-1: 1/4, 0: 1/2, 1: 1/4})", node
        )

    def _rademacher(self, nodes: list[ast.expr], node: ast.AST) -> Parts:
        (c,) = self._numbers(nodes, 1, "Rademacher(c) or Rademacher()", node) if nodes else [ONE]
        if self._real(c, node).is_positive is False:
            raise ParameterError(f"c of Rademacher is {c}, but it must be positive; change it")
        half = sp.Rational(1, 2)
        return ((half, Atom(-c)), (half, Atom(c)))

    def _density(self, nodes: list[ast.expr], node: ast.AST) -> GivenDensity:
        if len(nodes) != 2:
            raise self.reader.error("expected Density(EXPR, (A, B))", node)
        with_x = replace(self.reader, symbols={**self.reader.symbols, "x": notation.x})
        lo, hi = (self.reader.expression(end) for end in self.reader.items(nodes[1], 2, "an interval (A, B)"))
        return _checked(GivenDensity(with_x.expression(nodes[0]), (lo, hi)))


def _affine(law: Parts, scale: sp.Expr, shift: sp.Expr) -> Parts:
    return tuple((weight, part.affine(scale, shift)) for weight, part in law)
