"""What a C file may need: how operations are spelled, and definitions of those that are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from signsgd_sym.codegen.ir import Op
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.special_code import erfcx_code
from signsgd_sym.codegen.surrogate import Surrogate
from signsgd_sym.codegen.targets.printer import Printer, needed
from signsgd_sym.codegen.targets.text import numbers


class CPrinter(Printer):
    """C spelling."""

    infinity, nan = "INFINITY", "NAN"
    let, end, parenthesised = "const double {0} = ", ";", False
    own = ""
    spelling: ClassVar[dict[str, str]] = {
        "abs": "fabs({0})",
        "sqrt": "sqrt({0})",
        "exp": "exp({0})",
        "expm1": "expm1({0})",
        "log": "log({0})",
        "sin": "sin({0})",
        "cos": "cos({0})",
        "tanh": "tanh({0})",
        "pow": "pow({0}, {1})",
        "erf": "erf({0})",
        "erfcx": "erfcx({0})",
        "max": "fmax({0}, {1})",
        "min": "fmin({0}, {1})",
        "less": "({0} < {1} ? {2} : {3})",
        "exp_sum": "exp_sum({0}, {1})",
        "sum_error": "sum_error({0}, {1}, {2})",
        "product_error": "product_error({0}, {1}, {2})",
        "quotient_rest": "quotient_rest({0}, {1}, {2})",
        "nonnegative": "({0} >= 0.0 ? {1} : {2})",
        "table": "table({0})",
    }

    def call(self, node: Op) -> str:
        """Public functions carry a prefix."""
        return f"signsgd_{super().call(node)}"


SUM_ERROR = """
/* (a + b) - s exactly, for s = a + b rounded. */
static double sum_error(double a, double b, double s) {
    const double t = s - a;
    return (a - (s - t)) + (b - t);
}
"""

PRODUCT_ERROR = """
/* a b - p exactly, for p = a b rounded: by fma where that is fast, else by Dekker's splitting, which is NaN
   where it overflows. */
static double product_error(double a, double b, double p) {
#ifdef FP_FAST_FMA
    return fma(a, b, -p);
#else
    const double s = 134217729.0 * a, t = 134217729.0 * b;
    const double a1 = s - (s - a), b1 = t - (t - b), a2 = a - a1, b2 = b - b1;
    return a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2);
#endif
}
"""

QUOTIENT_REST = """
/* a - q b exactly, for q = a/b rounded, or q = b = sqrt(a) rounded. */
static double quotient_rest(double a, double b, double q) {
    const double p = q * b;
    return (a - p) - product_error(q, b, p);
}
"""

EXP_SUM = """
/* exp(hi + lo), lo a rounding error of hi. */
static double exp_sum(double hi, double lo) {
    const double e = exp(hi);
    return fabs(lo) < 1.0 ? e + e * lo : e;
}
"""


def _erfcx() -> str:
    code, printer = erfcx_code(), CPrinter()
    f = code.data
    rows = ",\n    ".join("{" + numbers(row, 4, "     ") + "}" for row in f.coefficients)
    piece = "\n".join(printer.lines(code.piece, "return ", " " * 8))
    tail = "\n".join(printer.lines(code.tail, "return ", " " * 4))
    return f"""
static const double ERFCX_CENTRE[{len(f.centres)}] = {{
    {numbers(f.centres, 6)}
}};
static const double ERFCX[{len(f.coefficients)}][{len(f.coefficients[0])}] = {{
    {rows}
}};

/* exp(x^2) erfc(x) for x >= 0, within {f.error:.2f} 2^-53 relative (proved). */
static double erfcx(double x) {{
    if (x < {f.limit!r}) {{
        const int k = (int)({float(f.n)!r} * x / ({f.a!r} + x));
        const double *c = ERFCX[k], t = x - ERFCX_CENTRE[k];
{piece}
    }}
    const double r = {f.kappa!r} / x;
{tail}
}}
"""


def _table(t: Surrogate, ends: tuple[bool, bool]) -> str:
    rows = ",\n    ".join("{" + numbers(row, 4, "     ") + "}" for row in t.coefficients)
    pieces, width = t.coefficients.shape
    first, last = t.range
    correction = "\n    value += value * product_error(BETAS[low], x, exponent);"
    steep = correction if t.is_steep else ""
    sum_ = "(x * now - after) + c[0]"
    value = f"    double value = {sum_};"
    if not t.is_flat:
        value = f"""    const double exponent = BETAS[low] * x;
    double value = exp(exponent);{steep}
    value *= {sum_};"""
    front = "" if t.is_flat else "exp(BETAS[k] x) "
    betas = (
        ""
        if t.is_flat
        else f"""static const double BETAS[{pieces}] = {{
    {numbers(t.betas)}
}};
"""
    )
    continued = ""
    if ends[0]:
        continued += f"""    if (R < {first!r}) {{
        value = {t.at_zero!r} + (value - {t.at_zero!r}) * pow(R / {first!r}, {t.power_lo!r});
    }}
"""
    if ends[1]:
        continued += f"""    if (R > {last!r}) {{
        value = top - (top - value) * pow({last!r} / R, {t.power_hi!r});
    }}
"""
    where = (
        " Beyond the pieces, a power of\n   R leads to the limits for R -> 0 and R -> oo."
        if continued
        else ""
    )
    return f"""
/* Piece k is [BREAKS[k], BREAKS[k + 1]] and x in [-1, 1] is linear in R there, without rounding:
   phi = {front}sum_j TABLE[k][j] T_j(x), by Clenshaw's recurrence.{where} */
static const double BREAKS[{pieces + 1}] = {{
    {numbers(t.breaks)}
}};
{betas}static const double TABLE[{pieces}][{width}] = {{
    {rows}
}};

static double table(double R) {{
    const double top = 2.0 / 3.14159265358979323846;
    const double inside = fmin(fmax(R, BREAKS[0]), BREAKS[{pieces}]);
    int low = 0, high = {pieces};
    while (high - low > 1) {{
        const int middle = (low + high) / 2;
        if (BREAKS[middle] <= inside) {{
            low = middle;
        }} else {{
            high = middle;
        }}
    }}
    const double centre = (BREAKS[low] + BREAKS[low + 1]) / 2.0;
    const double x = (inside - centre) * (2.0 / (BREAKS[low + 1] - BREAKS[low]));
    const double *c = TABLE[low];
    double now = 0.0, after = 0.0;
    for (int j = {width - 1}; j > 0; --j) {{
        const double next = (2.0 * x * now - after) + c[j];
        after = now;
        now = next;
    }}
{value}
{continued}    return fmin(fmax(value, 0.0), top);
}}
"""


def helpers(module: Module) -> list[str]:
    """Definitions of what libm lacks, only what is used, each after what it uses."""
    used = needed(module, own_erf=False)
    makers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("sum_error", lambda: SUM_ERROR),
        ("product_error", lambda: PRODUCT_ERROR),
        ("quotient_rest", lambda: QUOTIENT_REST),
        ("exp_sum", lambda: EXP_SUM),
        ("erfcx", _erfcx),
    )
    parts = [make() for name, make in makers if name in used]
    if module.table is not None:
        parts.append(_table(module.table, module.table_ends))
    return parts
