"""Derivations written as text: the `.steps` format, LaTeX for the common subset, and users' files."""
