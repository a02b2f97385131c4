"""The index directory on disk: one sub-directory per rebuild, and a pointer file naming the one in use.

CURRENT      "ix-3", replaced atomically
ix-3/        a Whoosh index, with the stamp of the rules that wrote it
WRITER       held by whoever writes
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC
from whoosh.util.filelock import FileLock, try_for

from search.backend import IndexBusy, IndexUnusable
from search.whoosh_index.schema import STAMP

PRIVATE = 0o700


class IndexDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._pointer = str(path / _POINTER)
        self._known: _Known | None = None

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
            status = os.stat(self._pointer)  # noqa: PTH116  (a quarter of the time of Path.stat)
            known = self._known
            # A swap replaces the pointer. The number of a file that is gone may be given again, but not its time too.
            pointer = (status.st_ino, status.st_mtime_ns)
            if known is None or known.pointer != pointer or known.is_overtaken():
                known = self._known = self._look(pointer)
            return known.generation
        except FileNotFoundError:
            self._known = None
            return f"{self.in_use()}.gone"

    def _look(self, pointer: tuple[int, int]) -> "_Known":
        name = self.in_use()
        newest = _newest([file.name for file in (self.path / name).iterdir()])
        contents = [str(self.path / name / f"_MAIN_{number}.toc") for number in (newest, newest + 1)]
        return _Known(pointer, f"{name}.{newest}", contents[0], contents[1])

    def check_stamp(self, name: str) -> None:
        try:
            stamp = (self.path / name / _STAMP_FILE).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise IndexUnusable(f"{self.path / name} has no stamp") from error
        if stamp != STAMP:
            raise IndexUnusable(f"{self.path / name} was written by other rules")

    @contextmanager
    def next_one(self) -> Iterator[Path]:
        """A new, empty sub-directory, which is in use when the block ends; what fails leaves nothing behind."""
        path = self._free_place()
        try:
            path.mkdir(mode=PRIVATE)
            (path / _STAMP_FILE).write_text(STAMP, "utf-8")
            yield path
            self._point_to(path)
        except BaseException:
            with suppress(IndexUnusable):
                if self.current() == path.name:  # only what comes after the swap failed
                    raise
            shutil.rmtree(path, ignore_errors=True)
            raise

    def sweep(self) -> None:
        """Remove what a swap or a killed writer left behind. Readers keep the files they have open.

        Only for whoever writes: another writer's unfinished files look just like a dead one's.
        """
        current = self.current()
        for path in self.path.iterdir():
            if _NAME.fullmatch(path.name) and path.name != current:
                shutil.rmtree(path, ignore_errors=True)
        (self.path / _NEXT_POINTER).unlink(missing_ok=True)
        if current is not None:
            _sweep_index(self.path / current)

    def size(self) -> int:
        name = self.current()
        return sum(file.stat().st_size for file in (self.path / name).glob("*") if file.is_file()) if name else 0

    @contextmanager
    def writing(self, timeout: float) -> Iterator[None]:
        self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        self.path.chmod(PRIVATE)
        lock = FileLock(str(self.path / _LOCK))
        if not try_for(lock.acquire, timeout=timeout, delay=_LOCK_PAUSE):
            raise IndexBusy(f"another writer holds {self.path}")
        try:
            yield
        finally:
            lock.release()

    def _free_place(self) -> Path:
        names = [file.name for file in self.path.iterdir()]
        with suppress(IndexUnusable):  # a name that is in use but gone must not come back half built
            names.append(self.current() or "")
        taken = [int(match[1]) for match in map(_NAME.fullmatch, names) if match]
        return self.path / f"ix-{max(taken, default=0) + 1}"

    def _point_to(self, path: Path) -> None:
        """Make a finished index the one in use. It reaches the disk before its name does."""
        for file in path.iterdir():
            if file.is_file():
                _sync(file)
        _sync(path)
        pointer = self.path / _NEXT_POINTER
        pointer.write_text(path.name, "ascii")
        _sync(pointer)
        pointer.replace(self.path / _POINTER)
        _sync(self.path)


class _Known(NamedTuple):
    """What was seen last: the pointer, and the table of contents in use. A commit writes the next one, then removes
    this one; so where this one is there and the next one is not, nothing was committed."""

    pointer: tuple[int, int]
    generation: str
    contents: str
    next_contents: str

    def is_overtaken(self) -> bool:
        return os.access(self.next_contents, os.F_OK) or not os.access(self.contents, os.F_OK)


_POINTER = "CURRENT"
_NEXT_POINTER = "CURRENT.new"
_STAMP_FILE = "STAMP"
_LOCK = "WRITER"
_LOCK_PAUSE = 0.005
_CONTENTS = re.compile(r"_MAIN_(\d+)\.toc")
_ANY_CONTENTS = re.compile(r"_MAIN_\d+\.toc(\..*)?")
_SEGMENT_FILE = re.compile(r"(MAIN_[0-9a-z]+)\..+")
_SCRATCH = "MAIN.tmp"
_NAME = re.compile(r"ix-(\d{1,9})")


def _newest(files: list[str]) -> int:
    contents = [file for file in files if file.endswith(".toc")]
    return max((int(match[1]) for match in map(_CONTENTS.fullmatch, contents) if match), default=-1)


def _sweep_index(path: Path) -> None:
    """What no table of contents names: segments of a commit that never came to its end, and that commit's own table."""
    try:
        contents = TOC.read(FileStorage(str(path)), "MAIN")
    except Exception:
        return  # Whoosh fails in many ways on a damaged table; whoever opens the index says so and has it rebuilt
    living = {segment.segment_id() for segment in contents.segments}
    for file in path.iterdir():
        segment = _SEGMENT_FILE.fullmatch(file.name)
        table = _ANY_CONTENTS.fullmatch(file.name)
        if file.name == _SCRATCH:
            shutil.rmtree(file, ignore_errors=True)
        elif (segment and segment[1] not in living) or (table and table[0] != f"_MAIN_{contents.generation}.toc"):
            file.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
