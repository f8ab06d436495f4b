"""A process that can be killed, for SymPy calls that can hang.

`stream(function, arguments, seconds)` runs a generator in a process of its own and yields what it yields; at
the deadline the process is killed, and what came before is kept. Parent and child exchange SymPy objects
over their own pipe; nothing from outside is ever unpickled. An interrupt from the keyboard goes to the parent
alone, which ends the process.

The process is a fork where that is safe (Linux, and no other thread that could hold a lock), else a fresh
interpreter, which takes a second longer to start and does not run the user's script again.
"""

from __future__ import annotations

import multiprocessing
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Generator = Callable[..., Iterator[Any]]
Receive = Callable[[float], tuple[str, Any]]
"""Waits so many seconds for the next message: ("item", value), ("end", None) or ("failed", words)."""


PATIENCE = 600.0
"""Seconds after which what was started ahead is computed again: something is wrong then."""


class Stopped(Exception):
    """The process was killed at its deadline, or failed; the message says which."""


def stream(function: Generator, arguments: tuple[Any, ...], seconds: float) -> Iterator[Any]:
    """The items of `function(*arguments)`, which has to be importable by name.

    Raises `Stopped` after the last item unless the generator ran to its end within `seconds`.

    >>> list(stream(range, (3,), seconds=20))
    [0, 1, 2]
    """
    deadline = time.monotonic() + seconds
    with (_forked if _forks() else _fresh)(function, arguments) as receive:
        while True:
            kind, item = receive(max(0.0, deadline - time.monotonic()))
            if kind == "late":
                raise Stopped(f"no answer within {seconds:g} s")
            if kind == "failed":
                raise Stopped(item)
            if kind == "end":
                return
            yield item


@contextmanager
def ahead(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[Callable[[], Any]]:
    """Start `function(*arguments)` beside what follows; calling what is yielded waits for its value.

    Where no fork is at hand, or the process fails, the value is computed when it is asked for.

    >>> with ahead(sum, ([1, 2],)) as value:
    ...     value()
    3
    """
    if not _forks():
        yield lambda: function(*arguments)
        return
    with _forked(_once, (function, arguments)) as receive:

        def value() -> Any:
            kind, item = receive(PATIENCE)
            return item if kind == "item" else function(*arguments)

        yield value


def _once(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[Any]:
    yield function(*arguments)


def _forks() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started here inherit that they do not hear the keyboard's interrupt; for us it waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _forked(function: Generator, arguments: tuple[Any, ...]) -> Iterator[Receive]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs.send, function, arguments), daemon=True)

    def receive(seconds: float) -> tuple[str, Any]:
        if not ours.poll(seconds):
            return "late", None
        try:
            return ours.recv()
        except EOFError:
            return "failed", "the process ended early"

    try:
        with _deaf():
            process.start()
        theirs.close()
        yield receive
    finally:
        if process.pid is not None:
            process.kill()
            process.join()
        ours.close()


@contextmanager
def _interpreter() -> Iterator[subprocess.Popen[bytes]]:
    """A fresh process, ended in every case."""
    command = [sys.executable, "-m", "signsgd_sym.derive.worker"]
    process = None
    try:
        with _deaf():
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        yield process
    finally:
        if process is not None:
            process.kill()
            process.wait()


@contextmanager
def _fresh(function: Generator, arguments: tuple[Any, ...]) -> Iterator[Receive]:
    with _interpreter() as process, _messages(process, function, arguments) as receive:
        yield receive


@contextmanager
def _messages(
    process: subprocess.Popen[bytes], function: Generator, arguments: tuple[Any, ...]
) -> Iterator[Receive]:
    """Hand the task to the process and read what it answers."""
    assert process.stdin is not None and process.stdout is not None
    source, messages = process.stdout, queue.SimpleQueue[tuple[str, Any]]()

    def read() -> None:
        try:
            while True:
                messages.put(pickle.load(source))
        except (EOFError, pickle.UnpicklingError, ValueError, OSError):
            messages.put(("failed", "the process ended early"))

    def receive(seconds: float) -> tuple[str, Any]:
        try:
            return messages.get(timeout=seconds)
        except queue.Empty:
            return "late", None

    reader = threading.Thread(target=read, daemon=True)
    try:
        pickle.dump((function, arguments), process.stdin)
        process.stdin.close()
        reader.start()
        yield receive
    finally:
        process.kill()
        process.wait()
        if reader.is_alive():
            reader.join()
        source.close()


def _serve(send: Callable[[Any], None], function: Generator, arguments: tuple[Any, ...]) -> None:
    try:
        for item in function(*arguments):
            send(("item", item))
        send(("end", None))
    except BrokenPipeError:
        return
    except Exception as error:  # whatever SymPy raises: the search goes on without this one
        send(("failed", f"{type(error).__name__}: {error}"))


def _main() -> None:
    function, arguments = pickle.load(sys.stdin.buffer)
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not come between the messages

    def send(message: Any) -> None:
        pickle.dump(message, out)
        out.flush()

    _serve(send, function, arguments)


if __name__ == "__main__":
    _main()
