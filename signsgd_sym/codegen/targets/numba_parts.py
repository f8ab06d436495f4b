"""What a Numba file may need: how operations are spelled, and definitions of those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from signsgd_sym.codegen.ir import Node, Op
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer, needed
from signsgd_sym.codegen.targets.text import numbers


class NumbaPrinter(Printer):
    """Python's `math` for one number."""

    infinity, nan = "math.inf", "math.nan"
    spelling: ClassVar[Mapping[str, str]] = {
        "abs": "abs({0})",
        **{name: f"math.{name}({{0}})" for name in ("sqrt", "exp", "expm1", "log", "sin", "cos", "tanh")},
        "pow": "({0}) ** {1}",
        "erf": "_erf({0})",
        "erfcx": "_erfcx({0})",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
        "less": "({2} if {0} < {1} else {3})",
        "exp_sum": "_exp_sum({0}, {1})",
        "sum_error": "_sum_error({0}, {1}, {2})",
        "quotient_rest": "_quotient_rest({0}, {1}, {2})",
        "product_error": "_product_error({0}, {1}, {2})",
        "nonnegative": "({1} if {0} >= 0.0 else {2})",
        "table": "_table({0})",
    }

    def call(self, node: Op) -> str:
        """Compiled code calls the kernels."""
        return f"_{super().call(node)}"


COMPILED = '''
F = TypeVar("F", bound=Callable[..., Any])
untyped: Any = numba  # whose annotations, where it has any, lose the types of what it compiles


def compiled(function: F) -> F:
    """Compiled on first use, with divisions as in IEEE arithmetic."""
    result: F = untyped.njit(error_model="numpy")(function)
    return result


def elementwise(function: F) -> F:
    """The same for every element of an array, compiled on first use."""
    result: F = untyped.vectorize(function)
    return result
'''

SUM_ERROR = '''
@compiled
def _sum_error(a: float, b: float, s: float) -> float:
    """(a + b) - s exactly, for s = a + b rounded."""
    t = s - a
    return (a - (s - t)) + (b - t)
'''

PRODUCT_ERROR = '''
@compiled
def _product_error(a: float, b: float, p: float) -> float:
    """a b - p exactly, for p = a b rounded (Dekker); NaN where the splitting overflows."""
    s, t = 134217729.0 * a, 134217729.0 * b
    a1, b1 = s - (s - a), t - (t - b)
    a2, b2 = a - a1, b - b1
    return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
'''

QUOTIENT_REST = '''
@compiled
def _quotient_rest(a: float, b: float, q: float) -> float:
    """a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded."""
    p = q * b
    return (a - p) - _product_error(q, b, p)
'''

EXP_SUM = '''
@compiled
def _exp_sum(hi: float, lo: float) -> float:
    """exp(hi + lo), lo a rounding error of hi."""
    value = math.exp(hi)
    return value + value * lo if abs(lo) < 1.0 else value
'''


def _erfcx() -> str:
    code, printer = erfcx_code(), _Row("k")
    f = code.data
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in f.coefficients)
    piece = "\n".join(printer.lines(code.piece, "value: float = ", " " * 8))
    tail = "\n".join(printer.lines(code.tail, "return ", " " * 4))
    return f'''
ERFCX_CENTRE: Array = np.array(
    [
        {numbers(f.centres, 6, "        ")},
    ]
)
ERFCX: Array = np.array(
    [
{rows}
    ]
)


@compiled
def _erfcx(x: float) -> float:
    """exp(x^2) erfc(x), x >= 0, within {f.error / 2:.2f} ulp (proved): polynomials, asymptotic series."""
    if x < {f.limit!r}:
        k = int({float(f.n)!r} * x / ({f.a!r} + x))
        t = x - ERFCX_CENTRE[k]
{piece}
        return value
    r = {f.kappa!r} / x
{tail}
'''


class _Row(NumbaPrinter):
    """The coefficients c[j] of a program, read from row `row` of the table of erfcx."""

    def __init__(self, row: str) -> None:
        self.row = row

    def _print(self, node: Node) -> tuple[str, int]:
        text, level = super()._print(node)
        return (f"ERFCX[{self.row}, {text[2:]}" if text.startswith("c[") and level == 9 else text), level


def _erf() -> str:
    body = "\n".join(NumbaPrinter().lines(erf_code(), "return ", " " * 8))
    return f'''
@compiled
def _erf(x: float) -> float:
    """erf(x) for x >= 0."""
    if x < 1.0:
{body}
    s = x * x
    return 1.0 - _exp_sum(-s, -_product_error(x, x, s)) * _erfcx(x)
'''


def _table(t: Surrogate, ends: tuple[bool, bool]) -> str:
    pieces, width = t.coefficients.shape
    first, last = t.range
    correction = "\n    value = value + value * _product_error(BETAS[low], x, exponent)"
    steep = correction if t.is_steep else ""
    continued = ""
    if ends[0]:
        continued += f"""    if R < {first!r}:
        value = {t.at_zero!r} + (value - {t.at_zero!r}) * (R / {first!r}) ** {t.power_lo!r}
"""
    if ends[1]:
        continued += f"""    if R > {last!r}:
        value = top - (top - value) * ({last!r} / R) ** {t.power_hi!r}
"""
    where = (
        " Beyond the pieces, a power of R\n# leads to the limits for R -> 0 and R -> oo." if continued else ""
    )
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in t.coefficients)
    return f"""
# Piece k is [BREAKS[k], BREAKS[k + 1]] and x in [-1, 1] is linear in R there, without rounding:
# phi = exp(BETAS[k] x) sum_j TABLE[k, j] T_j(x), by Clenshaw's recurrence.{where}
BREAKS: Array = np.array(
    [
        {numbers(t.breaks, 4, "        ")},
    ]
)
BETAS: Array = np.array(
    [
        {numbers(t.betas, 4, "        ")},
    ]
)
TABLE: Array = np.array(
    [
{rows}
    ]
)


@compiled
def _table(R: float) -> float:
    top = 2.0 / math.pi
    inside = min(max(R, BREAKS[0]), BREAKS[{pieces}])
    low, high = 0, {pieces}
    while high - low > 1:
        middle = (low + high) // 2
        if BREAKS[middle] <= inside:
            low = middle
        else:
            high = middle
    centre = (BREAKS[low] + BREAKS[low + 1]) / 2.0
    x = (inside - centre) * (2.0 / (BREAKS[low + 1] - BREAKS[low]))
    now, after = 0.0, 0.0
    for j in range({width - 1}, 0, -1):
        now, after = (2.0 * x * now - after) + TABLE[low, j], now
    exponent = BETAS[low] * x
    value: float = math.exp(exponent){steep}
    value = value * ((x * now - after) + TABLE[low, 0])
{continued}    return min(max(value, 0.0), top)
"""


def helpers(module: Module) -> list[str]:
    """Definitions of what `math` lacks, only what is used, each after what it uses."""
    used = needed(module)
    makers: dict[str, Callable[[], str]] = {
        "sum_error": lambda: SUM_ERROR,
        "product_error": lambda: PRODUCT_ERROR,
        "quotient_rest": lambda: QUOTIENT_REST,
        "exp_sum": lambda: EXP_SUM,
        "erfcx": _erfcx,
        "erf": _erf,
    }
    parts = [COMPILED, *(make() for name, make in makers.items() if name in used)]
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts
