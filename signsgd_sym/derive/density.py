"""Whether a density that a user wrote down is one, proved by enclosures in ball arithmetic.

The model looks at a density by quadrature in float64. Here the integral over each piece is enclosed, and so
are values: a mass ball that excludes 1, or a value ball below 0, refutes the density for certain.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, compile_expr, enclose
from signsgd_sym.balls.ball import Divergent, agree, precision
from signsgd_sym.balls.positivity import first_negative, is_proved_non_negative, points
from signsgd_sym.errors import DensityError
from signsgd_sym.model.density_check import said, trial_points
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.parts import DensityPart
from signsgd_sym.notation import x

POINTS = 400
"""Points of each piece at which a negative value is sought."""
SHOWN_DIGITS = 15


@dataclass(frozen=True)
class DensityProof:
    """What is known of one density, for one choice of its parameters.

    Attributes:
        density: the density as LAW text.
        at: the values of the symbolic parameters, empty without any. A proof speaks of these values only.
        mass: the verdict on the integral: "mass 1 proved to 30 digits", or "mass undecided: ..." and why.
        sign: "non-negative: proved", or "no negative value found at 400 points".
        ball: an enclosure of the mass, None if there is none.
    """

    density: str
    at: tuple[tuple[sp.Symbol, sp.Expr], ...]
    mass: str
    sign: str
    ball: arb | None

    @property
    def is_proved(self) -> bool:
        """Whether mass and sign are both proved."""
        return self.ball is not None and self.sign == "non-negative: proved"

    def __str__(self) -> str:
        return f"{self.density}{said(dict(self.at))}: {self.mass}; {self.sign}"


def prove_density(law: NoiseLaw, digits: int = 30) -> tuple[DensityProof, ...]:
    """Proofs for every density of `law` that a user wrote down, at sampled values of symbolic parameters.

    "Mass 1 to so many digits" says that a ball of relative radius 10^-digits around the integral contains 1.
    A density that touches 0 may stay without a proof that it is not negative; that is no error.

    Raises:
        DensityError: the integral is not 1, or does not converge, or a value is negative, for certain.

    Example:
        >>> law = NoiseLaw.from_text("density: exp(-Abs(x))/2 on (-oo, oo)")
        >>> print(*prove_density(law))
        Density(exp(-Abs(x))/2, (-oo, oo)): mass 1 proved to 30 digits; non-negative: proved
    """
    proofs = []
    for _, part in law.parts:
        if isinstance(part, GivenDensity):
            for values in trial_points(part):
                lo, hi = (end.subs(values, simultaneous=True) for end in part.ends)
                if (lo >= hi) != sp.true:
                    numeric = GivenDensity(part.given.subs(values, simultaneous=True), (lo, hi))
                    proofs.append(prove_part(numeric, digits, values))
    return tuple(proofs)


def read_law(law: Any) -> NoiseLaw:
    """`noise_law(law)`; what is no density is refused by enclosures where the kernel finds them.

    Raises:
        InputError: as `noise_law` does; `DensityError` with the enclosed integral, or with a point at which
            the density is negative and its value there.
    """
    try:
        return noise_law(law)
    except DensityError as error:
        if error.part is not None:
            with suppress(ArithmeticError):
                prove_part(error.part, at=error.at)
        raise


def prove_part(
    part: DensityPart, digits: int = 30, at: dict[sp.Symbol, sp.Expr] | None = None
) -> DensityProof:
    """The proof for one part of a law that has no symbolic parameters left; `at` is for messages.

    Raises `DensityError` as `prove_density` does, and `ArithmeticError` if the pieces into which the model
    cut the density at its kinks are not the density.
    """
    where = said(at or {})
    if isinstance(part, GivenDensity):
        _compare_pieces(part)
    sign = _sign(part, where)
    mass, ball = _mass(part, digits, where)
    return DensityProof(part.text, tuple((at or {}).items()), mass, sign, ball)


def _compare_pieces(part: GivenDensity) -> None:
    """The density as given against its pieces, and against 0 outside of them, at points as balls."""
    given = compile_expr(part.given, [x])
    edges = [(piece.density, piece.lo, piece.hi) for piece in part.pieces]
    ends = [part.lo, *(end for _, lo, hi in edges for end in (lo, hi)), part.hi]
    with precision(128):
        gaps = [(sp.S.Zero, a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if a != b]
        outer = [(part.ends[0], part.lo), (part.hi, part.ends[1])]
        gaps += [(sp.S.Zero, a, b) for a, b in outer if a != b]
        for density, lo, hi in edges + gaps:
            piece = compile_expr(density, [x])
            for point in points(lo, hi, 20):
                place = [_ball(point)]
                agree(given(place, False), piece(place, False))


def _mass(part: DensityPart, digits: int, where: str) -> tuple[str, arb | None]:
    lo, hi = part.ends if isinstance(part, GivenDensity) else (part.lo, part.hi)
    shown, over = _shown(part), f"({lo}, {hi}){where}"
    total = part.integral(sp.S.One)
    try:
        ball = enclose(total, {}, digits).ball
    except Divergent:
        raise DensityError(f"the integral of {shown} over {over} diverges; change the formula") from None
    except (Undecided, Unsupported, PointRejected) as reason:
        return f"mass undecided: {reason}", None
    if not ball.imag.contains(0):
        raise DensityError(f"{shown} is not real everywhere on {over}; check its formula and its interval")
    if not ball.real.contains(1):
        value = _plain(ball.real.str(max(SHOWN_DIGITS, _digits_to_see(ball.real)), radius=False))
        remedy = f"divide it by {value}" if ball.real > 0 else "check its formula"
        raise DensityError(f"{shown} integrates to {value} over {over}, not to 1; {remedy}")
    return f"mass 1 proved to {digits} digits", ball.real


def _plain(number: str) -> str:
    """A decimal without zeros at its end."""
    return number.rstrip("0").rstrip(".") if "." in number and "e" not in number else number


def _digits_to_see(mass: arb) -> int:
    """Digits at which a mass is seen to differ from 1."""
    return 3 - int(float(abs(mass - 1).log()) / 2.302585)


def _sign(part: DensityPart, where: str) -> str:
    proved = True
    for piece in part.pieces:
        found = first_negative(piece.density, x, piece.lo, piece.hi, POINTS)
        if found is not None:
            value = _plain(found.value.str(SHOWN_DIGITS, radius=False))
            raise DensityError(
                f"{_shown(part)} is {value} at x = {float(found.point):.10g}{where}; "
                "a density is never negative"
            )
        proved = proved and is_proved_non_negative(piece.density, x, piece.lo, piece.hi)
    count = POINTS * len(part.pieces)
    return "non-negative: proved" if proved else f"no negative value found at {count} points"


def _shown(part: DensityPart) -> str:
    return f"the density {part.given if isinstance(part, GivenDensity) else part.text}"


def _ball(point: sp.Rational) -> acb:
    return acb(arb(int(point.p)) / int(point.q))
