"""Dismiss a finding, or take that back. Whoever may verify the card may."""

from datetime import datetime

from sqlalchemy.orm import Session

from curator.detectors.findings import finding_of
from curator.detectors.models import Finding
from curator.detectors.reconciling import flag_for, settle_flag
from kb.cards.models import Card
from kb.db import hold
from kb.errors import Conflict, invalid
from kb.people import audit
from kb.people.actor import Actor, system_actor
from kb.wording import _


def dismiss(session: Session, actor: Actor, finding_id: int, reason: str, now: datetime) -> Finding:
    """Say why this is no reason to doubt the card: it stays silent until those words change, and its flag is closed."""
    finding = hold(session, finding_of(session, actor, finding_id))
    reason = reason.strip()
    if not reason:
        raise invalid("reason", _("Say why this is no reason to doubt the card."))
    if finding.gone_at is not None:
        raise Conflict(_("It is no longer so; there is nothing to dismiss."))
    if finding.dismissed_at is not None:
        raise Conflict(_("Somebody has dismissed this already."))
    finding.dismissed_at, finding.dismissed_by_id, finding.dismissal = now, actor.id, reason
    settle_flag(session, actor, finding, reason, now)
    audit.record(
        session, actor, "finding_dismissed", "card", finding.card_id, now, detector=finding.detector,
        words=finding.words, reason=reason,
    )  # fmt: skip
    return finding


def restore(session: Session, actor: Actor, finding_id: int, now: datetime) -> Finding:
    """Take a dismissal back: it speaks against the card again."""
    finding = hold(session, finding_of(session, actor, finding_id))
    if finding.dismissed_at is None:
        raise Conflict(_("Nobody has dismissed this."))
    finding.dismissed_at = finding.dismissed_by_id = finding.dismissal = None
    finding.flag_id = None
    if finding.gone_at is None:
        flag_for(session, system_actor(session), session.get_one(Card, finding.card_id), finding, now)
    audit.record(session, actor, "finding_restored", "card", finding.card_id, now, detector=finding.detector)
    return finding
