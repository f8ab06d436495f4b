r"""How an update rule grows, and whether its step has a second moment under a law.

f(z) ~ |z|^q at infinity needs E |r x_i|^(2 q) < oo, that is E |eps|^(2 q) < oo, for x is Gaussian. What
grows like exp(c |z|) has no second moment for large R even under Gaussian r and x. Powers beyond
`LARGEST_POWER` have one whose digits float64 loses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import sympy as sp

from signsgd_sym.errors import InfiniteVariance, RuleError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import DensityPart
from signsgd_sym.model.rule_poles import check_poles
from signsgd_sym.model.rule_text import LARGEST_POWER, brief
from signsgd_sym.model.update_rule import UpdateRule

AT = (0, 1, 3, 10, 50)
"""Decimal exponents of the points z at which a rule is evaluated, outwards."""
REACHED = 10
"""Decimal exponent of the largest z that means are taken at."""
LARGEST_SIZE = 150 * math.log(10)
"""log |f(z)| from which float64 has no square of f, and for -log |f(z)| as well."""
STEEPER = 1.5
"""Ratio of the exponents at two distances at which growth is no power."""
FAR = (1e8, 1e12)
"""Where the tails of a density are measured."""


@dataclass(frozen=True)
class Growth:
    """f(z) ~ |z|^`at_zero` for z -> 0, |z|^`at_infinity` for z -> oo, measured; oo and -oo where f is 0."""

    at_zero: float
    at_infinity: float


def growth(rule: UpdateRule) -> Growth:
    """Exponents of a rule at both ends.

    Raises:
        RuleError: a rule that outgrows |z|^8, is unbounded at 0, has no real value somewhere, or is too large
            or too small for float64.

    Example:
        >>> found = growth(UpdateRule("z/sqrt(1 + Abs(z))"))
        >>> round(found.at_zero, 3), round(found.at_infinity, 3)
        (1.0, 0.5)
    """
    outwards = [_log_size(rule, k) for k in AT]
    inwards = [_log_size(rule, -k) for k in AT[-2:]]
    step = (AT[-1] - AT[-2]) * math.log(10)
    at_zero = math.inf if inwards[1] == -math.inf else (inwards[0] - inwards[1]) / step
    at_infinity = -math.inf if outwards[-1] == -math.inf else (outwards[-1] - outwards[-2]) / step
    if at_zero < -1e-3:
        raise RuleError(
            f"the update rule {brief(rule.expr)} is unbounded at z = 0, like |z|^{at_zero:.3g}; "
            "multiply it by a power of Abs(z)"
        )
    if at_infinity > LARGEST_POWER + 1e-3:
        before = (outwards[-2] - outwards[-3]) / ((AT[-2] - AT[-3]) * math.log(10))
        raise _too_fast(rule, at_infinity, is_power=at_infinity < STEEPER * before)
    _check_sizes(rule, outwards)
    return Growth(at_zero, at_infinity)


def _too_fast(rule: UpdateRule, exponent: float, *, is_power: bool) -> RuleError:
    how = (
        f"like |z|^{exponent:.3g}, of whose mean square float64 keeps too few digits"
        if is_power
        else "faster than every power of z, so that E f(r x_i)^2 is infinite or beyond float64"
    )
    return RuleError(
        f"the update rule {brief(rule.expr)} grows {how}; make it grow like |z|^{LARGEST_POWER} at most, or "
        "bound it, for example by tanh"
    )


def _check_sizes(rule: UpdateRule, outwards: list[float]) -> None:
    """Refuse a rule whose square float64 does not hold, given log |f| at `AT`."""
    sizes = {k: size for k, size in zip(AT, outwards, strict=True) if k <= REACHED}
    largest = max(sizes, key=lambda k: sizes[k])
    near = max(sizes[0], sizes[1])
    if sizes[largest] > LARGEST_SIZE:
        where, size, change = largest, sizes[largest], "divide it by a constant, and multiply eta by the same"
    elif -math.inf < near < -LARGEST_SIZE:
        where, size, change = 1, near, "multiply it by a constant, and divide eta by the same"
    else:
        return
    raise RuleError(
        f"the update rule {brief(rule.expr)} is about 1e{size / math.log(10):.0f} at z = 1e{where}, and "
        f"float64 does not hold its square; {change}"
    )


def _log_size(rule: UpdateRule, exponent: int) -> float:
    """log |f(10^exponent)|; -oo where f vanishes."""
    value = sp.N(rule.apply(sp.Integer(10) ** exponent), 30)
    if not (value.is_real and value.is_finite):
        raise RuleError(
            f"the update rule {brief(rule.expr)} has no real value at z = 1e{exponent}; change it"
        )
    return -math.inf if value == 0 else float(sp.log(abs(value)))


def check_moments(rule: UpdateRule, law: NoiseLaw) -> Growth:
    """The growth of a rule whose step has a second moment under `law`.

    Raises:
        InfiniteVariance: E f(r x_i)^2 diverges under the law.
        RuleError: see `growth` and `rule_poles`.

    Example:
        >>> check_moments(UpdateRule("z**3"), NoiseLaw.from_text("Cauchy(0, 1)"))
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.InfiniteVariance: rule: z**3 grows like |z|^3 and needs E|eps|^6 < oo, but \
Cauchy(0, 1) has E|eps|^p < oo for p < 1 only; bound the rule, as clip(1) does, or take lighter noise
    """
    check_poles(rule)
    found = growth(rule)
    needed = 2 * found.at_infinity
    index = tail_index(law) if needed > 1e-3 else math.inf
    if needed >= index - 1e-3:
        raise InfiniteVariance(
            f"{rule.name} grows like |z|^{found.at_infinity:.3g} and needs E|eps|^{needed:.3g} < oo, but "
            f"{law.text} has E|eps|^p < oo for p < {index:.3g} only; bound the rule, as clip(1) does, "
            "or take lighter noise"
        )
    return found


def tail_index(law: NoiseLaw) -> float:
    """The supremum of the p with E |eps|^p < oo, from the density far out; oo for light tails.

    Example:
        >>> [round(tail_index(NoiseLaw.from_text(law)), 3) for law in ("StudentT(3)", "Normal(0, 1)")]
        [3.0, inf]
    """
    found = math.inf
    for _, part in law.parts:
        if not isinstance(part, DensityPart):
            continue
        for end, side in ((part.lo, -1.0), (part.hi, 1.0)):
            if not end.is_infinite:
                continue
            near, far = part.pdf(side * np.array(FAR)).tolist()
            if far > 0 and near > 0:
                found = min(found, -math.log(far / near) / math.log(FAR[1] / FAR[0]) - 1)
    return found


__all__ = ["Growth", "check_moments", "growth", "tail_index"]
