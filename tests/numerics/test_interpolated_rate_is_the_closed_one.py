"""a(R) along a power series: recurrences for the closed form, and interpolation of enclosed values."""

import pytest
from flint import arb, arb_series

from signsgd_sym.model import SIGN, noise_law
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.precise_functions import drift_rate_expressions
from signsgd_sym.solve.rate import ClosedRate, PanelRate, rate_of
from signsgd_sym.solve.series import series_scope


@pytest.mark.parametrize("law", ["Laplace(0, 1/2)", "StudentT(3)", "Uniform(-2, 2)", "Rademacher(1)"])
@pytest.mark.parametrize("risk", [3, 40])
def test_both_ways_agree_to_the_digits_asked_for(law, risk):
    exprs = drift_rate_expressions(make_problem(SIGN, noise_law(law)))
    with series_scope(200, 5):
        along = arb_series([arb(risk) / 16, arb(1), arb(-2), arb(1), arb(3)])
        closed = ClosedRate(exprs[0]).along(along)
        by_formula, by_integral = (PanelRate([expr], 35).along(along) for expr in exprs)
        for k in range(5):
            for one in range(2):
                for other in (by_formula, by_integral):
                    # A derivative of order k loses some digits of the interpolation.
                    allowed = arb(10) ** (-35 + 3 * k + 2 * one) * (1 + abs(closed[one][k].mid()))
                    assert abs((closed[one][k] - other[one][k]).mid()) < allowed


def test_the_way_is_chosen_by_what_the_law_has():
    kinds = {
        law: type(rate_of(make_problem(SIGN, noise_law(law)), 20)).__name__
        for law in ("Normal(0, 1)", "Logistic(0, 1)")
    }
    assert kinds == {"Normal(0, 1)": "ClosedRate", "Logistic(0, 1)": "PanelRate"}
