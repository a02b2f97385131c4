"""Verify, un-verify, flag and resolve: every change of trust, each one permission, one row, one log record."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.db import hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people.actor import Actor
from kb.sentences import sentence, trimmed
from kb.trust import log
from kb.trust.models import Flag, FlagKind, Outcome, Shown, Verdict, Verification
from kb.trust.policy import Policy
from kb.wording import _

_TWICE = timedelta(seconds=10)


def verify(
    session: Session, actor: Actor, card: Card, version: int, policy: Policy, now: datetime, *,
    note: str = "", basis: str = "checked", outcome: Outcome = Outcome.STILL_RIGHT, batch_size: int = 1,
    seconds: int | None = None, whole_card: bool = False, evidence: Sequence[Shown] = (), last_flag: int | None = None,
) -> Verification:  # fmt: skip
    """State that revision `version` is true as of `now`; open flags are resolved by it, up to `last_flag` if given:
    whoever decides answers for the reports they were shown, not for one that came in meanwhile.

    The record keeps how it was checked: what came of it, with how many others, in how many seconds, and the evidence
    that was shown. Raises Conflict when the card moved on since that revision was read: nobody verifies a text they
    haven't seen.
    """
    demand(actor, Right.VERIFY, hold(session, card))
    if version != card.version:
        raise Conflict(
            _(
                "The card is at version %(version)s now; you read version %(read)s. Read it again.",
                version=card.version,
                read=version,
            )
        )
    card.verified_at, card.verified_by_id, card.verified_version = now, actor.id, card.version
    card.unverified_at = card.unverified_by_id = card.unverified_kind = card.unverified_reason = None
    card.verify_by = policy.next_check(card, now)
    for flag in _open(session, card):
        if last_flag is None or flag.id <= last_flag:
            _close(flag, actor, note or sentence("Verified again."), now)
    manner = log.Manner(outcome, batch_size, seconds, whole_card, tuple(evidence))
    record = log.append(session, actor, card, Verdict.VERIFIED, basis, note, now, manner)
    session.refresh(card, ["verified_by", "unverified_by"])
    return record


def outcome_of(card: Card) -> Outcome:
    """What a check about to be recorded came to where nobody said so: corrected if the text moved on since the last."""
    return Outcome.CORRECTED if card.verified_version not in (None, card.version) else Outcome.STILL_RIGHT


def unverify(session: Session, actor: Actor, card: Card, reason: str, now: datetime) -> Verification:
    """Take a verification back, with the reason readers will see."""
    demand(actor, Right.VERIFY, hold(session, card))
    if card.verified_at is None or card.unverified_at is not None:
        raise Conflict(_("The card is not verified, so there is nothing to take back."))
    if not reason.strip():
        raise invalid("reason", _("Say why, so that the assignee knows what to check."))
    return doubt(session, actor, card, "reported", reason.strip(), now)


def doubt(
    session: Session, actor: Actor, card: Card, kind: str, reason: str, now: datetime, *,
    basis: str = "", manner: log.Manner = log.NO_CHECK,
) -> Verification:  # fmt: skip
    """Record that the current revision is not known to be true. The caller has decided that the actor may."""
    card.unverified_at, card.unverified_by_id = now, actor.id
    card.unverified_kind, card.unverified_reason = kind, reason
    record = log.append(session, actor, card, Verdict.UNVERIFIED, basis or kind, reason, now, manner)
    session.refresh(card, ["unverified_by"])
    return record


def raise_flag(
    session: Session, actor: Actor, card: Card, kind: FlagKind, detail: str, now: datetime, *, url: str | None = None
) -> Flag:
    """Report a problem. The same person saying the same thing again changes nothing."""
    demand(actor, Right.FLAG, hold(session, card))
    if not detail.strip():
        raise invalid("detail", _("Say in a few words what is wrong."))
    detail = trimmed(detail)
    for flag in _open(session, card):
        if (flag.kind, flag.detail, flag.raised_by_id) == (kind, detail, actor.id):
            return flag
    flag = Flag(
        card_id=card.id, kind=kind, detail=detail, url=url, version=card.version,
        raised_by_id=actor.id, raised_at=now,
    )  # fmt: skip
    session.add(flag)
    session.flush()
    return flag


def resolve_flag(session: Session, actor: Actor, flag_id: int, resolution: str, now: datetime) -> Flag:
    """Close a flag with words on what was done. A verifier, a curator or whoever raised it may."""
    flag = session.get(Flag, flag_id, with_for_update=True)
    card = session.get(Card, flag.card_id) if flag else None
    if flag is None or card is None or not may(actor, Right.READ, card):
        raise NotFound(_("There is no such flag."))
    if not may(actor, Right.VERIFY, card) and flag.raised_by_id != actor.id:
        raise Forbidden(_("Only a verifier of the card, its curator or the person who reported it may resolve this."))
    if flag.resolved_at is not None:
        raise Conflict(_("This report is resolved already."))
    if not resolution.strip():
        raise invalid("resolution", _("Say what was done about it."))
    _close(flag, actor, trimmed(resolution), now)
    return flag


def said_just_now(session: Session, actor: Actor, card: Card, version: int, now: datetime) -> Verification | None:
    """The person's own record of this version, a few seconds old, if nothing was doubted since: a form sent twice."""
    hold(session, card)
    is_same = (card.verified_by_id, card.verified_version) == (actor.id, version)
    if not is_same or card.verified_at is None or card.unverified_at is not None or _open(session, card):
        return None
    if now - card.verified_at > _TWICE:
        return None
    return session.scalars(
        select(Verification).where(Verification.card_id == card.id).order_by(Verification.id.desc()).limit(1)
    ).first()


def _open(session: Session, card: Card) -> list[Flag]:
    return list(session.scalars(select(Flag).where(Flag.card_id == card.id, Flag.resolved_at.is_(None))))


def _close(flag: Flag, actor: Actor, resolution: str, now: datetime) -> None:
    flag.resolved_at, flag.resolved_by_id, flag.resolution = now, actor.id, resolution
