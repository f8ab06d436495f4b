r"""What LaTeX names stand for: functions, and symbols with their subscripts."""

from __future__ import annotations

from collections.abc import Mapping

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi "
    "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell "
    "varepsilon vartheta varphi varrho varsigma"
)
GREEK = frozenset(_LETTERS.split())
"""Commands that are names."""

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "epsilon": ("epsilon", "eps"),
    "varepsilon": ("varepsilon", "epsilon", "eps"),
    "varphi": ("varphi", "phi"),
    "vartheta": ("vartheta", "theta"),
    "varrho": ("varrho", "rho"),
    "varsigma": ("varsigma", "sigma"),
    "lambda": ("lambda", "lam"),
}
"""Under which names a file may declare a Greek letter; lambda is a word of Python."""

ACCENTS: Mapping[str, str] = {
    "bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde",
    "dot": "dot", "check": "check", "vec": "vec",
}  # fmt: skip
"""\\bar{K} is Kbar, as SymPy prints it."""

_SAME = (
    "sin cos tan cot sec csc sinh cosh tanh coth exp log ln erf erfc erfi erfinv erfcinv erfcx sign sech "
    "csch asin acos atan acot asec acsc asinh acosh atanh acoth asech acsch Ei Si Ci Shi Chi gamma loggamma "
    "fresnels fresnelc sinc Heaviside digamma"
)
FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in _SAME.split()},
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
    "sgn": "sign", "max": "Max", "min": "Min", "abs": "Abs", "Gamma": "gamma",
}  # fmt: skip
"""LaTeX command or operator name -> function."""

SEVERAL: Mapping[str, tuple[str, ...]] = {
    "T": ("OwenT",), "U": ("TricomiU",), "B": ("beta",), "W": ("LambertW",),
    "zeta": ("zeta",), "theta": ("Heaviside",), "Ai": ("airyai",), "Bi": ("airybi",), "E": ("expint",),
}  # fmt: skip
"""Letters that are functions where they are not declared and brackets follow."""

BESSEL: Mapping[str, str] = {
    "J": "besselj", "Y": "bessely", "I": "besseli", "K": "besselk", "E": "expint",
}  # fmt: skip
"""J_nu(x), Y_nu(x), I_nu(x), K_nu(x) and the exponential integral E_n(x), where that name is not declared."""
