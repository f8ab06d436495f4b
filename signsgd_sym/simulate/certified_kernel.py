r"""sign(<x, Delta> - eps) with a proof, compiled; Delta = Delta0 - h n, n integers; in one float or in two.

A bound on the rounding error is computed beside r; the sign of r is sure when |r| exceeds it. Floating-point
numbers are IEEE binary64, rounded to nearest, with gradual underflow (`is_ieee` tries them); u = 2^-53,
gamma_k = k u/(1 - k u), and fl(z) is z rounded. As long as nothing overflows,

    |fl(z) - z| <= u |fl(z)| + 2^-1075,    |fl(z) - z| <= u |z| + 2^-1075,

without the 2^-1075 for a sum, and for a product h n with an integer n: both are multiples of 2^-1074. After
an overflow r or its bound is NaN or infinite, because no sum or product of an infinity is finite; then
nothing is sure.

**One float** (`float64_residual`). p_i = fl(h n_i) and delta_i = fl(Delta0_i - p_i) come afresh from the
integers, so nothing accumulates: |delta_i - Delta_i| <= u (|p_i| + |delta_i|). With `LANES` partial sums a
product x_i delta_i passes at most m + 1 roundings until it is part of r, m = ceil(d/LANES) + log2 LANES: its
own, ceil(d/LANES) - 1 in its lane (which starts at 0), log2 LANES when the lanes are added, and the
subtraction of eps; eps itself passes the last alone. So, with
S = sum |x_i| (|p_i| + |delta_i|) + |eps| + d 2^-900,

    |r - (<x, Delta> - eps)|  <=  gamma_{m+1} sum |x_i delta_i| + u |eps|  +  u sum |x_i| (|p_i| + |delta_i|)
                                  + 2 d 2^-1075
                              <=  (gamma_{m+1} + u) S.

The bound is computed as (m + 4) u S. S and that product pass at most m + 4 roundings (one in the parenthesis,
the product, m - 1 sums, two more terms, the factor), and products may underflow, by 2^-1075 each; so what is
computed is at least (m + 4) u (1 - (m + 5) u) S - d 2^-1075. This is at least (gamma_{m+1} + u) S, because

    (m + 4)(1 - (m + 5) u) - (m + 1)/(1 - (m + 1) u) - 1  >=  2 - 2 (m + 5)^2 u  >=  1     for m <= 2^25,

and the u S that is left, at least 2^-953 d, exceeds the d 2^-1075.

**Two floats** (`double_double_residual`). TwoSum is exact. TwoProduct by Dekker and Veltkamp is exact when
the product of the last places of its factors is at least 2^-1074. It is for h n_i, as said above; and for
x_i s_i when |x_i s_i| >= 2^-968. Below that each of its 9 operations errs by 2^-1018 at most, hence the
result by 2^-1014. So Delta_i = s_i + t_i - e_i exactly, where
(p_i, e_i) = TwoProduct(h, n_i), (s_i, t_i) = TwoSum(Delta0_i, -p_i), |t_i| <= u |s_i|, |e_i| <= u |p_i|;
and with g_i = fl(t_i - e_i), a_i = |s_i| + |p_i|,

    |g_i| <= u (1 + u) a_i,     |Delta_i - s_i - g_i| <= u^2 (1 + u) a_i.

The high parts q_i of (q_i, w_i) = TwoProduct(x_i, s_i), and -eps, are added by TwoSum with errors c_i; the
low parts w_i, z_i = fl(x_i g_i) and c_i are added in float64, each passing at most d + 3 roundings. With A
= sum |x_i| a_i + |eps| + d 2^-900 and (d + 3) u <= 2^-20, the absolute values of the low parts sum to

    sum |w_i| + |z_i| + |c_i|  <=  u (1 + 2^-19) (1 + 1 + (d + 1)) A,

so their sum errs by (d + 3)^2 u^2 (1 + 2^-18) A, the z_i by u^2 (1 + u) A, the g_i by as much, underflow by
d 2^-1013 <= u^2 A. With r = fl(high + low), therefore,

    |r - (<x, Delta> - eps)|  <=  u |r| + (d + 4)^2 u^2 (1 + 2^-18) A.

The bound is computed as u |r| + 2 (d + 4)^2 u^2 A. The rounding of A costs the share (d + 6) u < 2^-19,
that of the last sum u (u |r| + ...) < 4 u^2 A because |r| <= 2 A; both are less than the (d + 4)^2 u^2 A to
spare.

Reference: Ogita, Rump and Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005) 1955-1988;
Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 4.2.
"""

