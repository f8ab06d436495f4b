"""Enclosures to a stated accuracy, and the three-valued comparison of two expressions at a point.

Precision is doubled until the ball is accurate enough, from a start a little above what is asked for, up to a
limit; beyond the limit the answer is "undecided", never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp
from flint import acb, acb_mat, arb

from signsgd_sym.balls.ball import (
    Ball,
    Divergent,
    Evaluator,
    PointRejected,
    Undecided,
    lower,
    precision,
    rational,
    upper,
)
from signsgd_sym.balls.compile import compile_expr

Point = Mapping[Any, Any] | Callable[[], Mapping[Any, Any]]
"""Values of symbols: exact SymPy numbers, balls, matrices of balls; or a function that makes them at the
current precision (for values that are themselves computed, as eigenvectors are).
"""

MAX_BITS = 1_500
SLOW = 0.2
"""Share of the bits due below which more precision is given up."""
BITS_PER_DIGIT = 3.3219281


@dataclass(frozen=True)
class Enclosure:
    """A ball (an `acb`, or an `acb_mat` for a matrix) that contains the value, and the precision that made
    it.
    """

    ball: Ball
    bits: int


@dataclass(frozen=True)
class Program:
    """An expression compiled for given symbols; `scale` evaluates its top-level summands."""

    expr: sp.Expr
    symbols: tuple[Any, ...]
    run: Evaluator
    summands: tuple[Evaluator, ...]

    def __call__(self, point: Point) -> Ball:
        """The ball at the current precision; NaN where the expression is not defined."""
        return _guarded(self.run, _arguments(self, point))

    def scale(self, point: Point) -> arb:
        """Upper bound of the sum of the moduli of the summands: what cancellation is measured against."""
        arguments = _arguments(self, point)
        return sum((_size(_guarded(f, arguments)) for f in self.summands), arb(0))


@dataclass(frozen=True)
class Comparison:
    """Whether two sides are equal at a point to `digits`, with the last enclosures of both."""

    verdict: Literal["equal", "different", "undecided"]
    left: Enclosure
    right: Enclosure
    digits: int
    reason: str = ""


def program(expr: sp.Expr | Program, point: Point) -> Program:
    """`expr` compiled for the symbols of `point`, unless it is already. Raises `Unsupported`."""
    if isinstance(expr, Program):
        return expr
    expr = sp.sympify(expr, strict=True)
    with precision(53):
        symbols = tuple(point() if callable(point) else point)
    run = compile_expr(expr, symbols)
    is_sum = expr.is_Add or isinstance(expr, sp.MatAdd)
    summands = tuple(compile_expr(e, symbols) for e in expr.args) if is_sum else (run,)
    return Program(expr, symbols, run, summands)


def enclose(
    expr: sp.Expr | Program,
    point: Point,
    digits: int = 40,
    max_bits: int = MAX_BITS,
    absolute: arb | None = None,
) -> Enclosure:
    """`expr` at `point` to `digits` relative digits, or with a radius below `absolute` if that is given.

    Raises `Unsupported` (a node outside the kernel), `PointRejected` (a pole, a branch cut, a division by
    zero) or `Undecided` (the limit of precision or work was reached).

    >>> R = sp.Symbol("R", positive=True)
    >>> found = enclose(sp.exp(R) * sp.erfc(sp.sqrt(R)), {R: 10**6}, digits=15)
    >>> found.ball.str(10, radius=False)
    '0.0005641893015'
    """
    compiled = program(expr, point)
    bits, is_small_step = _first_bits(digits), False
    stall = _Stall(compiled)
    while True:
        with precision(bits):
            ball = compiled(point)
            radius = max((upper(z - z.mid()) for z in entries(ball)), default=arb(0))
            if accuracy(ball) >= digits or (absolute is not None and radius < absolute):
                return Enclosure(ball, bits)
            missing = digits - accuracy(ball)
        if stall.seen(ball, bits):
            break
        # What is nearly there needs few more bits, once; otherwise twice as many.
        is_small_step = not is_small_step and missing < digits / 2
        step = int(missing * BITS_PER_DIGIT) + 20 if is_small_step else bits
        if bits + step > max_bits:
            break
        bits += step
    if any(not z.is_finite() for z in entries(ball)):
        raise PointRejected(
            f"{compiled.expr} has a pole, a branch cut or an unbounded enclosure at the point"
        )
    raise Undecided(f"{accuracy(ball):.0f} of {digits} digits at {bits} bits for {compiled.expr}")


def compare(
    lhs: sp.Expr | Program,
    rhs: sp.Expr | Program,
    point: Point,
    digits: int = 40,
    max_bits: int = MAX_BITS,
    first_digits: int = 12,
) -> Comparison:
    """Whether lhs = rhs at `point`.

    Different: some ball of lhs is disjoint from that of rhs (first sought at `first_digits`: it refutes
    fast), or both are matrices, of different shapes, or one side is finite and the other an integral that
    diverges.
    Equal: the balls overlap, and (a) both have `digits` relative digits, or (b) |lhs - rhs| < 10^-digits
    times the sum of the moduli of the summands of both sides, or (c) both contain 0 and lie within
    10^(-2 digits) of it. Else undecided. Raises as `enclose` does, except for `Undecided`.
    """
    left, right = program(lhs, point), program(rhs, point)
    goal, reason = arb(10) ** -digits, ""
    l = r = acb(0)
    bits = 0
    stalls = _Stall(left), _Stall(right)
    quick = _ladder(first_digits, 100) if first_digits < digits else ()
    for bits in (*quick, *_ladder(digits, max_bits)):
        with precision(bits):
            try:
                l, r = left(point), right(point)
            except Undecided as limit:
                reason = str(limit)
                continue
            except Divergent as limit:
                l, r = _or_infinite(left, point), _or_infinite(right, point)
                if not (l.is_finite() or r.is_finite()):
                    raise
                return Comparison("different", Enclosure(l, bits), Enclosure(r, bits), digits, str(limit))
            verdict: Literal["equal", "different", "undecided"] = "undecided"
            shapes = {(m.nrows(), m.ncols()) for m in (l, r) if isinstance(m, acb_mat)}
            if len(entries(l)) != len(entries(r)) and len(shapes) < 2:  # one side is NaN as a whole
                continue
            pairs = list(zip(entries(l), entries(r), strict=False))
            if len(shapes) == 2 or any(
                a.is_finite() and b.is_finite() and not a.overlaps(b) for a, b in pairs
            ):
                verdict = "different"
            elif all(a.is_finite() and b.is_finite() for a, b in pairs):
                gap = max(upper(a - b) for a, b in pairs)
                tiny = (
                    all(a.contains(0) and b.contains(0) for a, b in pairs) and _size(l) + _size(r) < goal**2
                )
                exact = min(accuracy(l), accuracy(r)) >= digits
                if exact or gap < goal * (left.scale(point) + right.scale(point)) or tiny:
                    verdict = "equal"
            if verdict != "undecided":
                return Comparison(verdict, Enclosure(l, bits), Enclosure(r, bits), digits)
        stalled = [stall.seen(ball, bits) for stall, ball in zip(stalls, (l, r), strict=True)]
        if any(stalled):
            break
    for side, ball in ((left, l), (right, r)):
        if any(not z.is_finite() for z in entries(ball)):
            raise PointRejected(
                f"{side.expr} has a pole, a branch cut or an unbounded enclosure at the point"
            )
    reason = reason or f"{min(accuracy(l), accuracy(r)):.0f} of {digits} digits at {bits} bits"
    return Comparison("undecided", Enclosure(l, bits), Enclosure(r, bits), digits, reason)


@dataclass
class _Stall:
    """Watches the radius of an integral as precision grows.

    A cancellation gives way to more bits at the rate of 0.3 digits each. Where work is the limit, not
    precision, the radius does not shrink, and doubling the bits again would only take longer.
    """

    side: Program
    bits: int = 0
    radius: arb | None = None

    def seen(self, ball: Ball, bits: int) -> bool:
        """Whether the step from the last precision to `bits` has brought next to nothing."""
        if not self.side.expr.has(sp.Integral) or any(not z.is_finite() for z in entries(ball)):
            self.radius = None
            return False
        now = max((upper(z - z.mid()) for z in entries(ball)), default=arb(0))
        before, due = self.radius, bits - self.bits
        self.bits, self.radius = bits, now
        if before is None or due < 32 or now.is_zero():
            return False
        return bool(now > before * arb(2) ** int(-SLOW * due))


def _or_infinite(side: Program, point: Point) -> acb:
    """The ball of a scalar side; infinity for a divergent integral, NaN for anything not decided."""
    try:
        ball = side(point)
    except Divergent:
        return acb(arb.pos_inf())
    except Undecided:
        return acb(arb.nan())
    return ball if isinstance(ball, acb) else acb(arb.nan())


def entries(ball: Ball) -> list[acb]:
    """The ball itself, or the entries of a matrix."""
    return list(ball.entries()) if isinstance(ball, acb_mat) else [ball]


def accuracy(ball: Ball) -> float:
    """Relative decimal digits that the ball holds: of the largest entry for a matrix."""
    zs = entries(ball)
    if len(zs) == 1:
        return float(zs[0].rel_accuracy_bits()) / BITS_PER_DIGIT
    radius, size = max(upper(z - z.mid()) for z in zs), max(lower(z) for z in zs)
    if radius.is_zero():
        return float("inf")
    return -float((radius / size).log()) / 2.302585 if size > 0 and radius.is_finite() else 0.0


def _first_bits(digits: int) -> int:
    return int(digits * BITS_PER_DIGIT) + 20


def _ladder(digits: int, max_bits: int) -> Iterator[int]:
    bits = _first_bits(digits)
    yield bits
    while (bits := 2 * bits) <= max_bits:
        yield bits


def _arguments(compiled: Program, point: Point) -> list[Ball]:
    values = point() if callable(point) else point
    return [_as_ball(values[symbol]) for symbol in compiled.symbols]


def _as_ball(x: Any) -> Ball:
    if isinstance(x, acb | acb_mat | list):
        return x
    if isinstance(x, arb):
        return acb(x)
    number = sp.sympify(x, strict=True)
    if number.is_Rational:
        return rational(number)
    return compile_expr(number, ())((), False)


def _guarded(run: Evaluator, arguments: list[Ball]) -> Ball:
    try:
        return run(arguments, False)
    except (
        ZeroDivisionError,
        ValueError,
    ):  # a singular matrix, or eigenvalues not separated, at this precision
        return acb(arb.nan())


def _size(ball: Ball) -> arb:
    return max(upper(z) for z in entries(ball))
