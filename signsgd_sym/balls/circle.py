"""Taylor coefficients of a holomorphic function from its values on a circle, with a proved error.

Lemma. Let F be holomorphic on |e| <= rho with |F| <= M on |e| = rho, and 0 < r < rho, N > n >= 0. With
w = exp(2 pi i/N), the mean A = (1/N) sum_k F(r w^k) w^(-nk) r^(-n) differs from the Taylor coefficient c_n by
at most M rho^(-n) q/(1 - q), q = (r/rho)^N.

Proof. Insert F = sum_m c_m e^m: the mean keeps exactly the m = n mod N, so A - c_n = sum_{j>=1} c_{n+jN}
r^{jN} (m >= 0 and n < N leave j >= 1). By Cauchy |c_m| <= M rho^(-m), hence |A - c_n| <= M rho^(-n)
sum_{j>=1} q^j.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb, ctx

from signsgd_sym.balls.ball import disc, nan, upper

LOG2_RATIO = 20  # r = rho 2^-20: a handful of nodes, at the price of 20 bits for each order of a pole


def taylor_coefficient(function: Callable[[acb], acb], n: int, rho: arb, bound: arb) -> acb:
    """Coefficient c_n of `function` at 0, given sup |function| <= `bound` on |e| = `rho` (see the lemma)."""
    if not bound.is_finite():
        return nan()
    nodes = max(n + 1, -(-ctx.prec // LOG2_RATIO) + 1)
    r = rho * arb(2) ** -LOG2_RATIO
    total = acb(0)
    for k in range(nodes):
        turn = (acb(2 * k) / nodes).exp_pi_i()
        total += function(r * turn) * turn**-n
    q = arb(2) ** (-LOG2_RATIO * nodes)
    return total / nodes * r**-n + disc(bound * rho**-n * q / (1 - q))


def sup_on_circle(function: Callable[[acb], acb], rho: arb, arcs: int = 32) -> arb:
    """An upper bound of |function| on |e| = `rho`, from balls that cover the circle.

    Each arc lies within rho pi/arcs of its midpoint.
    """
    cover = disc(rho * arb.pi() / arcs)
    bound = arb(0)
    for k in range(arcs):
        bound = bound.max(upper(function(rho * (acb(2 * k) / arcs).exp_pi_i() + cover)))
    return bound


def derivative(function: Callable[[acb], acb], at: acb, n: int) -> acb:
    """n-th derivative at `at`; `function` must answer NaN on a ball where it is not holomorphic.

    Any radius will do; one on which the function keeps its size costs the least precision.
    """
    rho, centre = arb(1), upper(function(at))
    for shrinking in range(30):
        bound = upper(function(at + disc(rho)))
        moderate = bound < 2**16 * centre or shrinking > 15 or centre.is_zero()
        if bound.is_finite() and moderate:
            factorial = arb(n + 1).gamma()
            return factorial * taylor_coefficient(lambda e: function(at + e), n, rho, bound)
        rho /= 4
    return nan()
