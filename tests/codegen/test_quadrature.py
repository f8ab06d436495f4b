"""E[exp(-eps^2/(4 R))] by the mapped trapezoidal rule is right to 1e-13 for R from 1e-16 to 1e16.

The closed forms beside it are those of the textbook, in functions of SciPy that do not overflow.
"""

import numpy as np
import pytest
from scipy.special import erfcx

from signsgd_sym.codegen.quadrature import Measure, scaled_mean
from signsgd_sym.errors import NotConverged
from signsgd_sym.model import noise_law
from signsgd_sym.solve.functions import measure_of

R = np.logspace(-16, 16, 65)
CLOSED = {
    "Normal(0, 1)": np.sqrt(2 * R / (2 * R + 1)),
    "Normal(0, 1000)": np.sqrt(2 * R / (2 * R + 1e6)),
    "Laplace(0, 1)": np.sqrt(np.pi * R) * erfcx(np.sqrt(R)),
    "Cauchy(0, 1)": erfcx(1 / (2 * np.sqrt(R))),
}


@pytest.mark.parametrize("law", CLOSED)
def test_closed_forms(law):
    mean, change = scaled_mean(measure_of(noise_law(law)), R)
    assert np.max(np.abs(mean / CLOSED[law] - 1)) < 1e-13
    assert change < 1e-13
    assert np.max(np.abs(mean / np.roll(CLOSED[law], 1) - 1)) > 1e-2


def test_atoms_are_a_sum():
    measure = Measure(((0.25, 0.0), (0.75, 2.0)), ())
    mean, _ = scaled_mean(measure, np.array([0.5, 3.0]))
    np.testing.assert_allclose(mean, 0.25 + 0.75 * np.exp(-4 / (4 * np.array([0.5, 3.0]))), rtol=1e-15)


def test_distance_of_the_support_is_taken_out():
    """The mean of a law that avoids 0 underflows; without its factor exp(-c^2/(4 R)) it keeps its digits."""
    measure = measure_of(noise_law("Uniform(2, 3)"))
    assert measure.distance == 2.0
    mean, _ = scaled_mean(measure, np.array([1e-6]))
    assert np.exp(-4 / 4e-6) == 0.0
    # int_2^3 exp(-(x^2 - 4)/(4 R)) dx = R (1 - R/2 + ...) for small R: Laplace's method at the end point.
    np.testing.assert_allclose(mean, 1e-6 * (1 - 1e-6 / 2), rtol=1e-11)


def test_a_density_that_is_not_finite_is_refused():
    bad = Measure((), ((1.0, lambda x: np.where(x > 1, np.nan, 1.0), 0.0, 2.0),))
    with pytest.raises(NotConverged, match="not finite"):
        scaled_mean(bad, np.array([1.0]))


def test_a_pole_at_zero_is_integrated_to_full_precision():
    """Gamma(1/10, 1): x^(-9/10) at 0, against mpmath in log x at 30 digits."""
    import mpmath

    from signsgd_sym.model import noise_law
    from signsgd_sym.solve.functions import measure_of

    risks = [1e-10, 1e-3, 1.0, 1e3]
    values, _ = scaled_mean(measure_of(noise_law("Gamma(1/10, 1)")), risks)
    cuts = [-700, -300, -100, -60, -40, -30, -20, -15, -10, -6, -3, -1, 0, 1, 2, 3, 4, 6, 8]
    with mpmath.workdps(30):
        power = mpmath.mpf(1) / 10
        for risk, value in zip(risks, values, strict=True):

            def integrand(u, risk=risk):
                x = mpmath.exp(u)
                return x**power * mpmath.exp(-x - x**2 / (4 * mpmath.mpf(risk))) / mpmath.gamma(power)

            assert abs(value / mpmath.quad(integrand, cuts) - 1) < 1e-14


def test_a_narrow_law_far_from_zero_uses_its_closed_form():
    """Normal(3/10, 1/1000): float64 quadrature gives up, the closed form does not need it."""
    from signsgd_sym.model import SIGN, noise_law
    from signsgd_sym.solve.functions import make_problem

    made = make_problem(SIGN, noise_law("Normal(3/10, 1/1000)"))
    assert made.functions.error is None
    assert "not measured" in made.source
    exact = 2 / np.pi * np.sqrt(2 / (2 + 1e-6)) * np.exp(-0.09 / (2 * (2 + 1e-6)))
    assert abs(made.module.phi(1.0) / exact - 1) < 1e-14
