r"""An expectation in closed form as data for the cache: its forms with reasons, or that none was found.

Nothing here says that the data are true: `closed_form` has the kernel certify them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signsgd_sym.derive.certificate import Certificate, NotBelieved, rows, seconds_of, text
from signsgd_sym.derive.stored_text import read_back, scope_of, written
from signsgd_sym.errors import InputError
from signsgd_sym.model.noise import NoiseLaw


@dataclass(frozen=True)
class StoredMean:
    """`stages` lead from the integral to the value, the last one; without any, `reason` says why.

    `complete` says whether the search ran to its end, within `seconds`.
    """

    stages: tuple[tuple[Any, str], ...]
    routes: tuple[str, ...]
    certificate: Certificate
    reason: str
    seconds: float
    complete: bool

    @property
    def value(self) -> Any:
        """The closed form, or None."""
        return self.stages[-1][0] if self.stages else None

    def answers(self, seconds: float) -> bool:
        """Whether a search of so many seconds would not do better."""
        return seconds <= self.seconds or (self.complete and self.value is not None)

    def data(self, law: NoiseLaw) -> dict[str, Any]:
        """As JSON data; raises `NotStorable` for an expression that its text does not give back."""
        scope = scope_of(law)
        stages = [{"form": written(form, scope), "reason": reason} for form, reason in self.stages]
        return {
            "formula": stages[-1]["form"] if stages else None,
            **self.certificate.data(),
            "routes": list(self.routes),
            "stages": stages,
            "reason": self.reason,
            "seconds": self.seconds,
            "complete": self.complete,
        }


def read_mean(data: Mapping[str, Any], law: NoiseLaw) -> StoredMean:
    """From JSON data; raises `NotBelieved` for what is malformed or outside the language of expressions."""
    scope = scope_of(law)
    try:
        stages = tuple(
            (read_back(text(row, "form"), scope), text(row, "reason")) for row in rows(data, "stages")
        )
    except InputError as problem:
        raise NotBelieved(f"an expression in it is not read ({problem})") from None
    formula = data.get("formula")
    if formula != (text(rows(data, "stages")[-1], "form") if stages else None):
        raise NotBelieved("its formula is not the last of its forms")
    routes = rows(data, "routes")
    if not all(isinstance(route, str) for route in routes):
        raise NotBelieved("its routes are not texts")
    return StoredMean(
        stages, tuple(routes), Certificate.read(data), text(data, "reason"), seconds_of(data),
        data.get("complete") is True,
    )  # fmt: skip


__all__ = ["StoredMean", "read_mean"]
