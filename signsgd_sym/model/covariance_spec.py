"""SPEC text to a covariance.

identity:d=500          powerlaw:d=500,alpha=1      ar1:d=500,rho=1/2
spiked:d=500,k=3,strength=10                        patches:size=12
npy:FILE   a matrix, or a vector: the diagonal of a diagonal K
data:FILE  rows are samples, in .npy or comma- or blank-separated text
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import InputError, ParseError, ShapeMismatch
from signsgd_sym.model.covariance import Covariance, covariance
from signsgd_sym.model.parse import parse_expression
from signsgd_sym.model.syntax import did_you_mean

MAX_DIMENSION = 10**7


def _patches(size: int) -> Covariance:
    from signsgd_sym.model.patches import patch_regression

    return patch_regression(size).covariance


_MAKERS: Mapping[str, tuple[Callable[..., Covariance], Mapping[str, type]]] = {
    "identity": (Covariance.identity, {"d": int}),
    "powerlaw": (Covariance.powerlaw, {"d": int, "alpha": float}),
    "ar1": (Covariance.ar1, {"d": int, "rho": float}),
    "spiked": (Covariance.spiked, {"d": int, "k": int, "strength": float}),
    "patches": (_patches, {"size": int}),
}
KINDS = (*_MAKERS, "npy", "data")


def read_spec(spec: str) -> Covariance:
    """The covariance that SPEC denotes.

    Raises:
        ParseError: an unknown kind, or a key that is missing, unknown, repeated or not a number.
        InputError: a file that cannot be read, or a matrix that is not a covariance.

    Example:
        >>> read_spec("ar1:d=3,rho=1/2").K[0]
        array([1.  , 0.5 , 0.25])
    """
    kind, colon, rest = spec.partition(":")
    kind = kind.strip()
    if kind not in KINDS or not colon:
        raise ParseError(
            f"{kind[:40]!r} is not a covariance{did_you_mean(kind, KINDS)}; "
            f"write for example identity:d=500, known: {', '.join(KINDS)}",
            spec,
        )
    if kind == "npy":
        return covariance(_load_npy(Path(rest)))
    if kind == "data":
        return Covariance.from_samples(_load_samples(Path(rest)))
    maker, types = _MAKERS[kind]
    return maker(**_read_values(spec, kind, rest, types))


def _read_values(spec: str, kind: str, rest: str, types: Mapping[str, type]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    form = f"{kind}:{','.join(f'{key}=...' for key in types)}"
    column = len(kind) + 1
    for entry in rest.split(","):
        key, equals, text = entry.partition("=")
        key = key.strip()
        if key not in types or not equals or key in values:
            raise ParseError(f"{entry.strip()!r} does not fit {kind}; write {form}", spec, column)
        values[key] = _number(spec, key, text, types[key], column + len(entry) - len(text))
        column += len(entry) + 1
    missing = [key for key in types if key not in values]
    if missing:
        raise ParseError(f"{kind} needs {', '.join(missing)}; write {form}", spec, len(spec))
    return values


def _number(spec: str, key: str, text: str, wanted: type, column: int) -> int | float:
    try:
        exact = parse_expression(text, {})
        value = float(exact)
    except ParseError as problem:
        raise ParseError(f"{key} is not a number: {problem}", spec, column + problem.position) from None
    except (TypeError, OverflowError):
        raise ParseError(f"{key} = {text.strip()} is not representable in float64", spec, column) from None
    if not np.isfinite(value):
        raise ParseError(f"{key} = {text.strip()} is not finite; give a number", spec, column)
    if wanted is float:
        return value
    if not exact.is_Integer or not 1 <= value <= MAX_DIMENSION:
        raise ParseError(f"{key} = {text.strip()} must be an integer from 1 to {MAX_DIMENSION}", spec, column)
    return int(exact)


def _load_npy(path: Path) -> NDArray[Any]:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise InputError(f"{path} is not a readable .npy file: {_reason(problem)}") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise ShapeMismatch(f"{path} does not hold one array of real numbers; save it with numpy.save")
    return array


def _load_samples(path: Path) -> NDArray[Any]:
    if path.suffix == ".npy":
        return _load_npy(path)
    try:
        with path.open(encoding="utf-8") as lines:
            first = lines.readline()
        return np.loadtxt(path, delimiter="," if "," in first else None, ndmin=2, encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise InputError(
            f"{path} is not a table of numbers with one sample a row: {_reason(problem)}"
        ) from None


def _reason(problem: Exception) -> str:
    """The first line of what went wrong, without the path that the caller names already."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return (str(problem).splitlines() or ["it is empty"])[0]
