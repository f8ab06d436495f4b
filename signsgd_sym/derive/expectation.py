r"""Expectations of products of signs, polynomials and error functions over a Gaussian variable.

Two rules bring every expectation this project needs to polynomial x exp(quadratic), which
`gaussian_integral` evaluates: split the integral where a sign jumps; and, where an error function is in
the way, differentiate under the integral in a parameter, integrate, and integrate back.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive import gaussian_integral
from signsgd_sym.errors import RuleError
from signsgd_sym.notation import gaussian_density, rho
from signsgd_sym.proof.derivation import Recorder

_q = sp.Dummy("q", positive=True)  # sqrt(1 - rho^2): tells SymPy that |rho| < 1


def sign_root(expr: Any, variable: Any) -> Any:
    """The point where the signs in `expr` jump as `variable` grows, or None without a sign.

    Every sign must have an argument that is increasing and linear in `variable`.
    """
    roots = set()
    for node in expr.atoms(sp.sign):
        argument = sp.expand(node.args[0])
        if variable not in argument.free_symbols:
            continue
        slope = argument.coeff(variable, 1)
        rest = sp.expand(argument - slope * variable)
        if variable in rest.free_symbols or not inside_unit_interval(slope).is_positive:
            raise RuleError(
                f"sign({argument}) is not increasing and linear in {variable}; it cannot be split there."
            )
        roots.add(sp.cancel(-rest / slope))
    if len(roots) > 1:
        raise RuleError(f"signs jump at several points {sorted(map(str, roots))}; split the integrand first.")
    return roots.pop() if roots else None


def inside_unit_interval(expr: Any) -> Any:
    """`expr` with rho^2 written as 1 - q^2, q > 0, so that SymPy sees |rho| < 1."""
    return sp.simplify(expr.subs(rho**2, 1 - _q**2))


def outside_unit_interval(expr: Any) -> Any:
    """The inverse of `inside_unit_interval`, simplified."""
    return sp.simplify(sp.simplify(expr).subs(_q, sp.sqrt(1 - rho**2)))


def _with_sign(expr: Any, variable: Any, value: int) -> Any:
    """`expr` with every sign that depends on `variable` replaced by `value`."""
    signs = [node for node in expr.atoms(sp.sign) if variable in node.free_symbols]
    return expr.xreplace(dict.fromkeys(signs, sp.Integer(value)))


def split_at_sign(integrand: Any, variable: Any) -> list[tuple[Any, Any, Any]]:
    """The pieces (integrand, lower end, upper end) of int integrand over R on which no sign jumps.

    >>> from signsgd_sym.notation import w
    >>> split_at_sign(sp.sign(w - 1) * sp.exp(-w**2), w)
    [(-exp(-w**2), -oo, 1), (exp(-w**2), 1, oo)]
    """
    root = sign_root(integrand, variable)
    if root is None:
        return [(integrand, -sp.oo, sp.oo)]
    below, above = _with_sign(integrand, variable, -1), _with_sign(integrand, variable, 1)
    return [(below, -sp.oo, root), (above, root, sp.oo)]


def _as_integrals(pieces: list[tuple[Any, Any, Any]], variable: Any) -> Any:
    return sp.Add(*(sp.Integral(piece, (variable, lo, hi)) for piece, lo, hi in pieces))


def _evaluate(pieces: list[tuple[Any, Any, Any]], variable: Any) -> Any:
    total = sp.S.Zero
    for piece, lo, hi in pieces:
        value = gaussian_integral.integrate(inside_unit_interval(piece), variable, lo, hi)
        if value is None:
            raise RuleError(f"no rule integrates {piece} over {variable} from {lo} to {hi}.")
        total += value
    total = total.rewrite(sp.erf) if total.has(sp.erfc) else total
    return outside_unit_interval(total)


def gaussian_mean(record: Recorder, statement: Any, quantity: Any, variable: Any, reason: str) -> Any:
    r"""E[quantity(W)] for W ~ N(0, 1), recorded: write the integral, split it at signs, evaluate it.

    `statement` is the left-hand side that the steps speak about and `reason` says why it is this integral;
    raises `RuleError` when the split
    integrand is not polynomial x exp(quadratic).
    """
    integrand = quantity * gaussian_density(variable)
    integral = sp.Integral(integrand, (variable, -sp.oo, sp.oo))
    if statement != integral and reason != "the same":
        record.equal(statement, integral, reason)
    pieces = split_at_sign(integrand, variable)
    if len(pieces) > 1:
        record.equal(
            integral, _as_integrals(pieces, variable), f"split where the sign jumps, at {pieces[0][2]}"
        )
    value = _evaluate(pieces, variable)
    return record.equal(_as_integrals(pieces, variable), value, "complete the square")


def gaussian_mean_slope(record: Recorder, quantity: Any, variable: Any, parameter: Any) -> Any:
    r"""d/dparameter E[quantity(W)] for W ~ N(0, 1), by differentiating under the integral, recorded.

    The sign may not jump at a point that depends on `parameter`. Dominated convergence holds: the
    derivative of the integrand is a polynomial times a Gaussian, uniformly for `parameter` in a
    compact part of its range.
    """
    integrand = quantity * gaussian_density(variable)
    pieces = split_at_sign(integrand, variable)
    if any(parameter in end.free_symbols for _, *ends in pieces for end in ends):
        raise RuleError(f"the sign jumps at a point that moves with {parameter}.")
    signs = {node: sp.Dummy(f"s{k}", real=True) for k, node in enumerate(integrand.atoms(sp.sign))}
    back = {name: node for node, name in signs.items()}
    # The signs are constants here; `simplify` would write them as cases.
    whole = sp.powsimp(sp.simplify(sp.diff(integrand.xreplace(signs), parameter))).xreplace(back)
    line = (variable, -sp.oo, sp.oo)
    record.equal(
        sp.Derivative(sp.Integral(integrand, line), parameter),
        sp.Integral(whole, line),
        f"differentiate under the integral in {parameter}",
    )
    slopes = [(sp.powsimp(sp.simplify(sp.diff(piece, parameter))), lo, hi) for piece, lo, hi in pieces]
    if len(slopes) > 1:
        record.equal(
            sp.Integral(whole, line),
            _as_integrals(slopes, variable),
            f"split where the sign jumps, at {pieces[0][2]}",
        )
    value = _evaluate(slopes, variable)
    return record.equal(_as_integrals(slopes, variable), value, "complete the square")
