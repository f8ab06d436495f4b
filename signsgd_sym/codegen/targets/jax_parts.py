"""What a JAX file may need: how operations are spelled, and definitions of those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from signsgd_sym.codegen.ir import Node, Op, Program, Var
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer, needed
from signsgd_sym.codegen.targets.text import numbers


class JaxPrinter(Printer):
    """JAX spelling; numbers are Python's, which take the precision of what they meet."""

    infinity, nan = "math.inf", "math.nan"
    spelling: ClassVar[Mapping[str, str]] = {
        **{name: f"jnp.{name}({{0}})" for name in ("sqrt", "expm1", "log", "sin", "cos", "tanh")},
        "abs": "_abs({0})",
        "exp": "_exp({0})",
        "pow": "({0}) ** {1}",
        "erf": "_erf({0})",
        "erfcx": "_erfcx({0})",
        "max": "jnp.maximum({0}, {1})",
        "min": "jnp.minimum({0}, {1})",
        "less": "jnp.where({0} < {1}, {2}, {3})",
        "exp_sum": "_exp_sum({0}, {1})",
        "sum_error": "_sum_error({0}, {1}, {2})",
        "quotient_rest": "_quotient_rest({0}, {1}, {2})",
        "product_error": "_product_error({0}, {1}, {2})",
        "nonnegative": "jnp.where({0} >= 0, {1}, {2})",
        "rounded": "_rounded({0})",
        "table": "_table({0})",
    }

    def call(self, node: Op) -> str:
        """Within a function of R, R has been divided by scale^2."""
        return f"_{super().call(node)}"

    def lines(self, program: Program, result: str, indent: str) -> list[str]:
        """With products kept whole where their rounding error is taken."""
        return super().lines(guarded(program), result, indent)


def guarded(program: Program) -> Program:
    """The program with `rounded` around products whose rounding, or that of a sum of which, is made up for.

    >>> p, R = Op("mul", (Var("R"), Var("R"))), Var("R")
    >>> error = Op("product_error", (R, R, Var("a")))
    >>> guarded(Program((("a", p),), Op("sub", (Var("a"), error)))).lets[0][1].name
    'rounded'
    """
    names: set[str] = set()

    def visit(node: Node) -> Node:
        if not isinstance(node, Op):
            return node
        args = [visit(arg) for arg in node.args]
        if node.name in ("sum_error", "product_error"):
            for k in range(0 if node.name == "sum_error" else 2, 3):
                arg = args[k]
                if isinstance(arg, Var):
                    names.add(arg.name)
                args[k] = _whole(arg)
        return Op(node.name, tuple(args))

    lets = [(name, visit(node)) for name, node in program.lets]
    result = visit(program.result)
    return Program(tuple((name, _whole(node) if name in names else node) for name, node in lets), result)


def _whole(node: Node) -> Node:
    return Op("rounded", (node,)) if isinstance(node, Op) and node.name == "mul" else node


ABS = '''
def _abs(x: Array) -> Array:
    """|x|, with derivative 1 at 0."""
    return jnp.where(x >= 0, x, -x)
'''

EXP = '''
def _exp(x: Array) -> Array:
    """exp(x); the largest number where it would overflow, so that 0 times its derivative is 0."""
    return jnp.exp(jnp.minimum(x, math.log(float(_format(x).max)) - 1))
'''

ROUNDED = '''
def _rounded(p: Array) -> Array:
    """p itself, kept from being contracted with what it is added to."""
    return jnp.maximum(p, -float(_format(p).max))
'''

SUM_ERROR = '''
def _sum_error(a: Array, b: ArrayLike, s: Array) -> Array:
    """(a + b) - s exactly, for s = a + b rounded; a constant to derivatives."""
    t = s - a
    return lax.stop_gradient((a - (s - t)) + (b - t))
'''

