"""A killable process for SymPy calls that can hang.

`call(name, arguments, seconds)` runs one of the functions registered here in a fresh interpreter and
kills it at the deadline. Parent and child exchange SymPy objects over their own pipe; nothing from
outside is ever unpickled.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any


def meijer_half_line(integrands: list[Any], variable: Any) -> list[Any]:
    """int_0^oo of each integrand by SymPy's Meijer G algorithm; None where it finds nothing unconditional."""
    import sympy as sp
    from sympy.integrals.meijerint import meijerint_definite

    results = []
    for integrand in integrands:
        found = meijerint_definite(integrand, variable, 0, sp.oo)
        results.append(sp.simplify(found[0]) if found is not None and found[1] == True else None)  # noqa: E712
    return results


REGISTRY: dict[str, Callable[..., Any]] = {"meijer_half_line": meijer_half_line}


def call(name: str, arguments: tuple[Any, ...], seconds: float) -> Any:
    """Result of the registered function, or None when it failed or did not answer within `seconds`."""
    command = [sys.executable, "-m", "signsgd_sym.derive.worker"]
    try:
        finished = subprocess.run(
            command, input=pickle.dumps((name, arguments)), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return pickle.loads(finished.stdout) if finished.returncode == 0 else None


def _main() -> None:
    name, arguments = pickle.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(pickle.dumps(REGISTRY[name](*arguments)))


if __name__ == "__main__":
    _main()
