"""How many digits may be asked for: enough to be worth it, and no more than memory holds."""

from __future__ import annotations

import os

from signsgd_sym.balls.evaluate import BITS_PER_DIGIT
from signsgd_sym.errors import ParameterError

LEAST = 15
"""Fewer digits than this are those of float64."""
OVERHEAD = 48
"""Bytes of a number beside its digits: its exponent, radius and header."""


def checked_digits(digits: int, numbers: int) -> int:
    """`digits`, when a computation that holds `numbers` numbers of that many digits is possible.

    A number takes digits log2(10)/8 + 48 bytes; half of the physical memory is the limit.

    Raises:
        ParameterError: fewer than 15 digits, not an integer, or more than memory allows.

    >>> checked_digits(50, 10_000)
    50
    >>> checked_digits(10, 10_000)
    Traceback (most recent call last):
        ...
    signsgd_sym.errors.ParameterError: digits is 10, but it must be an integer of at least 15; use float64 \
for less
    """
    if digits != int(digits) or digits < LEAST:
        raise ParameterError(
            f"digits is {digits}, but it must be an integer of at least {LEAST}; use float64 for less"
        )
    needed = numbers * bytes_of_number(int(digits))
    limit = physical_memory() // 2
    if needed > limit:
        fitting = int((limit / numbers - OVERHEAD) * 8 / BITS_PER_DIGIT)
        remedy = f"ask for at most {fitting} digits" if fitting >= LEAST else "use a smaller dimension"
        raise ParameterError(
            f"{digits} digits of {numbers} numbers take {needed / 1e9:.3g} GB, but half of the memory is "
            f"{limit / 1e9:.3g} GB; {remedy}"
        )
    return int(digits)


def bytes_of_number(digits: int) -> int:
    """Bytes that a number of `digits` digits takes."""
    return int(digits * BITS_PER_DIGIT / 8) + OVERHEAD


def physical_memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
