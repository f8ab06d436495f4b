"""Chebyshev tables of a module in each language: the numbers, Clenshaw's recurrence, and a call by name."""

from __future__ import annotations

from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.pieces import Pieces
from signsgd_sym.codegen.targets.text import numbers

C = """
/* sum_j c[j] T_j(x) over j < n, by Clenshaw's recurrence. */
static double chebyshev(const double *c, int n, double x) {
    double now = 0.0, after = 0.0;
    for (int j = n - 1; j > 0; --j) {
        const double next = (2.0 * x * now - after) + c[j];
        after = now;
        now = next;
    }
    return (x * now - after) + c[0];
}
"""

JAVASCRIPT = """
// sum_j c[j] T_j(x), by Clenshaw's recurrence.
function chebyshev(c, x) {
  let now = 0, after = 0;
  for (let j = c.length - 1; j > 0; --j) {
    const next = (2 * x * now - after) + c[j];
    after = now;
    now = next;
  }
  return (x * now - after) + c[0];
}
"""

NUMPY = '''
def _chebyshev(c: Any, x: Any) -> Any:
    """sum_j c[j] T_j(x), by Clenshaw's recurrence."""
    after = now = np.zeros_like(x)
    for row in c[:0:-1]:
        now, after = (2 * x * now - after) + row, now
    return (x * now - after) + c[0]
'''

NUMBA = '''
@compiled
def _chebyshev(c: Array, x: float) -> float:
    """sum_j c[j] T_j(x), by Clenshaw's recurrence."""
    now, after = 0.0, 0.0
    for j in range(len(c) - 1, 0, -1):
        now, after = (2.0 * x * now - after) + c[j], now
    value: float = (x * now - after) + c[0]
    return value
'''

JAX = '''
def _chebyshev(c: Array, x: Array) -> Array:
    """sum_j c[..., j] T_j(x), by Clenshaw's recurrence."""
    now = after = jnp.zeros_like(x)
    for j in range(c.shape[-1] - 1, 0, -1):
        now, after = (2.0 * x * now - after) + c[..., j], now
    return (x * now - after) + c[..., 0]
'''


def _meaning(t: Pieces, mark: str) -> list[str]:
    """What a table holds, as comment lines."""
    n = len(t.coefficients)
    x = f"x = {_place(t, 'u')}" if n == 1 else f"piece k of {n}, x = {_place(t, 'u', ' - k')}"
    return [f"{mark} {t.doc},", f"{mark} as sum_j c_j T_j(x), u = {t.lo!r} ... {t.hi!r}, {x}."]


def _place(t: Pieces, u: str, piece: str = "") -> str:
    """x in [-1, 1] as a function of u."""
    shifted = u if t.lo == 0 else f"({u} - {t.lo!r})" if t.lo > 0 else f"({u} + {-t.lo!r})"
    scaled = shifted if t.width == 1 else f"{shifted} / {t.width!r}"
    return f"2.0 * ({scaled}{piece}) - 1.0" if piece else f"2.0 * {scaled} - 1.0"


def _quotient(t: Pieces) -> str:
    """(u - lo)/width."""
    shifted = f"(u + {-t.lo!r})" if t.lo < 0 else f"(u - {t.lo!r})"
    return f"{shifted} / {t.width!r}"


def c_tables(module: Module) -> list[str]:
    """The tables for C."""
    parts = [C] if module.pieces else []
    for t in module.pieces:
        count, n = t.coefficients.shape
        rows = ",\n    ".join("{" + numbers(row, 4, "     ") + "}" for row in t.coefficients)
        lines = [
            "/*", *_meaning(t, "  "), "*/",
            f"static const double {t.name.upper()}[{count}][{n}] = {{\n    {rows}\n}};\n",
            f"static double {t.name}(double u) {{",
        ]  # fmt: skip
        if count == 1:
            lines.append(f"    return chebyshev({t.name.upper()}[0], {n}, {_place(t, 'u')});")
        else:
            lines += [
                f"    const double place = {_quotient(t)};",
                f"    const int k = (int)fmin(fmax(place, 0.0), {count - 1}.0);",
                f"    return chebyshev({t.name.upper()}[k], {n}, 2.0 * (place - k) - 1.0);",
            ]
        parts.append("\n".join([*lines, "}"]))
    return parts


