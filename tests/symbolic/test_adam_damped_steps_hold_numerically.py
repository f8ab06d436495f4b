"""Claim: the steps about Adam with eps > 0 hold at random points, by SciPy's quadrature and erfcx.

Inequalities and expansions too: the sides are in order, and the remainder has the order that is claimed.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import erfcx

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam_damped import damped_inverse, damped_pair, damped_response
from signsgd_sym.derive.catalogue import CATALOGUE

MAKE = (damped_inverse, damped_response, damped_pair)


def number(expr, at):
    """A value to about 10 digits; half-lines by logarithm."""
    if isinstance(expr, sp.Integral):
        [(variable, lo, hi)] = expr.limits
        f = sp.lambdify([variable], expr.function.subs(at), [{"Erfcx": erfcx}, "numpy"])
        if hi.is_finite:
            return quad(f, float(lo), float(hi), epsrel=1e-11)[0]
        cuts = pairwise(np.linspace(-60, 12, 25))
        return sum(quad(lambda v: math.exp(v) * f(math.exp(v)), a, b, epsrel=1e-11)[0] for a, b in cuts)
    if isinstance(expr, sp.Derivative):
        [variable], h = expr.variables, 1e-4
        ahead, behind = (number(expr.expr, {**at, variable: at[variable] + s * h}) for s in (1, -1))
        return (ahead - behind) / (2 * h)
    if expr.has(sp.Integral, sp.Derivative):
        return math.prod(number(argument, at) for argument in expr.args)
    return float(sp.lambdify([], expr.subs(at), [{"Erfcx": erfcx}, "numpy"])())


def point(step, seed):
    rng = np.random.default_rng(seed)
    names = sorted(step.lhs.free_symbols | step.rhs.free_symbols, key=str)
    return {name: float(rng.uniform(0.3, 2)) for name in names}


def gap(step, seed):
    at = point(step, seed)
    left, right = number(step.lhs, at), number(step.rhs, at)
    return abs(left - right) / max(abs(left), abs(right))


@pytest.mark.parametrize("make", MAKE)
def test_every_equality_holds(make):
    derivation = make()
    assert derivation.title == CATALOGUE[derivation.id].title
    steps = [step for step in derivation.steps if step.relation == "=" and step.order is None]
    assert steps
    for step in steps:
        for seed in (1, 2):
            assert gap(step, seed) < 1e-7, f"step {step.id}: {step.reason}"
        assert gap(replace(step, rhs=step.rhs * sp.Rational(1001, 1000)), 1) > 1e-4


def test_inequalities_are_in_order():
    steps = [step for step in damped_inverse().steps if step.relation == "<="]
    assert len(steps) == 4
    for step in steps:
        for seed in range(5):
            at = point(step, seed)
            assert number(step.lhs, at) < number(step.rhs, at), f"step {step.id}"


def test_the_weight_for_small_eps_has_the_order_claimed():
    """H - 1/sqrt(pi s) + eps is 2 eps^2 sqrt(s/pi) to leading order."""
    s, eps = 0.7, 1e-3
    rest = 1 / math.sqrt(math.pi * s) - eps * erfcx(eps * math.sqrt(s)) - (1 / math.sqrt(math.pi * s) - eps)
    assert rest / eps**2 == pytest.approx(2 * math.sqrt(s / math.pi), rel=2e-3)


def test_the_sde_and_the_ode_are_in_the_catalogue():
    for name in ("adam-damped-sde", "adam-damped-ode"):
        derivation = CATALOGUE[name].make()
        assert (derivation.id, derivation.title) == (name, CATALOGUE[name].title)
    assert CATALOGUE["adam-damped-ode"].make().result == (
        nt.eta**2 / nt.d * nt.Sigma - nt.eta * (nt.a_K * nt.K * nt.V + nt.V * nt.K * nt.a_K)
    )
