"""What a ball is here: exceptions, scoped precision, and the few predicates everything else rests on.

A *ball* is an `acb` (a rectangle of complex numbers) that contains the true value. "Not known" is the
ball NaN, never an exception, because the integrator calls evaluation code back and reacts to NaN by
bisecting. Every evaluator has the signature `f(args, analytic)`: with `analytic` set, `f` must return NaN
unless it is holomorphic on the whole of its arguments; without it, it must enclose the value at every
point of the arguments, with SymPy's conventions on branch cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flint import acb, arb, ctx, fmpq, fmpz

Ball = Any  # acb, or acb_mat for matrix expressions; flint publishes no annotations
Evaluator = Callable[[Sequence[Ball], bool], Ball]


class Undecided(Exception):
    """The accuracy asked for was not reached within the stated limit; the message says why."""


class Unsupported(Exception):
    """A SymPy node outside the kernel; `node` is its name."""

    def __init__(self, node: str) -> None:
        super().__init__(f"the kernel does not know {node}")
        self.node = node


class PointRejected(Exception):
    """The point lies on a pole or a branch cut: draw another."""


class Divergent(PointRejected):
    """An integral is proved not to converge at the point."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run a block at `bits` of working precision and restore the caller's, whatever happens."""
    saved = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = saved


def nan() -> acb:
    """The ball that stands for "not known"."""
    return acb(arb.nan())


def is_real(z: acb) -> bool:
    """Whether every number in `z` is real."""
    return bool(z.imag.is_zero())


def upper(z: acb) -> arb:
    """An exact upper bound of |z|."""
    return arb(z.abs_upper())


def lower(z: acb) -> arb:
    """An exact lower bound of |z|."""
    return arb(z.abs_lower())


def disc(radius: arb) -> acb:
    """A ball around 0 that contains every complex number of modulus at most `radius`."""
    r = arb(0, radius.upper() if radius.is_finite() else arb.pos_inf())
    return acb(r, r)


def hull(*balls: acb) -> acb:
    """The smallest ball that contains all of `balls`."""
    result = balls[0]
    for ball in balls[1:]:
        result = result.union(ball)
    return result


def agree(*balls: acb) -> None:
    """Raise `ArithmeticError` unless the balls, enclosures of one number by different routes, overlap.

    Guards every rewriting that SymPy does for the kernel: a wrong one cannot pass unseen.
    """
    finite = [ball for ball in balls if ball.is_finite()]
    if any(not a.overlaps(b) for a in finite for b in finite):
        raise ArithmeticError(f"a rewriting changed a value: {', '.join(b.str(10) for b in finite)}")


def as_integer(z: acb) -> int | None:
    """The integer that the ball is (exactly), or None."""
    n = z.unique_fmpz() if z.is_exact() else None
    return None if n is None else int(n)


def rational(q: Any) -> acb:
    """A SymPy Rational as a ball at the current precision."""
    return acb(fmpz(int(q.p))) if q.q == 1 else acb(arb(fmpq(int(q.p), int(q.q))))


def continued_symbols(slots: Mapping[Any, int], args: Sequence[Ball], analytic: bool) -> tuple[Any, ...]:
    """The symbols whose values are not as real, or have not the sign, that SymPy assumes of them: a symbol
    for a real number takes complex values where a function is continued from the real line."""

    def strange(name: Any, value: Ball) -> bool:
        if not isinstance(value, acb):
            parts = value if isinstance(value, list) else value.entries()
            return any(strange(name, part) for part in parts)
        if not is_real(value):
            return bool(analytic or name.is_extended_real)
        x = value.real
        return bool(
            (name.is_positive and not x > 0)
            or (name.is_negative and not x < 0)
            or (name.is_nonnegative and not x >= 0)
            or (name.is_nonpositive and not x <= 0)
        )

    return tuple(name for name, k in slots.items() if strange(name, args[k]))


def meets_left_ray(z: acb, origin: int = 0) -> bool:
    """Whether `z` meets the cut (-oo, origin]."""
    return bool(z.imag.contains(0)) and not bool(z.real > origin)


def meets_outer_rays(z: acb) -> bool:
    """Whether `z` meets (-oo, -1] or [1, oo)."""
    return bool(z.imag.contains(0)) and not (bool(z.real > -1) and bool(z.real < 1))


def meets_imaginary_rays(z: acb) -> bool:
    """Whether `z` meets the cuts i(-oo, -1] or i[1, oo)."""
    return bool(z.real.contains(0)) and not (bool(z.imag > -1) and bool(z.imag < 1))
