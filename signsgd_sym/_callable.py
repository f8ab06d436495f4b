"""Folders that share their name with a public function: `ss.derive` and `ss.simulate` are both.

Python binds a submodule to its package under its own name as soon as it is imported, so a function of the
same name would be there one moment and gone the next. The module itself is made callable instead.
"""

from __future__ import annotations

import sys
import types
from importlib import import_module
from typing import Any


def make_callable(module: str, home: str, name: str) -> None:
    """Let calling `module` call the function `name` of the module `home`, loaded at the first call."""

    class CallableModule(types.ModuleType):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(home), name)(*args, **kwargs)

    sys.modules[module].__class__ = CallableModule
