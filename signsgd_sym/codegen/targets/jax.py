r"""A JAX module: functions of arrays under jit, vmap and grad, in the precision of their arguments.

* A form is evaluated at R where it is used and at a constant elsewhere, so that the derivative of what is not
  used is finite and 0 times it is 0.
* The compiler contracts a b + c to one rounding. Where the rounding error of a product or sum is taken, the
  product is made an argument of a maximum with the least number, which stops that.
* The rounding errors are constants to a derivative: exp_sum(hi, lo) has that of exp(hi + lo) by hi.
* Noise `scale` times as large: for f homogeneous of degree k (0 for the sign, 1 for SGD) everything follows
  from R/scale^2 by homogeneity; phi and psi keep their values, the drift rate is multiplied by scale^(k - 1)
  and the noise scale by scale^(2 k). k is the power of R that E[f(residual)^2] follows for R -> oo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.ir import Function, Node, Op, Program, Var, walk
from signsgd_sym.codegen.module import Factor, Module, VectorRhs
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer
from signsgd_sym.codegen.targets.text import header, numbers


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
    """R/scale^2: noise `scale` times as large is a risk scale^2 times as small, in units of the noise."""
    scale = jnp.asarray(scale)
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


def _helpers(module: Module) -> list[str]:
    """Definitions of what JAX lacks, only what is used."""
    used = set(module.operations)
    if "erf" in used:
        used |= {"erfcx", "exp_sum", "product_error"}
    if module.table is not None and module.table.is_steep:
        used.add("product_error")
    if "exp_sum" in used:
        used.add("exp")
    if "quotient_rest" in used:
        used.add("product_error")
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


def degree(module: Module) -> float:
    """k with f(c z) = c^k f(z), c > 0: E[f(residual)^2] ~ R^k for R -> oo. Only such rules have a module."""
    scale = module.function("noise_scale")
    assert scale is not None
    values = emulate(scale.regimes[-1].program, np.array([2.0**200, 2.0**201]))
    return float(np.log2(values[1] / values[0]))


def _times(value: str, power: float) -> str:
    """`value` times scale^power, as text."""
    return {0.0: value, -1.0: f"{value} / scale", 2.0: f"scale * scale * {value}"}.get(
        power, f"{value} * scale**{power!r}"
    )


def _function(f: Function, power: float) -> str:
    """The forms of f, f itself at R, and the public function with the noise scaled."""
    printer = JaxPrinter()
    parts, regimes = [], []
    if f.is_constant:
        value = f"jnp.where((R >= 0) & (R < math.inf), {printer.number(f.at_zero)}, math.nan).astype(R.dtype)"
    else:
        for k, regime in enumerate(f.regimes):
            name = f"_{f.name}_{k}"
            lines = [f"def {name}(R: Array) -> Array:"]
            lines += [f'    """{regime.note}."""'] if regime.note else []
            parts.append("\n".join([*lines, *printer.lines(regime.program, "return ", "    ")]))
            regimes.append(f"({printer.number(regime.upper)}, {name})")
        # One regime a line where there are several.
        listed = ", ".join(regimes) + ("," if len(regimes) == 1 else "")
        if len(regimes) > 2:
            listed = "\n        " + ",\n        ".join(regimes) + ",\n    "
        value = f"_by_regime(R, {printer.number(f.at_zero)}, ({listed}))"
    parts.append(f"def _{f.name}(R: Array) -> Array:\n    return {value}")
    parts.append(
        f"def {f.name}(R: ArrayLike, scale: ArrayLike = 1.0) -> Array:\n"
        f'    """{f.doc}"""\n'
        + ("    scale = jnp.asarray(scale)\n" if power else "")
        + f"    return {_times(f'_{f.name}(_argument(R, scale))', power)}"
    )
    return "\n\n\n".join(parts)


class _Public(JaxPrinter):
    """Calls of the public functions."""

    def call(self, node: Op) -> str:
        return f"{super().call(node).removeprefix('_')[:-1]}, scale)"


def _factor(f: Factor) -> str:
    arguments = ", ".join(
        f"{name}: {'ArrayLike' if name == 'R' else 'Array | float'}" for name in f.arguments
    )
    if any(isinstance(node, Op) and node.name.startswith("call:") for node in walk(f.value)):
        arguments += ", scale: ArrayLike = 1.0"
    return f'''def {f.name}({arguments}) -> Array:
    """{f.doc}"""
{_Public().statement("return ", f.value, "    ")}'''


def _rhs(rhs: VectorRhs) -> str:
    printer = _Public()
    lines = [
        "def risk_rhs(",
        "    t: Array | float, r: Array, lam: Array, forcing: Array, eta: Array | float,",
        "    scale: ArrayLike = 1.0,",
        ") -> Array:",
        '    """dr/dt over the modes; R = sum(r)."""',
    ]
    lines += ["    R = jnp.sum(r)"] if rhs.needs_R else []
    lines += [printer.statement(f"{name} = ", node, "    ") for name, node in rhs.scalars]
    products = [
        " * ".join([k, *(array if power == 1 else f"{array}**{power}" for array, power in powers)])
        for k, powers in rhs.terms
    ]
    return "\n".join([*lines, f"    return {' + '.join(products)}"])


NOTE = """
With scale = s the noise is multiplied by s. All functions can be differentiated, mapped and compiled, and
work in the precision of their arguments (float64 needs jax_enable_x64); at R = 0 the derivative is given
as 0."""


def source(module: Module) -> str:
    """The source text of the module."""
    k = degree(module)
    powers = {"drift_rate": k - 1, "noise_scale": 2 * k}
    body = [part.strip("\n") for part in _helpers(module)]
    body += [_function(f, powers.get(f.name, 0.0)) for f in module.functions]
    text = "\n\n\n".join([*body, *(_factor(f) for f in module.factors), _rhs(module.rhs)]) + "\n"
    head = '"""' + "\n".join(header(module)) + f'\n{NOTE}\n"""'
    standard = ["import math"]
    standard += ["from collections.abc import Callable"] if "Callable[" in text else []
    standard += ["from typing import Any"] if "Any:" in text else []
    others = ["import jax.numpy as jnp"] + (["import numpy as np"] if "np.array" in text else [])
    others.append(f"from jax import Array{', lax' if 'lax.' in text else ''}")
    others.append("from jax.typing import ArrayLike")
    others += ["from numpy.typing import NDArray"] if "NDArray[" in text else []
    return "\n\n".join([head, "\n".join(standard), "\n".join(others)]) + "\n\n\n" + text
