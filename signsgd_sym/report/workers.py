"""Tasks in processes of their own: one a core, started afresh, ended with the loop that reads their answers.

The precision of mpmath and of FLINT belongs to the process, so tasks that change it cannot share one. The
processes are spawned, not forked: they import what they need and inherit no state. An interrupt from
the keyboard goes to the parent alone, which ends them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back for the task number `index`: a value, or the exception that was raised."""

    index: int
    value: Any = None
    error: BaseException | None = None


class WorkerEnded(RuntimeError):
    """A process ended before it answered, for instance because the machine ran out of memory."""


@dataclass
class _Worker:
    process: Any
    connection: Connection
    index: int = -1


@dataclass
class Pool:
    """`run` yields an `Answer` for every task as it comes; leaving the loop early ends the processes.

    `function` has to be importable by name, tasks and answers are pickled.
    """

    function: Callable[[Any], Any]
    workers: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))

    def run(self, tasks: Sequence[Any]) -> Iterator[Answer]:
        """Answers in the order in which they are ready."""
        waiting = list(enumerate(tasks))[::-1]
        busy: list[_Worker] = []
        try:
            with _deaf():
                for _ in range(min(self.workers, len(tasks))):
                    busy.append(self._start())
            for worker in busy:
                _hand(worker, waiting)
            while busy:
                ready = wait([worker.connection for worker in busy])
                for worker in [w for w in busy if w.connection in ready]:
                    try:
                        answer = Answer(worker.index, *worker.connection.recv())
                    except (EOFError, OSError):
                        worker.process.join()
                        code = worker.process.exitcode
                        answer = Answer(
                            worker.index, error=WorkerEnded(f"its process ended with status {code}")
                        )
                        busy.remove(worker)
                        if waiting:
                            with _deaf():
                                busy.append(worker := self._start())
                    if worker in busy and not _hand(worker, waiting):
                        worker.connection.close()
                        busy.remove(worker)
                    yield answer
        finally:
            for worker in busy:
                worker.process.terminate()
                worker.connection.close()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.function))
        process.start()
        theirs.close()
        return _Worker(process, ours)


def _hand(worker: _Worker, waiting: list[tuple[int, Any]]) -> bool:
    """Give the next task to a worker; False when none is left."""
    if not waiting:
        return False
    worker.index, task = waiting.pop()
    worker.connection.send(task)
    return True


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started here inherit that they do not hear the keyboard's interrupt."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: signals are not ours to set
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(connection: Connection, function: Callable[[Any], Any]) -> None:
    """The life of a process: answer tasks until the other end is closed."""
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            reply: tuple[Any, BaseException | None] = function(task), None
        except BaseException as error:  # the parent decides what it means
            reply = None, error
        try:
            connection.send(reply)
        except (BrokenPipeError, OSError):
            return
        except Exception as error:  # an answer that cannot be pickled
            connection.send((None, RuntimeError(f"{type(error).__name__}: {error}")))
