r"""The NumPy target: one stand-alone module with phi, psi, drift_rate, noise_scale and risk_rhs."""

from __future__ import annotations

import types
from typing import Any

import sympy as sp
from sympy.printing.numpy import SciPyPrinter

from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.stable import ExpErfc
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.notation import R, eta


class _Printer(SciPyPrinter):
    """SciPy code with `erfcx`, and plain names for NumPy and scipy.special."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": True})

    def _print_Pi(self, node: Any) -> str:
        return "numpy.pi"

    def _print_Erfcx(self, node: Any) -> str:
        return f"scipy.special.erfcx({self._print(node.args[0])})"

    def _print_ExpErfc(self, node: Any) -> str:
        return f"_exp_erfc({', '.join(self._print(arg) for arg in node.args)})"

    def _print_Function(self, node: Any) -> str:
        return f"{node.func.__name__}({', '.join(self._print(arg) for arg in node.args)})"


def _code(expr: Any) -> str:
    text = str(_Printer().doprint(sp.sympify(expr, strict=True)))
    return text.replace("numpy.", "np.").replace("scipy.special.", "special.")


def _limit_code(value: Any) -> str:
    return "np.inf" if value == sp.oo else "np.nan" if value is None else _code(value)


EXP_ERFC = '''
def _exp_erfc(u, w, v):
    """exp(u) erfc(v) with w = u - v^2: neither factor is formed where it would overflow."""
    above = v >= 0
    return np.where(
        above,
        np.exp(np.where(above, w, 0.0)) * special.erfcx(np.where(above, v, 0.0)),
        np.exp(np.where(above, 0.0, u)) * special.erfc(v),
    )
'''

GUARD = '''
def _at(R, value, limit):
    """`value`, but the limit at R = 0 and NaN where R is negative or NaN."""
    return np.where(R > 0, value, np.where(R == 0, limit, np.nan))[()]
'''


def _header(f: RiskFunctions) -> str:
    formula = f.formula if f.surrogate is None else f"{f.formula} (computed by piecewise Chebyshev series)"
    lo, hi = f.error_range
    measured = "largest relative error not measured"
    if f.error is not None:
        measured = f"relative error at most {f.error:.1e} on R in [{lo:.3g}, {hi:.3g}], " + (
            "measured against quadrature" if f.surrogate is None else "proved (exp within 2 ulp)"
        )
    return f'''"""Risk functions of {f.rule} under label noise {f.law}.

    phi(R)        = {formula}
    drift_rate(R) = {f.rate}
    noise_scale(R) = {f.scale_code}
    derivation    {f.derivation}
    evidence      {f.evidence}
    phi           {measured}

R is the risk Delta^T K Delta / 2, the 1/2 included. `risk_rhs(t, r, lam, forcing, eta)` is the right-hand
side of the mode ODE: r, lam, forcing are arrays over modes, eta the step size at time t. All functions of R
take arrays and return NaN for negative or NaN arguments. Generated from the derivation; do not edit.
"""
'''


def _numbers(values: Any) -> str:
    return ", ".join(repr(float(value)) for value in values)


def _surrogate_code(surrogate: Surrogate) -> str:
    rows = ",\n".join(f"    [{_numbers(row)}]" for row in surrogate.coefficients)
    return f"""
# Piece k is [_BREAKS[k], _BREAKS[k + 1]] and t in [-1, 1] is linear in R there, without rounding:
# phi = exp(_BETAS[k] t) sum_j _TABLE[j, k] T_j(t), by Clenshaw's recurrence. Beyond the pieces, a power of R
# leads to the limits for R -> 0 and R -> oo.
_BREAKS = np.array([{_numbers(surrogate.breaks)}])
_BETAS = np.array([{_numbers(surrogate.betas)}])
_TABLE = np.array([
{rows},
]).T
_CENTRES, _SCALES = (_BREAKS[:-1] + _BREAKS[1:]) / 2, 2 / (_BREAKS[1:] - _BREAKS[:-1])


