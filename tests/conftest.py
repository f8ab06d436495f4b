"""Derived once a session: the mode ODE of both rules, phi of each law, the problem of each rule and law."""

import os

# Tests run side by side: one BLAS thread each, set before NumPy is loaded and inherited by subprocesses.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# No test depends on what an earlier run has left on this machine; those of the cache name their own folder.
os.environ["SIGNSGD_SYM_CACHE"] = "off"

import pytest

from signsgd_sym.derive.phi import phi_as_mean, phi_mean, phi_of
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SGD, SIGN, noise_law
from signsgd_sym.solve.functions import make_problem


@pytest.fixture(scope="session")
def ode():
    return {rule: derive_risk_ode(derive_sde(rule)) for rule in (SIGN, SGD)}


@pytest.fixture(scope="session")
def response():
    """phi as an expectation over a law not named."""
    return phi_as_mean()


@pytest.fixture(scope="session")
def phi_form(response):
    """`phi_form(law)`: the expectation in phi, as the derivation finds it."""
    found = {}

    def of(text):
        if text not in found:
            found[text] = phi_mean(noise_law(text), response)
        return found[text]

    return of


@pytest.fixture(scope="session")
def phi_formula(phi_form, response):
    """`phi_formula(law)`: phi as an expression in R and the parameters of the law."""
    found = {}

    def of(text):
        if text not in found:
            found[text] = phi_of(phi_form(text), response)
        return found[text]

    return of


@pytest.fixture(scope="session")
def problem(ode, phi_form):
    """`problem(law, rule)`: the rule under that law, derived, generated and loaded."""
    made = {}

    def of(law, rule=SIGN):
        if (law, rule) not in made:
            form = phi_form(law) if rule == SIGN else None
            made[law, rule] = make_problem(rule, noise_law(law), ode=ode[rule], found=form)
        return made[law, rule]

    return of


def pytest_addoption(parser):
    parser.addoption(
        "--refresh-golden", action="store_true", help="write the generated files that tests compare with"
    )


@pytest.fixture
def refresh_golden(request):
    return request.config.getoption("--refresh-golden")
