"""Claim: the gallery names every family, and its three renderings show formulas with verdicts."""

import pytest

from signsgd_sym.model.families import FAMILIES
from signsgd_sym.model.noise import noise_law
from signsgd_sym.report.gallery import GalleryTask, find_row, gallery_laws, lost_row
from signsgd_sym.report.gallery_command import Gallery, GalleryRequest
from signsgd_sym.report.gallery_latex import gallery_latex
from signsgd_sym.report.gallery_page import gallery_page
from signsgd_sym.report.gallery_text import gallery_text


def test_every_family_has_a_law_that_is_read():
    laws = gallery_laws()
    assert set(FAMILIES) <= set(laws)
    for text in laws.values():
        if "UniformSum" not in text:
            noise_law(text)


@pytest.fixture(scope="module")
def rows():
    tasks = [GalleryTask("Rademacher", "Rademacher(c)", 20.0, 0)]
    return [find_row(task) for task in tasks] + [
        lost_row(GalleryTask("Davis", "Davis(b, n, mu)", 1.0, 0), "lost")
    ]


def test_a_row_has_formula_and_verdict(rows):
    found, lost = rows
    assert found.verdict in ("PROVED", "CERTIFIED")
    assert "exp(-c**2/(4*R))" in found.phi.text
    assert "LambertW" in found.stationary.text
    assert lost.verdict == "UNKNOWN"


def test_text_page_and_latex_show_the_same(rows):
    gallery = Gallery(GalleryRequest.parse(None, [], "text", False, 20.0, 0, False), rows)
    text, page, latex = gallery_text(gallery), gallery_page(gallery), gallery_latex(gallery)
    for shown in (text, page, latex):
        assert "PROVED" in shown and "UNKNOWN" in shown
        assert "Davis" in shown
    assert "<math" in page and "<script" not in page
    assert r"\begin{longtable}" in latex
