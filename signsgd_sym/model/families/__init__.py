"""Facts about the continuous families of label noise: densities, moments, samplers.

Facts only, never answers: every derived formula comes out of the engine. A family is written in
placeholder symbols, whose assumptions say what each parameter may be. Names, order and meaning of the
parameters are those of `sympy.stats`; the densities are written out here, piece by piece between the
points where they are not analytic, and the tests hold them against `sympy.stats`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import ClassVar

from signsgd_sym.model.families.family import Family, Piece

__all__ = ["FAMILIES", "Family", "Piece"]

_FILES: Mapping[str, str] = {
    "line": """
        Normal Laplace StudentT Cauchy Logistic ExponentialPower Gumbel Moyal ExGaussian FisherZ
    """,
    "half_line": """
        Exponential Gamma Erlang GammaInverse Chi ChiSquared ChiNoncentral Maxwell Rayleigh
        Nakagami Weibull Frechet Levy GaussianInverse Davis Benini
    """,
    "transforms": """
        Pareto Lomax BetaPrime FDistribution Dagum LogLogistic LogNormal LogCauchy Gompertz
        ShiftedGompertz
    """,
    "interval": """
        Uniform Arcsin Beta BetaNoncentral BoundedPareto Kumaraswamy LogitNormal PowerFunction
        QuadraticU RaisedCosine Reciprocal Trapezoidal Triangular UniformSum VonMises
        WignerSemicircle
    """,
}


class _Families(Mapping[str, Family]):
    """The families by name; the file of a family is read when one of its families is asked for."""

    _file: ClassVar[Mapping[str, str]] = {
        name: file for file, names in _FILES.items() for name in names.split()
    }

    def __getitem__(self, name: str) -> Family:
        module = import_module(f"{__name__}.{self._file[name]}")
        return next(family for family in getattr(module, self._file[name].upper()) if family.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file)

    def __len__(self) -> int:
        return len(self._file)


FAMILIES: Mapping[str, Family] = _Families()
"""Every family by its name."""
