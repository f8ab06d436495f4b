"""The trusted kernel: SymPy expressions as rigorous balls (python-flint), and nothing else is trusted.

Read in this order: `ball` (what a ball means), `functions` and `hypergeometric` (numbers to numbers),
`circle` (Taylor coefficients), `exponentials`, `scope`, `compile` and `piecewise` (trees to closures),
`terms`, `named_bounds`, `exp_minus_one` and `majorant` (bounds up to infinity), `settling`, `half_line`,
`kinks`, `integrals`, `under_integral`, `sums`, `matrices`, `evaluate` (accuracy, comparison), `sign_rules`
and `positivity` (signs on intervals). `sample` and `model` only draw points.

Of SymPy it relies on the meaning of a tree and on the assumptions of symbols. What `subs`, `expand` and
`rewrite` make of an integrand is compared with the integrand, as balls, each time it is used.
"""

from signsgd_sym.balls.ball import PointRejected, Undecided, Unsupported
from signsgd_sym.balls.compile import compile_expr
from signsgd_sym.balls.evaluate import Comparison, Enclosure, Program, compare, enclose, program
from signsgd_sym.balls.model import RandomModel, random_model
from signsgd_sym.balls.sample import Domain, Variable, sample

__all__ = [
    "Comparison",
    "Domain",
    "Enclosure",
    "PointRejected",
    "Program",
    "RandomModel",
    "Undecided",
    "Unsupported",
    "Variable",
    "compare",
    "compile_expr",
    "enclose",
    "program",
    "random_model",
    "sample",
]
