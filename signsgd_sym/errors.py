"""Errors that speak to the person who typed the input: value, constraint, remedy.

`InputError` and its kin mean bad input (exit status 2 on the command line); `NotConverged`
means that a computation gave up (exit status 1). Every message is one sentence a user can act on.
"""

from typing import Any


class SignSGDError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1


class NotConverged(SignSGDError):
    """A numerical method stopped before it reached the accuracy asked for."""


class InputError(SignSGDError, ValueError):
    """Input that the mathematics does not admit."""

    exit_code = 2


class ParseError(InputError):
    """Text that is not in the small language of laws, rules and schedules.

    `text` is the whole input and `position` the 0-based column of the offending part; `str()` is
    the one-line message, `caret()` the two lines that point at the place.
    """

    def __init__(self, message: str, text: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.text = text
        self.position = position

    def caret(self) -> str:
        """The input line and, below it, a caret under the offending column."""
        return f"{self.text}\n{' ' * self.position}^"


class UnknownLaw(ParseError):
    """The name of a label-noise law that is not known."""


class DensityError(InputError):
    """A function that is not a probability density.

    `part` is the density where it could be read, with the values `at` of its symbolic parameters inserted.
    """

    part: Any = None
    at: Any = None


class ParameterError(InputError):
    """A parameter outside its range."""


class InfiniteVariance(InputError):
    """SGD asked for under label noise that has no variance."""


class NotPositiveDefinite(InputError):
    """A covariance matrix with an eigenvalue that is not positive."""


class NotFinite(InputError):
    """NaN or infinity where finite numbers are needed."""


class ZeroVariance(InputError):
    """A coordinate that never varies."""


class ShapeMismatch(InputError):
    """Arrays whose shapes do not fit together."""


class StepError(InputError):
    """A step size, horizon or schedule that is not positive and finite."""


class RuleError(InputError):
    """An update rule that is not an odd function of z, or that the derivation cannot treat."""


class TargetError(InputError):
    """A formula that a target language has no function for."""


class DerivationError(InputError):
    """A derivation that is not well formed, or a result used outside its assumptions."""
