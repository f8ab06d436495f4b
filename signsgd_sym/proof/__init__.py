"""Derivations as data, and the checks that compare their two sides."""
