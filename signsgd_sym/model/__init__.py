"""What is studied: the law of the label noise, the covariance of the data, the update rule, the step size."""

from signsgd_sym.model.covariance import Covariance, covariance
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.parse import parse_expression
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule

__all__ = [
    "SGD",
    "SIGN",
    "Covariance",
    "NoiseLaw",
    "Schedule",
    "UpdateRule",
    "covariance",
    "noise_law",
    "parse_expression",
]
