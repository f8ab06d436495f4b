"""A NumPy module: functions of arrays. SciPy's erfcx is off by up to 8 ulp, so erfcx is our own here too."""

from __future__ import annotations

import math
import types

from signsgd_sym.codegen.ir import Function
from signsgd_sym.codegen.module import Elementwise, Factor, Module, VectorRhs
from signsgd_sym.codegen.targets.numpy_parts import NumpyPrinter, helpers
from signsgd_sym.codegen.targets.printer import Printer
from signsgd_sym.codegen.targets.tables import numpy_tables
from signsgd_sym.codegen.targets.text import header


def _function(f: Function) -> str:
    printer = NumpyPrinter()
    if f.is_constant:
        return _scalar(f, [], printer.number(f.at_zero), printer)
    if len(f.regimes) == 1:
        body = printer.lines(f.regimes[0].program, "value = ", " " * 8)
        return _scalar(f, ['    with np.errstate(all="ignore"):', *body], "value", printer)
    parts, calls = [], []
    for k, regime in enumerate(f.regimes):
        calls.append(f"_{f.name}_{k}")
        lines = [f"def {calls[-1]}(R: Any) -> Any:", f'    """{_sentence(regime.note)}"""']
        parts.append("\n".join([*lines, *printer.lines(regime.program, "return ", "    ")]))
    bounds = _tuple([repr(r.upper) for r in f.regimes if not math.isinf(r.upper)])
    body = [
        '    with np.errstate(all="ignore"):',
        f"        value = _by_regime(R, {bounds}, {_tuple(calls)})",
    ]
    return "\n\n\n".join([*parts, _scalar(f, body, "value", printer)])


def _scalar(f: Function, body: list[str], value: str, printer: Printer) -> str:
    """The public function around the lines that compute `value`."""
    lines = [
        f"def {f.name}(R: ArrayLike) -> Array:",
        f'    """{f.doc}"""',
        "    R = np.asarray(R, dtype=np.float64)[()]",
        *body,
        f"    return _at(R, {value}, {printer.number(f.at_zero)})",
    ]
    return "\n".join(lines)


def _sentence(note: str) -> str:
    return f"{note}."


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _factor(f: Factor) -> str:
    arguments = ", ".join(f"{name}: {'ArrayLike' if name == 'R' else 'float'}" for name in f.arguments)
    risk = "    R = np.asarray(R, dtype=np.float64)[()]\n" if "R" in f.arguments else ""
    return f'''def {f.name}({arguments}) -> Array:
    """{f.doc}"""
{risk}{NumpyPrinter().statement("result: Array = ", f.value, "    ")}
    return result'''


def _elementwise(f: Elementwise) -> str:
    lines = [
        f"def {f.name}({', '.join(f'{name}: ArrayLike' for name in f.arguments)}) -> Array:",
        f'    """{f.doc}"""',
        *(f"    {name} = np.asarray({name}, dtype=np.float64)[()]" for name in f.arguments),
        '    with np.errstate(all="ignore"):',
        *NumpyPrinter().lines(f.program, "value = ", " " * 8),
        "    result: Array = np.asarray(value, dtype=np.float64)[()]",
        "    return result",
    ]
    return "\n".join(lines)


def _rhs(rhs: VectorRhs) -> str:
    printer = NumpyPrinter()
    lines = [
        "def risk_rhs(t: float, r: Array, lam: Array, forcing: Array, eta: float) -> Array:",
        f'    """dr/dt over the modes; R = sum(r){rhs.note}."""',
    ]
    lines += ["    R = np.sum(r)"] if rhs.needs_R else []
    lines += [printer.statement(f"{name} = ", node, "    ") for name, node in rhs.scalars]
    products = [
        [k, *(array if power == 1 else f"{array}**{power}" for array, power in powers)]
        for k, powers in rhs.terms
    ]
    first = max(products, key=len)  # grown in place: fewer arrays to allocate
    lines.append(f"    result: Array = {first[0]} * {first[1]}")
    lines += [f"    result *= {factor}" for factor in first[2:]]
    lines += [f"    result += {' * '.join(product)}" for product in products if product is not first]
    lines.append("    return result")
    return "\n".join(lines)


def source(module: Module) -> str:
    """The source text of the module."""
    functions = [_function(f) for f in module.functions]
    body = [part.strip("\n") for part in helpers(module)]
    body += [part.strip("\n") for part in numpy_tables(module)]
    body += [*functions, *(_elementwise(f) for f in module.elementwise)]
    body += [*(_factor(f) for f in module.factors), _rhs(module.rhs)]
    text = "\n\n\n".join(body) + "\n"
    imports = ["import numpy as np", "from numpy.typing import ArrayLike, NDArray"]
    typing = (["from collections.abc import Callable"] if "Callable[" in text else []) + (
        ["from typing import Any"]
    )
    head = '"""' + "\n".join(header(module)) + '\n"""'
    preamble = [head, "\n".join(typing), "\n".join(imports), "Array = NDArray[np.float64]"]
    return "\n\n".join(preamble) + "\n\n\n" + text


def load(text: str, name: str = "signsgd_generated") -> types.ModuleType:
    """The module that `text`, produced by `source`, defines."""
    module = types.ModuleType(name)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
