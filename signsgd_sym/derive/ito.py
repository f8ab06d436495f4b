r"""Ito's formula for functions of a vector diffusion, explicit or of symbolic dimension.

For dX = b dt + B dW with covariance A = B B^T per unit time,

    df(X, t) = [f_t + grad f . b + tr(A hess f)/2] dt + grad f . B dW,   d[f] = grad f^T A grad f dt.

Nothing here knows where b and A come from. Two kinds of state are served: a column of SymPy symbols,
where f is any expression in them; and a `MatrixSymbol` of symbolic dimension, where f is any smooth
function F(q_1, q_2, ..., t) of linear forms q = Trace(l^T X) and quadratic forms q = Trace(X^T M X), for
which

    grad q = l  or  (M + M^T) X,    hess q = 0  or  M + M^T,

and the chain rule does the rest. (SymPy's own derivative of exp(Trace(X.T*M*X)) by X is silently 0.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.notation import t


@dataclass(frozen=True)
class SDE:
    """dX = drift dt + B dW with `covariance` = B B^T per unit time.

    `state` is a column `MatrixSymbol` or an explicit column of symbols; `drift` has its shape and
    `covariance` is square. The coefficients may contain scalars that abbreviate functions of the state.
    """

    state: Any
    drift: Any
    covariance: Any


@dataclass(frozen=True)
class ItoProcess:
    """The scalar process f(X, t): its drift and the rate of its quadratic variation."""

    drift: Any
    variation: Any


def ito(f: Any, process: SDE) -> ItoProcess:
    """Drift and quadratic variation of f(X, t); see the module docstring for what f may be.

    Raises `TypeError` when f contains the state in another form than those named.

    >>> X, Y = sp.symbols("X Y", real=True)
    >>> plane = SDE(sp.Matrix([X, Y]), sp.Matrix([-X, 0]), sp.eye(2))
    >>> ito(X**2 * Y, plane)
    ItoProcess(drift=-2*X**2*Y + Y, variation=X**4 + 4*X**2*Y**2)
    """
    f = sp.sympify(f, strict=True)  # text would be evaluated
    if isinstance(process.state, sp.MatrixBase):
        return _ito_explicit(f, process)
    return _ito_forms(f, process)


def _ito_explicit(f: Any, process: SDE) -> ItoProcess:
    variables = list(process.state)
    gradient = sp.Matrix([f.diff(v) for v in variables])
    hessian = sp.hessian(f, variables)
    drift = f.diff(t) + (gradient.T * process.drift)[0] + (process.covariance * hessian).trace() / 2
    variation = (gradient.T * process.covariance * gradient)[0]
    return ItoProcess(sp.expand(drift), sp.expand(variation))


def _ito_forms(f: Any, process: SDE) -> ItoProcess:
    state, b, A = process.state, process.drift, process.covariance
    forms = sorted((q for q in f.atoms(sp.Trace) if q.has(state)), key=sp.default_sort_key)
    names = {q: sp.Dummy(f"q{k}", real=True) for k, q in enumerate(forms)}
    F = f.xreplace(names)
    if F.has(state):
        raise TypeError(f"f must be a function of linear and quadratic forms Trace(...) in {state}, not {f}.")
    gradients = {q: _gradient(q, state) for q in forms}
    values = {name: q for q, name in names.items()}

    drift = F.diff(t)
    for q in forms:
        rate, hessian = sp.Trace(gradients[q].T * b), _hessian(q, state)
        if hessian is not None:
            rate += sp.Trace(hessian * A) / 2
        drift += F.diff(names[q]) * rate
    variation = sp.S.Zero
    for p in forms:
        for q in forms:
            bracket = sp.Trace(gradients[p].T * A * gradients[q])
            drift += F.diff(names[p], names[q]) * bracket / 2
            variation += F.diff(names[p]) * F.diff(names[q]) * bracket
    return ItoProcess(drift.xreplace(values), variation.xreplace(values))


def _factors(form: Any, state: Any) -> tuple[list[Any], list[int]]:
    """Factors of the product inside the trace, and the places where the state stands."""
    factors = list(form.arg.args) if isinstance(form.arg, sp.MatMul) else [form.arg]
    places = [k for k, factor in enumerate(factors) if factor.has(state)]
    if any(factors[k] not in (state, state.T) for k in places) or len(places) not in (1, 2):
        raise TypeError(f"{form} is neither linear nor quadratic in {state}.")
    return factors, places


def _middle(factors: list[Any], state: Any) -> Any:
    return sp.MatMul(*factors) if factors else sp.Identity(state.shape[0])


def _quadratic_matrix(form: Any, state: Any) -> Any | None:
    """M of the quadratic form Trace(c X^T M X), c included; None for a linear form."""
    factors, places = _factors(form, state)
    if len(places) == 1:
        return None
    rows = [k for k in places if factors[k] == state.T]
    if len(rows) != 1:
        raise TypeError(f"{form} is not of the form Trace(X.T*M*X) with X = {state}.")
    rotated = factors[rows[0] + 1 :] + factors[: rows[0]]
    column = rotated.index(state)
    # Trace(X^T M1 X M2): what follows X must be scalar, for the product to be 1 x 1 there.
    after = rotated[column + 1 :]
    if any(isinstance(factor, sp.MatrixExpr) for factor in after):
        raise TypeError(f"{form} is not of the form Trace(X.T*M*X) with X = {state}.")
    scale = sp.Mul(*after)
    matrix = _middle(rotated[:column], state)
    return matrix if scale == 1 else scale * matrix


def _gradient(form: Any, state: Any) -> Any:
    matrix = _quadratic_matrix(form, state)
    if matrix is not None:
        return (matrix + matrix.T) * state
    factors, [place] = _factors(form, state)
    rotated = factors[place + 1 :] + factors[:place]
    row = _middle(rotated, state)
    return row if factors[place] == state.T else row.T


def _hessian(form: Any, state: Any) -> Any | None:
    """Hessian of a quadratic form; None for a linear one, whose Hessian vanishes."""
    matrix = _quadratic_matrix(form, state)
    return None if matrix is None else matrix + matrix.T
