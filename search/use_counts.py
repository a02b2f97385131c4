"""How much cards are used, as a factor of their score: the database's counts, faded by the week, read once a minute."""

from datetime import date, datetime, timedelta
from threading import Lock

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from kb.use.models import CardUse
from search.boosts import UseCounts, use_factors

WEEKS = 12
HALF_LIFE_WEEKS = 4
_EVERY = timedelta(minutes=1)


class UseTable:
    """The factors of this process, at most a minute old."""

    def __init__(self, strength: float) -> None:
        self._strength = strength
        self._known: tuple[datetime, UseCounts] | None = None
        self._reading = Lock()

    def current(self, session: Session, now: datetime) -> UseCounts:
        """The factors; whoever finds them too old reads them anew while others go on with the old ones."""
        known = self._known
        if known is not None and known[0] <= now < known[0] + _EVERY:
            return known[1]
        if not self._reading.acquire(blocking=known is None):
            return known[1] if known is not None else UseCounts()
        try:
            counts = faded_use(session, now.date()) if self._strength else {}
            self._known = (now, use_factors(counts, self._strength))
            return self._known[1]
        finally:
            self._reading.release()


def faded_use(session: Session, today: date) -> dict[int, float]:
    """Views and copies by card: this week's in full, those of four weeks ago by half; a copy counts twice."""
    weights = case(
        *((CardUse.day > today - timedelta(weeks=week + 1), 0.5 ** (week / HALF_LIFE_WEEKS)) for week in range(WEEKS)),
        else_=0.0,
    )
    worth = (CardUse.views + 2 * CardUse.copies) * weights
    query = (
        select(CardUse.card_id, func.sum(worth))
        .where(CardUse.day > today - timedelta(weeks=WEEKS))
        .group_by(CardUse.card_id)
        .having(func.sum(CardUse.views + CardUse.copies) > 0)
    )
    return {card_id: float(used) for card_id, used in session.execute(query)}
