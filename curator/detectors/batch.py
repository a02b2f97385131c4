"""Some cards at one instant, with what all detectors need: a detector asks the database once for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from curator.detectors.library import Library
from curator.detectors.reading import ReadCard
from kb.cards.models import Card
from kb.trust.policy import Policy


@dataclass(frozen=True, slots=True)
class Batch:
    """What a detector looks at. Every card in it is an answer: published and not replaced."""

    session: Session
    cards: Sequence[ReadCard]
    library: Library
    policy: Policy
    public_url: str
    now: datetime

    @property
    def ids(self) -> list[int]:
        """The numbers of the cards."""
        return [each.card.id for each in self.cards]


def last_look(card: Card) -> datetime:
    """When a person last stood for the whole text: its check, or when it was written."""
    return card.verified_at or card.created_at
