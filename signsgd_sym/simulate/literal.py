r"""The definition, word for word, in N decimal digits: slow, obvious, and for every rule and schedule.

    Delta_i <- Delta_i - (eta/d) f(r x_i),    r = <x, Delta> - eps,    R = Delta^T K Delta/2

in mpmath, whose numbers have any size and do not overflow. The numbers of the problem are the floating-point
numbers that every other way of running it has: Delta(0), x, eps, K, and the constant h = fl(eta/d), all taken
exactly. A step size that varies is a formula and no number: eta(t, R)/d is evaluated in N digits.

Nothing is proved here: rounding in the N-th digit is as unchecked as in the sixteenth of float64. Enough
digits make it exact, though, for the rule sign with a constant step, where nothing but sums and products
occurs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from types import CodeType
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.pycode import MpmathPrinter
from sympy.utilities.lambdify import MPMATH_TRANSLATIONS

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError, RuleError, StepError
from signsgd_sym.model import Schedule, UpdateRule
from signsgd_sym.simulate.runner import SignCounts, Signs, bad_step, check_finite, checked_samples
from signsgd_sym.simulate.stream import Array, Stream

LEAST_DIGITS = 15
"""As many have at least the 53 bits of float64, whose numbers are then taken exactly."""

VECTORS = 4
"""Vectors of dimension d in memory at a time: Delta, x, their products, the Delta to come."""

OBJECT_BYTES = 200
"""What a number takes beside its digits."""


class LiteralRunner:
    """A replicate in N decimal digits.

    Args:
        rule, schedule: what is studied.
        stream: where the samples come from; it defines the risk.
        delta0: (d,), finite, Delta at time 0.
        digits: N, decimal digits of every operation.

    Raises:
        ParameterError: N is not an integer from `LEAST_DIGITS` on, or is more than memory has room for.
        RuleError, StepError: mpmath does not have a function of the rule, or of the step size.

    Example:
        >>> from signsgd_sym.model import SGD
        >>> from signsgd_sym.simulate import PoolStream
        >>> ones = PoolStream([[1.0]], noise=[0.0])
        >>> runner = LiteralRunner(SGD, Schedule.of("1/(3 + t)"), ones, np.ones(1), digits=30)
        >>> runner.advance(np.ones((1, 1)), np.zeros(1), 0)
        array([1], dtype=int8)
        >>> runner.risk_digits()  # (1 - 1/3)^2/2 = 2/9
        '0.222222222222222222222222222222'
    """

    def __init__(
        self, rule: UpdateRule, schedule: Schedule, stream: Stream, delta0: Array, digits: int
    ) -> None:
        _check_digits(digits, len(delta0))
        # A context of one's own: the precision of `mpmath.mp` belongs to the whole process.
        self._mp = mpmath.MPContext()
        self._mp.dps = digits
        self._f = _function(self._mp, rule.expr, (notation.z,), RuleError, "update rule")
        self._step = self._step_of(schedule, len(delta0))
        self._stream = stream
        self._delta = [self._mp.mpf(value) for value in np.asarray(delta0).tolist()]
        self._is_sign = rule.expr.has(sp.sign)
        self._steps = 0

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps and return sign(r) of each.

        Raises:
            StepError: the step size is negative, infinite, complex or NaN at one of them.
            RuleError: the update rule is complex or NaN at one of them.
            ShapeMismatch, NotFinite: the samples are not finite numbers in dimension d.
        """
        x, eps = checked_samples(x, eps, len(self._delta))
        signs = np.empty(len(x), dtype=np.int8)
        mp = self._mp
        for k in range(len(x)):
            check_finite(x[k], float(eps[k]), first + k)
            row = [mp.mpf(value) for value in x[k].tolist()]
            r = mp.fdot(row, self._delta) - mp.mpf(float(eps[k]))
            step = self._step(first + k)
            self._delta = [
                delta - step * self._response(r * value)
                for delta, value in zip(self._delta, row, strict=True)
            ]
            signs[k] = int(mp.sign(r))
        self._steps += len(x)
        return signs

    def _response(self, z: Any) -> Any:
        """f(z); an odd function is 0 at 0, where its expression may have no value (z/sqrt(|z|))."""
        if z == 0:
            return self._mp.zero
        value = self._mp.convert(self._f(z))
        if not _is_finite_real(self._mp, value):
            raise RuleError(f"the update rule is {self._mp.nstr(value)} at z = {self._mp.nstr(z)}; change it")
        return value

    def _step_of(self, schedule: Schedule, d: int) -> Callable[[int], Any]:
        """eta/d as a function of the step number k."""
        mp = self._mp
        if schedule.is_constant:
            h = mp.mpf(float(schedule.value) / d)
            return lambda k: h
        eta = _function(mp, schedule.expr, (notation.t, notation.R), StepError, "step size")
        needs_risk = schedule.expr.has(notation.R)

        def step(k: int) -> Any:
            try:
                value = mp.convert(eta(mp.mpf(k) / d, self.precise_risk() if needs_risk else mp.zero))
            except ZeroDivisionError:
                value = mp.inf
            if not _is_finite_real(mp, value) or value < 0:
                raise StepError(bad_step(k, d, self.risk()))
            return value / d

        return step

    @property
    def delta(self) -> list[Any]:
        """Delta as mpmath numbers of this runner's own context."""
        return list(self._delta)

    def precise_risk(self) -> Any:
        """R = Delta^T K Delta/2 in N digits, with the float64 K of the stream, as an mpmath number."""
        mp, K = self._mp, self._stream.second_moment
        if K.ndim == 1:
            return mp.fdot(K.tolist(), [value * value for value in self._delta]) / 2
        return mp.fdot(self._delta, [mp.fdot(row.tolist(), self._delta) for row in K]) / 2

    def risk_digits(self) -> str:
        """R = Delta^T K Delta/2 in N digits, as text."""
        return str(self._mp.nstr(self.precise_risk(), self._mp.dps))

    def risk(self) -> float:
        """R = Delta^T K Delta/2 as a float64; infinite where it has no finite one."""
        try:
            return float(self.precise_risk())
        except OverflowError:
            return math.inf

    def counts(self) -> SignCounts:
        """All signs are uncertified: digits are not a proof."""
        return SignCounts(uncertified=self._steps if self._is_sign else 0)


