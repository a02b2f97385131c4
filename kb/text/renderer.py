"""Renders texts in killable processes with a time and a memory limit, so that no text can hang or bloat the service.

Thread-safe and fork-safe. Processes start when first needed, are replaced after a kill, and end with their parent.
"""

import os
import queue
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from kb.errors import Unavailable
from kb.text.limits import BREAKS, RenderRefused, check_body_size, suspect_line
from kb.text.markdown import RENDERER_VERSION, Rendered
from kb.text.worker import read_frame, write_frame
from kb.wording import N_, _

__all__ = ["RENDERER_VERSION", "RenderRefused", "Rendered", "Renderer"]

_START_SECONDS = 60
_QUEUE_SECONDS = 20
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LC_ALL")


class Renderer:
    """`render(source)` gives a `Rendered` or raises `RenderRefused`; `Unavailable` if no process answers or is free."""

    def __init__(self, limit_seconds: float = 3.0, memory_mb: int = 600, processes: int = 2) -> None:
        self._limit, self._memory = limit_seconds, memory_mb
        self._free: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._all = [_Process(limit_seconds, memory_mb) for _ in range(processes)]
        self._fill()
        self._finalizer = weakref.finalize(self, _end_all, self._all)
        _renderers.add(self)

    def render(self, source: str) -> Rendered:
        check_body_size(source)
        try:
            process = self._free.get(timeout=_QUEUE_SECONDS)
        except queue.Empty:
            raise Unavailable(_("Too many texts are being displayed at once. Try again in a minute.")) from None
        try:
            return process.render(source)
        finally:
            self._free.put(process)

    def close(self) -> None:
        """Ends the processes; a later `render` starts new ones."""
        _end_all(self._all)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _fill(self) -> None:
        for process in self._all:
            self._free.put(process)

    def _forked(self) -> None:
        """In a forked child: the processes belong to the parent, and a lock may have been held by a lost thread."""
        for process in self._all:
            process.disown()
        self._all[:] = [_Process(self._limit, self._memory) for _ in self._all]
        self._free = queue.LifoQueue()
        self._fill()


class _Process:
    """One worker and its pipes; only whoever took it from the queue talks to it."""

    def __init__(self, limit_seconds: float, memory_mb: int) -> None:
        self._limit, self._memory = limit_seconds, memory_mb
        self._popen: subprocess.Popen[bytes] | None = None
        self._ending = threading.Lock()

    def render(self, source: str) -> Rendered:
        if self._popen is None or self._popen.poll() is not None:
            self._start()
        answer, in_time = self._exchange(source)
        if answer is None and in_time:
            raise RenderRefused("crash", BREAKS, line=suspect_line(source))
        if answer is None:
            raise RenderRefused(
                "time", N_("it takes more than %(seconds)s s"), line=suspect_line(source), seconds=f"{self._limit:g}"
            )
        if answer.get("spent"):
            self.end()
        if "refused" in answer:
            reason, cause, values = answer["refused"]
            line = None if reason == "html_size" else suspect_line(source)
            raise RenderRefused(reason, cause, line=line, **values)
        return Rendered(**answer["rendered"])

    def end(self) -> None:
        with self._ending:
            popen, self._popen = self._popen, None
            if popen is not None:
                popen.kill()
                popen.wait()
                _close_pipes(popen)

    def disown(self) -> None:
        if self._popen is not None:
            _close_pipes(self._popen)
            self._popen.returncode = 0  # not our child: keeps Popen from waiting for it or warning about it
            self._popen = None

    def _start(self) -> None:
        self.end()
        popen = self._popen = subprocess.Popen(  # noqa: S603  our own module, our own interpreter
            [sys.executable, "-P", "-m", "kb.text.worker", f"{self._limit:g}", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=_environment(),
        )
        deadline = _Deadline(popen, _START_SECONDS)
        try:
            read_frame(_out(popen))
        except EOFError:
            self.end()
            raise Unavailable(_("Texts can't be displayed right now: the rendering process does not start.")) from None
        finally:
            deadline.cancel()

    def _exchange(self, source: str) -> tuple[dict[str, Any] | None, bool]:
        """The answer, or none if the process died; and whether it did so before its time was up."""
        popen = self._popen
        assert popen is not None  # noqa: S101  for the type checker: render() has just started it
        deadline = _Deadline(popen, self._limit)
        answer: Any = None
        try:
            write_frame(_in(popen), source)
            answer = read_frame(_out(popen))
        except (EOFError, OSError, ValueError):  # ValueError: closed by close() in another thread
            pass
        finally:
            deadline.cancel()
        if answer is None or deadline.passed:
            self.end()
        return answer, not deadline.passed


class _Deadline:
    """Kills a process when its time is up; a thread, because a pipe can't be read with a timeout on every system."""

    def __init__(self, popen: subprocess.Popen[bytes], seconds: float) -> None:
        self.passed = False
        self._popen = popen
        self._timer = threading.Timer(seconds, self._kill)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()  # after this it can no longer hit the next text

    def _kill(self) -> None:
        self.passed = True
        self._popen.kill()


def _in(popen: subprocess.Popen[bytes]) -> BinaryIO:
    assert popen.stdin is not None  # noqa: S101  for the type checker: opened with PIPE
    return popen.stdin  # type: ignore[return-value]


def _out(popen: subprocess.Popen[bytes]) -> BinaryIO:
    assert popen.stdout is not None  # noqa: S101  for the type checker: opened with PIPE
    return popen.stdout  # type: ignore[return-value]


def _close_pipes(popen: subprocess.Popen[bytes]) -> None:
    _in(popen).close()
    _out(popen).close()


def _end_all(processes: list["_Process"]) -> None:
    for process in processes:
        process.end()


def _environment() -> dict[str, str]:
    """No secrets in reach of a hostile text; the parent's import path, so that it works from any working directory."""
    package_root = str(Path(__file__).resolve().parents[2])
    entries = [str(Path(entry).resolve()) for entry in sys.path if entry]
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join([*entries, package_root])}


_renderers: weakref.WeakSet[Renderer] = weakref.WeakSet()


def _after_fork() -> None:
    for renderer in list(_renderers):
        renderer._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
