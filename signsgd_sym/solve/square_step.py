r"""The second moments E[f(r x_i) f(r x_j)] at a fixed Delta, as numbers, exact for this d.

    sign   K_sigma = (2/pi) arcsin(C),      SGD   2 P K + 2 (K Delta)(K Delta)^T.

Where f(r)^2 is 1 the moment is that of the coordinates alone. An additive rule, f(u + v) = f(u) + f(v), makes
of the coordinate <v, x> the step <v, F>; so the derived E[f(r <v, x>)^2] is the quadratic form of the matrix,
and polarisation gives its entries.
"""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation as nt
from signsgd_sym.derive.exact_square import exact_square
from signsgd_sym.derive.sde import SECOND_MOMENT
from signsgd_sym.errors import RuleError
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.mean_step import State
from signsgd_sym.solve.spectrum import entry_function

Array = NDArray[np.float64]


def linear_second_moments(problem: Problem, state: State, at: NDArray[np.int64]) -> Array:
    """s(R) M on the coordinates `at`, shape (p, p): the diffusion of the SDE is (eta^2/d) times this."""
    k = state.covariance.diagonal[at]
    entries = entry_function(problem.ode.sde)(_block(state, at, correlations=True), k[:, None], k[None, :])
    return np.asarray(float(problem.module.noise_scale(state.risk)) * entries)


def exact_second_moments(problem: Problem, state: State, at: NDArray[np.int64]) -> Array:
    """E[F_i F_j] on the coordinates `at`, shape (p, p), exact in this dimension.

    Raises `RuleError` for a rule that is neither additive nor has f(r)^2 = 1.

    >>> from signsgd_sym.model import SGD, Covariance, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> problem = make_problem(SGD, noise_law("Normal(0, 1)"))
    >>> state = State.of(Covariance.identity(2), np.array([1.0, 2.0]))  # 2 P = 5 + 1
    >>> exact_second_moments(problem, state, np.arange(2)).round(12)
    array([[ 8.,  4.],
           [ 4., 14.]])
    """
    sde = problem.ode.sde
    if sde.scale == 1:
        return linear_second_moments(problem, state, at)
    if not is_additive(sde.rule):
        raise RuleError(f"the second moments of f(z) = {sde.rule.expr} are derived for sign and sgd only.")
    K, y = _block(state, at, correlations=False), state.gradient[at]
    k = np.diagonal(K)
    alone = _squares(problem, state.risk, k, y)
    together = _squares(problem, state.risk, k[:, None] + k[None, :] + 2 * K, y[:, None] + y[None, :])
    return (together - alone[:, None] - alone[None, :]) / 2


def exact_squares(problem: Problem, state: State) -> Array:
    """E[F_i^2] of every coordinate, shape (d,), exact in this dimension."""
    return _squares(problem, state.risk, state.covariance.diagonal, state.gradient)


def _squares(problem: Problem, risk: float, variance: Array, gradient: Array) -> Array:
    """E[f(r x)^2] of coordinates x = <v, x> with these variances and these <v, K Delta>."""
    sde = problem.ode.sde
    derived = exact_square(sde.rule).result.xreplace({SECOND_MOMENT: problem.functions.noise_power})
    square = sp.lambdify((nt.K_ii, nt.R, nt.rho), derived, modules="numpy")
    rho = gradient / np.sqrt(2 * risk * variance)
    return np.broadcast_to(square(variance, risk, rho), variance.shape).astype(float)


def is_additive(rule: UpdateRule) -> bool:
    """Whether f(u + v) = f(u) + f(v).

    >>> from signsgd_sym.model import SGD, SIGN
    >>> is_additive(SGD), is_additive(SIGN)
    (True, False)
    """
    u, v = nt.x, nt.y
    return bool(sp.expand(rule.apply(u + v) - rule.apply(u) - rule.apply(v)) == 0)


def _block(state: State, at: NDArray[np.int64], *, correlations: bool) -> Array:
    """The rows and columns `at` of C or of K; a diagonal K is never made dense."""
    K = state.covariance
    if K.is_diagonal:
        return np.eye(len(at)) if correlations else np.diag(K.diagonal[at])
    return np.asarray((K.C if correlations else K.K)[np.ix_(at, at)])
