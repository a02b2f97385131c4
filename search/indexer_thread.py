"""Keeps an index up to date while a process lives: notices commits of all processes within moments, survives trouble.

Commits of this process wake it. Those of others it sees by asking for the outbox's newest number: 40 times a second
while there is work, 10 times after a quiet minute, a few microseconds each time.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from kb.cards.outbox import NewestChange
from search.backend import IndexBusy, IndexUnusable
from search.condition import Condition
from search.indexer import Indexer

log = structlog.get_logger("vitrine.indexer")
BUSY_SECONDS = 0.025
QUIET_SECONDS = 0.1
QUIET_AFTER = 60.0
LOOK_EVERY = 1.0
"""So often the index itself is looked at, whether or not anything was saved: somebody may have removed it."""
FIRST_RETRY, LAST_RETRY, REBUILD_RETRY = 0.5, 5.0, 60.0


class IndexerThread:
    """Indexes until it is stopped. Any number of processes may run one: one of them writes at a time."""

    def __init__(
        self, indexer: Indexer, condition: Condition, now: Callable[[], datetime], *, seconds: float = BUSY_SECONDS
    ) -> None:
        self._indexer = indexer
        self._newest = NewestChange(indexer.database)
        self._condition = condition
        self._now = now
        self._seconds = seconds
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
        self._seen = -1
        self._retry = 0.0
        self._worked_at = self._looked_at = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._condition.prepare()
        self._thread.start()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch at hand and end."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if self._retry:  # what wakes in trouble would only fail again
                self._stopped.wait(self._retry)
            else:
                self._wake.wait(self._pause())
            self._wake.clear()
            if not self._stopped.is_set():
                self._step()
        self._newest.close()

    def _pause(self) -> float:
        is_quiet = time.monotonic() - self._worked_at > QUIET_AFTER
        return max(self._seconds, QUIET_SECONDS) if is_quiet else self._seconds

    def _step(self) -> None:
        try:
            newest = self._newest()
            if newest == self._seen and not self._retry and not self._is_time_to_look():
                return
            self._follow(newest)
        except Exception as error:
            self._fail(error, LAST_RETRY)

    def _follow(self, newest: int) -> None:
        try:
            if newest != self._seen or self._retry or self._indexer.is_behind():
                self._indexer.apply_pending()
                self._worked_at = time.monotonic()
        except IndexUnusable as error:
            if not self._retry:
                log.warning("index unusable, rebuilding", reason=str(error))
            if not self._is_rebuilt():
                return
        self._seen, self._retry = newest, 0.0
        self._condition.recover(self._now())

    def _is_rebuilt(self) -> bool:
        try:
            self._indexer.rebuild()
        except Exception as error:
            self._fail(error, LAST_RETRY if isinstance(error, IndexBusy) else REBUILD_RETRY)
            return False
        return True

    def _is_time_to_look(self) -> bool:
        is_time = time.monotonic() - self._looked_at > LOOK_EVERY
        if is_time:
            self._looked_at = time.monotonic()
        return is_time

    def _fail(self, error: Exception, longest: float) -> None:
        if not self._retry and not isinstance(error, (OSError, IndexBusy)):
            log.error("indexing failed; it is tried again", exc_info=error)
        self._retry = min(max(FIRST_RETRY, self._retry * 2), longest)
        self._condition.worsen(error, self._now())
