"""What a curator makes of a quick series: it is fine, or the cards are checked once more. Both leave a record."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.checks.series import DECISIONS, SUBJECT, stands
from kb.cards.models import Card
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import AuditEntry
from kb.trust.commands import unverify
from kb.trust.models import Verification
from kb.wording import _

_FINE, _AGAIN = DECISIONS
MOST = 500


def call_fine(session: Session, actor: Actor, record_ids: Sequence[int], now: datetime) -> int:
    """Say that these checks were made with care. They do not come up again. Returns how many."""
    chosen = _undecided(session, actor, record_ids)
    for record, _check in chosen:
        audit.record(session, actor, _FINE, SUBJECT, record.id, now)
    return len(chosen)


def ask_again(session: Session, actor: Actor, record_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Un-verify what still rests on these checks, with the reason that readers see. Returns how many cards."""
    if not reason.strip():
        raise invalid("reason", _("Say why, so that whoever checks next knows. Readers see it too."))
    asked = 0
    for record, card in _undecided(session, actor, record_ids):
        audit.record(session, actor, _AGAIN, SUBJECT, record.id, now, reason=reason.strip())
        if stands(record, card):
            unverify(session, actor, card, reason.strip(), now)
            asked += 1
    return asked


def _undecided(session: Session, actor: Actor, record_ids: Sequence[int]) -> list[tuple[Verification, Card]]:
    """The records, each of a card the actor curates and of somebody else's check, that nobody has decided about."""
    wanted = sorted(set(record_ids))[:MOST]
    records = session.scalars(select(Verification).where(Verification.id.in_(wanted)).order_by(Verification.id)).all()
    found = [(record, session.get(Card, record.card_id, with_for_update={"key_share": True})) for record in records]
    chosen = [(record, card) for record, card in found if card is not None and card.collection_id in actor.curated]
    if not chosen:
        raise NotFound(_("There are no such checks."))
    if any(record.actor_id == actor.id for record, _check in chosen):
        raise Forbidden(_("These are your own checks. Another curator decides about them."))
    decided = set(
        session.scalars(
            select(AuditEntry.subject_id).where(
                AuditEntry.subject == SUBJECT, AuditEntry.action.in_(DECISIONS), AuditEntry.subject_id.in_(wanted)
            )
        )
    )
    left = [(record, card) for record, card in chosen if record.id not in decided]
    if not left:
        raise Conflict(_("Somebody decided about these checks already."))
    return left