def _table(R):
    inside = np.clip(R, _BREAKS[0], _BREAKS[-1])
    piece = np.searchsorted(_BREAKS[1:-1], inside, side="right")
    t = (inside - _CENTRES[piece]) * _SCALES[piece]
    rows = _TABLE[:, piece]
    after = now = np.zeros_like(t)
    for row in rows[:0:-1]:
        now, after = (2 * t * now - after) + row, now
    value = np.exp(_BETAS[piece] * t) * ((t * now - after) + rows[0])
    first, last = _BREAKS[0], _BREAKS[-1]
    small = (np.minimum(R, first) / first) ** {surrogate.power_lo!r}
    large = (last / np.maximum(R, last)) ** {surrogate.power_hi!r}
    below = {surrogate.at_zero!r} + (value - {surrogate.at_zero!r}) * small
    beyond = 2 / np.pi - (2 / np.pi - value) * large
    value = np.where(R < first, below, np.where(R > last, beyond, value))
    return np.clip(value, 0.0, 2 / np.pi)
"""


def _phi_code(f: RiskFunctions) -> str:
    if f.surrogate is None:
        body = f"value = {_code(f.phi_code)}"
    else:
        body = "value = _table(np.where(R > 0, R, 1.0))"
    return f'''
def phi(R):
    """(2/pi) E[exp(-eps^2/(4 R))]."""
    R = np.asarray(R, dtype=float)
    with np.errstate(all="ignore"):
        {body}
    return _at(R, value, {_limit_code(_phi_at_zero(f))})
'''


def _phi_at_zero(f: RiskFunctions) -> Any:
    """phi(0+) = (2/pi) P(eps = 0)."""
    return 2 * f.measure.mass_at_zero / sp.pi


def _risk_rhs_code(f: RiskFunctions) -> str:
    lines = [f"    {name} = {_code(value)}" for name, value in f.form.scalars]
    products = []
    for name, powers in f.form.terms:
        factors = [array if power == 1 else f"{array}**{power}" for array, power in powers]
        products.append(" * ".join([str(name), *factors]))
    needs_R = any(sp.sympify(value, strict=True).has(R) for _, value in f.form.scalars)
    total = "    R = np.sum(r)\n" if needs_R else ""
    return f'''
def risk_rhs(t, r, lam, forcing, {eta}):
    """dr/dt over the modes; R = sum(r)."""
{total}{chr(10).join(lines)}
    return {" + ".join(products)}
'''


def numpy_source(f: RiskFunctions) -> str:
    """Source text of the module for `f`."""
    rate = f.rate_code
    parts = [GUARD]
    if any(
        sp.sympify(code, strict=True).has(ExpErfc) for code in (rate, f.phi_code if f.phi is not None else 0)
    ):
        parts.append(EXP_ERFC)
    if f.surrogate is not None:
        parts.append(_surrogate_code(f.surrogate))
    if f.has_phi:
        parts.append(_phi_code(f))
    parts.append(_drift_rate_code(f, rate))
    parts.append(_noise_scale_code(f))
    if f.has_phi and f.has_variance:
        parts.append(_psi_code(f))
    parts.append(_risk_rhs_code(f))
    body = "\n\n".join(part.strip("\n") + "\n" for part in parts)
    imports = "import numpy as np\n" + ("from scipy import special\n" if "special." in body else "")
    return "\n".join([_header(f), imports, "", body])


def _drift_rate_code(f: RiskFunctions, rate: Any) -> str:
    return f'''
def drift_rate(R):
    """a(R) = {f.rate}: the drift of Delta is -eta a(R) times the preconditioned gradient."""
    R = np.asarray(R, dtype=float)
    with np.errstate(all="ignore"):
        value = {_code(rate)}
    return _at(R, value, {_limit_code(f.rate_at_zero)})
'''


def _noise_scale_code(f: RiskFunctions) -> str:
    return f'''
def noise_scale(R):
    """s(R) = E[f(residual)^2]."""
    R = np.asarray(R, dtype=float)
    return _at(R, {_code(f.scale_code)}, {_code(sp.sympify(f.scale_code, strict=True).subs(R, 0))})
'''


def _psi_code(f: RiskFunctions) -> str:
    return f'''
def psi(R):
    """Noise compression (pi/2) phi(R) sqrt(P/R), P = R + E[eps^2]/2."""
    R = np.asarray(R, dtype=float)
    with np.errstate(all="ignore"):
        value = {_code(f.psi_code)}
    return _at(R, value, value)
'''


def load(source: str, name: str = "signsgd_generated") -> types.ModuleType:
    """The module that `source`, produced by `numpy_source`, defines."""
    module = types.ModuleType(name)
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module
