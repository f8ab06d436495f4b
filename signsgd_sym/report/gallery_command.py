"""`closed-form --all`: the gallery of laws, found in parallel; an interrupt keeps what is done."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from signsgd_sym.errors import ParameterError
from signsgd_sym.report.closed_form_command import checked_options
from signsgd_sym.report.gallery import GalleryRow, GalleryTask, find_row, gallery_laws, lost_row
from signsgd_sym.report.workers import Pool

Progress = Callable[[str, float], object]
GALLERY_STYLES = ("text", "latex", "html", "json")


@dataclass(frozen=True)
class GalleryRequest:
    """What the gallery is to hold, in which format."""

    laws: Mapping[str, str]
    style: str
    seconds: float
    seed: int

    @staticmethod
    def parse(
        law: str | None,
        at: Sequence[str],
        style: str,
        how: bool,
        seconds: float,
        seed: int,
        as_json: bool,
        everything: bool = True,
    ) -> GalleryRequest:
        """Refuse what cannot be done before anything is searched. Raises `ParameterError`."""
        if not everything:
            raise ParameterError('there is no law; name one, such as "Laplace(0, b)", or write --all.')
        if law is not None:
            raise ParameterError(f"--all is of all laws; leave out {law!r}, or --all.")
        if at or how:
            raise ParameterError(f"{'--at' if at else '--how'} speaks of one law; leave it out, or --all.")
        checked_options(style, GALLERY_STYLES, seconds, seed)
        return GalleryRequest(gallery_laws(), "json" if as_json else style, seconds, seed)


@dataclass
class Gallery:
    """The rows that were found, in the order of the laws; complete unless `interrupted`."""

    request: GalleryRequest
    rows: list[GalleryRow] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """1 when a phi was refuted."""
        return int(any(row.verdict == "REFUTED" for row in self.rows))


def run_gallery(
    request: GalleryRequest, progress: Progress = lambda stage, share: None, workers: int | None = None
) -> Gallery:
    """Find every row. A process that ends is a row that says so; an interrupt keeps the rows found."""
    started = time.perf_counter()
    gallery = Gallery(request)
    tasks = [GalleryTask(name, law, request.seconds, request.seed) for name, law in request.laws.items()]
    found: dict[int, GalleryRow] = {}
    pool = Pool(_in_worker) if workers is None else Pool(_in_worker, workers)
    progress(f"0 of {len(tasks)} laws", 0.0)
    try:
        for answer in pool.run(tasks):
            task = tasks[answer.index]
            if answer.error is None:
                found[answer.index] = answer.value
            else:
                found[answer.index] = lost_row(task, f"it could not be searched: {answer.error}")
            progress(f"{len(found)} of {len(tasks)} laws, last {task.name}", len(found) / len(tasks))
    except KeyboardInterrupt:
        gallery.interrupted = True
    gallery.rows = [found[index] for index in sorted(found)]
    gallery.seconds = time.perf_counter() - started
    return gallery


def _in_worker(task: GalleryTask) -> GalleryRow:
    """A row, in a process that may be ended from outside: an exception then ends the search's own process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return find_row(task)


def gallery_content(gallery: Gallery, *, colour: bool = False, width: int = 100) -> str:
    """The gallery in the format asked for."""
    style = gallery.request.style
    if style == "json":
        return json.dumps(gallery_data(gallery), indent=2)
    if style == "latex":
        from signsgd_sym.report.gallery_latex import gallery_latex

        return gallery_latex(gallery)
    if style == "html":
        from signsgd_sym.report.gallery_page import gallery_page

        return gallery_page(gallery)
    from signsgd_sym.report.gallery_text import gallery_text

    return gallery_text(gallery, colour=colour, width=width)


def summary(gallery: Gallery) -> str:
    """How many laws have which verdict; those without a closed form apart."""
    total = len(gallery.request.laws)
    found = [row for row in gallery.rows if row.kind]
    without = [row.name for row in gallery.rows if not row.kind]
    counts = {word: sum(row.verdict == word for row in found) for word in ("PROVED", "CERTIFIED")}
    words = f"{len(gallery.rows)} laws: " + ", ".join(f"{n} {w}" for w, n in counts.items() if n)
    if without:
        words += f"; without a closed form: {len(without)} ({', '.join(without)})"
    return (f"interrupted, {len(gallery.rows)} of {total} laws; " if gallery.interrupted else "") + words


def gallery_data(gallery: Gallery) -> dict[str, object]:
    """The gallery as JSON data."""
    return {
        "laws": [asdict(row) for row in gallery.rows],
        "summary": summary(gallery),
        "interrupted": gallery.interrupted,
        "seed": gallery.request.seed,
        "seconds": round(gallery.seconds, 1),
    }
