"""What a NumPy file may need: how operations are spelled, and definitions of those that are missing."""

from __future__ import annotations

from typing import ClassVar

from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer, needed
from signsgd_sym.codegen.targets.text import numbers


class NumpyPrinter(Printer):
    """NumPy spelling."""

    infinity, nan = "np.inf", "np.nan"
    spelling: ClassVar[dict[str, str]] = {
        **{
            name: f"np.{name}({{0}})" for name in ("abs", "sqrt", "exp", "expm1", "log", "sin", "cos", "tanh")
        },
        "pow": "({0}) ** {1}",
        "erf": "_erf({0})",
        "erfcx": "_erfcx({0})",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
        "less": "np.where({0} < {1}, {2}, {3})",
        "exp_sum": "_exp_sum({0}, {1})",
        "sum_error": "_sum_error({0}, {1}, {2})",
        "quotient_rest": "_quotient_rest({0}, {1}, {2})",
        "product_error": "_product_error({0}, {1}, {2})",
        "nonnegative": "np.where({0} >= 0, {1}, {2})",
        "table": "_table({0})",
    }


SUM_ERROR = '''
def _sum_error(a: Any, b: Any, s: Any) -> Any:
    """(a + b) - s exactly, for s = a + b rounded."""
    t = s - a
    return (a - (s - t)) + (b - t)
'''

PRODUCT_ERROR = '''
def _product_error(a: Any, b: Any, p: Any) -> Any:
    """a b - p exactly, for p = a b rounded (Dekker); NaN where the splitting overflows."""
    s, t = 134217729.0 * a, 134217729.0 * b
    a1, b1 = s - (s - a), t - (t - b)
    a2, b2 = a - a1, b - b1
    return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
'''

QUOTIENT_REST = '''
def _quotient_rest(a: Any, b: Any, q: Any) -> Any:
    """a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded."""
    p = q * b
    return (a - p) - _product_error(q, b, p)
'''

EXP_SUM = '''
def _exp_sum(hi: Any, lo: Any) -> Any:
    """exp(hi + lo), lo a rounding error of hi."""
    value = np.exp(hi)
    if value.ndim == 0:
        return value + value * lo if abs(lo) < 1 else value
    return np.where(np.abs(lo) < 1, value + value * lo, value)
'''

AT = '''
def _at(R: Array, value: Any, limit: float) -> Array:
    """`value`, but the limit at R = 0 and NaN where R is negative, infinite or NaN."""
    if R.ndim == 0:
        scalar: Array = np.array(value if 0 < R < np.inf else limit if R == 0 else np.nan)[()]
        return scalar
    inside = (R > 0) & (R < np.inf)
    result: Array = np.where(inside, value, np.where(R == 0, limit, np.nan))
    return result
'''

BY_REGIME = '''
def _by_regime(R: Array, bounds: tuple[float, ...], forms: tuple[Callable[[Any], Any], ...]) -> Any:
    """Form k where bounds[k - 1] <= R < bounds[k]."""
    which = np.searchsorted(bounds, R, side="right")
    if R.ndim == 0:
        return forms[int(which)](R)
    value = np.empty_like(R)
    for k, form in enumerate(forms):
        here = which == k
        if here.any():
            value[here] = form(R[here])
    return value
'''


SHORT = {
    "sum_error": SUM_ERROR,
    "product_error": PRODUCT_ERROR,
    "quotient_rest": QUOTIENT_REST,
    "exp_sum": EXP_SUM,
}


def _erfcx() -> str:
    code, printer = erfcx_code(), NumpyPrinter()
    f = code.data
    rows = "\n".join(f"    [{numbers(row, 4, '     ')}]," for row in f.coefficients)
    piece = "\n".join(printer.lines(code.piece, "return ", "    "))
    tail = "\n".join(printer.lines(code.tail, "return ", "    "))
    return f"""
# exp(x^2) erfc(x) for x >= 0, within {f.error:.2f} 2^-53 relative (proved): piece int({f.n} x/({f.a} + x))
# is a polynomial in x - ERFCX_CENTRE; from {f.limit} on, the asymptotic series.
ERFCX_CENTRE = [
    {numbers(f.centres, 6, "    ")},
]
ERFCX_PIECE = [
{rows}
]
ERFCX_CENTRES, ERFCX_PIECES = np.array(ERFCX_CENTRE), np.array(ERFCX_PIECE).T


def _erfcx(x: Any) -> Any:
    near = x < {f.limit!r}
    if x.ndim == 0:
        if not near:
            return _erfcx_tail({f.kappa!r} / x)
        piece = int({float(f.n)!r} * x / ({f.a!r} + x))
        return _erfcx_piece(ERFCX_PIECE[piece], float(x - ERFCX_CENTRE[piece]))
    inside = np.where(near, x, 0.0)
    k = ({float(f.n)!r} * inside / ({f.a!r} + inside)).astype(np.intp)
    far = _erfcx_tail({f.kappa!r} / np.where(near, {f.limit!r}, x))
    return np.where(near, _erfcx_piece(ERFCX_PIECES[:, k], inside - ERFCX_CENTRES[k]), far)


def _erfcx_piece(c: Any, t: Any) -> Any:
{piece}


def _erfcx_tail(r: Any) -> Any:
{tail}
"""


