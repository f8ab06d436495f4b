"""`import signsgd_sym` loads neither plotting nor compilers nor anything else that is slow to start."""

import subprocess
import sys

import pytest

HEAVY = ["matplotlib", "numba", "scipy.stats", "typer", "rich", "sklearn", "flint", "jax"]


def loaded(code):
    """Which heavy modules a fresh interpreter has loaded after `code`."""
    command = f"import sys, sympy, numpy; before = set(sys.modules); {code}; "
    command += f"print(*[name for name in {HEAVY!r} if name in sys.modules and name not in before])"
    result = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True, timeout=120
    )
    return result.stdout.split()


def test_import_is_light():
    assert loaded("import signsgd_sym") == []


def test_the_check_can_fail():
    assert loaded("import scipy.stats") == ["scipy.stats"]


@pytest.mark.parametrize("names", ["SIGN, SGD, noise_law, Covariance"])
def test_the_model_is_light_too(names):
    assert loaded(f"from signsgd_sym import {names}; noise_law('Laplace(0, 1)')") == []


def test_public_names_are_listed_and_load():
    import signsgd_sym as ss

    assert {"derive", "ito", "derive_sde", "risk_curve", "simulate", "noise_law"} <= set(dir(ss))
    assert all(getattr(ss, name) is not None for name in ss.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = ss.nonsense
