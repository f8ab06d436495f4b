r"""Proved signs where Delta is in fixed point, two floats a coordinate, with one radius for all; compiled.

Delta~_i = high_i + low_i, where high_i is a multiple of Q and low_i one of q = 2^-42 Q (powers of two), both
of at most 2^53 such units. A step moves every coordinate by the same amount,

    Delta~_i <- Delta~_i - (H + L) sign(r) sign(x_i),    H a multiple of Q, L one of q,

and that is *exact*: sums of integers. So there is one source of error alone, the step sizes, and since each
enters a coordinate with a factor of -1, 0 or 1, one number bounds it for all of them:

    |Delta_i - Delta~_i|  <=  rho  =  sum over steps of |h_k - (H_k + L_k)|.

A residual of Delta~ is computed with a bound on its rounding error, to which rho sum |x_i| is added.
Suppositions and notation are those of `certified_kernel`: IEEE binary64, u = 2^-53, gamma_k = k u/(1 - k u),
and after an overflow nothing is sure, because r or its bound is not finite.

**One float** (`float64_residual`). delta_i = fl(high_i + low_i), |delta_i - Delta~_i| <= u |delta_i|. A
product x_i delta_i passes at most m + 1 roundings, m = ceil(d/LANES) + log2 LANES, until it is part of r. Let
w = rho/u, which is exact. With S = sum |x_i| (|delta_i| + w) + |eps| + d 2^-900,

    |r - (<x, Delta> - eps)|  <=  gamma_{m+1} sum |x_i delta_i| + u |eps|  +  u sum |x_i delta_i|
                                  + rho sum |x_i| + 2 d 2^-1075
                              <=  (gamma_{m+1} + u) S,

as u w = rho. That is the bound of `certified_kernel` with w in place of |p_i|; it is computed in the same
order, as (m + 4) u S, and its own rounding is bounded there.

**Two floats** (`double_double_residual`). (s_i, t_i) = TwoSum(high_i, low_i) is exact, |t_i| <= u |s_i|. This
is `certified_kernel.double_double_residual` with p_i = e_i = 0 and g_i = t_i; hence, with A = sum |x_i| |s_i|
+ |eps| + d 2^-900 and (d + 4) u <= 2^-20,

    |r - (<x, Delta~> - eps)|  <=  u |r| + (d + 4)^2 u^2 (1 + 2^-18) A.

The bound is computed as u |r| + 2 (d + 4)^2 u^2 A + (1 + 2^-18) rho X, X = fl(sum |x_i|). X is too small by
the share (d - 1) u <= 2^-20 at most; the roundings of the last term and of the sum, 5 u of it, are within the
rest of its 2^-18, those of the other two within (d + 4)^2 u^2 A, as shown there. Underflow of rho X costs
2^-1075, less than u^2 d 2^-900.

**K Delta~** (`diagonal_image`, `dense_image`). The same sums for the rows of K, with eps = 0 and without the
last rounding: (C_i, c_i) = TwoSum(high part, low part), and with a_i = sum_j |K_ij| |s_j| + d 2^-900

    |C_i + c_i - (K Delta~)_i|  <=  2 (d + 4)^2 u^2 a_i,     |c_i| <= u |C_i|,   |C_i| <= (1 + 2^-18) a_i,

a_i as it is computed, for its rounding takes the share 2^-19 of a bound that has the factor 2 to spare.

**Delta~^T K Delta~** (`quadratic_form`). (p_i, w_i) = TwoProduct(s_i, C_i), the p_i are added by TwoSum with
errors e_i; the low parts w_i, s_i c_i, t_i C_i, e_i are added in float64, each passing at most d + 4
roundings; t_i c_i is left out. With S = sum |s_i| a_i + d 2^-900, the low parts sum to at most u (1 + 2^-17)
(d + 3) S in absolute value, so that their sum errs by (d + 4)^2 u^2 (1 + 2^-16) S; t_i c_i costs u^2 (1 +
2^-16) S, the error of C_i + c_i 2 (d + 4)^2 u^2 (1 + u) S. Together this is less than 3.1 (d + 4)^2 u^2 S.
Underflow costs d 2^-1012, less than u^2 S. The bound is computed as 4 (d + 4)^2 u^2 S; the rounding of S
takes the share 2^-19 of it. The sum of |(K Delta~)_i| is at most that of (1 + u) |C_i| + 2 (d + 4)^2 u^2 a_i.

Reference: Ogita, Rump and Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005) 1955-1988.
"""

from __future__ import annotations

import math

import numpy as np

# TwoSum and TwoProduct are what they are for ever: no change there can leave a stale function here (see
# below).
from signsgd_sym.simulate.certified_kernel import two_product, two_sum
from signsgd_sym.simulate.recursion import compiled

