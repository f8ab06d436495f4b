"""What a JavaScript file may need: how operations are spelled, and definitions of those that are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.special_code import erf_code, erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer, needed
from signsgd_sym.codegen.targets.text import numbers


class JavaScriptPrinter(Printer):
    """JavaScript spelling."""

    infinity, nan = "Infinity", "NaN"
    let, end, parenthesised = "const {0} = ", ";", False
    own = ""
    spelling: ClassVar[dict[str, str]] = {
        **{
            name: f"Math.{name}({{0}})"
            for name in ("abs", "sqrt", "exp", "expm1", "log", "sin", "cos", "tanh")
        },
        "pow": "Math.pow({0}, {1})",
        "erf": "erf({0})",
        "erfcx": "erfcx({0})",
        "max": "Math.max({0}, {1})",
        "min": "Math.min({0}, {1})",
        "less": "({0} < {1} ? {2} : {3})",
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
    used = needed(module)
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
