r"""The recursion itself, compiled: Delta_i <- Delta_i - (eta/d) f(r x_i), r = <x, Delta> - eps.

Time is t = k/d before step k, so the step size of step k is eta(k/d, R)/d with R = Delta^T K Delta/2 before
the step. One loop serves every rule and every schedule (see `formula`): Numba specialises it.

Arithmetic. Every operation is an IEEE operation in a fixed order: no fast-math, which lets the compiler pick
an order of summation that changes with the processor and with its own version. Inner products use
`LANES` partial sums instead, added pairwise at the end: the order is ours, vector units are used all the
same, and the error bound falls from d u to (d/LANES + log2 LANES) u, u = 2^-53.

Cost of a step: O(d), about 1 microsecond at d = 1000, unless eta depends on R. Then R is computed afresh at
every step: 2 d more multiplications for a diagonal K, d^2 for a dense one. (Updating K Delta by
(eta/d) K f(r x) is d^2 as well, and accumulates rounding; so nothing is gained by it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import overload

from signsgd_sym.simulate.formula import SIGN, Formula, FormulaType, evaluate

LANES = 32
"""Partial sums of an inner product: four vectors of 512 bits, enough to hide the latency of an addition."""

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile `function` to code that releases the interpreter lock and is kept on disk.

    Where no directory for the cache can be written (neither beside this file nor in the user's cache), Numba
    refuses at once; the function is then compiled anew in each process.
    """
    try:
        return numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:
        return numba.njit(**OPTIONS)(function)


# Everything compiled lives in this file: Numba takes a cached function for stale by the date of its own file,
# not by those of the functions it calls.


@compiled
def sign(z: float) -> float:
    """-1.0, 0.0 or 1.0, with sign(0) = sign(-0) = 0.

    Example:
        >>> sign(-3.0), sign(-0.0)
        (-1.0, 0.0)
    """
    return 0.0 if z == 0.0 else math.copysign(1.0, z)


@compiled
def dot(x: np.ndarray, y: np.ndarray, lanes: np.ndarray) -> float:
    """Inner product of two vectors of shape (d,) by `LANES` partial sums.

    `lanes` is scratch of shape (LANES,): an allocation would cost as much as a hundred terms.

    Example:
        >>> float(dot(np.arange(3.0), np.ones(3), np.empty(LANES)))
        3.0
    """
    d = x.shape[0]
    whole = d - d % LANES
    for j in range(LANES):
        lanes[j] = 0.0
    for i in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] += x[i + j] * y[i + j]
    for j in range(d - whole):
        lanes[j] += x[whole + j] * y[whole + j]
    width = LANES // 2
    while width > 0:
        for j in range(width):
            lanes[j] += lanes[j + width]
        width //= 2
    return lanes[0]


@compiled
def risk(K: np.ndarray, delta: np.ndarray, lanes: np.ndarray) -> float:
    """R = Delta^T K Delta/2; K is a matrix (d, d), or the diagonal (d,) of a diagonal matrix.

    Example:
        >>> float(risk(np.array([1.0, 4.0]), np.ones(2), np.empty(LANES)))
        2.5
    """
    return 0.5 * _quadratic_form(K, delta, lanes)


def _quadratic_form(K: Any, delta: Any, lanes: Any) -> Any: ...


@overload(_quadratic_form, strict=False, jit_options=OPTIONS)
def _quadratic_form_overload(K: Any, delta: Any, lanes: Any) -> Any:
    if K.ndim == 1:

        def diagonal(K: Any, delta: Any, lanes: Any) -> Any:
            return dot(K * delta, delta, lanes)

        return diagonal

    def dense(K: Any, delta: Any, lanes: Any) -> Any:
        total = 0.0
        for i in range(delta.shape[0]):
            total += delta[i] * dot(K[i], delta, lanes)
        return total

    return dense


def _response(rule: Any, r: Any, x: Any) -> Any: ...


@overload(_response, strict=False, jit_options=OPTIONS)
def _response_overload(rule: FormulaType, r: Any, x: Any) -> Any:
    """f(r x); for the sign as sign(r) sign(x), which cannot underflow, and sign(r) leaves the loop."""
    if rule.body == SIGN:
        return lambda rule, r, x: sign(r) * sign(x)
    return lambda rule, r, x: evaluate(rule, r * x)


def _step_size(schedule: Any, t: Any, K: Any, delta: Any, lanes: Any) -> Any: ...


@overload(_step_size, strict=False, jit_options=OPTIONS)
def _step_size_overload(schedule: Any, t: Any, K: Any, delta: Any, lanes: Any) -> Any:
    """eta before the step: a number, eta(t), or eta(t, R). Only the last one pays for R."""
    if isinstance(schedule, types.Float):
        return lambda schedule, t, K, delta, lanes: schedule
    if "R" not in schedule.arguments:
        return lambda schedule, t, K, delta, lanes: evaluate(schedule, t)
    return lambda schedule, t, K, delta, lanes: evaluate(schedule, t, risk(K, delta, lanes))