PRODUCT_ERROR = '''
def _product_error(a: ArrayLike, b: ArrayLike, p: Array) -> Array:
    """a b - p exactly, for p = a b rounded (Dekker), from halves of the digits; a constant to derivatives."""
    kind = _format(p)
    a, b, p = (lax.stop_gradient(jnp.asarray(x, p.dtype)) for x in (a, b, p))
    a1, b1 = (lax.reduce_precision(x, kind.nexp, (kind.nmant - 1) // 2) for x in (a, b))
    a2, b2 = a - a1, b - b1
    return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
'''

QUOTIENT_REST = '''
def _quotient_rest(a: ArrayLike, b: ArrayLike, q: Array) -> Array:
    """a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded; a constant to derivatives."""
    p = _rounded(q * b)
    return lax.stop_gradient((jnp.asarray(a, p.dtype) - p) - _product_error(q, b, p))
'''

EXP_SUM = '''
def _exp_sum(hi: Array, lo: ArrayLike) -> Array:
    """exp(hi + lo), lo a rounding error of hi, which is a constant to derivatives."""
    value = _exp(hi)
    return value + value * lax.stop_gradient(jnp.where(jnp.abs(lo) < 1, lo, 0.0))
'''

ARGUMENT = '''
def _argument(R: ArrayLike, scale: ArrayLike) -> Array:
    """R/scale^2: noise `scale` times as large is a risk scale^2 times as small, in units of the noise.
    NaN where scale is not positive."""
    scale = jnp.where(jnp.asarray(scale) > 0, scale, math.nan)
    return jnp.asarray(R) / (scale * scale)
'''

FORMAT = '''
def _format(x: Array) -> Any:
    """The limits and the number of digits of the floating-point numbers in x."""
    return jnp.finfo(x.dtype)  # type: ignore[no-untyped-call,unused-ignore]
'''

BY_REGIME = '''
def _by_regime(
    R: Array, at_zero: float, regimes: tuple[tuple[float, Callable[[Array], Array]], ...]
) -> Array:
    """The first form with R < its bound; `at_zero` at R = 0, with derivative 0, and NaN for R < 0, oo, NaN.

    A form that is not used is evaluated at a constant where it is, for a finite derivative.
    """
    value, lower, kind = jnp.where(R == 0, at_zero, math.nan).astype(R.dtype), 0.0, _format(R)
    for upper, form in regimes:
        if upper > float(kind.tiny) and lower < float(kind.max):
            here = (R > 0) & (R >= lower) & (R < (upper if upper < float(kind.max) else math.inf))
            inside = jnp.where(here, R, min(max(1.0, lower), upper / 2))
            value = jnp.where(here, form(inside), value)
        lower = upper
    return value
'''


class _Coefficients(JaxPrinter):
    """The coefficients c[j] of a program are columns of the rows looked up."""

    def _print(self, node: Node) -> tuple[str, int]:
        if isinstance(node, Var) and node.name.startswith("c["):
            return f"c[..., {node.name[2:]}", 9
        return super()._print(node)


def _erfcx() -> str:
    code, printer = erfcx_code(), _Coefficients()
    f = code.data
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in f.coefficients)
    piece = "\n".join(printer.lines(code.piece, "series = ", "    "))
    tail = "\n".join(printer.lines(code.tail, "tail = ", "    "))
    return f'''
ERFCX_CENTRE = np.array(
    [
        {numbers(f.centres, 6, "        ")},
    ]
)
ERFCX = np.array(
    [
{rows}
    ]
)


def _erfcx(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0: polynomials, and from {f.limit!r} on the asymptotic series."""
    near = x < {f.limit!r}
    inside = jnp.where(near, x, 0.0)
    k = ({float(f.n)!r} * inside / ({f.a!r} + inside)).astype(jnp.int32)
    c = jnp.asarray(ERFCX, x.dtype)[k]
    t = inside - jnp.asarray(ERFCX_CENTRE, x.dtype)[k]
{piece}
    r = {f.kappa!r} / jnp.where(near, {f.limit!r}, x)
{tail}
    return jnp.where(near, series, tail)
'''


