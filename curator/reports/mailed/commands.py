"""Follow a link from a mail: find out whether it still holds, and verify the card with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from curator.queue.models import Snooze
from curator.reports.mailed.links import CheckLink, sign
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.db import hold
from kb.errors import Gone, invalid
from kb.people.actor import Actor, actor_for
from kb.people.models import AuditEntry, Person
from kb.settings import Settings
from kb.trust.commands import verify
from kb.trust.models import Verdict, Verification
from kb.trust.policy import Policy
from kb.trust.queries import open_flags
from kb.trust.reading import NOTHING_SEEN, Seen
from kb.wording import _

BASIS = "mail link"


class LinkState(StrEnum):
    """Whether a link still holds, or why not."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    USED = "used"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Followed:
    """What a link leads to. A withdrawn one leads to nothing: there is neither card nor actor."""

    state: LinkState
    actor: Actor | None = None
    card: Card | None = None
    used: Verification | None = None


def check_urls(
    session: Session, actor: Actor, card_ids: Iterable[int], settings: Settings, key: bytes, now: datetime
) -> Mapping[int, str]:
    """For each of these cards that the actor may verify: the address of a link for a mail to them."""
    days = settings.reports.check_link_days
    if not days or actor.id is None:
        return {}
    cards = session.scalars(select(Card).where(Card.id.in_(set(card_ids))))
    return {
        card.id: f"{settings.public_url}/check/{sign(key, CheckLink(actor.id, card.id, card.version, now, 24 * days))}"
        for card in cards
        if may(actor, Right.VERIFY, card)
    }


def follow(session: Session, link: CheckLink, now: datetime) -> Followed:
    """Whether the link holds now. It changes nothing: mail programs open links to look at them."""
    person, card = session.get(Person, link.person_id), session.get(Card, link.card_id)
    if person is None or card is None or _was_deactivated(session, person, link):
        return Followed(LinkState.WITHDRAWN)
    actor = actor_for(session, person)
    if not may(actor, Right.VERIFY, card):
        return Followed(LinkState.WITHDRAWN)
    if (used := _check_since(session, link)) is not None:
        return Followed(LinkState.USED, actor, card, used)
    if now >= link.expires_at:
        return Followed(LinkState.EXPIRED, actor, card)
    return Followed(LinkState.OPEN if card.version == link.version else LinkState.CHANGED, actor, card)


def verify_by_link(
    session: Session, link: CheckLink, note: str, policy: Policy, now: datetime, seen: Seen = NOTHING_SEEN
) -> Verification:
    """Say that the version in the link is still correct. Raises Gone when the link does not hold any more.

    A report that came in after the page was drawn stays open.
    """
    if (card := session.get(Card, link.card_id)) is not None:
        hold(session, card)  # two clicks at once: the second one waits and finds the first one's record
    followed = follow(session, link, now)
    if followed.state is not LinkState.OPEN or followed.card is None or followed.actor is None:
        raise Gone(_("This link is no longer valid."))
    card, actor = followed.card, followed.actor
    reports = open_flags(session, [card.id]).get(card.id, [])
    if any(seen.last_flag is None or flag.id <= seen.last_flag for flag in reports) and not note.strip():
        raise invalid("note", _("Say what you checked: it answers the open reports."))
    session.execute(delete(Snooze).where(Snooze.card_id == card.id))
    return verify(
        session, actor, card, link.version, policy, now, note=note.strip(), basis=BASIS,
        seconds=seen.seconds, evidence=seen.evidence, last_flag=seen.last_flag,
    )  # fmt: skip


def _was_deactivated(session: Session, person: Person, link: CheckLink) -> bool:
    """Also once between then and now: who is let in again gets new mails."""
    if not person.is_active:
        return True
    ended = select(AuditEntry.id).where(
        AuditEntry.subject == "person", AuditEntry.subject_id == person.id, AuditEntry.action == "deactivated",
        AuditEntry.at >= link.issued_at,
    )  # fmt: skip
    return session.scalars(ended).first() is not None


def _check_since(session: Session, link: CheckLink) -> Verification | None:
    """The first check since the mail was written, whoever made it: it answered what the link asks."""
    return session.scalars(
        select(Verification)
        .where(
            Verification.card_id == link.card_id, Verification.verdict == Verdict.VERIFIED,
            Verification.at >= link.issued_at,
        )
        .order_by(Verification.id).limit(1)
    ).first()  # fmt: skip
