r"""The update rule: theta_i <- theta_i - (eta/d) f(r x_i) with an odd function f.

f(z) = sign(z) is signSGD, f(z) = z is SGD. Oddness makes the drift vanish at theta_star under symmetric
noise; multiplicativity, f(u v) = f(u) f(v), separates residual and data, so that modes exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.errors import RuleError
from signsgd_sym.model.rule_text import EXAMPLE, brief, named_by_itself, read_expression, read_rule

z = notation.z
_p, _q = sp.Symbol("p", positive=True), sp.Symbol("q", positive=True)


@dataclass(frozen=True)
class UpdateRule:
    """An odd function f of z = r x_i.

    Attributes:
        expr: f as an expression in `notation.z`, or as text that is parsed to one.
        name: what the user calls it; `rule: EXPR` where no name is given.

    Raises:
        RuleError: when f is no expression, contains another variable than z, is 0, or f(-z) = -f(z) is not
            established.
        ParseError: text outside the grammar.

    Example:
        >>> SIGN.is_multiplicative, UpdateRule(sp.tanh(z), "tanh").is_multiplicative
        (True, False)
        >>> UpdateRule("z/(1 + Abs(z))").name
        'rule: z/(Abs(z) + 1)'
        >>> UpdateRule(z**2, "square")
        Traceback (most recent call last):
        ...
        signsgd_sym.errors.RuleError: the update rule z**2 is not odd: f(-z) + f(z) = 2*z**2; change it
    """

    expr: sp.Expr
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.expr, str):
            object.__setattr__(self, "expr", read_expression(self.expr))
        if not isinstance(self.expr, sp.Expr):
            raise RuleError(
                f"an update rule is an expression in z or its text, not {str(self.expr)[:40]}; write for "
                f"example UpdateRule({EXAMPLE!r})"
            )
        if not self.name:
            object.__setattr__(self, "name", named_by_itself(self.expr)[1])
        strangers = sorted(map(str, self.expr.free_symbols - {z}))
        if strangers:
            raise RuleError(
                f"the update rule {brief(self.expr)} contains {', '.join(strangers)}; write it in z alone"
            )
        defect = sp.simplify(self.apply(-z) + self.expr)
        if not (
            _is_zero(defect)
            or (self.apply(sp.Integer(0)) == 0 and _is_zero(self.apply(-_p) + self.apply(_p)))
        ):
            raise RuleError(
                f"the update rule {brief(self.expr)} is not odd: f(-z) + f(z) = {brief(defect)}; change it"
            )
        if _is_zero(self.apply(_p)):
            raise RuleError(
                f"the update rule {brief(self.expr)} is 0 everywhere and never moves; write for example "
                f"{EXAMPLE}"
            )

    @classmethod
    def from_text(cls, text: str) -> UpdateRule:
        """The rule that `--optimizer` text denotes: see `rule_text`.

        Raises:
            RuleError: an unknown name, a parameter out of range, a function that is not odd.
            ParseError: an expression outside the grammar.

        Example:
            >>> UpdateRule.from_text("power(1)") is SGD, UpdateRule.from_text("rule: sign(z)") is SIGN
            (True, True)
        """
        if not isinstance(text, str):
            raise RuleError(f"a rule is read from text, not from {str(text)[:40]}; write for example 'sign'")
        name = text.strip()
        if name in RULES:
            return RULES[name]
        expr, name = read_rule(text)
        for known in RULES.values():
            if expr == known.expr:
                return known
        return cls(expr, name)

    @property
    def is_multiplicative(self) -> bool:
        """Whether f(u v) = f(u) f(v) for all real u and v, decided on the four sign patterns."""
        return all(
            _is_zero(self.apply(u * v) - self.apply(u) * self.apply(v)) for u in (_p, -_p) for v in (_q, -_q)
        )

    @cached_property
    def exponent(self) -> sp.Expr | None:
        """p of a multiplicative rule, which is f(z) = |z|^p sign(z); None for another rule.

        Example:
            >>> UpdateRule(z**3).exponent, SIGN.exponent, UpdateRule(sp.tanh(z)).exponent
            (3, 0, None)
        """
        if not self.is_multiplicative:
            return None
        return sp.nsimplify(sp.simplify(sp.log(self.apply(sp.Integer(2))) / sp.log(2)), rational=True)

    def apply(self, argument: sp.Expr) -> sp.Expr:
        """f(argument)."""
        return self.expr.subs(z, argument)

    @property
    def latex(self) -> str:
        """f(z) as LaTeX."""
        return str(sp.latex(self.expr))

    def _repr_latex_(self) -> str:
        return f"$f(z) = {self.latex}$"

    def __str__(self) -> str:
        return self.name


def _is_zero(expression: sp.Expr) -> bool:
    # Min and Max cancel once they are written with Abs.
    return bool(sp.simplify(expression) == 0 or sp.simplify(expression.rewrite(sp.Abs)) == 0)


SIGN = UpdateRule(sp.sign(z), "sign")
"""signSGD."""
SGD = UpdateRule(z, "sgd")
"""Stochastic gradient descent."""
RULES: Mapping[str, UpdateRule] = {rule.name: rule for rule in (SIGN, SGD)}
"""The rules that have a name."""
