"""The verification policy in force: intervals, and when a check falls due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kb.cards.models import Card
from kb.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """Defaults that come from settings. Days are days of 24 hours; fixed dates begin in the installation's zone."""

    interval_days: int
    due_soon_days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """The policy that these settings describe."""
        return cls(settings.freshness.interval_days, settings.freshness.due_soon_days, settings.schedule.zone)

    def interval_of(self, card: Card) -> int:
        """Days between checks of this card: its own, its collection's, or the installation's."""
        return card.interval_days or card.collection.interval_days or self.interval_days

    def next_check(self, card: Card, verified_at: datetime) -> datetime:
        """When a card verified at that instant must be checked again: its fixed date if ahead, else an interval."""
        if card.check_on is not None and (fixed := self.start_of(card.check_on)) > verified_at:
            return fixed
        return verified_at + timedelta(days=self.interval_of(card))

    def start_of(self, day: date) -> datetime:
        """The instant at which a calendar day begins in the installation's zone."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)
