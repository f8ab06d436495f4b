"""An ES module for browsers and Node: scalar functions, and risk_rhs over Float64Arrays."""

from __future__ import annotations

from signsgd_sym.codegen.ir import Function
from signsgd_sym.codegen.module import Elementwise, Factor, Module, VectorRhs
from signsgd_sym.codegen.targets.javascript_parts import JavaScriptPrinter, helpers
from signsgd_sym.codegen.targets.tables import javascript_tables
from signsgd_sym.codegen.targets.text import header


def _function(f: Function) -> str:
    printer = JavaScriptPrinter()
    lines = [
        f"// {f.doc}",
        f"export function {f.name}(R) {{",
        "  R = Number(R);",
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


def _elementwise(f: Elementwise) -> str:
    body = "\n".join(JavaScriptPrinter().lines(f.program, "return ", "  "))
    return f"// {f.doc}\nexport function {f.name}({', '.join(f.arguments)}) {{\n{body}\n}}"


def _rhs(rhs: VectorRhs) -> str:
    printer = JavaScriptPrinter()
    lines = [
        f"// dr/dt over the modes, written to `out`, which may be r itself; R = sum(r){rhs.note}.",
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
        *javascript_tables(module),
        *(_function(f) for f in module.functions),
        *(_elementwise(f) for f in module.elementwise),
        *(_factor(f) for f in module.factors),
        _rhs(module.rhs),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
