"""signsgd-sym: a symbolic-numeric derivation workbench for signSGD in high dimension.

An equation is data. SymPy derives the limiting SDE and the risk ODE of an update rule; the derived
equation becomes the code that runs; simulations that know nothing of the theory are held against it.

>>> import signsgd_sym as ss
>>> ss.derive_sde(ss.SIGN).rate
sqrt(2)*phi(R)/(2*sqrt(R))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Covariance": "model.covariance",
    "NoiseLaw": "model.noise",
    "Schedule": "model.schedule",
    "SGD": "model.update_rule",
    "SIGN": "model.update_rule",
    "UpdateRule": "model.update_rule",
    "noise_law": "model.noise",
    "Assumption": "proof.derivation",
    "Derivation": "proof.derivation",
    "Recorder": "proof.derivation",
    "Report": "proof.verdict",
    "Verdict": "proof.verdict",
    "check": "report.checked",
    "closed_form": "derive.answer",
    "SDE": "derive.ito",
    "ito": "derive.ito",
    "LimitSDE": "derive.sde",
    "derive_sde": "derive.sde",
    "RiskODE": "derive.risk",
    "derive_risk_ode": "derive.risk",
    "Effects": "solve.effects",
    "effects": "solve.effects",
    "GeneratedCode": "solve.generate",
    "generate": "solve.generate",
    "RiskResult": "solve.risk",
    "risk_curve": "solve.risk",
    "Validation": "report.validation",
    "validate": "report.validation",
    "GaussianStream": "simulate",
    "PoolStream": "simulate",
    "Simulation": "simulate",
}

if TYPE_CHECKING:
    from signsgd_sym.derive.answer import closed_form
    from signsgd_sym.derive.catalogue import derive
    from signsgd_sym.derive.ito import SDE, ito
    from signsgd_sym.derive.risk import RiskODE, derive_risk_ode
    from signsgd_sym.derive.sde import LimitSDE, derive_sde
    from signsgd_sym.model.covariance import Covariance
    from signsgd_sym.model.noise import NoiseLaw, noise_law
    from signsgd_sym.model.schedule import Schedule
    from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
    from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
    from signsgd_sym.proof.verdict import Report, Verdict
    from signsgd_sym.report.checked import check
    from signsgd_sym.report.validation import Validation, validate
    from signsgd_sym.simulate import GaussianStream, PoolStream, Simulation
    from signsgd_sym.simulate.ensemble import simulate
    from signsgd_sym.solve.effects import Effects, effects
    from signsgd_sym.solve.generate import GeneratedCode, generate
    from signsgd_sym.solve.risk import RiskResult, risk_curve

__all__ = [
    "SDE",
    "SGD",
    "SIGN",
    "Assumption",
    "Covariance",
    "Derivation",
    "Effects",
    "GaussianStream",
    "GeneratedCode",
    "LimitSDE",
    "NoiseLaw",
    "PoolStream",
    "Recorder",
    "Report",
    "RiskODE",
    "RiskResult",
    "Schedule",
    "Simulation",
    "UpdateRule",
    "Validation",
    "Verdict",
    "check",
    "closed_form",
    "derive",
    "derive_risk_ode",
    "derive_sde",
    "effects",
    "generate",
    "ito",
    "noise_law",
    "risk_curve",
    "simulate",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that the import itself stays light."""
    if name in ("derive", "simulate"):  # folders that can be called
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
