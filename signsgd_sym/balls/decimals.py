"""Decimals that say how far they can be trusted: digits and a radius around them, from a ball.

A ball becomes the decimal nearest to its midpoint; the radius that is printed with it covers the ball and
the rounding of the decimal itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from signsgd_sym.balls.ball import precision

PLAIN = range(-5, 16)
"""Exponents of ten for which a decimal is written without one."""


@dataclass(frozen=True)
class CertifiedDecimal:
    """The number lies within `text` +- `radius`; both are decimals as text."""

    text: str
    radius: str

    def __str__(self) -> str:
        return f"{self.text} +/- {self.radius}"


def certified_decimal(ball: arb, digits: int, bits: int) -> CertifiedDecimal:
    """The decimal of a positive or negative ball with a relative radius below 10^-digits.

    `bits` is the precision at which the ball was made. One more digit than asked for is printed: rounding to
    `digits` digits alone can cost 5 10^-digits.

    Raises:
        ArithmeticError: the ball contains 0, or is too wide for so many digits.

    >>> print(certified_decimal(arb(2) / 3, 5, 53))
    0.666667 +/- 3.4e-7
    """
    if ball.contains(0):
        raise ArithmeticError("the ball contains 0, and so no digit of it is known")
    with precision(bits + 64):
        power = _power(ball)
        # 10^power <= |ball| < 10^(power + 1); scaled, digits + 1 digits stand before the point.
        scaled = ball * arb(10) ** (digits - power)
        middle, spread = _fraction(scaled.mid()), _fraction(scaled.rad())
    shown = round(middle)
    error = abs(middle - shown) + spread
    if error >= abs(shown) * Fraction(4, 5 * 10**digits):  # the radius is rounded up
        raise ArithmeticError(f"the ball is too wide for {digits} digits")
    return CertifiedDecimal(_decimal(shown, power - digits), _upwards(error, power - digits))


def _power(ball: arb) -> int:
    """The integer k with 10^k <= |mid| < 10^(k + 1)."""
    middle = abs(ball.mid())
    guess = math.floor(_fraction((middle.log() / arb(10).log()).mid()))
    for power in (guess + 1, guess):
        if middle >= arb(10) ** power:
            return power
    return guess - 1


def _fraction(x: arb) -> Fraction:
    """A number without a radius, exactly."""
    mantissa, exponent = (int(part) for part in x.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _decimal(whole: int, exponent: int) -> str:
    """whole 10^exponent, plain where it is of moderate size."""
    digits = str(abs(whole))
    leading = len(digits) - 1 + exponent
    sign = "-" if whole < 0 else ""
    if leading in PLAIN and exponent < 0:
        padded = digits.rjust(1 - exponent, "0")
        return f"{sign}{padded[:exponent]}.{padded[exponent:]}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}e{leading}"


def _upwards(error: Fraction, exponent: int) -> str:
    """error 10^exponent rounded up to two digits."""
    if error == 0:
        return "0"
    place = len(str(int(error))) - 1 if error >= 1 else -len(str(int(1 / error)))
    unit = Fraction(10) ** (place - 1)
    leading = -((-error) // unit)
    while leading >= 100:
        leading, place = -((-leading) // 10), place + 1
    tens, ones = divmod(int(leading), 10)
    return f"{tens}.{ones}e{place + exponent}"


__all__ = ["CertifiedDecimal", "certified_decimal"]
