"""C11 with libm alone: scalar functions signsgd_phi(R), ..., and signsgd_risk_rhs over arrays.

Exact errors of products come from fma where that is one instruction (FP_FAST_FMA), and from Dekker's
splitting elsewhere, which is faster than a call of fma.
"""

from __future__ import annotations

from signsgd_sym.codegen.ir import Function
from signsgd_sym.codegen.module import Elementwise, Factor, Module, VectorRhs
from signsgd_sym.codegen.targets.c_parts import CPrinter, helpers
from signsgd_sym.codegen.targets.tables import c_tables
from signsgd_sym.codegen.targets.text import header


def _function(f: Function) -> str:
    printer = CPrinter()
    lines = [
        f"/* {f.doc} */",
        f"double signsgd_{f.name}(double R) {{",
        "    if (!(R >= 0.0 && R < INFINITY)) {",
        "        return NAN;",
        "    }",
    ]
    if not f.is_constant:
        lines += ["    if (R == 0.0) {", f"        return {printer.number(f.at_zero)};", "    }"]
    for regime in f.regimes:
        last = regime is f.regimes[-1]
        indent = "    " if last else "        "
        if not last:
            lines.append(f"    if (R < {regime.upper!r}) {{ /* {regime.note} */")
        lines += printer.lines(regime.program, "return ", indent)
        if not last:
            lines.append("    }")
    return "\n".join([*lines, "}"])


def _factor(f: Factor) -> str:
    arguments = ", ".join(f"double {name}" for name in f.arguments)
    value = CPrinter().statement("return ", f.value, "    ")
    value = "".join(f"    (void){name};\n" for name in f.unused) + value
    return f"/* {f.doc} */\ndouble signsgd_{f.name}({arguments}) {{\n{value}\n}}"


def _elementwise(f: Elementwise) -> str:
    arguments = ", ".join(f"double {name}" for name in f.arguments)
    body = "\n".join(CPrinter().lines(f.program, "return ", "    "))
    return f"/* {f.doc} */\ndouble signsgd_{f.name}({arguments}) {{\n{body}\n}}"


def _rhs(rhs: VectorRhs) -> str:
    printer = CPrinter()
    lines = [
        f"/* dr/dt over n modes, written to out, which may be r itself; R = sum(r){rhs.note}. */",
        f"{RHS_HEAD} {{",
        "    (void)t;",
    ]
    used = {array for _, powers in rhs.terms for array, _ in powers}
    lines += [f"    (void){name};" for name in ("lam", "forcing") if name not in used]
    if rhs.needs_R:
        # Four partial sums: the additions need not wait for each other, and the error is smaller.
        lines += [
            "    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;",
            "    size_t i = 0;",
            "    for (; i + 4 <= n; i += 4) {",
            "        s0 += r[i];",
            "        s1 += r[i + 1];",
            "        s2 += r[i + 2];",
            "        s3 += r[i + 3];",
            "    }",
            "    for (; i < n; ++i) {",
            "        s0 += r[i];",
            "    }",
            "    const double R = (s0 + s1) + (s2 + s3);",
        ]
    lines += [printer.statement(printer.let.format(name), node, "    ") for name, node in rhs.scalars]
    products = [
        " * ".join([k, *(f"{array}[j]" for array, power in powers for _ in range(power))])
        for k, powers in rhs.terms
    ]
    lines += [
        "    for (size_t j = 0; j < n; ++j) {",
        f"        out[j] = {' + '.join(products)};",
        "    }",
        "}",
    ]
    return "\n".join(lines)


RHS_HEAD = (
    "void signsgd_risk_rhs(double t, const double *r, const double *lam, const double *forcing, double eta,\n"
    "                      size_t n, double *out)"
)


API = """/* Define SIGNSGD_API as static before including this file to keep its names to one translation unit.
   Not for -ffast-math, which removes the terms that make up for rounding errors. */
#ifndef SIGNSGD_API
#define SIGNSGD_API
#endif
#ifdef __cplusplus
extern "C" {{
#endif
{}
#ifdef __cplusplus
}}
#endif"""


def source(module: Module) -> str:
    """The C source text."""
    prototypes = [f"double signsgd_{f.name}(double R)" for f in module.functions]
    others = [(f.name, f.arguments) for f in module.elementwise]
    others += [(f.name, f.arguments) for f in module.factors]
    prototypes += [
        f"double signsgd_{name}({', '.join(f'double {argument}' for argument in arguments)})"
        for name, arguments in others
    ]
    prototypes.append(RHS_HEAD)
    head = "/*\n" + "\n".join(f" * {line}".rstrip() for line in header(module)) + "\n */"
    parts = [
        head,
        "#include <math.h>\n#include <stddef.h>",
        API.format("\n".join(f"SIGNSGD_API {line};" for line in prototypes)),
        *helpers(module),
        *c_tables(module),
        *(_function(f) for f in module.functions),
        *(_elementwise(f) for f in module.elementwise),
        *(_factor(f) for f in module.factors),
        _rhs(module.rhs),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