@compiled
def advance(
    rule: Formula,
    schedule: float | Formula,
    K: np.ndarray,
    x: np.ndarray,
    eps: np.ndarray,
    first: int,
    delta: np.ndarray,
    signs: np.ndarray,
) -> int:
    """Take len(x) steps, one sample each, and change `delta` in place.

    Delta_i <- Delta_i - (eta/d) f(r x_i),  r = <x, Delta> - eps,  eta = eta(k/d, Delta^T K Delta/2).

    Args:
        rule: the update rule f(z), from `formula.rule_formula`.
        schedule: constant eta, or eta(t) or eta(t, R) from `formula.schedule_formula`.
        K: (d, d) or (d,), second moment of the samples; read only when eta depends on R.
        x: (n, d), samples in rows, C-contiguous.
        eps: (n,), label noise.
        first: index k of the first of these steps.
        delta: (d,), theta - theta*.
        signs: (n,) of int8, receives sign(r) of each step.

    Returns:
        Steps taken: less than n when eta was negative, infinite or NaN before the next one.

    Example:
        >>> from signsgd_sym.simulate.formula import Formula
        >>> delta = np.array([1.0, -2.0])
        >>> x, eps, signs = np.array([[3.0, 0.0]]), np.zeros(1), np.empty(1, np.int8)
        >>> advance(Formula(("z",), SIGN), 0.5, np.ones(2), x, eps, 0, delta, signs)
        1
        >>> delta, signs
        (array([ 0.75, -2.  ]), array([1], dtype=int8))
    """
    n, d = x.shape
    lanes = np.empty(LANES)
    for k in range(n):
        eta = _step_size(schedule, (first + k) / d, K, delta, lanes)
        if not 0.0 <= eta < math.inf:
            return k
        r = dot(x[k], delta, lanes) - eps[k]
        signs[k] = sign(r)
        step = eta / d
        for i in range(d):
            delta[i] -= step * _response(rule, r, x[k, i])
    return n


@compiled
def advance_batches(
    rule: Formula,
    schedule: float | Formula,
    K: np.ndarray,
    x: np.ndarray,
    eps: np.ndarray,
    first: int,
    batch: int,
    delta: np.ndarray,
) -> int:
    """Take len(x)/batch steps, `batch` samples each, and change `delta` in place.

    Delta_i <- Delta_i - (eta/d) f(mean of r x_i over the batch); arguments and result as for `advance`.

    Example:
        >>> from signsgd_sym.simulate.formula import Formula
        >>> delta, x = np.array([1.0, 1.0]), np.array([[1.0, 0.0], [0.0, -3.0]])
        >>> advance_batches(Formula(("z",), "z"), 1.0, np.ones(2), x, np.zeros(2), 0, 2, delta)
        1
        >>> delta
        array([ 0.75, -1.25])
    """
    d = x.shape[1]
    steps = x.shape[0] // batch
    lanes, gradient = np.empty(LANES), np.empty(d)
    for k in range(steps):
        eta = _step_size(schedule, (first + k) / d, K, delta, lanes)
        if not 0.0 <= eta < math.inf:
            return k
        gradient[:] = 0.0
        for row in range(k * batch, (k + 1) * batch):
            r = dot(x[row], delta, lanes) - eps[row]
            for i in range(d):
                gradient[i] += r * x[row, i]
        step = eta / d
        for i in range(d):
            delta[i] -= step * _response(rule, 1.0 / batch, gradient[i])
    return steps


@compiled
def advance_adam(
    beta1: float,
    beta2: float,
    offset: float,
    schedule: float | Formula,
    K: np.ndarray,
    x: np.ndarray,
    eps: np.ndarray,
    first: int,
    delta: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    signs: np.ndarray,
) -> int:
    """Take len(x) steps of Adam with bias correction; change `delta`, `m` and `v` in place.

    g_i = r x_i,  m_i <- beta1 m_i + (1 - beta1) g_i,  v_i <- beta2 v_i + (1 - beta2) g_i^2,
    Delta_i <- Delta_i - (eta/d) m^_i/(sqrt(v^_i) + offset),  m^ = m/(1 - beta1^k),  v^ = v/(1 - beta2^k).

    Args:
        beta1, beta2, offset: the parameters of `model.Adam`; offset is its eps.
        schedule, K, x, eps, first, signs: as in `advance`; step `first` is Adam's step k = first + 1.
        delta: (d,), theta - theta*.
        m, v: (d,), moving averages of the gradient and of its square, 0 before the first step.

    Returns:
        Steps taken: less than n when eta was negative, infinite or NaN before the next one.

    Example:
        >>> delta, m, v, signs = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2), np.empty(1, np.int8)
        >>> one_step = (np.ones(2), np.array([[3.0, 0.0]]), np.zeros(1), 0, delta, m, v, signs)
        >>> advance_adam(0.9, 0.99, 0.0, 0.5, *one_step)  # the first step is that of signSGD
        1
        >>> delta
        array([ 0.75, -2.  ])
    """
    n, d = x.shape
    lanes = np.empty(LANES)
    for k in range(n):
        eta = _step_size(schedule, (first + k) / d, K, delta, lanes)
        if not 0.0 <= eta < math.inf:
            return k
        r = dot(x[k], delta, lanes) - eps[k]
        signs[k] = sign(r)
        step = eta / d / (1.0 - beta1 ** (first + k + 1))
        correction = 1.0 / (1.0 - beta2 ** (first + k + 1))
        for i in range(d):
            g = r * x[k, i]
            m[i] = beta1 * m[i] + (1.0 - beta1) * g
            v[i] = beta2 * v[i] + (1.0 - beta2) * g * g
            size = math.sqrt(v[i] * correction) + offset
            if size > 0.0:
                delta[i] -= step * m[i] / size
    return n