def _erf() -> str:
    body = "\n".join(NumpyPrinter().lines(erf_code(), "return ", "    "))
    return f'''
def _erf(x: Any) -> Any:
    """erf(x) for x >= 0."""
    s = x * x
    if x.ndim == 0 and x < 1:
        return _erf_below_1(x)
    low = _exp_sum(-s, -_product_error(x, x, s))
    return np.where(x < 1, _erf_below_1(np.minimum(x, 1.0)), 1 - low * _erfcx(np.maximum(x, 1.0)))


def _erf_below_1(x: Any) -> Any:
{body}
'''


def _table(t: Surrogate, ends: tuple[bool, bool]) -> str:
    correction = "\n    value = value + value * _product_error(BETAS[piece], x, exponent)"
    steep = correction if t.is_steep else ""
    sum_ = "(x * now - after) + rows[0]"
    value = f"    value = {sum_}"
    if not t.is_flat:
        value = f"""    exponent = BETAS[piece] * x
    value = np.exp(exponent){steep}
    value = value * ({sum_})"""
    front = "" if t.is_flat else "exp(BETAS[k] x) "
    betas = (
        ""
        if t.is_flat
        else f"""BETAS = np.array(
    [
        {numbers(t.betas, 4, "        ")},
    ]
)
"""
    )
    continued = ""
    if ends[0]:
        continued += f"""    small = (np.minimum(R, first) / first) ** {t.power_lo!r}
    value = np.where(first > R, {t.at_zero!r} + (value - {t.at_zero!r}) * small, value)
"""
    if ends[1]:
        continued += f"""    large = (last / np.maximum(R, last)) ** {t.power_hi!r}
    value = np.where(last < R, 2 / np.pi - (2 / np.pi - value) * large, value)
"""
    where = (
        " Beyond the pieces, a power of R\n# leads to the limits for R -> 0 and R -> oo." if continued else ""
    )
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in t.coefficients)
    return f"""
# Piece k is [BREAKS[k], BREAKS[k + 1]] and x in [-1, 1] is linear in R there, without rounding:
# phi = {front}sum_j TABLE[j, k] T_j(x), by Clenshaw's recurrence.{where}
BREAKS = np.array(
    [
        {numbers(t.breaks, 4, "        ")},
    ]
)
{betas}TABLE = np.array(
    [
{rows}
    ]
).T
CENTRES, SCALES = (BREAKS[:-1] + BREAKS[1:]) / 2, 2 / (BREAKS[1:] - BREAKS[:-1])


def _table(R: Any) -> Any:
    first, last = BREAKS[0], BREAKS[-1]
    inside = np.clip(R, first, last)
    piece = np.searchsorted(BREAKS[1:-1], inside, side="right")
    x = (inside - CENTRES[piece]) * SCALES[piece]
    rows = TABLE[:, piece]
    after = now = np.zeros_like(x)
    for row in rows[:0:-1]:
        now, after = (2 * x * now - after) + row, now
{value}
{continued}    return np.clip(value, 0.0, 2 / np.pi)
"""


def helpers(module: Module) -> list[str]:
    """Definitions of what NumPy lacks, only what is used, each after what it uses."""
    used = needed(module)
    parts = [AT]
    if any(len(f.regimes) > 1 for f in module.functions):
        parts.append(BY_REGIME)
    parts += [text for name, text in SHORT.items() if name in used]
    if "erfcx" in used:
        parts.append(_erfcx())
    if "erf" in used:
        parts.append(_erf())
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts
