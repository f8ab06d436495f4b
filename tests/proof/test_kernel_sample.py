"""Sample points satisfy their assumptions, are exact and reproducible, and include moderate ones."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.balls import Domain, Undecided, Variable, sample
from signsgd_sym.balls.sample import holds

R, b = sp.symbols("R b", positive=True)
rho = sp.Symbol("rho", real=True)
d = sp.Symbol("d", integer=True)
DOMAIN = Domain(
    (
        Variable(R, "positive"),
        Variable(b, "positive", sp.sqrt(R)),
        Variable(rho, "real", -1, 1),
        Variable(d, "integer", 3),
    ),
    (rho * R < b, sp.Ne(rho, 0)),
)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_points_satisfy_every_assumption(seed: int) -> None:
    for point in sample(DOMAIN, 6, seed):
        assert all(v.is_Rational for v in point.values())
        assert point[R] > 0
        assert point[b] > sp.sqrt(point[R])
        assert -1 < point[rho] < 1 and point[rho] != 0
        assert point[d].is_Integer and point[d] >= 3
        assert all(holds(c, point) for c in DOMAIN.constraints)


def test_the_seed_decides() -> None:
    assert sample(DOMAIN, 8, 5) == sample(DOMAIN, 8, 5) != sample(DOMAIN, 8, 6)


def test_most_points_are_moderate_and_some_are_extreme() -> None:
    sizes = [p[R] for p in sample(Domain((Variable(R, "positive"),)), 40, 1)]
    moderate = [s for s in sizes if sp.Rational(1, 11) < s < 11]
    assert len(moderate) >= 28
    assert sizes[0] in moderate
    assert any(s > 100 or s < sp.Rational(1, 100) for s in sizes)


def test_contradictory_constraints_are_undecided() -> None:
    with pytest.raises(Undecided, match="no point"):
        sample(Domain((Variable(R, "positive"),), (R < -1,)), 1, 0)
