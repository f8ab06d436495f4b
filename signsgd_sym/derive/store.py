r"""A folder of answers, one JSON file each: found again by their question, never believed.

The name of a file is the SHA-256 of the question: the law with its densities, what is asked of it, the
versions of the packages and of the rules. A file is text that is parsed, never executed or unpickled; whether
what it says is true is for the reader to find out, who has the kernel certify it again.

The folder is $SIGNSGD_SYM_CACHE, or signsgd-sym in the user's cache folder; '' or 'off' means none. Files are
written whole (a temporary file, then a rename), so that processes cannot see each other's halves.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VARIABLE = "SIGNSGD_SYM_CACHE"
OFF = ("", "off")
MAX_ENTRIES = 2_000
"""Beyond these the oldest are removed."""
MAX_BYTES = 500_000
"""A file larger than this is not read."""


@dataclass(frozen=True)
class Entry:
    """An answer as it was found in the folder; `made` is the day on which it was written there."""

    answer: Mapping[str, Any]
    made: str


@dataclass(frozen=True)
class Store:
    """The folder of answers; `folder` None keeps nothing.

    `keep_stopped` says whether the answer "nothing was found" is kept of a search that its deadline ended.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     note = store.write({"law": "Normal(0, v)"}, {"value": "1/2"})
    ...     store.read({"law": "Normal(0, v)"})[0].answer, store.read({"law": "Cauchy(0, v)"})
    ({'value': '1/2'}, (None, ''))
    """

    folder: Path | None
    keep_stopped: bool = False
    max_entries: int = MAX_ENTRIES

    @staticmethod
    def of(cache: bool | Store) -> Store:
        """A store as it is; True for that of the user, False for none."""
        if isinstance(cache, Store):
            return cache
        return Store(user_folder() if cache else None)

    def path(self, question: Mapping[str, Any]) -> Path | None:
        """Where the answer to a question is kept."""
        if self.folder is None:
            return None
        return self.folder / f"{_sha(question)}.json"

    def read(self, question: Mapping[str, Any]) -> tuple[Entry | None, str]:
        """The answer, or None, and a sentence where there is a file that cannot be one."""
        path = self.path(question)
        if path is None:
            return None, ""
        try:
            if path.stat().st_size > MAX_BYTES:
                return None, _refused(path, f"it is larger than {MAX_BYTES} bytes")
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return None, ""
        except (OSError, UnicodeDecodeError) as problem:
            return None, _refused(path, f"it cannot be read ({type(problem).__name__})")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None, _refused(path, "it is not JSON")
        if not isinstance(found, dict) or found.get("question") != question:
            return None, _refused(path, "it answers another question")
        answer, made = found.get("answer"), found.get("made")
        if not isinstance(answer, dict) or not isinstance(made, str):
            return None, _refused(path, "its answer or its date is missing")
        if found.get("seal") != _sha([question, answer, made]):
            return None, _refused(path, "it was changed after it was written")
        return Entry(answer, made), ""

    def write(self, question: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
        """Keep an answer in place of an older one; a sentence where that is not possible."""
        path = self.path(question)
        if path is None or self.folder is None:
            return ""
        made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        content = {
            "question": question,
            "answer": answer,
            "made": made,
            "seal": _sha([question, answer, made]),
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        if len(text.encode()) > MAX_BYTES:
            return f"the answer is larger than {MAX_BYTES} bytes and was not kept"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_whole(path, text)
            self._prune()
        except OSError as problem:
            return f"{self.folder} cannot be written ({type(problem).__name__}), so nothing is kept"
        return ""

    def _prune(self) -> None:
        """Remove the oldest entries beyond `max_entries`; another process may have been faster."""
        if self.folder is None:
            return
        entries = [path for path in self.folder.iterdir() if path.suffix == ".json"]
        if len(entries) <= self.max_entries:
            return
        ages = []
        for path in entries:
            with contextlib.suppress(FileNotFoundError):
                ages.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(ages)[: len(ages) - self.max_entries]:
            path.unlink(missing_ok=True)


def user_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """The folder that the environment names, or that of the platform; None where caching is off.

    >>> user_folder({"SIGNSGD_SYM_CACHE": "off"}) is None
    True
    >>> str(user_folder({"XDG_CACHE_HOME": "/home/ada/.cache"}, "linux"))
    '/home/ada/.cache/signsgd-sym'
    """
    chosen = environment.get(VARIABLE)
    if chosen is not None:
        return None if chosen.strip().lower() in OFF else Path(chosen).expanduser()
    base: str | Path | None
    try:
        if platform == "win32":
            base = environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        elif platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return Path(base) / "signsgd-sym"


def _write_whole(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(suffix=".tmp", prefix=f"{path.stem[:8]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sha(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _refused(path: Path, reason: str) -> str:
    return f"the file {path.name[:12]}... of the cache was not believed: {reason}"


__all__ = ["MAX_BYTES", "VARIABLE", "Entry", "Store", "user_folder"]
