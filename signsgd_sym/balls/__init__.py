"""The trusted kernel: SymPy expressions as rigorous balls (python-flint), and nothing else is trusted.

Read in this order: `ball` (what a ball means), `functions` and `hypergeometric` (numbers to numbers),
`circle` (Taylor coefficients), `compile` (trees to closures), `majorant`, `kinks`, `integrals`, `sums`
(infinite objects), `matrices`, `evaluate` (accuracy and comparison); `sample` and `model` draw the points.
Of SymPy it relies on: the meaning of the tree, `subs`, `expand`, `rewrite` of hyperbolic functions and
factorials, and the assumptions of symbols.
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
