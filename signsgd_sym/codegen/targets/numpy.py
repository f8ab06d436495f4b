"""A NumPy module: functions of arrays. SciPy's erfcx is off by up to 8 ulp, so erfcx is our own here too."""

from __future__ import annotations

import math
import types
from typing import ClassVar

from signsgd_sym.codegen.ir import Function
from signsgd_sym.codegen.module import Factor, Module, VectorRhs
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer
from signsgd_sym.codegen.targets.text import header, numbers


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


def _helpers(module: Module) -> list[str]:
    used = set(module.operations)
    if module.table is not None and module.table.is_steep:
        used.add("product_error")
    if "erf" in used:
        used |= {"erfcx", "exp_sum", "product_error"}
    parts = [AT]
    if any(len(f.regimes) > 1 for f in module.functions):
        parts.append(BY_REGIME)
    if "quotient_rest" in used:
        used.add("product_error")
    parts += [text for name, text in SHORT.items() if name in used]
    if "erfcx" in used:
        parts.append(_erfcx())
    if "erf" in used:
        parts.append(_erf())
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts


def _function(f: Function) -> str:
    printer = NumpyPrinter()
    if f.is_constant:
        return _scalar(f, [], printer.number(f.at_zero), printer)
    if len(f.regimes) == 1:
        body = printer.lines(f.regimes[0].program, "value = ", " " * 8)
        return _scalar(f, ['    with np.errstate(all="ignore"):', *body], "value", printer)
    parts, calls = [], []
    for k, regime in enumerate(f.regimes):
        calls.append(f"_{f.name}_{k}")
        lines = [f"def {calls[-1]}(R: Any) -> Any:", f'    """{_sentence(regime.note)}"""']
        parts.append("\n".join([*lines, *printer.lines(regime.program, "return ", "    ")]))
    bounds = _tuple([repr(r.upper) for r in f.regimes if not math.isinf(r.upper)])
    body = [
        '    with np.errstate(all="ignore"):',
        f"        value = _by_regime(R, {bounds}, {_tuple(calls)})",
    ]
    return "\n\n\n".join([*parts, _scalar(f, body, "value", printer)])


def _scalar(f: Function, body: list[str], value: str, printer: Printer) -> str:
    """The public function around the lines that compute `value`."""
    lines = [
        f"def {f.name}(R: ArrayLike) -> Array:",
        f'    """{f.doc}"""',
        "    R = np.asarray(R, dtype=np.float64)[()]",
        *body,
        f"    return _at(R, {value}, {printer.number(f.at_zero)})",
    ]
    return "\n".join(lines)


def _sentence(note: str) -> str:
    return f"{note}."


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _factor(f: Factor) -> str:
    arguments = ", ".join(f"{name}: {'ArrayLike' if name == 'R' else 'float'}" for name in f.arguments)
    return f'''def {f.name}({arguments}) -> Array:
    """{f.doc}"""
{NumpyPrinter().statement("result: Array = ", f.value, "    ")}
    return result'''


def _rhs(rhs: VectorRhs) -> str:
    printer = NumpyPrinter()
    lines = [
        "def risk_rhs(t: float, r: Array, lam: Array, forcing: Array, eta: float) -> Array:",
        '    """dr/dt over the modes; R = sum(r)."""',
    ]
    lines += ["    R = np.sum(r)"] if rhs.needs_R else []
    lines += [printer.statement(f"{name} = ", node, "    ") for name, node in rhs.scalars]
    products = [
        [k, *(array if power == 1 else f"{array}**{power}" for array, power in powers)]
        for k, powers in rhs.terms
    ]
    first = max(products, key=len)  # grown in place: fewer arrays to allocate
    lines.append(f"    result: Array = {first[0]} * {first[1]}")
    lines += [f"    result *= {factor}" for factor in first[2:]]
    lines += [f"    result += {' * '.join(product)}" for product in products if product is not first]
    lines.append("    return result")
    return "\n".join(lines)


def source(module: Module) -> str:
    """The source text of the module."""
    functions = [_function(f) for f in module.functions]
    body = [part.strip("\n") for part in _helpers(module)]
    body += [*functions, *(_factor(f) for f in module.factors), _rhs(module.rhs)]
    text = "\n\n\n".join(body) + "\n"
    imports = ["import numpy as np", "from numpy.typing import ArrayLike, NDArray"]
    typing = (["from collections.abc import Callable"] if "Callable[" in text else []) + (
        ["from typing import Any"]
    )
    head = '"""' + "\n".join(header(module)) + '\n"""'
    preamble = [head, "\n".join(typing), "\n".join(imports), "Array = NDArray[np.float64]"]
    return "\n\n".join(preamble) + "\n\n\n" + text


def load(text: str, name: str = "signsgd_generated") -> types.ModuleType:
    """The module that `text`, produced by `source`, defines."""
    module = types.ModuleType(name)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
