"""An ES module for browsers and Node: scalar functions, and risk_rhs over Float64Arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from signsgd_sym.codegen.ir import Function
from signsgd_sym.codegen.module import Factor, Module, VectorRhs
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer
from signsgd_sym.codegen.targets.text import header, numbers


class JavaScriptPrinter(Printer):
    """JavaScript spelling."""

    infinity, nan = "Infinity", "NaN"
    let, end, parenthesised = "const {0} = ", ";", False
    spelling: ClassVar[dict[str, str]] = {
        **{
            name: f"Math.{name}({{0}})"
            for name in ("abs", "sqrt", "exp", "expm1", "log", "sin", "cos", "tanh")
        },
        "pow": "Math.pow({0}, {1})",
        "erf": "erf({0})",
        "erfcx": "erfcx({0})",
        "exp_sum": "expSum({0}, {1})",
        "sum_error": "sumError({0}, {1}, {2})",
        "quotient_rest": "quotientRest({0}, {1}, {2})",
        "product_error": "productError({0}, {1}, {2})",
        "nonnegative": "({0} >= 0 ? {1} : {2})",
        "table": "table({0})",
    }


SUM_ERROR = """
// (a + b) - s exactly, for s = a + b rounded.
function sumError(a, b, s) {
  const t = s - a;
  return (a - (s - t)) + (b - t);
}
"""

PRODUCT_ERROR = """
// a b - p exactly, for p = a b rounded (Dekker); NaN where the splitting overflows.
function productError(a, b, p) {
  const s = 134217729 * a, t = 134217729 * b;
  const a1 = s - (s - a), b1 = t - (t - b);
  const a2 = a - a1, b2 = b - b1;
  return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2);
}
"""

QUOTIENT_REST = """
// a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded.
function quotientRest(a, b, q) {
  const p = q * b;
  return (a - p) - productError(q, b, p);
}
"""

EXP_SUM = """
// exp(hi + lo), lo a rounding error of hi.
function expSum(hi, lo) {
  const e = Math.exp(hi);
  return Math.abs(lo) < 1 ? e + e * lo : e;
}
"""


def _erfcx() -> str:
    code, printer = erfcx_code(), JavaScriptPrinter()
    f = code.data
    rows = ",\n  ".join("[" + numbers(row, 4, "   ") + "]" for row in f.coefficients)
    piece = "\n".join(printer.lines(code.piece, "return ", " " * 4))
    tail = "\n".join(printer.lines(code.tail, "return ", " " * 2))
    return f"""
const ERFCX_CENTRE = [
  {numbers(f.centres, 6, "  ")}
];
const ERFCX = [
  {rows}
];

// exp(x^2) erfc(x) for x >= 0, within {f.error:.2f} 2^-53 relative (proved).
function erfcx(x) {{
  if (x < {f.limit!r}) {{
    const k = Math.trunc({float(f.n)!r} * x / ({f.a!r} + x));
    const c = ERFCX[k], t = x - ERFCX_CENTRE[k];
{piece}
  }}
  const r = {f.kappa!r} / x;
{tail}
}}
"""


def _erf() -> str:
    body = "\n".join(JavaScriptPrinter().lines(erf_code(), "return ", " " * 4))
    return f"""
// erf(x) for x >= 0.
function erf(x) {{
  if (x < 1) {{
{body}
  }}
  const s = x * x;
  return 1 - expSum(-s, -productError(x, x, s)) * erfcx(x);
}}
"""


def _table(t: Surrogate, ends: tuple[bool, bool]) -> str:
    rows = ",\n  ".join("[" + numbers(row, 4, "   ") + "]" for row in t.coefficients)
    pieces, width = t.coefficients.shape
    first, last = t.range
    correction = "\n  value += value * productError(BETAS[low], x, exponent);"
    steep = correction if t.is_steep else ""
    sum_ = "(x * now - after) + c[0]"
    value = f"  let value = {sum_};"
    if not t.is_flat:
        value = f"""  const exponent = BETAS[low] * x;
  let value = Math.exp(exponent);{steep}
  value *= {sum_};"""
    front = "" if t.is_flat else "exp(BETAS[k] x) "
    betas = (
        ""
        if t.is_flat
        else f"""const BETAS = [
  {numbers(t.betas, 4, "  ")}
];
"""
    )
    continued = ""
    if ends[0]:
        continued += f"""  if (R < {first!r}) {{
    value = {t.at_zero!r} + (value - {t.at_zero!r}) * Math.pow(R / {first!r}, {t.power_lo!r});
  }}