def _erf() -> str:
    body = "\n".join(JaxPrinter().lines(erf_code(), "return ", "    "))
    return f'''
def _small_erf(x: Array) -> Array:
    """erf(x) for 0 <= x < 1."""
{body}


def _erf(x: Array) -> Array:
    """erf(x) for x >= 0."""
    near = x < 1
    y = jnp.where(near, 1.0, x)
    s = _rounded(y * y)
    large = 1.0 - _exp_sum(-s, -_product_error(y, y, s)) * _erfcx(y)
    return jnp.where(near, _small_erf(jnp.where(near, x, 0.5)), large)
'''


def _table(t: Surrogate, ends: tuple[bool, bool]) -> str:
    width = t.coefficients.shape[1]
    first, last = t.range
    exponent, correction = "of(BETAS) * x", ""
    if t.is_steep:
        exponent = f"_rounded({exponent})"
        correction = "\n    value = value + value * _product_error(of(BETAS), x, exponent)"
    continued = ""
    if ends[0]:
        continued += f"""    small = (jnp.where(R < {first!r}, R, {first!r}) / {first!r}) ** {t.power_lo!r}
    value = jnp.where(R < {first!r}, {t.at_zero!r} + (value - {t.at_zero!r}) * small, value)
"""
    if ends[1]:
        continued += f"""    large = ({last!r} / jnp.where(R > {last!r}, R, {last!r})) ** {t.power_hi!r}
    value = jnp.where(R > {last!r}, 2 / math.pi - (2 / math.pi - value) * large, value)
"""
    where = (
        " Beyond the pieces, a power of R\n# leads to the limits for R -> 0 and R -> oo." if continued else ""
    )
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in t.coefficients)
    return f"""
# Piece k is [BREAKS[k], BREAKS[k + 1]] and x in [-1, 1] is linear in R there, without rounding:
# phi = exp(BETAS[k] x) sum_j TABLE[k, j] T_j(x), by Clenshaw's recurrence.{where}
BREAKS = np.array(
    [
        {numbers(t.breaks, 4, "        ")},
    ]
)
BETAS = np.array(
    [
        {numbers(t.betas, 4, "        ")},
    ]
)
TABLE = np.array(
    [
{rows}
    ]
)
CENTRES, SCALES = (BREAKS[:-1] + BREAKS[1:]) / 2, 2 / (BREAKS[1:] - BREAKS[:-1])


def _table(R: Array) -> Array:
    inside = jnp.where(R < {first!r}, {first!r}, jnp.where(R > {last!r}, {last!r}, R))
    inner = jnp.asarray(BREAKS[1:-1], R.dtype)
    piece = jnp.searchsorted(inner, inside, side="right", method="compare_all")

    def of(values: NDArray[np.float64]) -> Array:
        return jnp.asarray(values, R.dtype)[piece]

    x = (inside - of(CENTRES)) * of(SCALES)
    rows = of(TABLE)
    now = after = jnp.zeros_like(x)
    for j in range({width - 1}, 0, -1):
        now, after = (2.0 * x * now - after) + rows[..., j], now
    exponent = {exponent}
    value = jnp.exp(exponent){correction}
    value = value * ((x * now - after) + rows[..., 0])
{continued}    return jnp.clip(value, 0.0, 2 / math.pi)
"""


def helpers(module: Module) -> list[str]:
    """Definitions of what JAX lacks, only what is used."""
    used = needed(module)
    if "exp_sum" in used:
        used.add("exp")
    if used & {"product_error", "sum_error"}:
        used.add("rounded")
    makers: dict[str, Callable[[], str]] = {
        "abs": lambda: ABS,
        "exp": lambda: EXP,
        "rounded": lambda: ROUNDED,
        "sum_error": lambda: SUM_ERROR,
        "product_error": lambda: PRODUCT_ERROR,
        "quotient_rest": lambda: QUOTIENT_REST,
        "exp_sum": lambda: EXP_SUM,
        "erfcx": _erfcx,
        "erf": _erf,
    }
    parts = [ARGUMENT, *(make() for name, make in makers.items() if name in used)]
    if not all(f.is_constant for f in module.functions):
        parts[1:1] = [FORMAT, BY_REGIME]
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts
