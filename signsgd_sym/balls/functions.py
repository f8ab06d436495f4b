"""SymPy functions of numbers as functions of balls: one line a function, with its branch cut.

`FUNCTIONS[cls](args, analytic)` encloses `cls(*args)`. Entire and meromorphic functions need no care. A
function with a cut answers NaN when an argument meets it, in both modes: there FLINT and SymPy may continue
from different sides. The exceptions are log, sqrt and pow, where both take arg in (-pi, pi].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb, ctx

from signsgd_sym.balls.ball import (
    Ball,
    Evaluator,
    as_integer,
    disc,
    is_real,
    meets_imaginary_rays,
    meets_left_ray,
    meets_outer_rays,
    nan,
    precision,
    upper,
)
from signsgd_sym.special import Erfcx, OwenT, TricomiU

EVAL_LIMIT = 20_000
"""Evaluations an integral may cost; FLINT's own default lets a hopeless one run for hours."""


def power(z: acb, q: acb, analytic: bool) -> acb:
    """z^q, principal value. A ball that contains 0 is bounded by |z|^q when q is real and positive."""
    n = as_integer(q)
    if n is not None:
        return z**n
    if not z.contains(0):
        return z.pow(q, analytic=analytic)
    if analytic or not is_real(q) or not q.real > 0:
        return nan()
    if z.is_zero():
        return acb(0)
    bound = (upper(z) ** q.real).upper()
    if is_real(z) and z.real >= 0:
        return acb(arb(0).union(bound))
    return disc(bound)


def half_power(z: acb, twice: int, analytic: bool) -> acb:
    """z^(twice/2) for odd `twice`."""
    if z.contains(0):
        return power(z, acb(twice) / 2, analytic)
    root = z.sqrt(analytic=analytic) if twice > 0 else z.rsqrt(analytic=analytic)
    return root if abs(twice) == 1 else root ** abs(twice)


def erfcx(z: acb) -> acb:
    """exp(z^2) erfc(z). For Re z >= 0 from the midpoint m: erfcx(z) = (2/sqrt pi) int_0^oo e^(-t^2 - 2 z t)
    dt, whose derivative is at most 2/sqrt(pi) there, so that |erfcx(z) - erfcx(m)| <= 2 |z - m|/sqrt(pi).
    """
    if not z.real >= 0:
        return exp(z * z) * erfc(z)
    m = acb(z.mid())
    value = (
        (m * m).hypgeom_u(arb(0.5), arb(0.5)) / acb.pi().sqrt() if m.real > 8 else (m * m).exp() * m.erfc()
    )
    error = (2 * upper(z - m) / arb.pi().sqrt()).upper()
    return value + (acb(arb(0, error)) if is_real(z) else disc(error))


def exp(z: acb) -> acb:
    """exp; for a wide ball from the ends of its real part, because FLINT's radius keeps only 30 bits of the
    exponent, which makes exp([-10^20, -10^19]) useless."""
    x = z.real
    if not x.rad() > 1 or not x.is_finite():
        return z.exp()
    size = x.lower().exp().union(x.upper().exp())
    return acb(size) if is_real(z) else size * acb(arb(0), z.imag).exp()


def erfc(z: acb) -> acb:
    """erfc; for Re z > 8 as exp(-z^2) U(1/2, 1/2, z^2)/sqrt(pi), which keeps the digits of an inexact z."""
    if z.real > 8:
        square = z * z
        if not meets_left_ray(square):
            return exp(-square) * square.hypgeom_u(arb(0.5), arb(0.5)) / acb.pi().sqrt()
    if z.real < -8:
        return 2 - erfc(-z)
    return z.erfc()


def asin(z: acb, analytic: bool) -> acb:
    """asin. Near the branch points, asin(1 - w) = pi/2 - 2 asin(sqrt(w/2)), and |asin v| <= (pi/2) |v| for
    |v| <= 1 (its Taylor coefficients are positive) give |asin(1 - w) - pi/2| <= (pi/sqrt 2) sqrt|w| on
    both sides of the cut."""
    if not meets_outer_rays(z):
        return z.asin()
    for end in (1, -1):
        w = upper(1 - end * z)
        if z.contains(end) and not analytic and w < 0.5:
            spread = acb(0) if w.is_zero() else disc(arb.pi() / arb(2).sqrt() * w.sqrt())
            return end * (acb.pi() / 2) + spread
    return nan()


def bessel(z: acb, order: acb, kind: str, analytic: bool) -> acb:
    """J, Y, I, K. Orders that are not integers, Y and K have a cut on (-oo, 0]."""
    if (kind in "yk" or as_integer(order) is None) and meets_left_ray(z):
        return nan()
    if kind == "j":
        return z.bessel_j(order)
    if kind == "y":
        return z.bessel_y(order)
    if kind == "k":
        return bessel_k(order, z)
    return z.exp() * z.bessel_i(order, scaled=True) if z.real > 8 else z.bessel_i(order)


class ScaledK(sp.Function):
    """e^z K_nu(z), which the kernel puts for such products: both factors overflow on wide balls."""


