"""Claim: the label a person sees denotes the very law that is computed with."""

import pytest

from signsgd_sym.model import noise_law
from signsgd_sym.report.text import law_label


@pytest.mark.parametrize(
    "text",
    [
        "2081/1000000*StudentT(5577/10000)",
        "Normal(0, 3/2)",
        "density: sqrt(2)*exp(-x**4/4)/gamma(1/4) on (-oo, oo)",
        "density: 3*x**2/2 on (-1, 1)",
        "Mixture((9/10, Normal(0, 1)), (1/10, Normal(1/1000, 10)))",
    ],
)
def test_label_parses_back(text):
    law = noise_law(text)
    assert noise_law(law_label(law)) == law
