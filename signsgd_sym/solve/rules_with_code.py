"""Which optimizers beside sign and SGD code is generated for: Adam with eps = 0, and powers."""

from __future__ import annotations

from signsgd_sym.errors import ParameterError, RuleError
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.optimizer import Optimizer
from signsgd_sym.solve.adam_code import adam_code
from signsgd_sym.solve.adam_law_code import adam_law_code
from signsgd_sym.solve.adam_residual import exact_gaussian_variance
from signsgd_sym.solve.power_code import power_code
from signsgd_sym.solve.rule_code import RuleCode


def rule_code(rule: Optimizer, law: NoiseLaw, target: str, seconds: float) -> RuleCode:
    """The module of `rule` under `law`, a law without symbolic parameters.

    Raises:
        ParameterError: a law with symbolic parameters; Adam with eps > 0.
        RuleError: a rule without modes.

    >>> from signsgd_sym.model.noise import noise_law
    >>> from signsgd_sym.model.optimizer import as_optimizer
    >>> rule_code(as_optimizer("tanh"), noise_law("Dirac(0)"), "c", 1.0)
    Traceback (most recent call last):
    ...
    signsgd_sym.errors.RuleError: tanh does not split into a factor of the residual and one of the data, so \
that its risk ODE has no modes and no code is generated; `risk` solves it, or take sign, sgd, power(p) or \
adam(beta1, beta2)
    """
    if law.parameters:
        names = ", ".join(s.name for s in law.parameters)
        raise ParameterError(f"{law.text} has the symbolic parameter {names}; numbers are needed to run it.")
    if isinstance(rule, Adam):
        return _of_adam(rule, law)
    if rule.exponent is not None:
        return power_code(rule, law, seconds)
    raise RuleError(
        f"{rule.name} does not split into a factor of the residual and one of the data, so that its risk ODE "
        "has no modes and no code is generated; `risk` solves it, or take sign, sgd, power(p) or "
        "adam(beta1, beta2)"
    )


def _of_adam(adam: Adam, law: NoiseLaw) -> RuleCode:
    if adam.eps:
        raise ParameterError(
            f"eps of Adam is {adam.eps}; with eps > 0 the mean step depends on K_ii by more than a factor "
            "and there are no modes, so that no code is generated; take eps = 0."
        )
    variance = exact_gaussian_variance(law)
    return adam_law_code(adam, law) if variance is None else adam_code(adam, law, variance)


__all__ = ["rule_code"]
