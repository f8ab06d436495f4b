"""Derived once a session: the mode ODE of the sign rule, and the generated module of each law."""

import pytest

from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SIGN, noise_law
from signsgd_sym.solve.functions import make_problem


@pytest.fixture(scope="session")
def problem():
    """`problem(law)`: the sign rule under that law, derived, generated and loaded."""
    ode, made = derive_risk_ode(derive_sde(SIGN)), {}

    def of(text):
        if text not in made:
            made[text] = make_problem(SIGN, noise_law(text), ode=ode)
        return made[text]

    return of
