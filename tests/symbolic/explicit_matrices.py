r"""Numbers in place of the matrix symbols: a `World` and the value of an expression in it.

A world is one choice of K, Delta, eta and so on, of a definite dimension, with every derived matrix computed
by NumPy from its definition. `value` walks an expression and knows only +, products, powers, transposes and
traces, so that a normal form is checked by arithmetic that shares nothing with the rules that produced it.
"""

import numpy as np
import sympy as sp
from numpy.linalg import eigh, inv

from signsgd_sym import notation as nt


def random_covariance(rng, d):
    """Positive definite, with correlations and a strongly unequal diagonal."""
    B = rng.standard_normal((d, d + 2))
    scale = np.exp(rng.uniform(-1, 1, d))
    return scale[:, None] * (B @ B.T / d + 0.1 * np.eye(d)) * scale


def matrices_of(K, Delta, power=1):
    """Matrix symbols of `notation` for this K: with q = `power`, D^(-q/2) K D^(-q/2) = U Lambda U^T."""
    D = np.sqrt(np.diag(K))
    q = D ** (-power / 2)
    lam, U = eigh(q[:, None] * K * q)
    return {
        nt.K: K,
        nt.D: np.diag(D),
        nt.Kbar: K / D[:, None],
        nt.K_sigma: 2 / np.pi * np.arcsin(np.clip(K / np.outer(D, D), -1, 1)),
        nt.U: U,
        nt.Lambda: np.diag(lam),
        nt.Delta: Delta.reshape(-1, 1),
    }


def value(expr, world):
    """`expr` as a float or array; `world` maps symbols to their values, indexed bases to vectors."""
    if expr in world:
        return world[expr]
    if isinstance(expr, sp.MatAdd | sp.Add):
        return sum(value(arg, world) for arg in expr.args)
    if isinstance(expr, sp.MatMul | sp.Mul):
        product = 1.0
        for arg in expr.args:
            factor = value(arg, world)
            product = product @ factor if np.ndim(product) == 2 and np.ndim(factor) == 2 else product * factor
        return product
    if isinstance(expr, sp.Transpose):
        return value(expr.arg, world).T
    if isinstance(expr, sp.Inverse):
        return inv(value(expr.arg, world))
    if isinstance(expr, sp.MatPow):
        return _power(value(expr.base, world), float(expr.exp))
    if isinstance(expr, sp.Identity):
        return np.eye(world[nt.d])
    if isinstance(expr, sp.Trace):
        return float(np.trace(value(expr.arg, world)))
    if isinstance(expr, sp.Pow):
        return value(expr.base, world) ** value(expr.exp, world)
    if isinstance(expr, sp.Indexed):
        return world[expr.base][int(value(expr.indices[0], world)) - 1]
    if isinstance(expr, sp.Sum):
        [(index, lo, hi)] = expr.limits
        terms = range(int(value(lo, world)), int(value(hi, world)) + 1)
        return sum(value(expr.function, {**world, index: k}) for k in terms)
    if isinstance(expr, sp.Subs):
        return value(expr.doit(), world)
    if isinstance(expr, sp.asin):
        return np.arcsin(value(expr.args[0], world))
    if expr.is_number:
        return float(expr)
    raise TypeError(f"{type(expr).__name__} has no value in this world: {expr}")


def _power(base, exponent):
    if exponent == int(exponent):
        return np.linalg.matrix_power(base, int(exponent))
    if np.count_nonzero(base) > len(base):
        raise TypeError("only diagonal matrices are raised to fractional powers here")
    return np.diag(np.diag(base) ** exponent)
