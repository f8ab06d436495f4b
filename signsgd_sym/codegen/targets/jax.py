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

import numpy as np

from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.ir import Function, Op, walk
from signsgd_sym.codegen.module import Elementwise, Factor, Module, VectorRhs
from signsgd_sym.codegen.targets.jax_parts import JaxPrinter, helpers
from signsgd_sym.codegen.targets.tables import jax_tables
from signsgd_sym.codegen.targets.text import header


def degree(module: Module) -> float:
    """k with f(c z) = c^k f(z), c > 0: E[f(residual)^2] ~ R^k for R -> oo. Only such rules have a module."""
    if module.exact.degree is not None:
        return float(module.exact.degree)
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


def _elementwise(f: Elementwise) -> str:
    arguments = [f"{name}: ArrayLike" for name in f.arguments]
    arguments += ["scale: ArrayLike = 1.0"] if "R" in f.arguments else []
    lines = [f"def {f.name}({', '.join(arguments)}) -> Array:", f'    """{f.doc}"""']
    for name in f.arguments:
        lines.append(f"    {name} = _argument({name}, {'scale' if name == 'R' else '1.0'})")
    return "\n".join([*lines, *JaxPrinter().lines(f.program, "return ", "    ")])


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
        f'    """dr/dt over the modes; R = sum(r){rhs.note}."""',
    ]
    lines += ["    R = jnp.sum(r)"] if rhs.needs_R else []
    lines += [printer.statement(f"{name} = ", node, "    ") for name, node in rhs.scalars]
    products = [
        " * ".join([k, *(array if power == 1 else f"{array}**{power}" for array, power in powers)])
        for k, powers in rhs.terms
    ]
    return "\n".join([*lines, f"    return {' + '.join(products)}"])


NOTE = """
With scale = s > 0 the noise is multiplied by s. All functions can be differentiated, mapped and compiled, and
work in the precision of their arguments (float64 needs jax_enable_x64). The error stated is that of the
values: a derivative is that of the printed form, so dphi/dR has an error of the order of phi/R times the
precision, and is NaN where R^2 underflows. At R = 0 derivatives are given as 0."""


def source(module: Module) -> str:
    """The source text of the module."""
    k = degree(module)
    powers = {"drift_rate": k - 1, "noise_scale": 2 * k, "population_risk": 2.0}
    body = [part.strip("\n") for part in helpers(module)]
    body += [part.strip("\n") for part in jax_tables(module)]
    body += [_function(f, powers.get(f.name, 0.0)) for f in module.functions]
    body += [_elementwise(f) for f in module.elementwise]
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
