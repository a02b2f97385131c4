"""What can be done in the queue. A check has an outcome: still correct, corrected (which the editor records) or
archived. Without one there is later and reassign; a check can be undone."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from curator.notices.transitions import ASSIGNED, Transition, write
from curator.queue.models import Snooze
from kb.cards.commands import restore_card
from kb.cards.models import Card, CardVerifier, Status
from kb.cards.permissions import Right, demand, may
from kb.cards.retiring import retire_card
from kb.db import hold
from kb.errors import Conflict, Forbidden, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import AuditEntry, Person
from kb.trust import assignee, log
from kb.trust.commands import said_just_now, verify
from kb.trust.models import Flag, Outcome, Verdict, Verification
from kb.trust.policy import Policy
from kb.trust.queries import open_flags
from kb.trust.reading import NOTHING_SEEN, Seen
from kb.wording import _

LATER_DAYS = (1, 3, 7)
MOST_TIMES = 3
MOST_VERIFIERS = 10
UNDO_WITHIN = timedelta(minutes=10)
UNDO = "undo"
_CHECKED = "verified"
_INSTANTS = ("verified_at", "verify_by", "unverified_at")
_FACTS = (*_INSTANTS, "verified_by_id", "verified_version", "unverified_by_id", "unverified_kind", "unverified_reason")


def still_correct(
    session: Session, actor: Actor, card: Card, version: int, note: str, policy: Policy, now: datetime,
    seen: Seen = NOTHING_SEEN,
) -> Verification:  # fmt: skip
    """Verify the version that was read. With open reports it needs a note: what was checked. A report that came in
    after the page was drawn stays open.

    The facts it replaces are written into the audit record, so that `undo_check` can put them back.
    """
    demand(actor, Right.VERIFY, card)
    if (said := said_just_now(session, actor, card, version, now)) is not None:
        return said
    reports = [
        flag.id for flag in open_flags(session, [card.id]).get(card.id, [])
        if seen.last_flag is None or flag.id <= seen.last_flag
    ]  # fmt: skip
    if reports and not note.strip():
        raise invalid("note", _("Say what you checked: it answers the open reports."))
    before = _facts(card)
    record = verify(
        session, actor, card, version, policy, now, note=note.strip(),
        seconds=seen.seconds, evidence=seen.evidence, last_flag=seen.last_flag,
    )  # fmt: skip
    _remember(session, actor, card, record, before, reports, now)
    return record


def archive(
    session: Session, actor: Actor, card: Card, version: int, note: str, now: datetime, seen: Seen = NOTHING_SEEN
) -> Verification:
    """The check found that nobody needs the card any more. Its reports stay open, for whoever restores it."""
    demand(actor, Right.ARCHIVE, hold(session, card))
    if card.status == Status.ARCHIVED:
        raise Conflict(_("The card is archived already."))
    before = _facts(card)
    record = retire_card(session, actor, card, version, now, note=note.strip(), seen=seen)
    _remember(session, actor, card, record, before, [], now)
    return record


def undo_check(session: Session, actor: Actor, card: Card, now: datetime) -> Verification:
    """Take one's own check back within ten minutes: the log gains a record, the former facts and reports return, and
    an archived card is an answer again."""
    hold(session, card)
    demand(actor, Right.ARCHIVE if card.status == Status.ARCHIVED else Right.VERIFY, card)
    last = session.scalars(
        select(Verification).where(Verification.card_id == card.id).order_by(Verification.id.desc()).limit(1)
    ).first()
    if last is None or last.outcome is None or last.version != card.version:
        raise Conflict(_("There is nothing to undo: the card has changed since."))
    if actor.id is None or last.actor_id != actor.id:
        raise Forbidden(_("Only the person who verified the card can undo it."))
    entry = _entry_of(session, card, last)
    if entry is None or now - last.at > UNDO_WITHIN:
        raise Conflict(_("A check can be undone for ten minutes. Un-verify the card instead."))
    if last.outcome == Outcome.ARCHIVED:
        restore_card(session, actor, card, now)
    for name, value in entry.detail["before"].items():
        setattr(card, name, datetime.fromisoformat(value) if name in _INSTANTS and value else value)
    for flag in session.scalars(select(Flag).where(Flag.id.in_(entry.detail["flags"]))):
        flag.resolved_at = flag.resolved_by_id = flag.resolution = None
    record = log.append(session, actor, card, Verdict.UNVERIFIED, UNDO, "", now)
    session.refresh(card, ["verified_by", "unverified_by"])
    return record


def put_off(session: Session, actor: Actor, card: Card, days: int, now: datetime) -> datetime:
    """Hide the card from the actor's own queue for some days. Returns the instant of its return."""
    demand(actor, Right.VERIFY, card)
    if days not in LATER_DAYS:
        raise invalid("days", _("Choose 1, 3 or 7 days."))
    snooze = session.get(Snooze, (card.id, actor.id))
    if snooze is None:
        snooze = Snooze(card_id=card.id, person_id=actor.id, times=0, until=now)
        session.add(snooze)
    if snooze.times >= MOST_TIMES:
        raise Conflict(_("You put this card off %(most)s times already. Check it, or reassign it.", most=MOST_TIMES))
    snooze.times += 1
    snooze.until = now + timedelta(days=days)
    return snooze.until