"""
    if ends[1]:
        continued += f"""  if (R > {last!r}) {{
    value = top - (top - value) * Math.pow({last!r} / R, {t.power_hi!r});
  }}
"""
    where = (
        " Beyond the pieces, a power of\n// R leads to the limits for R -> 0 and R -> oo."
        if continued
        else ""
    )
    return f"""
// Piece k is [BREAKS[k], BREAKS[k + 1]] and x in [-1, 1] is linear in R there, without rounding:
// phi = {front}sum_j TABLE[k][j] T_j(x), by Clenshaw's recurrence.{where}
const BREAKS = [
  {numbers(t.breaks, 4, "  ")}
];
{betas}const TABLE = [
  {rows}
];

function table(R) {{
  const top = 2 / Math.PI;
  const inside = Math.min(Math.max(R, BREAKS[0]), BREAKS[{pieces}]);
  let low = 0, high = {pieces};
  while (high - low > 1) {{
    const middle = (low + high) >> 1;
    if (BREAKS[middle] <= inside) {{
      low = middle;
    }} else {{
      high = middle;
    }}
  }}
  const centre = (BREAKS[low] + BREAKS[low + 1]) / 2;
  const x = (inside - centre) * (2 / (BREAKS[low + 1] - BREAKS[low]));
  const c = TABLE[low];
  let now = 0, after = 0;
  for (let j = {width - 1}; j > 0; --j) {{
    const next = (2 * x * now - after) + c[j];
    after = now;
    now = next;
  }}
{value}
{continued}  return Math.min(Math.max(value, 0), top);
}}
"""


def helpers(module: Module) -> list[str]:
    """Definitions of what `Math` lacks, only what is used, each after what it uses."""
    used = set(module.operations)
    if "erf" in used:
        used |= {"erfcx", "exp_sum", "product_error"}
    if module.table is not None and module.table.is_steep:
        used.add("product_error")
    if "quotient_rest" in used:
        used.add("product_error")
    makers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("sum_error", lambda: SUM_ERROR),
        ("product_error", lambda: PRODUCT_ERROR),
        ("quotient_rest", lambda: QUOTIENT_REST),
        ("exp_sum", lambda: EXP_SUM),
        ("erfcx", _erfcx),
        ("erf", _erf),
    )
    parts = [make() for name, make in makers if name in used]
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts


def _function(f: Function) -> str:
    printer = JavaScriptPrinter()
    lines = [
        f"// {f.doc}",
        f"export function {f.name}(R) {{",
        "  if (!(R >= 0 && R < Infinity)) {",
        "    return NaN;",
        "  }",
    ]
    if not f.is_constant:
        lines += ["  if (R === 0) {", f"    return {printer.number(f.at_zero)};", "  }"]
    for regime in f.regimes:
        last = regime is f.regimes[-1]
        indent = "  " if last else "    "
        if not last:
            lines.append(f"  if (R < {regime.upper!r}) {{ // {regime.note}")
        lines += printer.lines(regime.program, "return ", indent)
        if not last:
            lines.append("  }")
    return "\n".join([*lines, "}"])


def _factor(f: Factor) -> str:
    value = JavaScriptPrinter().statement("return ", f.value, "  ")
    return f"// {f.doc}\nexport function {f.name}({', '.join(f.arguments)}) {{\n{value}\n}}"


def _rhs(rhs: VectorRhs) -> str:
    printer = JavaScriptPrinter()
    lines = [
        "// dr/dt over the modes, written to `out`, which may be r itself; R = sum(r).",
        "export function risk_rhs(t, r, lam, forcing, eta, out = new Float64Array(r.length)) {",
    ]
    if rhs.needs_R:
        lines += [
            "  let R = 0;",
            "  for (let j = 0; j < r.length; ++j) {",
            "    R += r[j];",
            "  }",
        ]
    lines += [printer.statement(printer.let.format(name), node, "  ") for name, node in rhs.scalars]
    products = [
        " * ".join([k, *(f"{array}[j]" for array, power in powers for _ in range(power))])
        for k, powers in rhs.terms
    ]
    lines += [
        "  for (let j = 0; j < r.length; ++j) {",
        f"    out[j] = {' + '.join(products)};",
        "  }",
        "  return out;",
        "}",
    ]
    return "\n".join(lines)


def source(module: Module) -> str:
    """The source text of the ES module."""
    parts = [
        "\n".join(f"// {line}".rstrip() for line in header(module)),
        *helpers(module),
        *(_function(f) for f in module.functions),
        *(_factor(f) for f in module.factors),
        _rhs(module.rhs),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
