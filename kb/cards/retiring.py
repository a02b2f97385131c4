"""Archive a card as what a check of it came to: it is no answer any more, and the log says who found so."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.commands import archive_card, require_version
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.db import hold
from kb.people.actor import Actor
from kb.sentences import sentence
from kb.trust.commands import doubt
from kb.trust.log import Manner
from kb.trust.models import Outcome, Verification
from kb.trust.notes import ARCHIVED
from kb.trust.reading import NOTHING_SEEN, Seen

RETIRED = "archived"


def retire_card(
    session: Session, actor: Actor, card: Card, version: int, now: datetime, *,
    note: str = "", seen: Seen = NOTHING_SEEN,
) -> Verification:  # fmt: skip
    """Record the check and archive the card. Its reports stay open; restored, it counts as not verified."""
    demand(actor, Right.VERIFY, hold(session, card))
    demand(actor, Right.ARCHIVE, card)
    require_version(card, version)
    manner = Manner(Outcome.ARCHIVED, seconds=seen.seconds, evidence=seen.evidence)
    reason = note or sentence(ARCHIVED)
    record = doubt(session, actor, card, "reported", reason, now, basis=RETIRED, manner=manner)
    archive_card(session, actor, card, now)
    return record
