"""The generator of a diffusion applied to a function of its state, from its definition.

L f = sum_i b_i d_i f + (1/2) sum_ij A_ij d_i d_j f, and the rate of the quadratic variation sum_ij A_ij d_i f
d_j f. No derivative of f is taken symbolically: with D_v^n f = (d/ds)^n f(X + s v) at s = 0, enclosed by
`circle.derivative`,

    d_i d_j f = (D^2_{e_i+e_j} f - D^2_{e_i} f - D^2_{e_j} f)/2    (expand the second differential).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import acb, acb_mat

from signsgd_sym.balls.ball import Ball, Evaluator
from signsgd_sym.balls.circle import derivative
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.scope import Slots
from signsgd_sym.special import Generator, Variation


def _unit(d: int, *places: int) -> acb_mat:
    return acb_mat([[acb(int(k in places))] for k in range(d)])


def compile_generator(e: Generator, slots: Slots) -> Evaluator:
    """L f for f, state, b, A."""
    f, b, A = (compile_node(arg, slots) for arg in (e.function, e.drift, e.covariance))
    k = slots[e.state]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        X = args[k]

        def along(v: acb_mat, n: int) -> acb:
            return derivative(lambda s: f([*args[:k], X + s * v, *args[k + 1 :]], True), acb(0), n)

        d, covariance = X.nrows(), A(args, analytic)
        second = [along(_unit(d, i), 2) for i in range(d)]
        total = along(b(args, analytic), 1)
        for i in range(d):
            total += covariance[i, i] * second[i] / 2
            for j in range(i):
                mixed = (along(_unit(d, i, j), 2) - second[i] - second[j]) / 2
                total += (covariance[i, j] + covariance[j, i]) * mixed / 2
        return total

    return value


def compile_variation(e: Variation, slots: Slots) -> Evaluator:
    """The rate of the quadratic variation of f, for f, state, A."""
    f, A = compile_node(e.function, slots), compile_node(e.covariance, slots)
    k = slots[e.state]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        X = args[k]

        def slope(i: int) -> acb:
            v = _unit(X.nrows(), i)
            return derivative(lambda s: f([*args[:k], X + s * v, *args[k + 1 :]], True), acb(0), 1)

        gradient = acb_mat([[slope(i)] for i in range(X.nrows())])
        return (gradient.transpose() * A(args, analytic) * gradient)[0, 0]

    return value


GENERATOR_RULES: list[tuple[Any, Any]] = [(Generator, compile_generator), (Variation, compile_variation)]
