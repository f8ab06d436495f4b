r"""Normal forms of products and traces are identities of matrices.

Random products of K, powers of D, K_sigma, orthogonal U, Kbar and vectors, at random matrices of dimension
2 to 6 with unequal diagonals, have the value of their normal form. A rule that is false for unequal diagonals
is caught.
"""

import numpy as np
import pytest
import sympy as sp
from explicit_matrices import matrices_of, random_covariance, value
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.derive.matrix_algebra import MatrixAlgebra
from signsgd_sym.notation import D, Delta, K, K_sigma, Kbar, Lambda, U, d, e_i, i, lam

ALGEBRA = MatrixAlgebra(
    symmetric=frozenset({K, D, K_sigma, Lambda}),
    orthogonal=frozenset({U}),
    eigenvectors=((Lambda, e_i, lam[i]),),
)
HALF = sp.Rational(1, 2)
FACTORS = [K, K**-1, D, D**-1, D**HALF, D**-HALF, K_sigma, U, U.T, Lambda, Kbar, Kbar.T, (K + K.T), 2 * K]
words = st.lists(st.sampled_from(FACTORS), min_size=1, max_size=6).filter(
    lambda word: word.count(U) <= 1 and word.count(U.T) <= 1
)
dimensions, seeds = st.integers(2, 6), st.integers(0, 10**6)


def make_world(dimension, seed):
    rng = np.random.default_rng(seed)
    world = matrices_of(random_covariance(rng, dimension), rng.standard_normal(dimension))
    lam_values = np.diag(world[Lambda])
    mode = int(rng.integers(1, dimension + 1))
    return {
        **world,
        d: dimension,
        lam: lam_values,
        i: mode,
        e_i: _unit(mode, dimension),
    }


def _unit(mode, dimension):
    return np.eye(dimension)[:, [mode - 1]]


def close(left, right):
    scale = max(np.max(np.abs(left)), np.max(np.abs(right)), 1e-8)
    return bool(np.max(np.abs(left - right)) <= 1e-9 * scale)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words, dimensions, seeds)
def test_product_equals_its_normal_form(word, dimension, seed):
    world, product = make_world(dimension, seed), sp.MatMul(*word)
    assert close(value(ALGEBRA.matrix(product), world), value(product, world))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words, dimensions, seeds)
def test_trace_equals_its_normal_form(word, dimension, seed):
    world, trace = make_world(dimension, seed), sp.Trace(sp.MatMul(*word))
    assert close(value(ALGEBRA.scalar(trace), world), value(trace, world))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words, words, st.sampled_from([Delta, e_i]), dimensions, seeds)
def test_forms_in_vectors_equal_their_normal_forms(left, right, vector, dimension, seed):
    """x^T A y and, inside a trace, the product of two such forms."""
    world = make_world(dimension, seed)
    form = sp.Trace(sp.MatMul(vector.T, *left, Delta))
    product = sp.Trace(sp.MatMul(*left, Delta, vector.T, *right))
    for expr in (form, product):
        assert close(value(ALGEBRA.scalar(expr), world), value(expr, world))


def test_rules_reach_the_shortest_word():
    assert ALGEBRA.matrix(U * Lambda * U.T * U * Lambda * U.T) == U * Lambda**2 * U.T
    assert ALGEBRA.matrix(D**HALF * D**-HALF * K) == K
    assert ALGEBRA.scalar(sp.Trace(U * K * U.T)) == sp.Trace(K)
    assert ALGEBRA.scalar(sp.Trace(e_i.T * Lambda * U.T * U * e_i)) == lam[i]
    assert ALGEBRA.scalar(sp.Trace(Delta.T * Lambda**2 * e_i)) == lam[i] ** 2 * sp.Trace(Delta.T * e_i)
    assert ALGEBRA.scalar(sp.Trace(e_i.T * Lambda**-1 * Delta)) == sp.Trace(Delta.T * e_i) / lam[i]
    assert ALGEBRA.scalar(sp.Trace(Delta.T * K * D * Delta) - sp.Trace(Delta.T * D * K * Delta)) == 0
    assert ALGEBRA.scalar(sp.Trace(sp.Identity(d))) == d


@pytest.mark.parametrize("equal_diagonal", [False, True])
def test_calling_Kbar_symmetric_is_caught_by_an_unequal_diagonal(equal_diagonal):
    """D^-1 K is symmetric exactly when the diagonal of K is constant."""
    wrong = MatrixAlgebra(symmetric=frozenset({K, Kbar}))
    form = sp.Trace(Delta.T * K * Kbar * Kbar.T * Delta)
    rng = np.random.default_rng(3)
    covariance = random_covariance(rng, 4)
    if equal_diagonal:
        covariance /= np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    world = matrices_of(covariance, rng.standard_normal(4))
    assert close(value(wrong.scalar(form), world), value(form, world)) is equal_diagonal
    assert close(value(ALGEBRA.scalar(form), world), value(form, world))


def test_an_svd_of_Kbar_in_place_of_eigh_of_S_is_caught():
    """K = D^(1/2) U Lambda U^T D^(1/2) holds for the eigenvectors of S, not for singular vectors of Kbar."""
    world = make_world(5, 11)
    substitution = D**HALF * U * Lambda * U.T * D**HALF
    assert close(value(substitution, world), world[K])
    left, singular, _ = np.linalg.svd(world[Kbar])
    by_svd = {**world, U: left, Lambda: np.diag(singular)}
    assert not close(value(substitution, by_svd), world[K])
    assert not close(np.sort(singular), np.sort(np.diag(world[Lambda])))  # not even the spectrum
    # Nor is Kbar = V Sigma V^T for either set of singular vectors.
    assert not close(value(D * U * Lambda * U.T, by_svd), world[K])


def test_what_is_not_a_product_of_symbols_is_refused():
    with pytest.raises(TypeError, match="not a product of matrix symbols"):
        ALGEBRA.matrix(sp.HadamardProduct(K, D))
