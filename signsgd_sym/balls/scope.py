"""Where symbols stand among the arguments, and what is evaluated once though it occurs often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from flint import ctx

from signsgd_sym.balls.ball import Ball, Evaluator

Slots = Mapping[Any, int]


@dataclass
class Exponent:
    """h and exp(h), and by how many exponentials exp(n h) of an integrand they are asked for."""

    value: Evaluator
    exp: Evaluator
    uses: int = 0


class Scope(dict[Any, int]):
    """Slots in which `innermost` is the variable that changes from call to call, if there is one, and
    `exponents` holds the exponents h of the exponentials exp(n h) met so far."""

    innermost: Any = None

    def __init__(self, *slots: Any) -> None:
        super().__init__(*slots)
        self.exponents: dict[Any, Exponent] = {}


def kept_result(f: Evaluator, k: int) -> Evaluator:
    """`f`, which depends on the first k arguments alone, evaluated once for each choice of them.

    Quadrature calls an integrand thousands of times with one argument changing. Arguments are compared by
    identity, and kept, so that no other object can take their place.
    """
    bits, flag, result = 0, False, None
    kept: tuple[Ball, ...] = ()

    def value(args: Sequence[Ball], analytic: bool) -> Ball:
        nonlocal bits, flag, kept, result
        if bits != ctx.prec or flag != analytic or not all(map(is_, kept, args)):
            result = f(args, analytic)
            bits, flag, kept = ctx.prec, analytic, tuple(args[:k])
        return result

    return value


def extend(slots: Slots, *names: Any) -> Scope:
    """`slots` with bound variables appended (they shadow symbols of the same name)."""
    size = max(slots.values(), default=-1) + 1
    scope = Scope({**slots, **{name: size + k for k, name in enumerate(names)}})
    scope.innermost = names[0] if len(names) == 1 else None
    return scope