def bessel_k(order: acb, z: acb, scaled: bool = False) -> acb:
    """K, for real orders and Re z > 0 from the midpoint m of z and a bound, because FLINT loses the digits
    of inexact z.

    K_nu(z) = int_0^oo e^(-z cosh t) cosh(nu t) dt gives |K_nu(z)| <= K_nu(x) and |K_nu'(z)| <=
    K_{|nu|+1}(x) for Re z >= x > 0 (cosh t cosh(nu t) <= cosh((|nu| + 1) t)), hence |K_nu(z) - K_nu(m)| <=
    |z - m| K_{|nu|+1}(x). The same holds for the scaled e^z K_nu(z), with cosh t - 1 for the first cosh t.
    """
    if not z.real > 0 or not is_real(order):
        return z.bessel_k(order, scaled=scaled)
    middle, x, nu = acb(z.mid()), arb(z.real.lower()), abs(order.real)
    whole, error = arb(x.bessel_k(nu, scaled=scaled).upper()), upper(z - middle)
    error = (error * x.bessel_k(nu + 1, scaled=scaled)).upper()
    if not error < whole:
        return acb(arb(0).union(whole)) if is_real(z) else disc(whole)
    extra = int(float(3 * x.mid())) if x < ctx.prec else 0  # FLINT's small-z formula cancels e^(2z)
    with precision(ctx.prec + extra):
        value = middle.bessel_k(order, scaled=scaled)
    return value + (acb(arb(0, error)) if is_real(z) else disc(error))


def owen_t(h: acb, a: acb, analytic: bool) -> acb:
    """Owen's T from its definition, as a path integral from 0 to `a` of an integrand meromorphic in s."""
    if a.is_zero():
        return acb(0)
    if a.contains(0):  # |T| <= |a| sup|integrand| over the ball
        s = a
        value = a * (-h * h * (1 + s * s) / 2).exp() / (1 + s * s)
        return disc(upper(value)) / (2 * acb.pi())

    if meets_imaginary_rays(a):  # the path from 0 to a must avoid the poles s = +-i
        return nan()

    def integrand(s: acb, _: bool) -> acb:
        one = 1 + (a * s) ** 2
        return (-h * h * one / 2).exp() / one

    return a * acb.integral(integrand, 0, 1, eval_limit=EVAL_LIMIT) / (2 * acb.pi())


def inverse_erf(z: acb, analytic: bool) -> acb:
    """Inverse of erf on (-1, 1), for real balls."""
    inside = not analytic and is_real(z) and z.real > -1 and z.real < 1
    return acb(z.real.erfinv()) if inside else nan()


def lambert_w(z: acb, branch: acb, analytic: bool) -> acb:
    """Branch 0 off (-oo, -1/e], and branch -1 for real arguments in (-1/e, 0)."""
    k = as_integer(branch)
    right_of_cut = bool(z.real > arb("-0.3678"))  # -1/e = -0.36787...
    if k == 0 and (right_of_cut or not z.imag.contains(0)):
        return z.lambertw()
    if k == -1 and not analytic and is_real(z) and right_of_cut and z.real < 0:
        return z.lambertw(-1)
    return nan()


def _ei(z: acb, analytic: bool) -> acb:
    if z.real < 0 and is_real(z) and not analytic:
        return acb(z.ei().real)
    return nan() if meets_left_ray(z) else z.ei()


def zeta(s: acb, a: acb | None = None) -> acb:
    """Riemann's zeta, or Hurwitz's for Re a > 0."""
    if a is None:
        return s.zeta()
    return s.zeta(a) if a.real > 0 else nan()


def _plain(f: Callable[..., Ball]) -> Evaluator:
    """A function that is meromorphic in all its arguments."""
    return lambda args, analytic: f(*args)


def _cut(f: Callable[..., Ball], meets: Callable[..., bool]) -> Evaluator:
    """A function whose arguments must not meet a cut."""
    return lambda args, analytic: nan() if meets(*args) else f(*args)


def _flagged(f: Callable[..., Ball]) -> Evaluator:
    """A function that looks after the flag itself."""
    return lambda args, analytic: f(*args, analytic)


def _is_natural(s: acb, least: int = 0) -> bool:
    n = as_integer(s)
    return n is not None and n >= least


def _left_unless_natural(s: acb, z: acb) -> bool:
    return not _is_natural(s, 1) and meets_left_ray(z)


def _on_right_ray(z: acb) -> bool:
    return meets_left_ray(1 - z)


def _left(*args: acb) -> bool:
    return meets_left_ray(args[-1])


_OUTER: Callable[..., bool] = meets_outer_rays