LOW_BITS = 42
"""q = 2^-LOW_BITS Q."""

HIGH_BITS = 53
"""|high| <= 2^HIGH_BITS Q."""

MOST_ROWS = 2**10
"""Steps between two calls of `fold`; |low| <= (1 + MOST_ROWS) Q/2 < 2^53 q meanwhile."""

LANES = 32
U = 2.0**-53
TINY = 2.0**-900
UP = 1.0 + 2.0**-18

# Everything else compiled that these functions call lives in this file: Numba takes a cached function for
# stale by the date of its own file, not by those of the functions and constants it uses.


@compiled
def float64_residual(
    x: np.ndarray,
    eps: float,
    high: np.ndarray,
    low: np.ndarray,
    rho: float,
    lanes: np.ndarray,
    sizes: np.ndarray,
) -> tuple[float, float]:
    """r = <x, Delta> - eps in float64, and a bound on its error, of rounding and of Delta.

    Args:
        x, high, low: (d,).
        eps: label noise.
        rho: bound of |Delta_i - high_i - low_i|.
        lanes, sizes: scratch of shape (LANES,).

    Example:
        >>> scratch = np.empty(LANES), np.empty(LANES)
        >>> r, bound = float64_residual(np.ones(2), 0.5, np.ones(2), np.array([0.25, 0.0]), 1e-3, *scratch)
        >>> r, 2e-3 < bound < 3e-2
        (1.75, True)
    """
    d = x.shape[0]
    whole = d - d % LANES
    w = rho / U
    for j in range(LANES):
        lanes[j] = 0.0
        sizes[j] = 0.0
    for i in range(0, whole, LANES):
        for j in range(LANES):
            delta = high[i + j] + low[i + j]
            lanes[j] += x[i + j] * delta
            sizes[j] += abs(x[i + j]) * (abs(delta) + w)
    for j in range(d - whole):
        delta = high[whole + j] + low[whole + j]
        lanes[j] += x[whole + j] * delta
        sizes[j] += abs(x[whole + j]) * (abs(delta) + w)
    width = LANES // 2
    while width > 0:
        for j in range(width):
            lanes[j] += lanes[j + width]
            sizes[j] += sizes[j + width]
        width //= 2
    m = (d + LANES - 1) // LANES + int(math.log2(LANES))
    return lanes[0] - eps, (m + 4) * U * (sizes[0] + abs(eps) + d * TINY)


@compiled
def double_double_residual(
    x: np.ndarray, eps: float, high: np.ndarray, low: np.ndarray, rho: float
) -> tuple[float, float]:
    """r = <x, Delta> - eps as if in twice the precision, and a bound on its error, that of Delta included.

    Example:
        >>> x, low = np.array([1e16, 1.0, -1e16]), np.array([0.0, 2.0**-50, 0.0])
        >>> r, bound = double_double_residual(x, 1.0, np.ones(3), low, 0.0)
        >>> r == 2.0**-50, 0 < bound < 2.0**-43
        (True, True)
    """
    d = x.shape[0]
    total = rest = size = reach = 0.0
    for i in range(d):
        s, t = two_sum(high[i], low[i])
        q, w = two_product(x[i], s)
        total, c = two_sum(total, q)
        rest += (w + x[i] * t) + c
        size += abs(x[i]) * abs(s)
        reach += abs(x[i])
    total, c = two_sum(total, -eps)
    r = total + (rest + c)
    rounding = 2.0 * ((d + 4) * U) ** 2 * (size + abs(eps) + d * TINY)
    return r, U * abs(r) + rounding + UP * (rho * reach)


@compiled
def move(high: np.ndarray, low: np.ndarray, H: float, L: float, s: float, x: np.ndarray) -> None:
    """Delta~_i <- Delta~_i - (H + L) s sign(x_i), in place; s is -1, 0 or 1, and sign(0) = 0.

    Example:
        >>> high, low = np.ones(3), np.zeros(3)
        >>> move(high, low, 0.5, 2.0**-50, -1.0, np.array([2.0, 0.0, -0.5]))
        >>> high, low * 2**50
        (array([1.5, 1. , 0.5]), array([ 1.,  0., -1.]))
    """
    for i in range(high.shape[0]):
        g = s * (0.0 if x[i] == 0.0 else math.copysign(1.0, x[i]))
        high[i] -= H * g
        low[i] -= L * g


