"""Matrix expressions at random dimensions: identities hold, and the classical mistakes are refuted."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import sympy as sp
from flint import acb
from sympy.matrices.expressions.hadamard import hadamard_product

from signsgd_sym import notation as nt
from signsgd_sym.balls import Unsupported, compare, enclose, random_model
from signsgd_sym.balls.matrices import diagonal
from signsgd_sym.balls.model import RandomModel

d, i, j, K, D, Kbar, K_sigma, U, Lambda, Delta, R = (
    nt.d, nt.i, nt.j, nt.K, nt.D, nt.Kbar, nt.K_sigma, nt.U, nt.Lambda, nt.Delta, nt.R,
)  # fmt: skip
HALF = sp.Rational(1, 2)
S = D**-HALF * K * D**-HALF
ONE = sp.OneMatrix(d, 1)


def assignment(model: RandomModel) -> Callable[[], dict[Any, Any]]:
    names = {
        d: "d", i: "i", K: "K", D: "D", Kbar: "Kbar", K_sigma: "K_sigma", U: "U", Lambda: "Lambda",
        Delta: "Delta", R: "R", nt.e_i: "e_i", nt.lam: "lambda", nt.r: "r", nt.n: "n",
    }  # fmt: skip

    def values() -> dict[Any, Any]:
        found = model.values()
        return {symbol: found[name] for symbol, name in names.items()}

    return values


EQUAL = [
    (S, U * Lambda * U.T),
    (U.T * U, sp.Identity(d)),
    (Kbar, D.I * K),
    (K * Kbar.I, D),
    (Kbar, D**-HALF * U * Lambda * U.T * D**HALF),
    (D**2, sp.DiagMatrix(sp.DiagonalOf(K))),
    (sp.Trace(K * K_sigma), sp.Trace(K_sigma * K)),
    ((Delta.T * K * Delta)[0, 0] / 2, R),
    (R, sp.Sum(nt.r[j], (j, 1, d))),
    (K_sigma, 2 / sp.pi * (D.I * K * D.I).applyfunc(sp.asin)),
    (sp.DiagonalOf(K_sigma), ONE),
    (sp.DiagonalMatrix(K_sigma), sp.Identity(d)),
    (sp.Trace(K_sigma), d),
    (sp.Determinant(K), sp.Product(nt.lam[j], (j, 1, d)) * sp.Determinant(D)),
    (sp.Sum(nt.n[j], (j, 1, d)), sp.Trace(K * K_sigma) / (2 * d)),
    (sp.Sum(K[j - 1, j - 1], (j, 1, d)), sp.Trace(K)),
    (sp.ZeroMatrix(d, d), K - K.T),
    (sp.Trace(nt.e_i.T * U.T * S * U * nt.e_i), nt.lam[i]),
    (hadamard_product(K, K_sigma), hadamard_product(K_sigma, K)),
    (S**2, U * Lambda**2 * U.T),
    (K**-2, K.I * K.I),
    (2 * K + K * D / 3, K * (2 * sp.Identity(d) + D / 3)),
]

DIFFERENT = [
    (Kbar, U * Lambda * U.T),  # Kbar is not symmetric: its eigenvectors are not those of S
    (Kbar, Kbar.T),
    (K_sigma, (D.I * K * D.I).applyfunc(sp.asin)),  # without 2/pi
    ((Delta.T * K * Delta)[0, 0], R),  # without 1/2
    (K * K_sigma, K_sigma * K),
    (sp.Trace(K * K_sigma), sp.Trace(K)),
    (sp.Determinant(K), sp.Product(nt.lam[j], (j, 1, d))),
    (D, sp.DiagMatrix(sp.DiagonalOf(K))),  # variances for standard deviations
]


@pytest.mark.parametrize("index", range(len(EQUAL)))
def test_identities_of_the_model(index: int) -> None:
    for seed in (1, 2, 3):
        assert compare(*EQUAL[index], assignment(random_model(Random(seed)))).verdict == "equal"


@pytest.mark.parametrize("index", range(len(DIFFERENT)))
def test_classical_mistakes(index: int) -> None:
    for seed in (1, 2, 3):
        assert compare(*DIFFERENT[index], assignment(random_model(Random(seed)))).verdict == "different"


def test_dimensions_cover_2_to_8_and_diagonals_are_unequal() -> None:
    models = [random_model(Random(seed)) for seed in range(60)]
    assert {m.d for m in models} == set(range(2, 9))
    for m in models:
        assert len({m.K[k][k] for k in range(m.d)}) == m.d
        assert m.values()["lambda"][0].real > 0  # the least eigenvalue


def test_fractional_powers_need_a_diagonal() -> None:
    with pytest.raises(Unsupported, match="not diagonal"):
        enclose(K**HALF, assignment(random_model(Random(4))))


def test_explicit_matrices_and_scalars() -> None:
    a = sp.Symbol("a", positive=True)
    left = sp.Matrix([[a, 1], [0, a]]) ** 3
    assert compare(left, sp.Matrix([[a**3, 3 * a**2], [0, a**3]]), {a: sp.Rational(7, 3)}).verdict == "equal"
    point = {d: 2, K: diagonal([acb(2), acb(3)])}
    assert compare(sp.Trace(K.I), sp.Rational(5, 6), point).verdict == "equal"
