"""The functions of derivations: those of laws, and the special functions that the kernel encloses."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from signsgd_sym.model.grammar import WORDS as BASIC
from signsgd_sym.model.grammar import Word
from signsgd_sym.special import Erfcx, OwenT, TricomiU

_PLAIN = (
    "factorial digamma Ei Si Ci Shi Chi airyai airybi airyaiprime airybiprime dirichlet_eta sinc catalan "
    "acot asec acsc acoth asech acsch erfcinv fresnels fresnelc"
)

WORDS: Mapping[str, Word] = {
    **BASIC,
    **{name: Word(getattr(sp, name)) for name in _PLAIN.split()},
    "ln": Word(sp.log),
    "erfcx": Word(Erfcx),
    "Erfcx": Word(Erfcx),
    "erf2": Word(sp.erf2, (2,)),
    "OwenT": Word(OwenT, (2,)),
    "TricomiU": Word(TricomiU, (3,)),
    "hyperu": Word(TricomiU, (3,)),
    "binomial": Word(sp.binomial, (2,), orders=(1,)),
    "RisingFactorial": Word(sp.RisingFactorial, (2,), orders=(1,)),
    "polygamma": Word(sp.polygamma, (2,), orders=(0,)),
    "uppergamma": Word(sp.uppergamma, (2,), orders=(0,)),
    "lowergamma": Word(sp.lowergamma, (2,), orders=(0,)),
    "expint": Word(sp.expint, (2,), orders=(0,)),
    "polylog": Word(sp.polylog, (2,), orders=(0,)),
    "zeta": Word(sp.zeta, (1, 2), orders=(0,)),
    "LambertW": Word(sp.LambertW, (1, 2)),
}
"""Name -> function; `beta` is the quotient of gammas, and `Integral` and its kin are in `forms`."""

INSTEAD: Mapping[str, str] = {
    "integrate": "Integral(f, (x, a, b))",
    "summation": "Sum(f, (k, a, b))",
    "diff": "Derivative(f, x)",
    "limit": "a line `-> value as x -> point`, or Limit(f, x, point)",
    "O": "`, order x**2` at the end of a line that begins with ~",
    "sympify": "the expression itself",
    "Rational": "a fraction such as 1/2",
    "Symbol": "the name itself, and declare it in symbols:",
}
"""What to write for functions of SymPy that compute something instead of stating it."""
