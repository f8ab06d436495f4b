"""The law of the label noise eps: a finite mixture of densities and atoms.

A density may be known only by an integral: symmetric stable laws, sums with a Normal (`parts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.gaussian_terms import GaussianTerm
from signsgd_sym.model.parts import Atom, DensityPart
from signsgd_sym.model.symmetry import is_symmetric

Array = NDArray[np.float64]
eps, x = notation.eps, notation.x


@dataclass(frozen=True)
class NoiseLaw:
    """mu = sum_k weight_k part_k, with weights that are positive and sum to exactly 1.

    Attributes:
        parts: pairs of a weight and an `Atom` or a `DensityPart`.

    Raises:
        ParameterError: weights that are not positive or do not sum to 1.

    Example:
        >>> law = NoiseLaw.from_text("Laplace(0, b)")
        >>> law.mean_of(eps**2)
        Integral(x**2*exp(-x/b)/(2*b), (x, 0, oo)) + Integral(x**2*exp(x/b)/(2*b), (x, -oo, 0))
        >>> law.second_moment()
        2*b**2
        >>> NoiseLaw.from_text("1/480*StudentT(14/25)").second_moment()
        oo
    """

    parts: tuple[tuple[sp.Expr, Atom | DensityPart], ...]

    def __post_init__(self) -> None:
        for weight, _ in self.parts:
            if weight.is_real is False or (weight <= 0) == sp.true:
                raise ParameterError(f"the weight {weight} of a mixture is not positive; leave that part out")
        total = sp.Add(*(weight for weight, _ in self.parts))
        total = total if total == 1 else sp.simplify(sp.cancel(sp.together(total)))
        if total != 1:
            raise ParameterError(
                f"the weights of the mixture sum to {total}, not to 1; divide each by {total}"
            )

    # --- making one ---------------------------------------------------------------------------
    @classmethod
    def from_text(cls, text: str) -> NoiseLaw:
        """The law that LAW text denotes: see `law_text`.

        Raises:
            ParseError, UnknownLaw, ParameterError, DensityError: with what to write instead.
        """
        from signsgd_sym.model.law_text import read_law

        return cls(read_law(text))

    @classmethod
    def from_stats(cls, variable: Any) -> NoiseLaw:
        """The law of a `sympy.stats` random variable: see `law_convert`."""
        from signsgd_sym.model.law_convert import text_of_stats

        return cls.from_text(text_of_stats(variable))

    @classmethod
    def from_scipy(cls, frozen: Any) -> NoiseLaw:
        """The law of a frozen `scipy.stats` distribution; its numbers become the decimals they print as."""
        from signsgd_sym.model.law_convert import text_of_scipy

        return cls.from_text(text_of_scipy(frozen))

    @classmethod
    def mixture(cls, *parts: tuple[sp.Expr, NoiseLaw]) -> NoiseLaw:
        """The mixture of laws with the given weights."""
        return cls(
            tuple(
                (sp.sympify(weight, strict=True) * inner, part)
                for weight, law in parts
                for inner, part in law.parts
            )
        )

    # --- what it is -----------------------------------------------------------------------------
    @property
    def text(self) -> str:
        """LAW text that parses back to an equal law."""
        from signsgd_sym.model.law_write import write_law

        return write_law(self.parts)

    def __str__(self) -> str:
        return self.text

    def latex(self) -> str:
        r"""The law as LaTeX, such as \operatorname{Laplace}\left(0, b\right)."""
        from signsgd_sym.model.law_write import latex_law

        return latex_law(self.parts)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbolic parameters, sorted by name."""
        found: set[sp.Symbol] = set()
        for weight, part in self.parts:
            found |= weight.free_symbols | part.free_symbols
        return tuple(sorted(found, key=str))

    @property
    def relations(self) -> tuple[sp.Basic, ...]:
        """What the parameters satisfy beyond their own signs: constraints of families, positive weights."""
        found = [weight > 0 for weight, _ in self.parts if not weight.is_positive]
        found += [r for _, part in self.parts if isinstance(part, DensityPart) for r in part.relations]
        return tuple(dict.fromkeys(found))

    @property
    def support(self) -> tuple[sp.Expr, sp.Expr]:
        """The smallest closed interval of probability 1."""
        ends = [
            (part.location, part.location) if isinstance(part, Atom) else (part.lo, part.hi)
            for _, part in self.parts
        ]
        return sp.Min(*(lo for lo, _ in ends)), sp.Max(*(hi for _, hi in ends))

    @property
    def breakpoints(self) -> tuple[sp.Expr, ...]:
        """Where the law is not analytic: ends of pieces (infinite ones too) and atoms, in order.

        Points whose order depends on symbolic parameters are ordered as for parameters equal to 1.
        """
        points: set[sp.Expr] = set()
        for _, part in self.parts:
            if isinstance(part, Atom):
                points.add(part.location)
            else:
                points.update(end for piece in part.pieces for end in (piece.lo, piece.hi))
        ones = dict.fromkeys(self.parameters, sp.Integer(1))
        return tuple(sorted(points, key=lambda p: (float(p.subs(ones)), str(p))))

    @property
    def is_symmetric(self) -> bool:
        """Whether eps and -eps have the same law; True only where it is proved."""
        return is_symmetric(self.parts)

    # --- expectations ---------------------------------------------------------------------------
    def mean_of(self, expression: sp.Expr) -> sp.Expr:
        """E[expression] for an expression in `notation.eps`, unevaluated.

        sum_k weight_k Integral(density_k(x) expression(x), (x, lo, hi)) over the pieces of each density,
        plus weight*expression(location) for each atom. Parts whose density is itself an integral have shorter
        integrals for k exp(-q eps^2): see their `mean`. The expression must not contain `notation.x`.
        """
        expression = sp.sympify(expression, strict=True)
        if expression.has(x):
            raise ParameterError(f"{expression} contains x, the variable of integration; write it in eps")
        terms = []
        for weight, part in self.parts:
            if isinstance(part, Atom):
                terms.append(weight * expression.subs(eps, part.location))
            else:
                terms += [weight * term for term in sp.Add.make_args(part.mean(expression))]
        return sp.Add(*terms)

    def gaussian_terms(self) -> tuple[tuple[sp.Expr, Atom | GaussianTerm], ...]:
        """E exp(-eps^2/(4 R)) as weighted terms for numerical code; atoms as they are.

        The integrands are elementary for every law but a truncated one of a law without elementary density.

        Example:
            >>> [(_, term)] = NoiseLaw.from_text("SymmetricStable(3/2, c)").gaussian_terms()
            >>> term.prefactor, term.pieces[0].density, term.at
            (2*sqrt(R)/sqrt(pi), exp(-c**(3/2)*x**(3/2)), 1/(4*R))
        """
        return tuple(
            (weight, term)
            for weight, part in self.parts
            for term in ((part,) if isinstance(part, Atom) else part.gaussian_terms())
        )

    def second_moment(self) -> sp.Expr:
        """E eps^2: exact, `oo` when infinite, an unevaluated integral where no closed form is known.

        A condition such as nu > 2 on symbolic parameters gives a Piecewise with an infinite branch.
        """
        terms = [
            weight * part.location**2 if isinstance(part, Atom) else weight * part.second_moment()
            for weight, part in self.parts
        ]
        return sp.oo if sp.oo in terms else sp.Add(*terms)

    # --- changing it ----------------------------------------------------------------------------
    def substitute(self, values: Mapping[sp.Symbol | str, Any]) -> NoiseLaw:
        """The law with symbolic parameters, given as symbols or names, replaced by values.

        Raises:
            ParameterError: for a name that is not a parameter, or a value outside its range.
        """
        by_name = {symbol.name: symbol for symbol in self.parameters}
        exact: dict[sp.Symbol, sp.Expr] = {}
        for key, value in values.items():
            if str(key) not in by_name:
                known = ", ".join(by_name) or "none"
                raise ParameterError(f"{key} is not a parameter of {self.text}; its parameters: {known}")
            exact[by_name[str(key)]] = exact_number(value)
        return NoiseLaw(
            tuple(
                (weight.subs(exact, simultaneous=True), part.substitute(exact)) for weight, part in self.parts
            )
        )

    def scaled(self, factor: Any) -> NoiseLaw:
        """The law of factor*eps, factor not zero."""
        return self._affine(exact_number(factor), sp.Integer(0))

    def shifted(self, amount: Any) -> NoiseLaw:
        """The law of eps + amount."""
        return self._affine(sp.Integer(1), exact_number(amount))

    def _affine(self, scale: sp.Expr, shift: sp.Expr) -> NoiseLaw:
        return NoiseLaw(tuple((weight, part.affine(scale, shift)) for weight, part in self.parts))

    # --- numbers --------------------------------------------------------------------------------
    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Independent float64 samples.

        Raises:
            ParameterError: while symbolic parameters remain.
        """
        self._need_numbers()
        n = int(np.prod(size))
        if len(self.parts) == 1:
            return self.parts[0][1].sample(rng, n).reshape(size)
        weights = np.array([float(weight) for weight, _ in self.parts])
        counts = rng.multinomial(n, weights / weights.sum())
        samples = np.concatenate(
            [part.sample(rng, int(k)) for (_, part), k in zip(self.parts, counts, strict=True)]
        )
        return rng.permutation(samples).reshape(size)

    def pdf(self, points: Any) -> Array:
        """Density of the part that has one, at an array of points; atoms contribute nothing.

        Raises:
            ParameterError: while symbolic parameters remain.
        """
        self._need_numbers()
        at = np.asarray(points, dtype=np.float64)
        total = np.zeros(at.shape)
        for weight, part in self.parts:
            if isinstance(part, DensityPart):
                total += float(weight) * part.pdf(at)
        return total

    def _need_numbers(self) -> None:
        if self.parameters:
            names = ", ".join(symbol.name for symbol in self.parameters)
            raise ParameterError(
                f"{self.text} still has the symbolic parameter {names}; give it a value with substitute"
            )


def noise_law(law: Any) -> NoiseLaw:
    """The law that anything a user may hand over denotes.

    Text, a `sympy.stats` random variable, a frozen `scipy.stats` distribution, or a `NoiseLaw`.

    Raises:
        InputError: for anything else, or when the law is not admissible.
    """
    if isinstance(law, NoiseLaw):
        return law
    if isinstance(law, str):
        return NoiseLaw.from_text(law)
    if isinstance(law, sp.Basic):
        return NoiseLaw.from_stats(law)
    if hasattr(law, "dist") and hasattr(law, "kwds"):
        return NoiseLaw.from_scipy(law)
    raise ParameterError(
        f"a {type(law).__name__} is not a noise law; give text such as 'Normal(0, 1)', "
        "a sympy.stats variable or a frozen scipy.stats law"
    )
