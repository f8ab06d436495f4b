r"""Normal forms of matrix products and traces, by a few rewriting rules.

SymPy multiplies matrix symbols but knows no symmetric, orthogonal or diagonal symbols of symbolic size.
Here a product is a *word*: a tuple of factors (symbol, power, transposed). The rules are

    A^T -> A                for symmetric A
    A^p A^q -> A^(p+q)      for the invertible symbols the project has
    U^T U -> I, U U^T -> I  for orthogonal U
    L e -> mu e             for a stated unit eigenvector e of L, and e^T L -> mu e^T, e^T e -> 1
    K -> word               for a stated substitution

Scalars are traces of words: a trace is rotated so that a row vector comes first, a product
col . row inside it splits it into two scalars, and of a scalar word and its transpose the first in
order is kept. Every rule is an identity of matrices; the checker certifies the results at random
matrices all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Factor:
    """One factor of a word: `symbol`^`power`, transposed or not."""

    symbol: Any
    power: Any = sp.S.One
    transposed: bool = False

    @property
    def is_row(self) -> bool:
        """A transposed column vector."""
        return self.transposed and self.symbol.shape[1] == 1

    @property
    def is_column(self) -> bool:
        """A column vector."""
        return not self.transposed and self.symbol.shape[1] == 1

    def expr(self) -> Any:
        """The factor as a SymPy matrix expression."""
        base = self.symbol if self.power == 1 else sp.MatPow(self.symbol, self.power)
        return base.T if self.transposed else base

    def key(self) -> tuple[str, str, bool]:
        """Order of factors."""
        return (self.symbol.name, str(self.power), self.transposed)


Word = tuple[Factor, ...]
Terms = list[tuple[Any, Word]]


@dataclass(frozen=True)
class MatrixAlgebra:
    """What is known of the matrix symbols, and the normal forms that follow.

    >>> d = sp.Symbol("d", integer=True, positive=True)
    >>> A, v = sp.MatrixSymbol("A", d, d), sp.MatrixSymbol("v", d, 1)
    >>> algebra = MatrixAlgebra(symmetric=frozenset({A}))
    >>> algebra.scalar(sp.Trace(v.T * A.T * v) + sp.Trace(v * v.T * A))
    2*Trace(v.T*A*v)
    """

    symmetric: frozenset[Any] = frozenset()
    orthogonal: frozenset[Any] = frozenset()
    eigenvectors: tuple[tuple[Any, Any, Any], ...] = ()
    """Triples (L, e, mu) with L e = mu e, L symmetric and e of length 1."""
    substitutions: Mapping[Any, Any] = field(default_factory=dict)
    """Matrix symbols to be replaced by matrix expressions, before anything else."""

    # --- from expressions to words -------------------------------------------------------------
    def terms(self, expr: Any, transposed: bool = False) -> Terms:
        """`expr` (or its transpose) as a sum of coefficient times word, every word reduced."""
        return [
            (coefficient * scale, reduced)
            for coefficient, word in self._words(expr, transposed)
            for scale, reduced in [self._reduce(word)]
        ]

    def _words(self, expr: Any, transposed: bool) -> Terms:
        if isinstance(expr, sp.MatAdd):
            return [term for part in expr.args for term in self._words(part, transposed)]
        if isinstance(expr, sp.MatMul):
            return self._product(expr, transposed)
        if isinstance(expr, sp.Transpose):
            return self._words(expr.arg, not transposed)
        if isinstance(expr, sp.Identity):
            return [(sp.S.One, ())]
        if isinstance(expr, sp.ZeroMatrix):
            return []
        if isinstance(expr, sp.MatrixSymbol):
            if expr in self.substitutions:
                return self._words(self.substitutions[expr], transposed)
            return [(sp.S.One, (Factor(expr, sp.S.One, transposed and expr not in self.symmetric),))]
        if isinstance(expr, sp.MatPow | sp.Inverse):
            base, power = expr.args
            if isinstance(base, sp.Transpose):  # SymPy writes (D^p)^T as (D^T)^p
                base, transposed = base.arg, not transposed
            if base in self.substitutions:
                [(coefficient, word)] = self._words(self.substitutions[base], transposed)
                if word == ():  # a multiple of the identity
                    return [(coefficient**power, ())]
            elif isinstance(base, sp.MatrixSymbol):
                return [(sp.S.One, (Factor(base, power, transposed and base not in self.symmetric),))]
        raise TypeError(f"{type(expr).__name__} is not a product of matrix symbols: {expr}")

    def _product(self, expr: Any, transposed: bool) -> Terms:
        result: Terms = [(sp.S.One, ())]
        factors = reversed(expr.args) if transposed else expr.args
        for factor in factors:
            if not getattr(factor, "is_Matrix", False) and not isinstance(factor, sp.MatrixExpr):
                result = [(coefficient * factor, word) for coefficient, word in result]
                continue
            options = self._words(factor, transposed)
            result = [(c1 * c2, w1 + w2) for c1, w1 in result for c2, w2 in options]
        return result

    # --- reduction ------------------------------------------------------------------------------
    def _reduce(self, word: Word) -> tuple[Any, Word]:
        scale: Any = sp.S.One
        done: list[Factor] = []
        for factor in word:
            done.append(factor)
            while len(done) > 1:
                step = self._reduce_pair(done[-2], done[-1])
                if step is None:
                    break
                scale *= step[0]
                done[-2:] = step[1]
        return scale, tuple(done)

    def _reduce_pair(self, left: Factor, right: Factor) -> tuple[Any, list[Factor]] | None:
        same = left.symbol == right.symbol
        if same and left.symbol in self.orthogonal and left.transposed != right.transposed:
            power = left.power - right.power
            if power == 0:
                return sp.S.One, []
            rest = left if power > 0 else right
            return sp.S.One, [Factor(rest.symbol, abs(power), rest.transposed)]
        if same and left.symbol.is_square and left.transposed == right.transposed:
            power = left.power + right.power
            return sp.S.One, [] if power == 0 else [Factor(left.symbol, power, left.transposed)]
        for matrix, vector, value in self.eigenvectors:
            if left.symbol == matrix and right == Factor(vector):
                return value**left.power, [right]
            if right.symbol == matrix and left == Factor(vector, transposed=True):
                return value**right.power, [left]
            if left == Factor(vector, transposed=True) and right == Factor(vector):
                return sp.S.One, []
        return None

    # --- normal forms ---------------------------------------------------------------------------
    def matrix(self, expr: Any) -> Any:
        """Normal form of a matrix expression: like words collected."""
        collected = _collect((word, c) for c, word in self.terms(expr))
        parts = [sp.MatMul(c, _product_of(word, expr.shape[0])).doit() for word, c in collected.items()]
        return sp.MatAdd(*parts).doit() if parts else sp.ZeroMatrix(*expr.shape)

    def scalar(self, expr: Any) -> Any:
        """Normal form of a scalar expression: every `Trace` in it expanded, rotated and collected."""
        traces = expr.atoms(sp.Trace)
        return sp.expand(expr.xreplace({trace: self._trace(trace) for trace in traces}))

    def _trace(self, trace: Any) -> Any:
        size = trace.arg.shape[0]
        return sp.Add(*(c * self._trace_of_word(word, size) for c, word in self.terms(trace.arg)))

    def _trace_of_word(self, word: Word, size: Any) -> Any:
        if not word:
            return size
        rows = [k for k, factor in enumerate(word) if factor.is_row]
        if not rows:
            # A rotation may bring factors together that cancel: keep the shortest result.
            rotations = (self._reduce(word[k:] + word[:k]) for k in range(len(word)))
            scale, reduced = min(rotations, key=lambda option: (len(option[1]), _word_key(option[1])))
            return scale * (sp.Trace(_product_of(reduced, size)) if reduced else size)
        rotated = word[rows[0] :] + word[: rows[0]]
        starts = [k for k, factor in enumerate(rotated) if factor.is_row] + [len(rotated)]
        product: Any = sp.S.One
        for start, stop in itertools.pairwise(starts):
            scale, reduced = self._reduce(rotated[start:stop])
            if reduced:
                scale *= sp.Trace(_product_of(min(reduced, self._transpose(reduced), key=_word_key), size))
            product *= scale
        return product

    def _transpose(self, word: Word) -> Word:
        return tuple(
            factor
            if factor.symbol in self.symmetric
            else Factor(factor.symbol, factor.power, not factor.transposed)
            for factor in reversed(word)
        )


def _word_key(word: Word) -> list[tuple[str, str, bool]]:
    return [factor.key() for factor in word]


def _collect(items: Iterable[tuple[Word, Any]]) -> dict[Word, Any]:
    total: dict[Word, Any] = {}
    for word, coefficient in items:
        total[word] = sp.expand(total.get(word, sp.S.Zero) + coefficient)
    return {word: coefficient for word, coefficient in total.items() if coefficient != 0}


def _product_of(word: Word, size: Any) -> Any:
    return sp.MatMul(*(factor.expr() for factor in word)) if word else sp.Identity(size)
