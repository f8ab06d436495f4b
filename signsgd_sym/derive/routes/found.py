"""What a route hands back: the successive forms of an integral, each with the reason for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """`forms` are equal to each other and to what was asked; the last one is the value.

    A claim, not a fact: the caller certifies it.
    """

    route: str
    forms: tuple[tuple[Any, str], ...]

    @property
    def value(self) -> Any:
        """The last form."""
        return self.forms[-1][0]

    def then(self, value: Any, reason: str) -> Found:
        """With one more form, unless it is the same."""
        return self if value == self.value else Found(self.route, (*self.forms, (value, reason)))
