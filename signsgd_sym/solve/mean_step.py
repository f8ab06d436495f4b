r"""The mean step E[f(r x_i)] at a fixed Delta, as numbers: exact for this d, and as the SDE has it.

With rho_i = (K Delta)_i/(sqrt(K_ii) sqrt(2 R)), R = Delta^T K Delta/2,

    sign   m_i = int_0^rho_i phi(R (1 - s^2))/sqrt(1 - s^2) ds,      SGD   m_i = (K Delta)_i,

and the SDE has the part of m_i that is linear in rho_i, a(R) (D^(-q) K Delta)_i. Their difference is what a
finite dimension does to the drift; it is of order rho_i^2, relative to m_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation as nt
from signsgd_sym.derive.exact_mean import exact_mean
from signsgd_sym.derive.moments import one_step_mean
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.solve.functions import Problem

Array = NDArray[np.float64]

QUADRATURE = 1e-9
"""Change of the integral, relative to the largest, at which no more nodes are taken."""
NODES = (24, 48, 96, 192, 384, 768, 1536)


@dataclass(frozen=True, eq=False)
class State:
    """A fixed Delta, shape (d,), as the one-step moments see it.

    `gradient` is K Delta, `risk` is R, `correlation` holds rho_i.
    """

    covariance: Covariance
    delta: Array
    gradient: Array
    risk: float
    correlation: Array

    @staticmethod
    def of(covariance: Covariance, delta: Array) -> State:
        """The state at Delta, which must not be zero."""
        gradient = covariance.matvec(delta)
        risk = float(delta @ gradient) / 2
        correlation = np.clip(gradient / (covariance.D * np.sqrt(2 * risk)), -1.0, 1.0)
        return State(covariance, delta, gradient, risk, correlation)


def linear_mean_step(problem: Problem, state: State) -> Array:
    """a(R) D^(-q) K Delta, shape (d,): the drift of the SDE is -eta times this."""
    q = float(problem.ode.sde.power)
    return np.asarray(problem.module.drift_rate(state.risk) * state.gradient / state.covariance.D**q)


def exact_mean_step(problem: Problem, state: State) -> Array:
    """E[f(r x_i)], shape (d,), exact in this dimension.

    Raises `RuleError` for a rule whose mean is not derived, `NotConverged` where quadrature does not settle.

    >>> from signsgd_sym.model import SIGN, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> problem = make_problem(SIGN, noise_law("Normal(0, 1)"))
    >>> K = Covariance.identity(2)
    >>> exact = exact_mean_step(problem, State.of(K, np.array([1.0, 1.0])))  # R = 1, rho = 1/sqrt(2)
    >>> bool(np.allclose(exact, 2/np.pi*np.arcsin(np.sqrt(1/2)*np.sqrt(2/3)), rtol=1e-12))
    True
    """
    rule = problem.ode.sde.rule
    if problem.functions.has_phi:
        slope = exact_mean(rule).result.function
        return _integrate(
            sp.lambdify((nt.s, nt.R), slope, modules=[{"phi": problem.module.phi}, "numpy"]), state
        )
    mean = sp.lambdify((nt.K_ii, nt.R, nt.rho), one_step_mean(rule).result, modules="numpy")
    return np.asarray(mean(state.covariance.diagonal, state.risk, state.correlation))


def _integrate(slope: Any, state: State) -> Array:
    """int_0^rho slope(s) ds with s = sin(u), which takes the singularity at |s| = 1 away."""
    angle = np.arcsin(state.correlation)[:, None]
    before = np.full(len(angle), np.nan)
    for count in NODES:
        nodes, weights = np.polynomial.legendre.leggauss(count)
        u = angle * (nodes + 1) / 2
        value = (slope(np.sin(u), state.risk) * np.cos(u)) @ weights * angle[:, 0] / 2
        if np.max(np.abs(value - before)) <= QUADRATURE * np.max(np.abs(value)):
            return np.asarray(value)
        before = value
    raise NotConverged(
        f"the mean step at R = {state.risk:.6g} does not settle to {QUADRATURE:.0e} with {NODES[-1]} nodes; "
        "phi varies too fast below R."
    )
