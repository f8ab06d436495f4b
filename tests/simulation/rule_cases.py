"""Rules and laws that the tests of general update rules share."""

RULES = [
    "power(1/4)",
    "power(1/2)",
    "power(3/4)",
    "clip(1)",
    "tanh",
    "dither(1/2)",
    "rule: z/(1 + Abs(z))",
    "rule: Piecewise((0, Abs(z) < 1/2), (sign(z), True))",
]
