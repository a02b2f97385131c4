"""Why the index is behind, told by the process that indexes to those that answer.

A file of fixed size that is written in place: it must be possible to say that the disk is full on a full disk.
"""

import errno
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from kb.errors import Unavailable
from kb.sentences import recognised, told
from kb.wording import N_, ngettext
from search.backend import IndexBusy

log = structlog.get_logger("vitrine.indexer")
_SIZE = 512
_FULL, _LOCKED = N_("the disk is full"), N_("the disk can't be written")
_FOLDER = N_("the index folder can't be written")
_DISK = {
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL, errno.EROFS: _LOCKED,
    errno.EACCES: _FOLDER, errno.EPERM: _FOLDER,
}  # fmt: skip
_BUSY = N_("something else is writing the index, a rebuild perhaps")
_DATABASE = N_("the database is busy or not reachable")
_FAILS = N_("indexing fails (%(error)s; the log says more)")
_REASONS = (_FULL, _LOCKED, _FOLDER, _BUSY, _DATABASE, _FAILS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the index from following, and since when."""

    reason: str
    since: datetime

    def in_words(self, now: datetime) -> str:
        """For people who can do something about it, in their language."""
        minutes = int((now - self.since).total_seconds() // 60)
        return ngettext(
            "Search is %(num)s minute behind: %(reason)s.", "Search is %(num)s minutes behind: %(reason)s.",
            minutes, reason=told(recognised(self.reason, _REASONS)),
        )  # fmt: skip


class Condition:
    """The condition of one index. Only the indexer changes it, everybody reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own: Trouble | None = None

    def trouble(self) -> Trouble | None:
        """What is wrong now; None while the index follows."""
        if self._own is not None:
            return self._own
        try:
            said = json.loads(self._path.read_bytes())
            return Trouble(str(said["reason"]), datetime.fromisoformat(said["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def prepare(self) -> None:
        """Take the room on the disk while there is some."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._path.exists() or self._path.stat().st_size != _SIZE:
                self._path.write_bytes(b" " * _SIZE)
        except OSError as error:
            log.warning("can't keep the index's condition", reason=str(error))

    def worsen(self, error: Exception, now: datetime) -> None:
        """Indexing failed. Said once in the log, until the reason changes."""
        reason, known = reason_of(error), self.trouble()
        if known is not None and known.reason == reason:
            return
        log.warning("search is behind", reason=reason, error=repr(error))
        self._own = Trouble(reason, known.since if known else now)
        self._say(json.dumps({"reason": reason, "since": self._own.since.isoformat()}))

    def recover(self, now: datetime) -> None:
        """Indexing works."""
        known = self.trouble()
        self._own = None
        if known is not None:
            log.info("search is up to date again", seconds=round((now - known.since).total_seconds()))
            self._say("")

    def _say(self, words: str) -> None:
        # In place and never truncated: what is taken already can be written again.
        with suppress(OSError), self._path.open("r+b", buffering=0) as file:
            file.write(words.encode().ljust(_SIZE)[:_SIZE])


def reason_of(error: BaseException) -> str:
    """The reason in words: in English, as the log and /readyz say it."""
    if isinstance(error, IndexBusy):
        return _BUSY
    if isinstance(error, Unavailable):
        return _DATABASE
    if isinstance(error, OSError) and error.errno in _DISK:
        return _DISK[error.errno]
    return _FAILS % {"error": type(error).__name__}
