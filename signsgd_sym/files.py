"""Writing results so that a reader never meets half a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from signsgd_sym.errors import ParameterError


def write_file(path: Path, content: str | bytes) -> Path:
    """Write `content` next to `path` and move it into place; raises `ParameterError` when it cannot."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ParameterError(
            f"cannot write {path}: {error.strerror or error}; choose another place."
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ParameterError(
                f"cannot write {path}: {error.strerror or error}; choose another place."
            ) from None
        raise
    return path


def check_directory(directory: Path) -> None:
    """Raise `ParameterError` when `directory` cannot hold results: said before the work, not after it."""
    nearest = directory.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise ParameterError(f"{nearest} is a file, not a folder; choose another place for the results.")
    if not os.access(nearest, os.W_OK):
        raise ParameterError(f"{nearest} is not writable; choose another place for the results.")
