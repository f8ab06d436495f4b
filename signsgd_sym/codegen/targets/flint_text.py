"""Helper functions of the modules for python-flint, as text."""

from __future__ import annotations

AT = '''
def _at(R: Number, formula: Callable[[arb], arb], limit: Callable[[], arb]) -> arb:
    """A ball that contains the formula, to ctx.prec bits where that can be had.

    The limit at R = 0; NaN, the ball of everything, where R is not known to be positive and finite.
    """
    goal = ctx.prec
    risk = arb(R)
    if risk.is_zero():
        return limit()
    if not (risk > 0 and risk.is_finite()):
        return arb.nan()
    mantissa, exponent = risk.mid().man_exp()
    size = abs(int(exponent) + int(mantissa).bit_length())
    bits, best = 20 + size, arb.nan()
    try:
        while bits <= 20 * (goal + size):
            ctx.prec = goal + bits
            ball = formula(arb(R))
            if best.is_finite() and risk.rad() > 0 and not 2 * ball.rad() < best.rad():
                break  # no more is known of R
            best = ball
            if ball.rel_accuracy_bits() > goal:
                break
            bits *= 2
    finally:
        ctx.prec = goal
    return +best
'''

ERFC = '''
def _erfc(z: arb) -> arb:
    """erfc, for large z as exp(-z^2) U(1/2, 1/2, z^2)/sqrt(pi)."""
    if z > 8:
        return (-z * z).exp() * _erfcx(z)
    return 2 - _erfc(-z) if z < -8 else z.erfc()
'''

ERFCX = '''
def _erfcx(z: arb) -> arb:
    """exp(z^2) erfc(z), for large z as U(1/2, 1/2, z^2)/sqrt(pi)."""
    if z > 8:
        return (z * z).hypgeom_u(arb(1) / 2, arb(1) / 2) / arb.pi().sqrt()
    return (z * z).exp() * _erfc(z)
'''

COMPLEX_ERFC = '''
def _erfc(z: acb) -> acb:
    """erfc, for Re z > 8 and z^2 off the cut as exp(-z^2) U(1/2, 1/2, z^2)/sqrt(pi)."""
    if z.real < -8:
        return 2 - _erfc(-z)
    square = z * z
    if z.real > 8 and (square.real > 0 or not square.imag.contains(0)):
        return (-square).exp() * square.hypgeom_u(acb(1) / 2, acb(1) / 2) / acb.pi().sqrt()
    return z.erfc()
'''

BESSEL_I = '''
def _bessel_i(order: {ball}, z: {ball}) -> {ball}:
    """I, which is scaled where it is large."""
    return z.exp() * z.bessel_i(order, scaled=True) if z.real > 8 else z.bessel_i(order)
'''

HYPER = '''
def _hyper(above: list[{ball}], below: list[{ball}], z: {ball}) -> {ball}:
    """The hypergeometric series; NaN where it has too many terms to be summed."""
    return z.hypgeom(above, below) if abs(z) < 10000 else {ball}(arb.nan())
'''

KERNEL = '''
SERIES = [
    {2},
]


def {0}(rho: Number) -> arb:
    """{1}

    The radius has the estimated error of the series in it, which is not proved.
    """
    rho = arb(rho)
    x = 2 * ((1 - rho) * (1 + rho)).sqrt().sqrt() - 1
    now = after = arb(0)
    for c in SERIES[:0:-1]:
        now, after = (2 * x * now - after) + arb(c), now
    return rho * ((x * now - after) + arb(SERIES[0])) + arb(0, {3!r})
'''
