"""Claim: every step `lhs = rhs` about Adam's constants holds at random points, by mpmath."""

import random
from dataclasses import replace

import mpmath as mp
import pytest
import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.proof.insert import insert
from signsgd_sym.special import TricomiU

MEANING = CATALOGUE["adam-transform"].make().definitions
NAMES = ("adam-transform", "adam-response", "adam-pair", "adam-ends", "adam-long-memory")
CUTS = [0, "0.001", "0.01", "0.1", "0.5", 1, 2, 4, 8, 20, 100, 1000, "1e5", "1e8", "1e12", "1e16"]


def number(expr, at):
    """A value to about 12 digits; integrals, sums and slopes by mpmath, U by its hypergeometric series."""
    if isinstance(expr, sp.Integral):
        [(variable, lo, _)] = expr.limits
        half_lines = [1] if lo == 0 else [1, -1]
        cuts = [mp.mpf(c) for c in CUTS] + [mp.inf]
        return mp.fsum(
            mp.quad(lambda v, s=side: number(expr.function, {**at, variable: s * v}), cuts, maxdegree=4)
            for side in half_lines
        )
    if isinstance(expr, sp.Sum):
        [(variable, lo, _)] = expr.limits
        return mp.nsum(lambda k: number(expr.function, {**at, variable: k}), [int(lo), mp.inf])
    if isinstance(expr, sp.Derivative):
        [variable] = expr.variables
        return mp.diff(lambda v: number(expr.expr, {**at, variable: v}), at[variable])
    if expr.has(sp.Integral, sp.Sum, sp.Derivative):
        values = [number(argument, at) for argument in expr.args]
        return mp.fsum(values) if expr.is_Add else mp.fprod(values)
    names = sorted(expr.free_symbols, key=str)
    f = sp.lambdify(names, expr, [{"TricomiU": mp.hyperu}, "mpmath"])
    return mp.mpf(f(*(at[name] for name in names)))


def gap(derivation, step, seed):
    rng = random.Random(seed)
    at = {nt.rho: mp.mpf(rng.uniform(-0.8, 0.8)), nt.beta_2: mp.mpf(rng.uniform(0.1, 0.9))}
    sides = [insert(side, MEANING) for side in (step.lhs, step.rhs)]
    for symbol in sorted(set().union(*(side.free_symbols for side in sides)) - set(at), key=str):
        at[symbol] = mp.mpf(rng.uniform(0.3, 2))
    with mp.workdps(15):
        left, right = (number(side, at) for side in sides)
        return abs(left - right) / max(abs(left), abs(right), mp.mpf("1e-6"))


@pytest.mark.parametrize("name", NAMES)
def test_every_equality_holds(name):
    derivation = CATALOGUE[name].make()
    assert (derivation.id, derivation.title) == (name, CATALOGUE[name].title)
    for step in derivation.steps:
        if step.relation == "=":
            assert gap(derivation, step, 1) < 1e-7, f"step {step.id}: {step.reason}"


def test_a_wrong_step_is_seen():
    derivation = CATALOGUE["adam-pair"].make()
    step = derivation["3"]
    assert gap(derivation, replace(step, rhs=step.rhs * sp.Rational(101, 100)), 1) > 1e-3


def test_tricomi_is_what_is_meant():
    assert TricomiU(sp.Rational(3, 2), 1, sp.Integer(2)).func is TricomiU
