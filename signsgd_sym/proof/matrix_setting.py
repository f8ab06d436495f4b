"""Statements about matrices, at random dimensions 2 to 8 and random positive definite K.

K is rational with unequal diagonal and Delta is a random vector; everything else is computed from them as
balls, each name from its meaning: D = diag(sqrt(K_ii)), U and Lambda from the matrix whose
eigendecomposition is given (`Eq(U*Lambda*U.T, ...)`), and names defined in the derivation from their
definitions, those with an index mode by mode. A name whose definition speaks of the noise law, phi(R), or is
an infinite product, is any positive number here: these steps hold whatever it is. So it is with a square
matrix that has no definition: any symmetric one if it is a second moment (`SYMMETRIC`), any diagonal one if
it is diag(a(R, K_ii)) (`DIAGONAL`), any one at all if nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from flint import acb, acb_mat
from sympy.core.function import AppliedUndef

from signsgd_sym import notation as nt
from signsgd_sym.balls import Program, program, random_model
from signsgd_sym.balls.ball import rational
from signsgd_sym.balls.functions import asin
from signsgd_sym.balls.matrices import diagonal
from signsgd_sym.balls.model import symmetric_eigen
from signsgd_sym.proof.derivation import Assumption
from signsgd_sym.proof.setting import Site
from signsgd_sym.special import Generator, NoiseMean, Variation

COMPUTED = {nt.d, nt.i, nt.K, nt.Delta, nt.e_i, nt.e_j, nt.D, nt.K_sigma}
"""Names whose values `_values` makes; K, Delta, i and j are drawn, the rest follows."""
EIGEN = {nt.U, nt.Lambda, nt.lam}
SYMMETRIC = {nt.M, nt.K_A, nt.Sigma, nt.V}
"""Matrices of which only the symmetry is used, and the diagonal where Trace(e_i.T*M*e_i) is defined."""
DIAGONAL = {nt.a_K}
"""Matrices of which only that is used that they are diagonal, and a diagonal that is defined."""
MEANINGS = {
    nt.R: sp.Trace(nt.Delta.T * nt.K * nt.Delta) / 2,
    nt.K_ii: sp.Trace(nt.e_i.T * nt.K * nt.e_i),
    nt.K_jj: sp.Trace(nt.e_j.T * nt.K * nt.e_j),
    nt.KDelta_i: sp.Trace(nt.e_i.T * nt.K * nt.Delta),
}
"""What `notation` says these scalars are, for a model with matrices."""


def speaks_of_matrices(*sides: Any) -> bool:
    """Whether a matrix, or a quantity indexed by a mode, occurs."""
    kinds = (sp.MatrixExpr, sp.Trace, sp.Indexed, sp.IndexedBase, Generator, Variation)
    return any(isinstance(side, kinds) or side.has(*kinds) for side in sides)


def names_in(expr: Any) -> set[Any]:
    """Symbols, matrix symbols, indexed bases and undefined functions of an expression.

    A function applied to a symbol, phi(R), is one name.
    """
    applied = expr.atoms(AppliedUndef)
    bases = {node.base for node in expr.atoms(sp.Indexed)}
    labels = {base.label for base in bases}
    return (set(expr.free_symbols) | applied | bases) - set(expr.atoms(sp.Indexed)) - labels


def sign_covariance(K: acb_mat) -> acb_mat:
    """K_sigma = (2/pi) arcsin(C) entrywise, C the correlations; 1 on the diagonal."""
    d = K.nrows()
    scale = [K[k, k].sqrt() for k in range(d)]
    entries = [
        acb(1) if a == b else 2 * asin(K[a, b] / (scale[a] * scale[b]), False) / acb.pi()
        for a in range(d)
        for b in range(d)
    ]
    return acb_mat(d, d, entries)


def _unit(d: int, k: int) -> acb_mat:
    return acb_mat([[acb(int(row == k))] for row in range(d)])


@dataclass
class MatrixSetting:
    """Sides that speak of matrices; see the module docstring."""

    sides: tuple[Any, ...]
    definitions: Mapping[Any, Any]
    given: tuple[Assumption, ...] = ()
    violate: str = ""
    _compiled: dict[Any, Program] = field(default_factory=dict)
    _diagonals: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meanings: dict[Any, Any] = {name: (name, meaning) for name, meaning in MEANINGS.items()}
        for name, meaning in self.definitions.items():
            if isinstance(name, sp.Trace):
                self._diagonal_of(name, meaning)
            elif not meaning.has(NoiseMean, sp.Product):
                self.meanings[name.base if isinstance(name, sp.Indexed) else name] = (name, meaning)
        self.decomposed: Any = None
        self.orthogonal = True
        for assumption in self.given:
            relation = assumption.relation
            if not isinstance(relation, sp.Equality):
                continue
            violated = assumption.label == self.violate
            if relation.lhs == nt.U * nt.Lambda * nt.U.T:
                self.decomposed = relation.rhs if not violated else relation.rhs + nt.K * nt.K
                self.orthogonal = not violated
            elif not violated:
                name = relation.lhs
                self.meanings[name.base if isinstance(name, sp.Indexed) else name] = (name, relation.rhs)
        self.needed = self._closure(set().union(*(names_in(side) for side in self.sides)))
        order = list(self.meanings)
        self.assigned = [name for name in self._in_order(order) if name in self.needed]
        known = COMPUTED | EIGEN | set(self.meanings)
        free = sorted((n for n in self.needed if n not in known), key=str)
        self.free_matrices = [n for n in free if isinstance(n, sp.MatrixSymbol) and n.shape == (nt.d, nt.d)]
        self.free = [n for n in free if n not in self.free_matrices]

    def _diagonal_of(self, entry: Any, meaning: Any) -> None:
        for matrix in SYMMETRIC | DIAGONAL:
            if entry == sp.Trace(nt.e_i.T * matrix * nt.e_i):
                self._diagonals[matrix] = meaning

    def _closure(self, names: set[Any]) -> set[Any]:
        found: set[Any] = {nt.d}
        queue = list(names)
        while queue:
            name = queue.pop()
            if name in found:
                continue
            found.add(name)
            if name in self.meanings:
                queue += names_in(self.meanings[name][1])
            if name in self._diagonals:
                queue += names_in(self._diagonals[name])
            if name in (nt.D, nt.K_sigma):
                queue.append(nt.K)
            if name in EIGEN and self.decomposed is not None:
                queue += names_in(self.decomposed)
        return found

    def _in_order(self, names: list[Any]) -> list[Any]:
        """Names such that each comes after those its meaning speaks of."""
        done: list[Any] = []

        def visit(name: Any, path: tuple[Any, ...]) -> None:
            if name in done or name not in self.meanings:
                return
            if name in path:
                raise ValueError(f"the definition of {name} goes round in a circle")
            for other in sorted(names_in(self.meanings[name][1]) - {name}, key=str):
                visit(other, (*path, name))
            done.append(name)

        for name in names:
            visit(name, ())
        return done

    def region(self) -> str:
        """What is drawn, in words."""
        matrices = [f"{name} {_form(name)}" for name in self.free_matrices]
        scalars = [f"{name} > 0" for name in self.free]
        return ", ".join(["d = 2, ..., 8, K random positive definite, Delta random", *matrices, *scalars])

    def draw(self, rng: Random, wide: bool) -> Site | None:
        """A random model of random dimension, and positive numbers for what is free."""
        model = random_model(rng)
        scalars = {name: sp.Rational(rng.randint(20, 400), 101) for name in self.free}
        matrices = self._any_matrices(rng, model.d)

        def values() -> dict[Any, Any]:
            Delta = acb_mat([[_ball(x)] for x in model.Delta])
            return self._values(_ball_matrix(model.K), Delta, model.i, scalars, matrices)

        shown = {"d": str(model.d), "K": _matrix_words(model.K), "Delta": _vector_words(model.Delta)}
        if nt.i in self.needed or nt.e_i in self.needed:
            shown["i"] = str(model.i)
        shown |= {str(name): str(value) for name, value in scalars.items()}
        shown |= {str(name): _matrix_words(matrix) for name, matrix in matrices.items()}
        return Site(values, tuple(self._program(side) for side in self.sides), shown)

    def at(self, K: acb_mat, Delta: acb_mat) -> list[acb]:
        """The sides at a given model, the last mode, and scalars that stay the same."""
        scalars = {name: sp.Rational(3, 5) for name in self.free}
        found = self._values(K, Delta, K.nrows(), scalars, self._any_matrices(Random(0), K.nrows()))
        return [self._run(self._program(side), found) for side in self.sides]

    def _program(self, expr: Any) -> Program:
        """`expr` compiled for every needed name."""
        if expr not in self._compiled:
            self._compiled[expr] = program(expr, dict.fromkeys(sorted(self.needed, key=str)))
        return self._compiled[expr]

    def _any_matrices(self, rng: Random, d: int) -> dict[Any, list[list[Fraction]]]:
        """Rows of the matrices of which only the form is known, with entries k/8."""
        found = {}
        for name in self.free_matrices:
            rows = [[Fraction(rng.randint(1, 40), 8) for _ in range(d)] for _ in range(d)]
            if name in SYMMETRIC:
                rows = [[rows[min(a, b)][max(a, b)] for b in range(d)] for a in range(d)]
            elif name in DIAGONAL:
                rows = [[rows[a][b] * (a == b) for b in range(d)] for a in range(d)]
            found[name] = rows
        return found

    def _values(
        self, K: acb_mat, Delta: acb_mat, i: int, scalars: dict[Any, Any], matrices: dict[Any, Any]
    ) -> dict[Any, Any]:
        """Every needed name at the current precision."""
        d = K.nrows()
        found: dict[Any, Any] = {name: rational(value) for name, value in scalars.items()}
        found |= {nt.d: acb(d), nt.i: acb(i), nt.K: K, nt.Delta: Delta}
        found |= {name: _ball_matrix(rows) for name, rows in matrices.items()}
        found |= {nt.e_i: _unit(d, i - 1), nt.e_j: _unit(d, i % d)}
        if nt.K in self.meanings:
            found[nt.K] = self._assign(nt.K, found, d)
        found[nt.D] = diagonal([found[nt.K][k, k].sqrt() for k in range(d)])
        if nt.K_sigma in self.needed:
            found[nt.K_sigma] = sign_covariance(found[nt.K])
        if self.needed & EIGEN and self.decomposed is not None:
            lam, U = symmetric_eigen(self._run(self._program(self.decomposed), found))
            found |= {nt.lam: lam, nt.U: U if self.orthogonal else U + K, nt.Lambda: diagonal(lam)}
        for matrix in self._diagonals.keys() & matrices.keys():
            compiled = self._program(self._diagonals[matrix])
            for k in range(d):
                found[matrix][k, k] = self._run(compiled, {**found, nt.e_i: _unit(d, k)})
        for name in self.assigned:
            if name not in COMPUTED:
                found[name] = self._assign(name, found, d)
        return {name: found[name] for name in sorted(self.needed, key=str)}

    def _assign(self, name: Any, found: dict[Any, Any], d: int) -> Any:
        """The value of a defined name; a list over the modes for one with an index."""
        symbol, meaning = self.meanings[name]
        compiled = self._program(meaning)
        if not isinstance(symbol, sp.Indexed):
            return self._run(compiled, found)
        modes = ({**found, nt.i: acb(k + 1), nt.e_i: _unit(d, k)} for k in range(d))
        return [self._run(compiled, mode) for mode in modes]

    @staticmethod
    def _run(compiled: Program, found: dict[Any, Any]) -> Any:
        return compiled({name: found.get(name, acb(0)) for name in compiled.symbols})


def _form(matrix: Any) -> str:
    """What is drawn for a matrix without a definition."""
    return "random" + (" symmetric" if matrix in SYMMETRIC else " diagonal" if matrix in DIAGONAL else "")


def _ball(x: Any) -> acb:
    return rational(sp.Rational(x.numerator, x.denominator))


def _ball_matrix(rows: Any) -> acb_mat:
    return acb_mat([[_ball(x) for x in row] for row in rows])


def _vector_words(vector: Any) -> str:
    return "(" + ", ".join(map(str, vector)) + ")"


def _matrix_words(matrix: Any) -> str:
    return "(" + "; ".join(", ".join(map(str, row)) for row in matrix) + ")"
