"""Read synonyms, and keep them ready for every search of this process."""

import time
from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from search.synonyms.expansions import Group, Thesaurus
from search.synonyms.models import Synonym

_SECONDS = 1.0
Stamp = tuple[int, int | None, datetime | None]


def all_synonyms(session: Session) -> Sequence[Synonym]:
    """Every group, the oldest first."""
    return session.scalars(select(Synonym).order_by(Synonym.id)).all()


def thesaurus(session: Session) -> Thesaurus:
    """The groups as they are now."""
    return Thesaurus.of(Group(tuple(group.words), group.is_one_way) for group in all_synonyms(session))


class SynonymCache:
    """The thesaurus of one process. Whoever changes synonyms says so; other processes notice within a second."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept = Thesaurus()
        self._stamp: Stamp | None = None
        self._looked = 0.0

    def current(self, session: Session) -> Thesaurus:
        """The thesaurus, read again if anything changed since it was."""
        with self._lock:
            if self._stamp is not None and time.monotonic() - self._looked < _SECONDS:
                return self._kept
        stamp = _stamp(session)
        with self._lock:
            kept, is_same = self._kept, stamp == self._stamp
        if not is_same:
            kept = thesaurus(session)
        with self._lock:
            self._kept, self._stamp, self._looked = kept, stamp, time.monotonic()
        return kept

    def forget(self) -> None:
        """Synonyms were changed here: read them again."""
        with self._lock:
            self._stamp = None


def _stamp(session: Session) -> Stamp:
    count, newest, latest = session.execute(
        select(func.count(), func.max(Synonym.id), func.max(Synonym.updated_at)).select_from(Synonym)
    ).one()
    return int(count), newest, latest
