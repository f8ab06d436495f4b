"""A Numba module with NumPy alone beside it: functions of numbers and arrays, callable from compiled code.

Each function has a kernel for one number, `_phi`, and a public one, `phi`, that takes numbers and arrays
alike. Everything is compiled on first use, with divisions as in IEEE arithmetic; without `fastmath` LLVM
neither contracts nor reorders, so that values are those of the operations to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from signsgd_sym.codegen.ir import Function, Op
from signsgd_sym.codegen.module import Elementwise, Factor, Module, VectorRhs
from signsgd_sym.codegen.targets.numba_parts import NumbaPrinter, helpers
from signsgd_sym.codegen.targets.tables import numba_tables
from signsgd_sym.codegen.targets.text import header


def _function(f: Function) -> str:
    """The kernel, the same for each element, and the public function of both numbers and arrays."""
    printer = NumbaPrinter()
    lines = [
        "@compiled",
        f"def _{f.name}(R: float) -> float:",
        "    if not 0.0 <= R < math.inf:",
        "        return math.nan",
    ]
    if not f.is_constant:
        lines += ["    if R == 0.0:", f"        return {printer.number(f.at_zero)}"]
    for regime in f.regimes:
        last = regime is f.regimes[-1]
        if not last:
            lines.append(f"    if R < {regime.upper!r}:  # {regime.note}")
        lines += printer.lines(regime.program, "return ", "    " if last else "        ")
    kernel = "\n".join(lines)
    return f'''{kernel}


@elementwise
def _each_{f.name}(R: float) -> float:
    return _{f.name}(np.float64(R))


@compiled
def {f.name}(R: Any) -> Any:
    """{f.doc}"""
    return _each_{f.name}(R)'''


def _elementwise(f: Elementwise) -> str:
    """As a function of R: a kernel, the same for each element, and the public function."""
    typed = ", ".join(f"{name}: float" for name in f.arguments)
    body = "\n".join(NumbaPrinter().lines(f.program, "value: float = ", "    "))
    each = ", ".join(f"np.float64({name})" for name in f.arguments)
    return f'''@compiled
def _{f.name}({typed}) -> float:
{body}
    return value


@elementwise
def _each_{f.name}({typed}) -> float:
    return _{f.name}({each})


@compiled
def {f.name}({", ".join(f"{name}: Any" for name in f.arguments)}) -> Any:
    """{f.doc}"""
    return _each_{f.name}({", ".join(f.arguments)})'''


class _Public(NumbaPrinter):
    """Calls of the public functions, which take arrays; NumPy's functions do too."""

    spelling: ClassVar[Mapping[str, str]] = {
        **NumbaPrinter.spelling,
        "sqrt": "np.sqrt({0})",
        "less": "np.where({0} < {1}, {2}, {3})",
    }

    def call(self, node: Op) -> str:
        return super().call(node).removeprefix("_")


def _factor(f: Factor) -> str:
    arguments = ", ".join(f"{name}: {'Any' if name == 'R' else 'float'}" for name in f.arguments)
    return f'''@compiled
def {f.name}({arguments}) -> Any:
    """{f.doc}"""
{_Public().statement("return ", f.value, "    ")}'''


PARTS = 8
"""Partial sums of R: with one, each addition waits for the one before."""


def _rhs(rhs: VectorRhs) -> str:
    printer = NumbaPrinter()
    lines = [
        "@compiled",
        "def risk_rhs(t: float, r: Array, lam: Array, forcing: Array, eta: float) -> Array:",
        f'    """dr/dt over the modes; R = sum(r){rhs.note}."""',
        "    n = r.size",
        "    if lam.size != n or forcing.size != n:",
        '        raise ValueError("r, lam and forcing differ in length")',
    ]
    if rhs.needs_R:
        names = [f"s{k}" for k in range(PARTS)]
        total = names
        while len(total) > 1:
            total = [f"({a} + {b})" for a, b in zip(total[::2], total[1::2], strict=True)]
        lines += [
            f"    {' = '.join(names)} = 0.0",
            f"    for j in range(0, n - {PARTS - 1}, {PARTS}):",
            *(f"        {name} += r[j{f' + {k}' if k else ''}]" for k, name in enumerate(names)),
            f"    for j in range(n - n % {PARTS}, n):",
            "        s0 += r[j]",
            f"    R = {total[0][1:-1]}",
        ]
    lines += [printer.statement(printer.let.format(name), node, "    ") for name, node in rhs.scalars]
    products = [
        " * ".join([k, *(f"{array}[j]" for array, power in powers for _ in range(power))])
        for k, powers in rhs.terms
    ]
    lines += [
        "    out = np.empty(n)",
        "    for j in range(n):",
        f"        out[j] = {' + '.join(products)}",
        "    return out",
    ]
    return "\n".join(lines)


def source(module: Module) -> str:
    """The source text of the module."""
    body = [part.strip("\n") for part in helpers(module)]
    body += [part.strip("\n") for part in numba_tables(module)]
    body += [*(_function(f) for f in module.functions), *(_elementwise(f) for f in module.elementwise)]
    body += [_factor(f) for f in module.factors]
    body.append(_rhs(module.rhs))
    head = '"""' + "\n".join(header(module)) + '\n"""'
    preamble = [
        head,
        "import math\nfrom collections.abc import Callable\nfrom typing import Any, TypeVar",
        "import numba  # type: ignore[import-untyped,unused-ignore]\nimport numpy as np\n"
        "from numpy.typing import NDArray",
        "Array = NDArray[np.float64]",
    ]
    return "\n\n".join(preamble) + "\n\n\n" + "\n\n\n".join(body) + "\n"
