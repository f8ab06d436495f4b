"""One page with its styles inside: nothing is fetched, no script is run."""

from __future__ import annotations

from html import escape

from signsgd_sym.report.resources import resource


def document(title: str, body: str) -> str:
    """An HTML page about derivations; `title` is text, `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>\n{resource('derivation.css')}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )
