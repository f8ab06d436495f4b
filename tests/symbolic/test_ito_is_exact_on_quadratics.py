r"""Ito's formula is exact, for an explicit state and for one of symbolic dimension.

For dX = b dt + B dW, A = B B^T: d(X^T M X) has drift X^T (M + M^T) b + tr(M A) and quadratic variation
X^T (M + M^T) A (M + M^T) X. The two implementations (a column of symbols; traces of matrix symbols) must
agree on every function that both admit, and both must know the second-order term, without which the variance
of an Ornstein-Uhlenbeck process would decay to 0.
"""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.derive.ito import SDE, ito
from signsgd_sym.derive.matrix_algebra import MatrixAlgebra
from signsgd_sym.notation import d, t

X = sp.MatrixSymbol("X", d, 1)
l = sp.MatrixSymbol("l", d, 1)
M, N, L, A = (sp.MatrixSymbol(name, d, d) for name in "MNLA")
LINEAR_DRIFT = SDE(X, L * X, A)

q, p, u = sp.Trace(X.T * M * X), sp.Trace(X.T * N * X), sp.Trace(l.T * X)
FUNCTIONS = {
    "quadratic": q,
    "scaled quadratic": 3 * q / 2,
    "exponential in t": sp.exp(q / 50) * t,
    "logarithm": sp.log(100 + q),
    "product of two forms": q * p,
    "linear": u,
    "square of a linear form": u**2,
    "linear times quadratic": u * q * sp.cos(t),
}


def random_matrix(rng, rows, columns):
    return sp.Matrix(rows, columns, [sp.Rational(int(k), 4) for k in rng.integers(-6, 7, rows * columns)])


def random_system(size, seed):
    """Explicit non-symmetric M, N, L, a covariance A = B B^T, and the state as a column of symbols."""
    rng = np.random.default_rng(seed)
    B = random_matrix(rng, size, size)
    matrices = {name: random_matrix(rng, size, size) for name in "MNL"}
    state = sp.Matrix(sp.symbols(f"x1:{size + 1}", real=True))
    return {**matrices, "A": B * B.T, "l": random_matrix(rng, size, 1), "X": state}


def explicit(expr, system):
    """An expression in matrix symbols of size d with matrices of a definite size in their place."""
    size = len(system["X"])
    fixed = expr.subs(d, size)
    names = {symbol: sp.ImmutableMatrix(system[symbol.name]) for symbol in fixed.atoms(sp.MatrixSymbol)}
    return fixed.xreplace(names).doit()


def is_zero_at_a_point(expr, state):
    point = {v: sp.Rational(2 * k - 3, 5) for k, v in enumerate(state)} | {t: sp.Rational(3, 7)}
    return abs(sp.N(expr.subs(point), 30)) < sp.Float("1e-22")


@pytest.mark.parametrize("size", [2, 3])
def test_explicit_ito_is_the_hand_formula_on_quadratics(size):
    system = random_system(size, seed=size)
    state, m, A_, b = system["X"], system["M"], system["A"], system["L"] * system["X"]
    symmetric = m + m.T
    process = ito((state.T * m * state)[0], SDE(state, b, A_))
    assert sp.expand(process.drift - (state.T * symmetric * b)[0] - (m * A_).trace()) == 0
    assert sp.expand(process.variation - (state.T * symmetric * A_ * symmetric * state)[0]) == 0
    # Wrong claims: M in place of M + M^T, and no second-order term.
    assert sp.expand(process.drift - (state.T * 2 * m * b)[0] - (m * A_).trace()) != 0
    assert sp.expand(process.drift - (state.T * symmetric * b)[0]) != 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_symbolic_dimension_agrees_with_explicit_matrices(name):
    f, system = FUNCTIONS[name], random_system(3, seed=7)
    state = system["X"]
    abstract = ito(f, LINEAR_DRIFT)
    concrete = ito(explicit(f, system), SDE(state, system["L"] * state, system["A"]))
    assert is_zero_at_a_point(explicit(abstract.drift, system) - concrete.drift, state)
    assert is_zero_at_a_point(explicit(abstract.variation, system) - concrete.variation, state)
    assert not is_zero_at_a_point(concrete.variation, state)