def javascript_tables(module: Module) -> list[str]:
    """The tables for JavaScript."""
    parts = [JAVASCRIPT] if module.pieces else []
    for t in module.pieces:
        count = len(t.coefficients)
        rows = ",\n  ".join("[" + numbers(row, 4, "   ") + "]" for row in t.coefficients)
        lines = [
            *_meaning(t, "//"),
            f"const {t.name.upper()} = [\n  {rows}\n];\n",
            f"function {t.name}(u) {{",
        ]
        if count == 1:
            lines.append(f"  return chebyshev({t.name.upper()}[0], {_place(t, 'u')});")
        else:
            lines += [
                f"  const place = {_quotient(t)};",
                f"  const k = place >= 0 ? Math.min(Math.trunc(place), {count - 1}) : 0;",
                f"  return chebyshev({t.name.upper()}[k], 2 * (place - k) - 1);",
            ]
        parts.append("\n".join([*lines, "}"]))
    return parts


def _python_numbers(t: Pieces, annotation: str = "") -> str:
    rows = "\n".join(f"        [{numbers(row, 4, '         ')}]," for row in t.coefficients)
    head = "\n".join(_meaning(t, "#"))
    return f"{head}\n{t.name.upper()}{annotation} = np.array(\n    [\n{rows}\n    ]\n)"


def numpy_tables(module: Module) -> list[str]:
    """The tables for NumPy."""
    parts = [NUMPY] if module.pieces else []
    for t in module.pieces:
        name, count = t.name.upper(), len(t.coefficients)
        body = f"    return _chebyshev({name}[0], {_place(t, 'u')})"
        if count > 1:
            body = f"""    place = {_quotient(t)}
    piece = np.searchsorted(np.arange(1, {count}), place, side="right")
    return _chebyshev({name}.T[:, piece], 2.0 * (place - piece) - 1.0)"""
        parts.append(f"{_python_numbers(t)}\n\n\ndef _{t.name}(u: Any) -> Any:\n{body}")
    return parts


def numba_tables(module: Module) -> list[str]:
    """The tables for Numba."""
    parts = [NUMBA] if module.pieces else []
    for t in module.pieces:
        name, count = t.name.upper(), len(t.coefficients)
        body = f"    return _chebyshev({name}[0], {_place(t, 'u')})"
        if count > 1:
            body = f"""    place = {_quotient(t)}
    piece = min(int(place), {count - 1}) if place > 0.0 else 0
    return _chebyshev({name}[piece], 2.0 * (place - piece) - 1.0)"""
        head = _python_numbers(t, ": Array")
        parts.append(f"{head}\n\n\n@compiled\ndef _{t.name}(u: float) -> float:\n{body}")
    return parts


def jax_tables(module: Module) -> list[str]:
    """The tables for JAX."""
    parts = [JAX] if module.pieces else []
    for t in module.pieces:
        name, count = t.name.upper(), len(t.coefficients)
        body = f"    return _chebyshev(jnp.asarray({name}[0], u.dtype), {_place(t, 'u')})"
        if count > 1:
            body = f"""    place = {_quotient(t)}
    inner = jnp.arange(1, {count}, dtype=u.dtype)
    piece = jnp.searchsorted(inner, place, side="right", method="compare_all")
    return _chebyshev(jnp.asarray({name}, u.dtype)[piece], 2.0 * (place - piece) - 1.0)"""
        parts.append(f"{_python_numbers(t)}\n\n\ndef _{t.name}(u: Array) -> Array:\n{body}")
    return parts
