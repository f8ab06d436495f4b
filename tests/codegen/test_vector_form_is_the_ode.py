"""The hoisted scalars and array products expand back to the derived right-hand side, for sign and SGD."""

import pytest
import sympy as sp

from signsgd_sym.codegen.vector import DRIFT_RATE, NOISE_SCALE, VectorForm, vector_form
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.notation import eta, i, lam, n, r

ARRAYS = {"r": r[i], "lam": lam[i], "forcing": n[i]}


def expanded(form, rate, scale):
    """The sum over terms with scalars and module functions written out."""
    values = {name: sp.sympify(v).subs({DRIFT_RATE: rate, NOISE_SCALE: scale}) for name, v in form.scalars}
    products = (values[name] * sp.Mul(*(ARRAYS[a] ** p for a, p in powers)) for name, powers in form.terms)
    return sp.Add(*products)


@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
def test_round_trip(rule):
    ode = derive_risk_ode(derive_sde(rule))
    rate, scale = sp.sympify(ode.sde.rate), sp.sympify(ode.sde.scale)
    form = vector_form(ode.rhs, rate, scale)
    assert sp.simplify(expanded(form, rate, scale) - ode.rhs) == 0
    assert not any(value.has(*ARRAYS.values()) for _, value in form.scalars)
    # A lost term is seen.
    assert sp.simplify(expanded(VectorForm(form.scalars, form.terms[:1]), rate, scale) - ode.rhs) != 0


def test_equal_terms_and_powers_survive():
    rhs = eta * lam[i] ** 2 * r[i] - 3 * lam[i] * r[i] * n[i]
    form = vector_form(rhs, sp.S.One, sp.S.One)
    assert sp.expand(expanded(form, sp.S.One, sp.S.One) - rhs) == 0
