"""The verification policy in force: intervals, and when a check falls due."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import object_session

from kb.cards.models import Card, Collection
from kb.settings import Settings
from kb.trust.rules import SuggestedInterval, about, clauses_in_force
from kb.trust.timing import Shelf, Timing, begins, timing_of


@dataclass(frozen=True, slots=True)
class Policy:
    """Defaults that come from settings; rules and collections are read in the card's own transaction. Days are days of
    24 hours; fixed dates begin in the installation's zone."""

    interval_days: int
    due_soon_days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The policy that these settings describe."""
        return cls(settings.freshness.interval_days, settings.freshness.due_soon_days, settings.schedule.zone)

    def timing_of(self, card: Card, *, its_own: bool = True) -> Timing:
        """How often this card is checked: its own word (unless that is to be left out), else the first rule about it,
        its collection, the settings."""
        session = object_session(card)
        clauses = clauses_in_force(session) if session is not None else ()
        own = (card.interval_days, card.check_on) if its_own else (None, None)
        return timing_of(about(card), *own, clauses, shelf_of(card.collection), self.interval_days)

    def interval_of(self, card: Card) -> int:
        """Days between checks of this card at most; an adaptive pace may ask for one earlier."""
        return self.timing_of(card).interval_days

    def next_check(self, card: Card, verified_at: datetime, *, its_own: bool = True) -> datetime:
        """When a card verified at that instant must be checked again; without `its_own` interval and date, as if it
        had none."""
        timing = self.timing_of(card, its_own=its_own)
        return timing.due(verified_at, _suggested(card) if timing.is_adaptive else None, self.zone)

    def start_of(self, day: date) -> datetime:
        """The instant at which a calendar day begins in the installation's zone."""
        return begins(day, self.zone)


def shelf_of(collection: Collection) -> Shelf:
    """What a collection says about checks."""
    return Shelf(collection.interval_days, collection.is_adaptive)


def _suggested(card: Card) -> int | None:
    session = object_session(card)
    found = session.get(SuggestedInterval, card.id) if session is not None else None
    return found.days if found is not None else None
