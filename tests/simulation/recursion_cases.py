"""Update rules and step sizes that the recursion is tried with, in float64 and in digits."""

import sympy as sp

from signsgd_sym.notation import R, t, z

RULES = {
    "sign": sp.sign(z),
    "sgd": z,
    "clip": sp.Max(-sp.Rational(1, 3), sp.Min(sp.Rational(1, 3), z)),
    "tanh": sp.tanh(z / 3),
    "power": sp.Abs(z) ** sp.Rational(3, 2) * sp.sign(z),
    "dithered sign": sp.erf(sp.sqrt(2) * z),
    "root": z / sp.sqrt(sp.Abs(z)),
    "piecewise": sp.Piecewise((z, sp.Abs(z) < 1), (sp.sign(z), True)),
}
SCHEDULES = {
    "constant": sp.Rational(1, 3),
    "t": 1 / (3 + t),
    "R": sp.sqrt(2 * R) / 10,
    "t and R": R / (t + 10),
}
