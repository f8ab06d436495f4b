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
FINEST = 3


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

    The arc number k of n lies within rho pi/n of its midpoint. An arc on which `function` is not bounded
    is cut in three, up to `FINEST` times: a wide ball may meet a pole that the circle keeps away from.
    """
    bound = arb(0)
    todo = [(k, arcs) for k in range(arcs)]
    while todo:
        k, n = todo.pop()
        size = upper(function(rho * (acb(2 * k) / n).exp_pi_i() + disc(rho * arb.pi() / n)))
        if size.is_finite() or n >= arcs * 3**FINEST:
            bound = bound.max(size)
            if not size.is_finite():
                return bound
        else:
            todo += [(3 * k - 1, 3 * n), (3 * k, 3 * n), (3 * k + 1, 3 * n)]
    return bound


def derivative(function: Callable[[acb], acb], at: acb, n: int) -> acb:
    """n-th derivative at `at`; `function` must answer NaN on a ball where it is not holomorphic.

    The radius is the first at which Cauchy's bound of c_n is finite and the next one does not improve it.
    """
    chosen = None
    for k in range(30):
        rho = arb(4) ** -k
        bound = upper(function(at + disc(rho)))
        if chosen is not None and not bound * rho**-n < chosen[1] * chosen[0] ** -n:
            break
        if bound.is_finite():
            chosen = rho, bound
    if chosen is None:
        return nan()
    return arb(n + 1).gamma() * taylor_coefficient(lambda e: function(at + e), n, *chosen)
