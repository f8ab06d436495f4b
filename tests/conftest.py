"""Derived once a session: the mode ODE of both rules, and the problem of each rule and law."""

import pytest

from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SGD, SIGN, noise_law
from signsgd_sym.solve.functions import make_problem


@pytest.fixture(scope="session")
def ode():
    return {rule: derive_risk_ode(derive_sde(rule)) for rule in (SIGN, SGD)}


@pytest.fixture(scope="session")
def problem(ode):
    """`problem(law, rule)`: the rule under that law, derived, generated and loaded."""
    made = {}

    def of(law, rule=SIGN):
        if (law, rule) not in made:
            made[law, rule] = make_problem(rule, noise_law(law), ode=ode[rule])
        return made[law, rule]

    return of
