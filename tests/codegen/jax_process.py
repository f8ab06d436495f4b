"""Generated JAX modules are run in a process of their own: JAX starts threads, and the package forks."""

import os
import subprocess
import sys

import numpy as np
import pytest

from signsgd_sym.codegen.targets.jax import source


def run(folder, modules, code, timeout=1800):
    """The arrays that `code` leaves in the dict `out`; `modules` maps the names it may import to `Module`s
    or to source texts. The timeout ends a run that hangs; on a loaded machine one may take minutes.
    """
    if subprocess.run([sys.executable, "-c", "import jax"], capture_output=True, check=False).returncode:
        pytest.skip("JAX is not installed; the JAX target needs it to be run.")
    for name, module in modules.items():
        text = module if isinstance(module, str) else source(module)
        (folder / f"{name}.py").write_text(text)
    script = folder / "run_generated.py"
    script.write_text(f"import numpy as np\nout = {{}}\n{code}\nnp.savez('out.npz', **out)\n")
    environment = {**os.environ, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(folder / "out.npz") as found:
        return dict(found)
