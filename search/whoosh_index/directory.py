"""The index directory on disk: one sub-directory per rebuild, and a pointer file naming the one in use.

CURRENT      "ix-3", replaced atomically
ix-3/        a Whoosh index, with the stamp of the rules that wrote it
WRITER       held by whoever writes
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh.util.filelock import FileLock, try_for

from search.backend import IndexBusy, IndexUnusable
from search.whoosh_index.schema import STAMP

PRIVATE = 0o700


class IndexDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._pointer = str(path / _POINTER)
        self._known: tuple[int, str, str] | None = None

    def current(self) -> str | None:
        """The name of the index in use; None where there has never been one."""
        try:
            name = (self.path / _POINTER).read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise IndexUnusable(f"can't read {self.path / _POINTER}") from error
        if not _NAME.fullmatch(name):
            raise IndexUnusable(f"{self.path / _POINTER} names no index")
        return name

    def in_use(self) -> str:
        name = self.current()
        if name is None:
            raise IndexUnusable(f"{self.path} holds no index")
        return name

    def generation(self) -> str:
        """Changes with every commit and every swap. Asked before every search, so it reads as little as it can."""
        try:
            number = os.stat(self._pointer).st_ino  # noqa: PTH116  (a quarter of the time of Path.stat)
            known = self._known
            # A swap replaces the pointer, and so its number.
            if known is None or known[0] != number:
                name = self.in_use()
                known = self._known = (number, name, str(self.path / name))
            return f"{known[1]}.{_newest(os.listdir(known[2]))}"  # noqa: PTH208
        except FileNotFoundError:
            self._known = None
            return f"{self.in_use()}.gone"

    def check_stamp(self, name: str) -> None:
        try:
            stamp = (self.path / name / _STAMP_FILE).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise IndexUnusable(f"{self.path / name} has no stamp") from error
        if stamp != STAMP:
            raise IndexUnusable(f"{self.path / name} was written by other rules")

    def create_next(self) -> Path:
        """A new, empty sub-directory, not yet in use."""
        taken = [int(match[1]) for match in map(_NAME.fullmatch, (file.name for file in self.path.iterdir())) if match]
        path = self.path / f"ix-{max(taken, default=0) + 1}"
        path.mkdir(mode=PRIVATE)
        (path / _STAMP_FILE).write_text(STAMP, "utf-8")
        return path

    def point_to(self, path: Path) -> None:
        """Make a finished index the one in use. It reaches the disk before its name does."""
        for file in path.iterdir():
            if file.is_file():
                _sync(file)
        _sync(path)
        pointer = self.path / f"{_POINTER}.new"
        pointer.write_text(path.name, "ascii")
        _sync(pointer)
        pointer.replace(self.path / _POINTER)
        _sync(self.path)

    def sweep(self) -> None:
        """Remove what a swap or a killed writer left behind. Readers keep the files they have open."""
        current = self.current()
        for path in self.path.iterdir():
            if _NAME.fullmatch(path.name) and path.name != current:
                shutil.rmtree(path, ignore_errors=True)
        if current is not None:
            for path in (self.path / current).glob("_MAIN_*.toc.*"):
                path.unlink(missing_ok=True)

    def size(self) -> int:
        name = self.current()
        return sum(file.stat().st_size for file in (self.path / name).glob("*") if file.is_file()) if name else 0

    @contextmanager
    def writing(self, timeout: float) -> Iterator[None]:
        self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        self.path.chmod(PRIVATE)
        lock = FileLock(str(self.path / _LOCK))
        if not try_for(lock.acquire, timeout=timeout, delay=0.02):
            raise IndexBusy(f"another writer holds {self.path}")
        try:
            yield
        finally:
            lock.release()


_POINTER = "CURRENT"
_STAMP_FILE = "STAMP"
_LOCK = "WRITER"
_CONTENTS = re.compile(r"_MAIN_(\d+)\.toc")
_NAME = re.compile(r"ix-(\d{1,9})")


def _newest(files: list[str]) -> int:
    contents = [file for file in files if file.endswith(".toc")]
    return max((int(match[1]) for match in map(_CONTENTS.fullmatch, contents) if match), default=-1)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