from __future__ import annotations

import math

import numpy as np

from signsgd_sym.simulate.recursion import compiled

LANES = 32
"""Partial sums of an inner product; a power of two. (Its own constant: see below.)"""

LARGEST_DIMENSION = 2**29
"""Up to here m <= 2^25 and (d + 3) u <= 2^-20."""

U = 2.0**-53
TINY = 2.0**-900

# Everything compiled that these functions call lives in this file: Numba takes a cached function for stale by
# the date of its own file, not by those of the functions and constants it uses.


@compiled
def is_ieee(one: float, least: float) -> bool:
    """Whether sums round to nearest and subnormal numbers are kept; `one` is 1, `least` is 2^-1074.

    The numbers are arguments, so that the processor answers and not the compiler.

    Example:
        >>> is_ieee(1.0, 2.0**-1074)
        True
    """
    half, more = one * U, one * 1.5 * U
    to_nearest = one + half == one and one + more > one and -one - half == -one and -one - more < -one
    return to_nearest and least * one != 0.0 and (2.0**-1022 * one) * 0.5 != 0.0


@compiled
def float64_residual(
    x: np.ndarray,
    eps: float,
    h: float,
    delta0: np.ndarray,
    n: np.ndarray,
    lanes: np.ndarray,
    sizes: np.ndarray,
) -> tuple[float, float]:
    """r = <x, Delta0 - h n> - eps in float64, and a bound on its error.

    Args:
        x, delta0, n: (d,); n integers of at most 2^53.
        eps, h: numbers.
        lanes, sizes: scratch of shape (LANES,).

    Example:
        >>> scratch = np.empty(LANES), np.empty(LANES)
        >>> r, bound = float64_residual(np.ones(2), 0.5, 0.25, np.ones(2), np.array([4.0, -2.0]), *scratch)
        >>> r, 0 < bound < 1e-14
        (1.0, True)
    """
    d = x.shape[0]
    whole = d - d % LANES
    for j in range(LANES):
        lanes[j] = 0.0
        sizes[j] = 0.0
    for i in range(0, whole, LANES):
        for j in range(LANES):
            p = h * n[i + j]
            delta = delta0[i + j] - p
            lanes[j] += x[i + j] * delta
            sizes[j] += abs(x[i + j]) * (abs(p) + abs(delta))
    for j in range(d - whole):
        p = h * n[whole + j]
        delta = delta0[whole + j] - p
        lanes[j] += x[whole + j] * delta
        sizes[j] += abs(x[whole + j]) * (abs(p) + abs(delta))
    width = LANES // 2
    while width > 0:
        for j in range(width):
            lanes[j] += lanes[j + width]
            sizes[j] += sizes[j + width]
        width //= 2
    m = (d + LANES - 1) // LANES + int(math.log2(LANES))
    return lanes[0] - eps, (m + 4) * U * (sizes[0] + abs(eps) + d * TINY)


@compiled
def two_sum(a: float, b: float) -> tuple[float, float]:
    """(s, t) with s = fl(a + b) and s + t = a + b exactly (Knuth).

    Example:
        >>> two_sum(1e16, 1.0)
        (1e+16, 1.0)
    """
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


@compiled
def two_product(a: float, b: float) -> tuple[float, float]:
    """(p, e) with p = fl(a b) and p + e = a b (Dekker); NaN or infinite where a factor exceeds 2^996.

    Example:
        >>> two_product(1.0 + 2.0**-40, 1.0 - 2.0**-40) == (1.0, -(2.0**-80))
        True
    """
    p = a * b
    c = 134217729.0 * a  # 2^27 + 1
    a_high = c - (c - a)
    a_low = a - a_high
    c = 134217729.0 * b
    b_high = c - (c - b)
    b_low = b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled
