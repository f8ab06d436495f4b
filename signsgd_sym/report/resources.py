"""Text files that ship with this folder."""

from __future__ import annotations

from importlib.resources import files


def resource(name: str) -> str:
    """The text of a file in `templates/`."""
    return files("signsgd_sym.report").joinpath("templates", name).read_text("utf-8")
