r"""Adam: the definition of its step, and nothing about how it behaves.

With g = r x_i, the gradient of coordinate i at step k = 1, 2, ...,

    m <- beta1 m + (1 - beta1) g,        m^ = m/(1 - beta1^k),
    v <- beta2 v + (1 - beta2) g^2,      v^ = v/(1 - beta2^k),
    theta_i <- theta_i - (eta/d) m^/(sqrt(v^) + eps),

m = v = 0 at the start. The factors 1 - beta^k are the bias correction. With eps = 0 a coordinate whose
gradients have all been 0 does not move. beta1 = beta2 = eps = 0 is signSGD.

Adam is not an `UpdateRule`: its step depends on all earlier gradients, through m and v.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.errors import InputError, ParameterError, RuleError
from signsgd_sym.model.exact import exact_number

_CALL = re.compile(r"\s*adam\s*\((.*)\)\s*", re.DOTALL | re.IGNORECASE)
FORM = "adam(beta1, beta2) or adam(beta1, beta2, eps), for example adam(9/10, 999/1000)"


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction; see the module docstring.

    Attributes:
        beta1: memory of the first moment, 0 <= beta1 < 1.
        beta2: memory of the second moment, 0 <= beta2 < 1.
        eps: what is added to sqrt(v^), eps >= 0, in units of the gradient.

    Numbers are kept exactly; a float is the shortest decimal that rounds to it.

    Raises:
        ParameterError: a beta outside [0, 1), a negative eps, or a number that is not rational.

    Example:
        >>> Adam(0.9, 0.999)
        Adam(beta1=9/10, beta2=999/1000, eps=0)
        >>> Adam(0.9, 1)
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.ParameterError: beta2 of Adam is 1, but 0 <= beta2 < 1 is needed; use 999/1000
    """

    beta1: Any
    beta2: Any
    eps: Any = 0

    def __post_init__(self) -> None:
        for name in ("beta1", "beta2", "eps"):
            given = getattr(self, name)
            try:
                value = exact_number(given)
            except (sp.SympifyError, TypeError):
                value = None
            if not isinstance(value, sp.Rational):
                raise ParameterError(f"{name} of Adam is {given}, which is not a rational number; give one")
            object.__setattr__(self, name, value)
        for name, typical in (("beta1", "9/10"), ("beta2", "999/1000")):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ParameterError(
                    f"{name} of Adam is {value}, but 0 <= {name} < 1 is needed; use {typical}"
                )
        if self.eps < 0:
            raise ParameterError(f"eps of Adam is {self.eps}, but it must not be negative; use 0")

    @property
    def name(self) -> str:
        """The text that `adam_from_text` reads back."""
        last = f", {self.eps}" if self.eps else ""
        return f"adam({self.beta1}, {self.beta2}{last})"

    def __str__(self) -> str:
        return self.name


def adam_from_text(text: str) -> Adam:
    """Adam from the text `adam(beta1, beta2[, eps])`.

    Raises:
        RuleError: text of another form.
        ParseError, ParameterError: an argument that is not a number, or is out of range.

    Example:
        >>> adam_from_text("adam(0.9, 99/100)")
        Adam(beta1=9/10, beta2=99/100, eps=0)
    """
    found = _CALL.fullmatch(text)
    arguments = found.group(1).split(",") if found else []
    if len(arguments) not in (2, 3):
        raise RuleError(f"{text[:60]!r} is not Adam with its parameters; write {FORM}")
    return Adam(*(_number(argument, text) for argument in arguments))


def _number(argument: str, text: str) -> Any:
    try:
        return exact_number(argument)
    except InputError as problem:
        shown = argument.strip()
        raise RuleError(f"the argument {shown!r} of {text[:60]!r} is not a number: {problem}") from None


__all__ = ["Adam", "adam_from_text"]