FUNCTIONS: dict[Any, Evaluator] = {
    sp.exp: _plain(exp),
    sp.log: lambda args, analytic: args[0].log(analytic=analytic),
    sp.sin: _plain(lambda z: z.sin()),
    sp.cos: _plain(lambda z: z.cos()),
    sp.tan: _plain(lambda z: z.tan()),
    sp.cot: _plain(lambda z: z.cot()),
    sp.sec: _plain(lambda z: z.sec()),
    sp.csc: _plain(lambda z: z.csc()),
    sp.sinc: _plain(lambda z: z.sinc()),
    sp.sinh: _plain(lambda z: z.sinh()),
    sp.cosh: _plain(lambda z: z.cosh()),
    sp.tanh: _plain(lambda z: z.tanh()),
    sp.coth: _plain(lambda z: z.coth()),
    sp.sech: _plain(lambda z: z.sech()),
    sp.csch: _plain(lambda z: z.csch()),
    sp.asin: _flagged(asin),
    sp.acos: _flagged(lambda z, analytic: acb.pi() / 2 - asin(z, analytic)),
    sp.atan: _cut(lambda z: z.atan(), meets_imaginary_rays),
    sp.acot: _cut(lambda z: (1 / z).atan(), lambda z: z.contains(0) or meets_imaginary_rays(1 / z)),
    sp.asec: _flagged(lambda z, analytic: acb.pi() / 2 - asin(1 / z, analytic)),
    sp.acsc: _flagged(lambda z, analytic: asin(1 / z, analytic)),
    sp.asinh: _cut(lambda z: z.asinh(), meets_imaginary_rays),
    sp.acosh: _cut(lambda z: z.acosh(), lambda z: meets_left_ray(z, 1)),
    sp.atanh: _cut(lambda z: z.atanh(), _OUTER),
    sp.acoth: _cut(lambda z: (1 / z).atanh(), lambda z: meets_outer_rays(1 / z)),
    sp.asech: _cut(lambda z: (1 / z).acosh(), lambda z: meets_left_ray(1 / z, 1)),
    sp.acsch: _cut(lambda z: (1 / z).asinh(), lambda z: meets_imaginary_rays(1 / z)),
    sp.erf: _plain(lambda z: 1 - erfc(z) if z.real > 8 else z.erf()),
    sp.erfc: _plain(erfc),
    sp.erfi: _plain(lambda z: z.erfi()),
    sp.erf2: _plain(lambda x, y: y.erf() - x.erf()),
    sp.erfinv: _flagged(inverse_erf),
    sp.erfcinv: _flagged(lambda z, analytic: inverse_erf(1 - z, analytic)),
    sp.fresnels: _plain(lambda z: z.fresnel_s()),
    sp.fresnelc: _plain(lambda z: z.fresnel_c()),
    sp.gamma: _plain(lambda z: z.gamma()),
    sp.factorial: _plain(lambda z: (z + 1).gamma()),
    sp.beta: _plain(lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma()),
    sp.binomial: _plain(lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()),
    sp.catalan: _plain(lambda n: acb(4).pow(n) * (n + 0.5).gamma() * (n + 2).rgamma() / acb.pi().sqrt()),
    sp.RisingFactorial: _plain(lambda x, n: x.rising(n)),
    sp.loggamma: _cut(lambda z: z.lgamma(), _left),
    sp.polygamma: _cut(
        lambda n, z: z.digamma() if n.is_zero() else z.polygamma(n), lambda n, z: not _is_natural(n)
    ),
    sp.uppergamma: _cut(lambda s, z: z.gamma_upper(s), _left_unless_natural),
    sp.lowergamma: _cut(lambda s, z: z.gamma_lower(s), _left_unless_natural),
    sp.expint: _cut(lambda s, z: z.expint(s), _left),
    sp.Ei: _flagged(_ei),
    sp.Si: _plain(lambda z: z.si()),
    sp.Ci: _cut(lambda z: z.ci(), _left),
    sp.Shi: _plain(lambda z: z.shi()),
    sp.Chi: _cut(lambda z: z.chi(), _left),
    sp.besselj: lambda args, analytic: bessel(args[1], args[0], "j", analytic),
    sp.bessely: lambda args, analytic: bessel(args[1], args[0], "y", analytic),
    sp.besseli: lambda args, analytic: bessel(args[1], args[0], "i", analytic),
    sp.besselk: lambda args, analytic: bessel(args[1], args[0], "k", analytic),
    sp.airyai: _plain(lambda z: z.airy_ai()),
    sp.airybi: _plain(lambda z: z.airy_bi()),
    sp.airyaiprime: _plain(lambda z: z.airy_ai(derivative=1)),
    sp.airybiprime: _plain(lambda z: z.airy_bi(derivative=1)),
    sp.zeta: _plain(zeta),
    sp.dirichlet_eta: _plain(lambda s: s.dirichlet_eta()),
    sp.polylog: _cut(lambda s, z: z.polylog(s), lambda s, z: _on_right_ray(z)),
    sp.LambertW: lambda args, analytic: lambert_w(args[0], args[1] if args[1:] else acb(0), analytic),
    TricomiU: _cut(lambda a, b, z: z.hypgeom_u(a, b), _left),
    ScaledK: _cut(lambda nu, z: bessel_k(nu, z, scaled=True), _left),
    Erfcx: _plain(erfcx),
    OwenT: _flagged(owen_t),
}