@compiled
def advance_while_sure(
    x: np.ndarray,
    eps: np.ndarray,
    H: np.ndarray,
    L: np.ndarray,
    rho: float,
    high: np.ndarray,
    low: np.ndarray,
    signs: np.ndarray,
    counts: np.ndarray,
) -> int:
    """Take the steps of a block up to one whose sign two floats do not decide; change high and low in place.

    Args:
        x: (rows, d), samples in rows, C-contiguous; rows <= MOST_ROWS.
        eps: (rows,), label noise.
        H, L: (rows,), the two parts of each step size.
        rho: bound of |Delta_i - Delta~_i| before each of these steps.
        high, low: (d,).
        signs: (rows,) of int8, receives sign(r) of each step taken.
        counts: (2,) of int64, counts the signs proved in one float and in two.

    Returns:
        The row that is in doubt, its step not taken; the number of rows when there is none.

    Example:
        >>> high, low, signs, counts = np.ones(1), np.zeros(1), np.empty(3, np.int8), np.zeros(2, np.int64)
        >>> x, eps, H = np.ones((3, 1)), np.array([0.0, 0.0, 0.25]), np.full(3, 0.375)
        >>> advance_while_sure(x, eps, H, np.zeros(3), 1e-9, high, low, signs, counts)
        2
        >>> high, signs[:2]  # r = 0.25 - 0.25, which no bound is less than
        (array([0.25]), array([1, 1], dtype=int8))
    """
    rows = x.shape[0]
    lanes, sizes = np.empty(LANES), np.empty(LANES)
    for k in range(rows):
        r, bound = float64_residual(x[k], eps[k], high, low, rho, lanes, sizes)
        # Comparisons with NaN are false, so what is not finite is not sure.
        if bound < abs(r) < math.inf:
            counts[0] += 1
        else:
            r, bound = double_double_residual(x[k], eps[k], high, low, rho)
            if not bound < abs(r) < math.inf:
                return k
            counts[1] += 1
        signs[k] = math.copysign(1.0, r)
        move(high, low, H[k], L[k], math.copysign(1.0, r), x[k])
    return rows


@compiled
def diagonal_image(
    K: np.ndarray, high: np.ndarray, low: np.ndarray, C: np.ndarray, c: np.ndarray, a: np.ndarray
) -> None:
    """K Delta~ = C + c within 2 (d + 4)^2 u^2 a, for a diagonal K of shape (d,); C, c and a are written."""
    d = high.shape[0]
    for i in range(d):
        s, t = two_sum(high[i], low[i])
        q, w = two_product(K[i], s)
        C[i], c[i] = two_sum(q, w + K[i] * t)
        a[i] = abs(K[i]) * abs(s) + d * TINY


@compiled
def dense_image(
    K: np.ndarray, high: np.ndarray, low: np.ndarray, C: np.ndarray, c: np.ndarray, a: np.ndarray
) -> None:
    """K Delta~ = C + c within 2 (d + 4)^2 u^2 a, for K of shape (d, d); C, c and a are written."""
    d = high.shape[0]
    for i in range(d):
        total = rest = size = 0.0
        for j in range(d):
            s, t = two_sum(high[j], low[j])
            q, w = two_product(K[i, j], s)
            total, error = two_sum(total, q)
            rest += (w + K[i, j] * t) + error
            size += abs(K[i, j]) * abs(s)
        C[i], c[i] = two_sum(total, rest)
        a[i] = size + d * TINY


@compiled
def quadratic_form(
    high: np.ndarray, low: np.ndarray, C: np.ndarray, c: np.ndarray, a: np.ndarray
) -> tuple[float, float, float, float]:
    """Delta~^T K Delta~ as two floats, a bound on its error, and an upper bound of sum |(K Delta~)_i|.

    Args:
        high, low: (d,), Delta~.
        C, c, a: (d,), K Delta~ as `diagonal_image` or `dense_image` has written it.

    Example:
        >>> high, low, (C, c, a) = np.array([1.0, 2.0]), np.zeros(2), np.empty((3, 2))
        >>> diagonal_image(np.array([1.0, 3.0]), high, low, C, c, a)
        >>> form, rest, bound, slope = quadratic_form(high, low, C, c, a)
        >>> form + rest, 0 < bound < 1e-28, 7 <= slope < 7.001
        (13.0, True, True)
    """
    d = high.shape[0]
    total = rest = size = slope = sizes = 0.0
    for i in range(d):
        s, t = two_sum(high[i], low[i])
        p, w = two_product(s, C[i])
        total, error = two_sum(total, p)
        rest += (w + (s * c[i] + t * C[i])) + error
        size += abs(s) * a[i]
        slope += abs(C[i])
        sizes += a[i]
    unit = ((d + 4) * U) ** 2
    total, rest = two_sum(total, rest)
    return total, rest, 4.0 * unit * (size + d * TINY), UP * (slope + 4.0 * unit * sizes)


__all__ = [
    "HIGH_BITS",
    "LOW_BITS",
    "MOST_ROWS",
    "advance_while_sure",
    "dense_image",
    "diagonal_image",
    "move",
    "quadratic_form",
]