def _is_finite_real(mp: Any, value: Any) -> bool:
    return isinstance(value, mp.mpf) and bool(mp.isfinite(value))


def _function(
    mp: Any,
    expr: sp.Expr,
    arguments: tuple[sp.Symbol, ...],
    error: type[RuleError] | type[StepError],
    what: str,
) -> Callable[..., Any]:
    """`expr` as a function in the context `mp`; SymPy's own `lambdify` would take the global one."""
    printer = MpmathPrinter(
        {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
    )
    refusal = f"{what} {expr} cannot be evaluated in mpmath"
    if expr.has(ExprWithLimits):
        raise error(f"{refusal} to digits that can be trusted; write it without sums and integrals")
    try:
        # Printed from a SymPy expression, never taken from a user.
        source = f"lambda {', '.join(map(printer.doprint, arguments))}: {printer.doprint(expr)}"
        code = compile(source, "<formula>", "eval")
    except (PrintMethodNotImplementedError, SyntaxError) as unknown:
        raise error(f"{refusal}; write it with functions that mpmath has") from unknown
    names = {name: MPMATH_TRANSLATIONS.get(name, name) for name in _names(code)}
    for name in BUILTINS & set(names):
        del names[name]
    missing = sorted(name for name, of_mpmath in names.items() if not hasattr(mp, of_mpmath))
    if missing:
        raise error(f"{refusal}, which has no {', '.join(missing)}; write it with functions that mpmath has")
    namespace = {name: getattr(mp, of_mpmath) for name, of_mpmath in names.items()}
    function: Callable[..., Any] = eval(code, namespace)
    return function


BUILTINS = {"abs", "max", "min"}
"""Python's own functions that work on mpmath's numbers."""


def _names(code: CodeType) -> set[str]:
    """The global names that compiled code uses."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _check_digits(digits: int, d: int) -> None:
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise ParameterError(f"precision is {digits!r}; give a whole number of decimal digits")
    if digits < LEAST_DIGITS:
        raise ParameterError(
            f"precision is {digits} digits; it must be at least {LEAST_DIGITS}, so that float64 fits in"
        )
    memory = _physical_memory()
    most = math.inf if memory is None else (memory / (2 * VECTORS * d) - OBJECT_BYTES) * math.log(256, 10)
    if digits > most:
        shown = str(digits) if digits < 10**15 else f"more than 10^{int(digits.bit_length() * 0.30103) - 1}"
        raise ParameterError(
            f"precision is {shown} digits; half of this machine's memory holds {VECTORS} vectors of "
            f"dimension {d} in {max(0, int(most))} digits, take no more"
        )


def _physical_memory() -> int | None:
    """Bytes of memory of this machine, where the system tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
