r"""SymPy expressions along power series: f(u(s)) mod s^M for u given as `arb_series`.

Each node of the tree becomes one operation on truncated power series, which FLINT does by fast recurrences
(Newton iteration for exp, log and powers, the differential equation for erf and the gamma functions).
Functions that it has no series for raise `NoSeries`; `rate` then interpolates instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sympy as sp
from flint import arb, arb_series, ctx, fmpq

from signsgd_sym.balls import Unsupported, compile_expr
from signsgd_sym.balls.ball import precision
from signsgd_sym.special import Erfcx

Series = Any  # arb_series, or arb for what does not depend on s


class NoSeries(Exception):
    """A function along which FLINT has no power series; the message names it."""


@contextmanager
def series_scope(bits: int, order: int) -> Iterator[None]:
    """Run a block with `bits` of precision and series of `order` coefficients; both are restored."""
    saved = ctx.cap
    ctx.cap = order
    try:
        with precision(bits):
            yield
    finally:
        ctx.cap = saved


ELEMENTARY: Mapping[Any, str] = {
    sp.exp: "exp", sp.log: "log", sp.erf: "erf", sp.erfc: "erfc", sp.erfi: "erfi", sp.sin: "sin",
    sp.cos: "cos", sp.tan: "tan", sp.atan: "atan", sp.asin: "asin", sp.acos: "acos", sp.Ei: "ei",
}  # fmt: skip
"""Functions of one argument, which are methods of it."""


class SeriesFunction:
    """Expressions in given symbols, to be evaluated together at numbers or at power series.

    Raises `NoSeries` for an expression outside what FLINT can expand.

    >>> x = sp.Symbol("x", positive=True)
    >>> with series_scope(100, 3):
    ...     (value,) = SeriesFunction((x,), sp.exp(-2 * x))(arb_series([0, 1]))
    ...     [float(c) for c in value.coeffs()]
    [1.0, -2.0, 2.0]
    """

    def __init__(self, symbols: tuple[Any, ...], *exprs: Any) -> None:
        self.symbols = symbols
        self.exprs = tuple(sp.sympify(expr, strict=True) for expr in exprs)
        for expr in self.exprs:
            self._check(expr)

    def __call__(self, *values: Series) -> list[Series]:
        """f(values) of each expression: a series where a value that it contains is one."""
        shared = _Evaluation(dict(zip(self.symbols, values, strict=True)))
        return [shared.of(expr) for expr in self.exprs]

    def _check(self, node: Any) -> None:
        if node in self.symbols:
            return
        if not node.free_symbols & set(self.symbols):
            if node.free_symbols:
                raise NoSeries(f"the symbol {min(map(str, node.free_symbols))} has no value")
            try:
                with precision(64):
                    value = compile_expr(node, ())((), False)
            except Unsupported as unknown:
                raise NoSeries(str(unknown)) from None
            if not value.imag.is_zero():  # a real function by way of complex ones
                raise NoSeries(f"no real power series with the number {node}")
            return
        if not (
            node.is_Add
            or node.is_Mul
            or (node.is_Pow and node.exp.is_Rational)
            or node.func in ELEMENTARY
            or node.func in COMPOUND
        ):
            raise NoSeries(f"no power series along {node.func.__name__}")
        if node.func in PARAMETRIC and node.args[0].free_symbols:
            raise NoSeries(f"no power series along {node.func.__name__} with a parameter that varies")
        for argument in node.args:
            self._check(argument)


class _Evaluation:
    """One evaluation: what occurs twice is computed once."""

    def __init__(self, values: dict[Any, Series]) -> None:
        self.known = values

    def of(self, node: Any) -> Series:
        if node not in self.known:
            self.known[node] = self._computed(node)
        return self.known[node]

    def _computed(self, node: Any) -> Series:
        if not node.free_symbols:
            return constant(node)
        if node.is_Add:
            return _fold(lambda a, b: a + b, [self.of(a) for a in node.args])
        if node.is_Mul:
            return _fold(lambda a, b: a * b, [self.of(a) for a in node.args])
        if node.is_Pow:
            return self._power(node.base, node.exp)
        if node.func in ELEMENTARY:
            return getattr(self.of(node.args[0]), ELEMENTARY[node.func])()
        return COMPOUND[node.func](*[self.of(a) for a in node.args])

    def _power(self, base: Any, exponent: Any) -> Series:
        # FLINT's general power goes through a logarithm, five times as slow as a root; and the powers of one
        # base (of a function and its derivatives) share the root or the inverse.
        sign = 1 if exponent > 0 else -1
        if exponent.is_Integer:
            root = self.of(base) if sign > 0 else self._once(base, -1, lambda z: 1 / z)
        elif exponent.q == 2 and sign > 0:
            root = self._once(base, sp.S.Half, lambda z: z.sqrt())
        elif exponent.q == 2:
            root = self._once(base, -sp.S.Half, lambda z: z.rsqrt())
        else:
            return self.of(base) ** constant(exponent)
        return _integer_power(root, abs(int(exponent.p)))

    def _once(self, base: Any, exponent: Any, operation: Callable[[Series], Series]) -> Series:
        key = (base, exponent)
        if key not in self.known:
            self.known[key] = operation(self.of(base))
        return self.known[key]


def constant(node: Any) -> arb:
    """A number as a real ball at the current precision."""
    if node.is_Rational:
        return arb(fmpq(int(node.p), int(node.q)))
    return compile_expr(node, ())((), False).real


def _fold(operation: Callable[[Series, Series], Series], values: list[Series]) -> Series:
    # Numbers first: series operations are the expensive ones.
    values.sort(key=lambda value: isinstance(value, arb_series))
    total = values[0]
    for value in values[1:]:
        total = operation(total, value)
    return total


def _integer_power(base: Series, n: int) -> Series:
    if n == 1:
        return base
    half = _integer_power(base, n // 2)
    return half * half if n % 2 == 0 else half * half * base


def _gamma_upper(s: arb, z: Series) -> Series:
    return type(z).gamma_upper(s, z) if isinstance(z, arb_series) else z.gamma_upper(s)


def _gamma_lower(s: arb, z: Series) -> Series:
    return type(z).gamma_lower(s, z) if isinstance(z, arb_series) else z.gamma_lower(s)


COMPOUND: Mapping[Any, Callable[..., Series]] = {
    Erfcx: lambda z: (z * z).exp() * z.erfc(),
    sp.Abs: lambda z: z if (z[0] if isinstance(z, arb_series) else z) > 0 else -z,
    sp.sinh: lambda z: (z.exp() - (-z).exp()) / 2,
    sp.cosh: lambda z: (z.exp() + (-z).exp()) / 2,
    sp.tanh: lambda z: 1 - 2 / (1 + (2 * z).exp()),
    sp.uppergamma: _gamma_upper,
    sp.lowergamma: _gamma_lower,
    sp.expint: lambda s, z: z ** (s - 1) * _gamma_upper(1 - s, z),
}
PARAMETRIC = {sp.uppergamma, sp.lowergamma, sp.expint}
"""Functions whose first argument is a number."""
