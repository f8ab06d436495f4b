"""The recursion, simulated: exact steps and exact signs, and nothing of the theory they are held against.

Names are loaded when first used, since the compiled recursion brings Numba with it. Called as a function,
`simulate(...)` is `ensemble.simulate`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from signsgd_sym._callable import make_callable

if TYPE_CHECKING:
    from signsgd_sym.simulate.ensemble import Simulation, SimulationInterrupted, simulate
    from signsgd_sym.simulate.kramers_moyal import OneStepMoments, one_step_moments
    from signsgd_sym.simulate.pool import PoolStream
    from signsgd_sym.simulate.stream import GaussianStream, Stream

__all__ = [
    "GaussianStream",
    "OneStepMoments",
    "PoolStream",
    "Simulation",
    "SimulationInterrupted",
    "Stream",
    "one_step_moments",
    "simulate",
]

_HOME = {
    "GaussianStream": "stream",
    "OneStepMoments": "kramers_moyal",
    "PoolStream": "pool",
    "Simulation": "ensemble",
    "SimulationInterrupted": "ensemble",
    "Stream": "stream",
    "one_step_moments": "kramers_moyal",
    "simulate": "ensemble",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


make_callable(__name__, "signsgd_sym.simulate.ensemble", "simulate")
