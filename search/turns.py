"""One writer at a time: among this process's threads first, then, by the engine's own lock, among all processes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock

from search.backend import IndexBusy


class Turns:
    """`lock` keeps other processes away while it is entered; it is entered once, however deep turns are nested."""

    def __init__(self, lock: Callable[[], AbstractContextManager[None]], timeout: float) -> None:
        self._lock = lock
        self._timeout = timeout
        self._threads = RLock()
        self._is_held = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Keep every other writer away. Raises IndexBusy when the wait is too long."""
        if not self._threads.acquire(timeout=self._timeout):
            raise IndexBusy("this process is writing the index already")
        try:
            if self._is_held:  # by this very thread
                yield
                return
            with self._lock():
                self._is_held = True
                try:
                    yield
                finally:
                    self._is_held = False
        finally:
            self._threads.release()
