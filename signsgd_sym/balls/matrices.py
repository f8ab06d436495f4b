"""Matrix expressions over `acb_mat`, at whatever dimension the point assigns.

The value of a MatrixSymbol is an `acb_mat`, that of a symbolic dimension an exact integer. Indices follow
SymPy (from 0). A fractional power needs a base that is diagonal at the point, where it acts on the
diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import sympy as sp
from flint import acb, acb_mat
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement

from signsgd_sym.balls.ball import Ball, Evaluator, Unsupported, as_integer, nan
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.functions import power
from signsgd_sym.balls.scope import Slots, extend


def elementwise(f: Callable[..., acb], *matrices: acb_mat) -> acb_mat:
    """The matrix of f(entries) of matrices of one shape."""
    rows = (zip(*rows, strict=True) for rows in zip(*(m.tolist() for m in matrices), strict=True))
    return acb_mat([[f(*entries) for entries in row] for row in rows])


def diagonal(entries: Sequence[acb]) -> acb_mat:
    """The diagonal matrix with the given diagonal."""
    n = len(entries)
    return acb_mat(n, n, [entries[i] if i == j else acb(0) for i in range(n) for j in range(n)])


def _size(n: acb) -> int:
    size = as_integer(n)
    if size is None or size < 0:
        raise Unsupported("a dimension that is not a natural number")
    return size


def _filled(entry: Callable[[int, int], int]) -> Callable[..., Evaluator]:
    def rule(e: Any, slots: Slots) -> Evaluator:
        rows, columns = (compile_node(n, slots) for n in e.shape)

        def value(args: Sequence[Ball], analytic: bool) -> acb_mat:
            m, n = _size(rows(args, analytic)), _size(columns(args, analytic))
            return acb_mat(m, n, [entry(i, j) for i in range(m) for j in range(n)])

        return value

    return rule


def _of(f: Callable[..., Ball]) -> Callable[..., Evaluator]:
    """A function of the values of all arguments, holomorphic in the entries."""
    return _flagged(lambda *values: f(*values[:-1]))


def _flagged(f: Callable[..., Ball]) -> Callable[..., Evaluator]:
    """A function of the values of all arguments and of the analytic flag."""

    def rule(e: Any, slots: Slots) -> Evaluator:
        parts = [compile_node(arg, slots) for arg in e.args]
        return lambda args, analytic: f(*(part(args, analytic) for part in parts), analytic)

    return rule


def _adjoint(m: acb_mat, analytic: bool) -> acb_mat:
    return elementwise(lambda z: nan() if analytic else z.conjugate(), m.transpose())


def _diagonal_of(m: acb_mat) -> list[acb]:
    if m.nrows() != m.ncols():
        raise Unsupported("the diagonal of a matrix that is not square")
    return [m[i, i] for i in range(m.nrows())]


def _mat_power(m: acb_mat, q: acb, analytic: bool) -> acb_mat:
    n = as_integer(q)
    if n is not None:
        base = m if n >= 0 else m.inv()
        one = diagonal([acb(1)] * m.nrows())
        return reduce(lambda x, y: x * y, [base] * abs(n), one)
    d = m.nrows()
    if any(not m[i, j].is_zero() for i in range(d) for j in range(d) if i != j):
        raise Unsupported("a fractional power of a matrix that is not diagonal")
    return diagonal([power(x, q, analytic) for x in _diagonal_of(m)])


def _apply_function(e: Any, slots: Slots) -> Evaluator:
    x = sp.Dummy("x")
    function, matrix = compile_node(e.function(x), extend(slots, x)), compile_node(e.expr, slots)
    return lambda args, analytic: elementwise(
        lambda z: function([*args, z], analytic), matrix(args, analytic)
    )


def _entry(e: Any, slots: Slots) -> Evaluator:
    matrix, row, column = (compile_node(arg, slots) for arg in e.args)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        m, i, j = matrix(args, analytic), as_integer(row(args, analytic)), as_integer(column(args, analytic))
        inside = i is not None and j is not None and 0 <= i < m.nrows() and 0 <= j < m.ncols()
        return m[i, j] if inside else nan()

    return value


def _explicit(e: Any, slots: Slots) -> Evaluator:
    entries = [[compile_node(x, slots) for x in row] for row in e.tolist()]
    return lambda args, analytic: acb_mat([[f(args, analytic) for f in row] for row in entries])


def _product(*factors: Any) -> Ball:
    """Scalars and matrices in any order; matrices keep theirs."""
    return reduce(lambda x, y: y * x if isinstance(x, acb) else x * y, factors)


MATRIX_RULES: list[tuple[Any, Callable[..., Evaluator]]] = [
    (sp.MatAdd, _of(lambda *ms: reduce(lambda x, y: x + y, ms))),
    (sp.MatMul, _of(_product)),
    (sp.MatPow, _flagged(_mat_power)),
    (sp.Inverse, _of(lambda m, *_: m.inv())),
    (sp.Transpose, _of(lambda m: m.transpose())),
    (sp.Adjoint, _flagged(_adjoint)),
    (sp.Trace, _of(lambda m: m.trace())),
    (sp.Determinant, _of(lambda m: m.det())),
    (sp.HadamardProduct, _of(lambda *ms: elementwise(lambda *xs: reduce(lambda x, y: x * y, xs), *ms))),
    (sp.HadamardPower, _flagged(lambda m, q, flag: elementwise(lambda x: power(x, q, flag), m))),
    (sp.DiagMatrix, _of(lambda v: diagonal([x for row in v.tolist() for x in row]))),
    (sp.DiagonalMatrix, _of(lambda m: diagonal(_diagonal_of(m)))),
    (sp.DiagonalOf, _of(lambda m: acb_mat([[x] for x in _diagonal_of(m)]))),
    (sp.Identity, _filled(lambda i, j: int(i == j))),
    (sp.ZeroMatrix, _filled(lambda i, j: 0)),
    (sp.OneMatrix, _filled(lambda i, j: 1)),
    (ElementwiseApplyFunction, _apply_function),
    (MatrixElement, _entry),
    (sp.MatrixBase, _explicit),
]
