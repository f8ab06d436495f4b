"""The command `closed-form`: a law in, its formulas with their verdicts and certified values out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from signsgd_sym.derive.density import DensityProof, prove_density, read_law
from signsgd_sym.derive.law_formulas import SECONDS, LawFormulas, law_formulas
from signsgd_sym.derive.values import DIGITS, MAX_DIGITS, Value, checked_point, values_at
from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.verdict import Report, Verdict

Progress = Callable[[str, float], object]
STYLES = ("text", "latex", "html")
MAX_SECONDS = 86_400.0
FOR_VALUES = 60.0
"""Seconds for the values of one request beyond those for its search."""


@dataclass(frozen=True)
class ClosedFormRequest:
    """What `closed-form` was asked for one law."""

    law: NoiseLaw
    points: tuple[dict[Any, Any], ...] = ()
    digits: int = DIGITS
    style: str = "text"
    how: bool = False
    seconds: float = SECONDS
    seed: int = 0
    as_json: bool = False

    @staticmethod
    def parse(
        law: str,
        at: Sequence[str] = (),
        digits: int = DIGITS,
        style: str = "text",
        how: bool = False,
        seconds: float = SECONDS,
        seed: int = 0,
        as_json: bool = False,
    ) -> ClosedFormRequest:
        """Read the command line and refuse what cannot be done; raises `InputError` of the kind that fits."""
        if not 1 <= digits <= MAX_DIGITS:
            raise ParameterError(f"--digits is {digits}; take a whole number from 1 to {MAX_DIGITS}.")
        checked_options(style, STYLES, seconds, seed)
        noise = read_law(law)
        points = tuple(checked_point(noise, read_point(text)) for text in at)
        return ClosedFormRequest(noise, points, digits, style, how, seconds, seed, as_json)


def checked_options(style: str, styles: Sequence[str], seconds: float, seed: int) -> None:
    """Raise `ParameterError` for a format, a time or a seed that cannot be."""
    if style not in styles:
        raise ParameterError(f"the format {style!r} is not known; use one of {', '.join(styles)}.")
    if not 0 < seconds <= MAX_SECONDS:
        raise ParameterError(f"--seconds is {seconds:g}; take a number above 0 and up to {MAX_SECONDS:g}.")
    if seed < 0:
        raise ParameterError(f"--seed is {seed}; take 0 or a positive whole number.")


def read_point(text: str) -> dict[str, str]:
    """`R=1/10,b=2` as names and texts of numbers; raises `ParameterError`.

    >>> read_point("R=1/10, b=2")
    {'R': '1/10', 'b': '2'}
    """
    point: dict[str, str] = {}
    for part in _split(text):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not (sign and name.isidentifier() and value):
            raise ParameterError(f"--at has {part.strip()!r}; write NAME=NUMBER, as in --at R=1/10,b=2.")
        if name in point:
            raise ParameterError(f"--at gives {name} twice; leave one of the values out.")
        point[name] = value
    return point


def _split(text: str) -> list[str]:
    """At the commas outside of brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


@dataclass(frozen=True)
class ClosedFormAnswer:
    """The formulas, the values (a sentence in place of one that was not found), and how phi was derived."""

    request: ClosedFormRequest
    formulas: LawFormulas
    densities: tuple[DensityProof, ...]
    values: tuple[Value | str, ...]
    how: Report | None
    seconds: float

    @property
    def exit_code(self) -> int:
        """1 when phi was refuted or a value was not found."""
        lost = any(isinstance(value, str) for value in self.values)
        return int(lost or self.formulas.verdict is Verdict.REFUTED)


def run_closed_form(
    request: ClosedFormRequest, progress: Progress = lambda stage, share: None
) -> ClosedFormAnswer:
    """Search, derive, check and enclose. Raises `DensityError` for a density that is refuted."""
    started = time.perf_counter()
    progress("looking at the law", 0.0)
    densities = prove_density(request.law)
    progress("looking for a closed form", 0.1)
    formulas = law_formulas(request.law, seconds=request.seconds, seed=request.seed)
    values: tuple[Value | str, ...] = ()
    if request.points:
        progress("enclosing values", 0.8)
        values = _values(formulas, request)
    how = None
    if request.how:
        from signsgd_sym.report.check_run import safe_check

        progress("checking the derivation", 0.9)
        how = safe_check(formulas.form.derivation, seed=request.seed)
    return ClosedFormAnswer(request, formulas, densities, values, how, time.perf_counter() - started)


def _values(formulas: LawFormulas, request: ClosedFormRequest) -> tuple[Value | str, ...]:
    """The values, in a process with a deadline: an integral to very many digits can take for ever."""
    found: list[Value | str] = []
    seconds = FOR_VALUES + request.seconds
    arguments = (formulas.law, formulas.phi, formulas.integral, request.points, request.digits)
    try:
        for value in stream(values_at, arguments, seconds):
            found.append(value)
    except Stopped as stopped:
        missing = len(request.points) - len(found)
        found += [f"no value was found: {stopped}; ask for fewer digits"] * missing
    return tuple(found)


def closed_form_content(answer: ClosedFormAnswer, *, colour: bool = False, width: int = 100) -> str:
    """What is printed, or written to the file."""
    if answer.request.as_json:
        from signsgd_sym.report.closed_form_data import closed_form_data

        return json.dumps(closed_form_data(answer), indent=2)
    if answer.request.style == "latex":
        from signsgd_sym.report.closed_form_latex import closed_form_latex

        return closed_form_latex(answer)
    if answer.request.style == "html":
        from signsgd_sym.report.closed_form_page import closed_form_page

        return closed_form_page(answer)
    from signsgd_sym.report.closed_form_text import closed_form_text

    return closed_form_text(answer, colour=colour, width=width)
