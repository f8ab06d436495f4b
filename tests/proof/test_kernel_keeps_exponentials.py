"""An exponential evaluated once for several uses is never that of another argument or precision."""

from __future__ import annotations

from random import Random

import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.compile import compile_expr, compile_node
from signsgd_sym.balls.scope import extend

u, c = sp.symbols("u c", real=True)
CASES = [
    sp.exp(2 * u) + sp.exp(u) + sp.exp(-3 * u),
    sp.exp(u) / (1 + c * sp.exp(2 * u)),
    sp.exp(c * u) * (sp.exp(-c * u) + sp.exp(2 * c * u)) / c,
    sp.exp(-sp.exp(-2 * u) / c + sp.exp(-u)) * sp.exp(u),
    sp.exp(u / 2) + sp.exp(3 * u / 2) + sp.exp(c) * sp.exp(u),
    (sp.exp(c + u) - 1) * sp.exp(u + c) * sp.exp(-2 * (u + c)),
]


def test_the_integrator_hands_over_a_new_ball_every_time() -> None:
    """What is kept is told by identity."""
    seen: list[tuple[acb, str]] = []

    def integrand(z: acb, _: bool) -> acb:
        seen.append((z, z.str(40)))
        return z.exp()

    acb.integral(integrand, 0, 3)
    assert len({id(z) for z, _ in seen}) == len(seen) > 10
    assert all(z.str(40) == text for z, text in seen)


@pytest.mark.parametrize("index", range(len(CASES)))
def test_kept_exponentials_are_those_of_the_arguments(index: int) -> None:
    f, rng = CASES[index], Random(index)
    shared, plain = compile_node(f, extend({c: 0}, u)), compile_expr(f, [c, u])
    places = [acb(arb(rng.randint(-40, 40)) / 13, rng.choice((0, arb(1) / 7))) for _ in range(4)]
    places.append(acb(arb(1, arb("0.3")), arb(0, arb("0.2"))))
    parameters = [acb(arb(rng.randint(1, 40)) / 13) for _ in range(3)]
    for _ in range(300):
        with precision(rng.choice((64, 200))):
            args, flag = [rng.choice(parameters), rng.choice(places)], rng.random() < 0.5
            found, expected = shared(args, flag), plain(args, flag)
            assert found.is_finite() == expected.is_finite()
            assert not found.is_finite() or found.overlaps(expected), (f, args, flag)
            exact = args[1].imag.is_exact() and args[1].real.is_exact()
            if exact and found.is_finite():
                assert found.rel_accuracy_bits() > expected.rel_accuracy_bits() - 12