def double_double_residual(
    x: np.ndarray, eps: float, h: float, delta0: np.ndarray, n: np.ndarray
) -> tuple[float, float]:
    """r = <x, Delta0 - h n> - eps as if in twice the precision, and a bound on its error.

    Args:
        x, delta0, n: (d,); n integers of at most 2^53.
        eps, h: numbers.

    Example:
        >>> x, delta0 = np.array([1e16, 1.0, -1e16]), np.ones(3)
        >>> r, bound = double_double_residual(x, 0.0, 0.25, delta0, np.zeros(3))
        >>> r, 0 < bound < 1e-13
        (1.0, True)
    """
    d = x.shape[0]
    high = low = size = 0.0
    for i in range(d):
        p, e = two_product(h, n[i])
        s, t = two_sum(delta0[i], -p)
        q, w = two_product(x[i], s)
        high, c = two_sum(high, q)
        low += (w + x[i] * (t - e)) + c
        size += abs(x[i]) * (abs(s) + abs(p))
    high, c = two_sum(high, -eps)
    r = high + (low + c)
    return r, U * abs(r) + 2.0 * ((d + 4) * U) ** 2 * (size + abs(eps) + d * TINY)


@compiled
def move(n: np.ndarray, s: float, x: np.ndarray) -> None:
    """n_i <- n_i + s sign(x_i), in place; s is -1, 0 or 1, and sign(0) = 0.

    Example:
        >>> n = np.zeros(3)
        >>> move(n, -1.0, np.array([2.0, 0.0, -0.5]))
        >>> n
        array([-1.,  0.,  1.])
    """
    for i in range(n.shape[0]):
        n[i] += s * (0.0 if x[i] == 0.0 else math.copysign(1.0, x[i]))


@compiled
def advance_while_sure(
    x: np.ndarray,
    eps: np.ndarray,
    h: float,
    delta0: np.ndarray,
    n: np.ndarray,
    first: int,
    signs: np.ndarray,
    counts: np.ndarray,
) -> int:
    """Take the steps first, first + 1, ... of a block up to one whose sign two floats do not decide.

    Args:
        x: (rows, d), samples in rows, C-contiguous.
        eps: (rows,), label noise.
        h: step of a coordinate.
        delta0: (d,), Delta at time 0.
        n: (d,), changed in place: Delta = delta0 - h n.
        first: row to begin with.
        signs: (rows,) of int8, receives sign(r) of each step taken.
        counts: (2,) of int64, counts the signs proved in one float and in two.

    Returns:
        The row that is in doubt, its step not taken; the number of rows when there is none.

    Example:
        >>> n, signs, counts = np.zeros(1), np.empty(2, np.int8), np.zeros(2, np.int64)
        >>> advance_while_sure(np.ones((2, 1)), np.zeros(2), 0.5, np.array([0.5]), n, 0, signs, counts)
        1
        >>> n, signs[0], counts  # after one step r = 0, and no bound is less than that
        (array([1.]), np.int8(1), array([1, 0]))
    """
    rows = x.shape[0]
    lanes, sizes = np.empty(LANES), np.empty(LANES)
    for k in range(first, rows):
        r, bound = float64_residual(x[k], eps[k], h, delta0, n, lanes, sizes)
        # Comparisons with NaN are false, so what is not finite is not sure.
        if bound < abs(r) < math.inf:
            counts[0] += 1
        else:
            r, bound = double_double_residual(x[k], eps[k], h, delta0, n)
            if not bound < abs(r) < math.inf:
                return k
            counts[1] += 1
        signs[k] = math.copysign(1.0, r)
        move(n, math.copysign(1.0, r), x[k])
    return rows


__all__ = ["LANES", "LARGEST_DIMENSION", "advance_while_sure", "is_ieee", "move"]
