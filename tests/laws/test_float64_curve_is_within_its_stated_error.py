"""The float64 curve of every law differs from that of N digits by no more than it says of itself."""

import pytest
from law_table import TEXTS, numeric

from signsgd_sym.report.risk_digits import risk_digits
from signsgd_sym.solve.risk import risk_curve


@pytest.mark.parametrize("text", TEXTS)
def test_gap_is_within_the_error_budget(text):
    result = risk_curve(numeric(text), "powerlaw:d=10,alpha=1", "1/4", "1/2", points=5)
    found = risk_digits(result, "1/2", 15)
    budget = result.error_budget
    assert found.float64_gap <= budget["phi"] + budget["solver"]