def test_other_functions_of_the_state_are_refused():
    with pytest.raises(TypeError, match="linear and quadratic forms"):
        ito(sp.Determinant(X * X.T), LINEAR_DRIFT)
    with pytest.raises(TypeError, match="neither linear nor quadratic"):
        ito(sp.Trace(X.T * M * X * X.T * X), LINEAR_DRIFT)


def test_second_order_term_gives_the_variance_of_ornstein_uhlenbeck():
    x, s, m0 = sp.symbols("x s m0", positive=True)
    process = SDE(sp.Matrix([x]), sp.Matrix([-x]), sp.Matrix([[s**2]]))
    second_moment = s**2 / 2 + (m0 - s**2 / 2) * sp.exp(-2 * t)  # of the transition law N(e^-t x0, ...)

    def holds(drift):
        return sp.simplify(second_moment.diff(t) - drift.subs(x**2, second_moment)) == 0

    assert holds(ito(x**2, process).drift)
    assert not holds(2 * x * -x)  # the chain rule of ordinary calculus


def test_moments_of_geometric_brownian_motion():
    x, mu, s, k = sp.symbols("x mu sigma k", positive=True)
    process = SDE(sp.Matrix([x]), sp.Matrix([mu * x]), sp.Matrix([[s**2 * x**2]]))
    assert sp.simplify(ito(sp.log(x), process).drift - (mu - s**2 / 2)) == 0
    # E X^k = exp(k (mu - sigma^2/2) t + k^2 sigma^2 t/2) for the lognormal law.
    rate = k * (mu - s**2 / 2) + k**2 * s**2 / 2
    assert sp.simplify(ito(x**k, process).drift / x**k - rate) == 0


BROWNIAN = SDE(X, sp.ZeroMatrix(d, 1), sp.Identity(d))
RADIUS = sp.Trace(X.T * X)


@pytest.mark.parametrize(
    ("f", "is_martingale"),
    [
        (RADIUS - d * t, True),
        (RADIUS, False),
        (RADIUS ** (1 - d / sp.Integer(2)), True),
        (sp.sqrt(RADIUS), False),
    ],
    ids=["|B|^2 - d t", "|B|^2", "|B|^(2 - d)", "|B|"],
)
def test_martingales_of_brownian_motion_in_any_dimension(f, is_martingale):
    drift = MatrixAlgebra().scalar(ito(f, BROWNIAN).drift)
    assert (sp.simplify(drift) == 0) is is_martingale


def test_exponential_martingale_and_levys_area():
    x, y, area, theta = sp.symbols("x y a theta", real=True)
    line = SDE(sp.Matrix([x]), sp.Matrix([0]), sp.eye(1))
    assert sp.simplify(ito(sp.exp(theta * x - theta**2 * t / 2), line).drift) == 0
    assert sp.simplify(ito(sp.exp(theta * x), line).drift) != 0
    # d area = (x dy - y dx)/2.
    B = sp.Matrix([[1, 0], [0, 1], [-y / 2, x / 2]])
    process = ito(area, SDE(sp.Matrix([x, y, area]), sp.zeros(3, 1), B * B.T))
    assert process.drift == 0
    assert sp.expand(process.variation - (x**2 + y**2) / 4) == 0
    assert sp.expand(ito(area * x, SDE(sp.Matrix([x, y, area]), sp.zeros(3, 1), B * B.T)).drift + y / 2) == 0


def test_levy_a_rotated_brownian_motion_is_brownian():
    angle = sp.Symbol("alpha", real=True)
    state = sp.Matrix(sp.symbols("x1:3", real=True))
    rotated = sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]]) * state
    plane = SDE(state, sp.zeros(2, 1), sp.eye(2))

    def bracket(f, g):  # polarisation
        return sp.simplify((ito(f + g, plane).variation - ito(f - g, plane).variation) / 4)

    assert [bracket(a, b) for a in rotated for b in rotated] == [1, 0, 0, 1]


def test_text_is_refused_not_evaluated():
    from signsgd_sym.notation import Delta, K

    with pytest.raises(sp.SympifyError):
        ito("__import__('os').getcwd()", SDE(Delta, K * Delta, K))