def undo_put_off(session: Session, actor: Actor, card: Card, now: datetime) -> None:
    """The card is back in the queue, and that time does not count."""
    demand(actor, Right.READ, card)
    snooze = session.get(Snooze, (card.id, actor.id))
    if snooze is None or snooze.until <= now:
        raise Conflict(_("There is nothing to undo: the card is in your queue."))
    snooze.until, snooze.times = now, snooze.times - 1


def reassign(session: Session, actor: Actor, card: Card, person_id: int, now: datetime) -> Person:
    """The chosen person becomes the first verifier, and so the assignee, or is stood in for while away. Whoever gets
    the card finds it in their next digest."""
    demand(actor, Right.READ, card)
    is_assignee = actor.id is not None and actor.id == card.assignee_id
    if not is_assignee and not may(actor, Right.CURATE, card):
        raise Forbidden(_("Only a curator, the owner or the assignee may reassign the card."))
    demand(actor, Right.VERIFY, card)
    person = session.get(Person, person_id)
    if person is None or not assignee.is_able(person, card.collection):
        raise invalid("to", _("Choose an active author, curator or admin who may read the collection."))
    before = card.assignee_id
    _put_first(session, card, person)
    card.assignee_id = None
    assignee.assign(session, card, now)
    session.execute(delete(Snooze).where(Snooze.card_id == card.id, Snooze.person_id == card.assignee_id))
    audit.record(session, actor, "reassigned", "card", card.id, now, before=before, after=person.id)
    if card.assignee_id not in (before, actor.id):
        write(session, [Transition(card.id, card.assignee_id, ASSIGNED, now.isoformat())], now)
    session.refresh(card, ["assignee"])
    return person


def able_people(session: Session, card: Card) -> list[Person]:
    """Everybody the card could be given to, by name."""
    people = session.scalars(select(Person).where(Person.deactivated_at.is_(None)).order_by(Person.name, Person.id))
    return [person for person in people if assignee.is_able(person, card.collection)]


def _remember(
    session: Session, actor: Actor, card: Card, record: Verification, before: dict[str, Any], flags: list[int],
    now: datetime,
) -> None:  # fmt: skip
    audit.record(session, actor, _CHECKED, "card", card.id, now, record=record.id, before=before, flags=flags)
    session.execute(delete(Snooze).where(Snooze.card_id == card.id))


def _facts(card: Card) -> dict[str, Any]:
    values = {name: getattr(card, name) for name in _FACTS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _entry_of(session: Session, card: Card, record: Verification) -> AuditEntry | None:
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == "card", AuditEntry.subject_id == card.id, AuditEntry.action == _CHECKED)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return next((entry for entry in entries if entry.detail.get("record") == record.id), None)


def _put_first(session: Session, card: Card, person: Person) -> None:
    others = [(v.person_id, v.group_id) for v in card.verifiers if v.person_id != person.id]
    if len(others) >= MOST_VERIFIERS:
        raise Conflict(_("The card has %(most)s verifiers. Remove one first.", most=MOST_VERIFIERS))
    card.verifiers.clear()
    session.flush()  # a position is part of the key: the old rows must be gone before the new ones come
    for position, (person_id, group_id) in enumerate([(person.id, None), *others]):
        card.verifiers.append(CardVerifier(position=position, person_id=person_id, group_id=group_id))
    session.flush()
