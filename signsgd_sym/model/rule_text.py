r"""`--optimizer` text to an update rule f(z), z = r x_i, read by the whitelist parser.

sign, sgd        sign(z), z
power(p)         |z|^p sign(z), 0 < p <= 8
clip(c)          max(-c, min(c, z)), c > 0
tanh, tanh(c)    tanh(z/c), c > 0, c = 1 where it is left out
dither(s)        erf(z/(s sqrt 2)) = E sign(z + s xi), xi ~ N(0, 1), s > 0
rule: EXPR       any odd function of z
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp

from signsgd_sym.errors import ParseError, RuleError
from signsgd_sym.model.parse import Reader
from signsgd_sym.model.syntax import did_you_mean
from signsgd_sym.notation import z

PREFIX = "rule:"
LARGEST_POWER = 8
"""Growth |z|^p up to which a step has its moments in float64.

E |eps|^(2 p) under an exponential tail comes from |eps| about 2 p scales out, where the nodes of the noise
end at the weight 1e-17: under Laplace(0, 1/2) the relative error is 2e-7 at p = 8, 1e-5 at 10, 1e-2 at 16.
"""
EXAMPLE = "z/(1 + Abs(z))"
LONGEST = 60
"""Characters of an expression that a message repeats."""


@dataclass(frozen=True)
class Family:
    """A rule with a parameter: `make` gives f of it; `default` is used where it may be left out."""

    make: Callable[[sp.Expr], sp.Expr]
    parameter: str
    default: sp.Expr | None = None


FAMILIES: Mapping[str, Family] = {
    "power": Family(lambda p: sp.sign(z) * sp.Abs(z) ** p if p != 1 else z, "p"),
    "clip": Family(lambda c: sp.Max(-c, sp.Min(c, z)), "c"),
    "tanh": Family(lambda c: sp.tanh(z / c), "c", sp.S.One),
    "dither": Family(lambda s: sp.erf(z / (s * sp.sqrt(2))), "s"),
}
FORMS = (
    "sign",
    "sgd",
    "power(p)",
    "clip(c)",
    "tanh",
    "tanh(c)",
    "dither(s)",
    "adam(b1, b2)",
    f"{PREFIX} EXPR",
)
"""What can be written, as messages and `--help` list it; Adam is read by `optimizer`."""


def read_rule(text: str) -> tuple[sp.Expr, str]:
    """f as an expression in `notation.z`, and its name: the text in one way of writing it.

    Raises:
        RuleError: an unknown name, a parameter that is not a positive number.
        ParseError: text outside the grammar, with the column.

    Example:
        >>> read_rule("power(.5)")
        (sqrt(Abs(z))*sign(z), 'power(1/2)')
        >>> read_rule("rule: z/(1 + Abs(z))")
        (z/(Abs(z) + 1), 'rule: z/(Abs(z) + 1)')
        >>> read_rule("clip(0)")
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.RuleError: clip(c) needs a positive number c, not 0; write for example clip(1)
    """
    stripped = text.strip()
    if stripped.startswith(PREFIX):
        return named_by_itself(read_expression(text, start=text.index(PREFIX) + len(PREFIX)))
    name, parameters = _call(text)
    if name not in FAMILIES:
        raise _unknown(stripped, name)
    family = FAMILIES[name]
    value = parameters[0] if len(parameters) == 1 else family.default if not parameters else None
    form = f"{name}({family.parameter})"
    if value is None:
        raise RuleError(
            f"{form} takes one number {family.parameter}, not {len(parameters)}; write {name}(1/2)"
        )
    if not (value.is_positive and value.is_finite):
        instead = "sign, which is that rule" if name == "power" and value == 0 else f"for example {name}(1)"
        raise RuleError(f"{form} needs a positive number {family.parameter}, not {value}; write {instead}")
    if name == "power" and value > LARGEST_POWER:
        raise RuleError(
            f"power(p) needs p <= {LARGEST_POWER}, not {brief(value)}: float64 keeps too few digits of "
            f"E |r|^(2 p) beyond; take power({LARGEST_POWER}) or less, or bound the rule, as clip(1) does"
        )
    return family.make(value), name if not parameters else f"{name}({value})"


def read_expression(text: str, start: int = 0) -> sp.Expr:
    """The expression in z that text[start:] denotes; raises `ParseError`.

    Example:
        >>> read_expression("z/2")
        z/2
    """
    if not text[start:].strip():
        raise ParseError(f"an expression in z is missing; write for example {PREFIX} {EXAMPLE}", text, start)
    reader = Reader(text, {"z": z}, start=start)
    return reader.expression(reader.tree())


def brief(expr: sp.Expr) -> str:
    """An expression in at most `LONGEST` characters, long numbers to three digits.

    Example:
        >>> brief(10**300 * sp.tanh(z))
        '1.0e+300*tanh(z)'
    """
    long = {number: sp.Float(number, 3) for number in expr.atoms(sp.Rational) if _digits(number) > 20}
    shown = str(expr.xreplace(long))
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."


def _digits(number: sp.Rational) -> float:
    """Decimal digits of numerator and denominator, about: bits, for long integers are slow to write."""
    return (int(number.p).bit_length() + int(number.q).bit_length()) * 0.3


def named_by_itself(expr: sp.Expr) -> tuple[sp.Expr, str]:
    """An expression and the text `rule: ...` that denotes it."""
    return expr, f"{PREFIX} {expr}"


def _call(text: str) -> tuple[str, list[sp.Expr]]:
    """Name and numbers of `name(number, ...)`, or of a name alone."""
    reader = Reader(text)
    try:
        tree = reader.tree()
    except ParseError:
        raise _unknown(text.strip(), text.strip()) from None
    if isinstance(tree, ast.Name):
        return tree.id, []
    called = reader.call(tree)
    if called is None:
        raise _unknown(text.strip(), text.strip())
    name, nodes = called
    if name not in FAMILIES:
        raise _unknown(text.strip(), name)
    return name, [reader.expression(node) for node in nodes]


def _unknown(text: str, name: str) -> RuleError:
    if name.lower() == "adam":
        return RuleError(
            f"{text[:60]!r} remembers earlier gradients and is no function f(r x_i), which is what is needed "
            "here; `risk` takes it, otherwise use sign or sgd"
        )
    known = ("sign", "sgd", "adam", *FAMILIES)
    return RuleError(
        f"{text[:60]!r} is not a known optimizer{did_you_mean(name, known)}; known: {', '.join(FORMS)}"
    )
