"""A disk that is full from a chosen moment on: every open, write, flush, directory and sync below one folder."""

import builtins
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest


class FullDisk:
    """Counts what needs room; from the `room`-th on it fails, until there is room again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._folder = str(folder)
        self._open = builtins.open
        self.room: int | None = None
        self.asked = 0
        monkeypatch.setattr(builtins, "open", self._opened)
        monkeypatch.setattr(io, "open", self._opened)
        for name in ("mkdir", "fsync"):
            monkeypatch.setattr(os, name, self._failing(getattr(os, name)))

    def need(self) -> None:
        """Something wants room."""
        self.asked += 1
        if self.room is not None and self.asked > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full_after(self, room: int | None) -> None:
        """Full after so many more; None: never."""
        self.asked, self.room = 0, room

    def _failing(self, real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.need()
            return real(*args, **kwargs)

        return call

    def _opened(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        is_ours = isinstance(file, (str, Path)) and str(file).startswith(self._folder)
        if not is_ours or "r" in mode:  # what is there already can be read, and written in place
            return self._open(file, mode, *args, **kwargs)
        self.need()
        return _File(self, self._open(file, mode, *args, **kwargs))


class _File:
    """An open file whose writes may fail, and whose close does when what was buffered finds no room."""

    def __init__(self, disk: FullDisk, file: Any) -> None:
        self._disk = disk
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def write(self, data: Any) -> Any:
        """Needs room."""
        self._disk.need()
        return self._file.write(data)

    def close(self) -> None:
        """Closed in any case."""
        if not self._file.closed:
            self._file.close()
            self._disk.need()
