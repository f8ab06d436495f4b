"""Majorants of the functions that have a name, for `Majorant.upper`; each proof is in its docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import upper
from signsgd_sym.balls.terms import NoMajorant, Term
from signsgd_sym.special import Erfcx, OwenT

if TYPE_CHECKING:
    from signsgd_sym.balls.majorant import Majorant


def upper_named(m: Majorant, f: sp.Expr) -> list[Term]:
    """Functions by name; z is the argument.

    |sin z|, |cos z| <= (|e^(iz)| + |e^(-iz)|)/2, and <= 1 if real. erfcx(z) = (2/sqrt pi) int_0^oo
    e^(-t^2 - 2 z t) dt gives |erfcx(z)| <= erfcx(0) = 1 and |erfc(z)| <= |exp(-z^2)| for Re z >= 0;
    erfc(z) = 2 - erfc(-z) covers Re z < 0, so that |erfc| <= 2 + |exp(-z^2)|, |erf| <= 1 + |exp(-z^2)|,
    |erfcx| <= 1 + 2 |exp(z^2)| everywhere. If real, |erf| <= 1 and erfc <= 2.
    """
    if not isinstance(f, sp.Function):  # Sum, Integral, Derivative and the like
        raise NoMajorant(f"no rule for {f.func.__name__}")
    z = f.args[-1]
    if isinstance(f, sp.besselk):
        return _upper_bessel_k(m, f.args[0], z)
    real, right = all(map(m.is_real_here, f.args)), m.is_right(z)
    if isinstance(f, Erfcx):
        return [Term(arb(1))] if right else [Term(arb(1)), Term(arb(2)) * m.size_of_exp(z**2)]
    if isinstance(f, sp.erfc) and right:
        return [m.size_of_exp(-(z**2))]
    if real:
        return [_upper_real(m, f, z)]
    if isinstance(f, sp.sin | sp.cos):
        return [Term(arb(0.5)) * m.size_of_exp(s * sp.I * z) for s in (1, -1)]
    if isinstance(f, sp.erf | sp.erfc):
        return [Term(arb(1 if isinstance(f, sp.erf) else 2)), m.size_of_exp(-(z**2))]
    raise NoMajorant(f"no rule for {f.func.__name__}")


def _upper_real(m: Majorant, f: sp.Expr, z: sp.Expr) -> Term:
    """For real arguments: |sin|, |cos|, |erf|, |sign|, |tanh|, |J_n| (n >= 0, DLMF 10.14.1) <= 1, erfc
    <= 2, |atan| <= pi/2, |T(h, a)| <= (1/(2 pi)) int_0^oo ds/(1 + s^2) = 1/4, Heaviside <= 1 + |its
    value at 0|, and I_nu as in `_upper_bessel_i`.
    """
    if isinstance(f, sp.besseli) and z.is_positive:
        return _upper_bessel_i(m, f.args[0], z)
    if isinstance(f, sp.Heaviside) and not z.has(m.y):  # z is the value at 0
        return Term(1 + upper(m.value(z)))
    ones = (sp.sin, sp.cos, sp.erf, sp.sign, sp.tanh)
    if isinstance(f, ones) or (isinstance(f, sp.besselj) and f.args[0].is_nonnegative):
        return Term(arb(1))
    bounds: dict[Any, arb] = {sp.erfc: arb(2), sp.atan: arb.pi() / 2, OwenT: arb(0.25)}
    if f.func in bounds:
        return Term(bounds[f.func])
    raise NoMajorant(f"no rule for {f.func.__name__}")


def _upper_bessel_i(m: Majorant, order: sp.Expr, z: sp.Expr) -> Term:
    """For z > 0, nu >= 0: I_nu(z) <= I_0(z) <= e^z (I decreases with the order; I_0 = mean of e^(z cos t)).

    For -1 <= nu < 0: I_nu(z) = I_(nu+2)(z) + (2 (nu + 1)/z) I_(nu+1)(z) (DLMF 10.29.1), both orders >= 0,
    is at most (1 + 2/z) e^z; if z = a y^p, p > 0, then z >= z0 = a N^p on the range. If p < 0, then z <= z0,
    and for nu > -1 I_nu(z) = (z/2)^nu/G(nu + 1) sum_k (z^2/4)^k/(k! (nu + 1)_k) is at most
    (z/2)^nu/G(nu + 1) exp(z0^2/(4 (nu + 1))), because (nu + 1)_k >= (nu + 1)^k.
    """
    nu = m.real_value(order)
    if nu >= 0:
        return m.size_of_exp(z)
    a, rest = z.as_independent(m.y, as_Add=False)
    base, p = rest.as_base_exp()
    slope, power = m.value(a).real, m.real_value(p)
    z0 = slope * m.N**power
    if not (nu > -1 and base == m.y and slope > 0):
        raise NoMajorant("no rule for besseli")
    if power > 0:
        return Term((1 + 2 / z0).upper()) * m.size_of_exp(z)
    lead = (slope / 2) ** nu * (nu + 1).rgamma() * (z0**2 / (4 * (nu + 1))).exp()
    return Term(lead.upper(), power * nu)


def _upper_bessel_k(m: Majorant, order: sp.Expr, z: sp.Expr) -> list[Term]:
    """|K_nu(z)| <= K_nu(x), x = Re z > 0 (K_nu(z) = int_0^oo e^(-z cosh t) cosh(nu t) dt), real nu.

    If z = a y^p, p > 0: K_nu <= K_mu, mu = max(|nu|, 1/2), and e^x K_mu(x) = int_0^oo e^(-x (cosh t -
    1)) cosh(mu t) dt decreases in x: K_nu(x) <= K_mu(x0) e^x0 e^(-x) for x >= x0 = Re(a) N^p. Else, if z
    = a h(y) with h > 0: K_nu(x) <= K_mu(x) = (1/2) (2/x)^mu int_0^oo t^(mu-1) e^(-t - x^2/(4t)) dt <=
    Gamma(mu) 2^(mu-1) x^(-mu), mu = max(|nu|, 1/16).
    """
    nu = abs(m.real_value(order))
    a, rest = z.as_independent(m.y, as_Add=False)
    base, p = rest.as_base_exp()
    slope = m.value(a).real
    if base == m.y and p.is_positive and slope > 0:
        x0, mu = slope * m.N ** m.real_value(p), nu.max(arb(0.5))
        return [Term((x0.bessel_k(mu) * x0.exp()).upper()) * m.size_of_exp(-z)]
    if not (slope > 0 and rest.is_positive and not m.is_continued(rest)):
        raise NoMajorant("no rule for besselk")
    mu = nu.max(arb(1) / 16)
    return [Term(mu.gamma() * 2 ** (mu - 1)) * (Term(slope) * m.lower(rest)) ** -mu]
