"""An optimizer by its text: an update rule f(r x_i), or Adam."""

from __future__ import annotations

import re

from signsgd_sym.errors import RuleError
from signsgd_sym.model.adam import Adam, adam_from_text
from signsgd_sym.model.update_rule import UpdateRule

Optimizer = UpdateRule | Adam
"""What has a risk curve and can be simulated."""

_ADAM = re.compile(r"\s*adam\s*(\(.*)?", re.DOTALL | re.IGNORECASE)


def as_optimizer(given: Optimizer | str) -> Optimizer:
    """An optimizer as it is, or the one that `--optimizer` text denotes.

    Raises:
        RuleError, ParseError: as `UpdateRule.from_text`; Adam without its two or three numbers; what is no
            optimizer.
        ParameterError: a parameter of Adam out of range.

    Example:
        >>> as_optimizer("adam(0.9, 0.99)"), as_optimizer("sign").name
        (Adam(beta1=9/10, beta2=99/100, eps=0), 'sign')
        >>> as_optimizer("adam")
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.RuleError: 'adam' is not Adam with its parameters; write adam(beta1, beta2) or \
adam(beta1, beta2, eps), for example adam(9/10, 999/1000)
    """
    if isinstance(given, UpdateRule | Adam):
        return given
    if not isinstance(given, str):
        raise RuleError(
            f"the optimizer is {str(given)[:40]}, no UpdateRule, Adam or text; write for example 'sign'"
        )
    return adam_from_text(given) if _ADAM.fullmatch(given) else UpdateRule.from_text(given)


__all__ = ["Optimizer", "as_optimizer"]
