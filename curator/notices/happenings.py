"""What happened to cards since somebody last looked: checked, corrected, published, replaced, archived.

It is read from the append-only records, with an overlap for what was committed late. Each happening is written down as
a notice to nobody, so that it is taken up once; webhooks are told from there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from curator.notices.kinds import ARCHIVED, CHECKED, NEW_CARD, NEW_VERSION, REPLACED
from curator.notices.models import NoticeMark
from curator.notices.transitions import Transition, written
from kb.cards.models import Card, Replacement, Revision, Status
from kb.trust.models import Verdict, Verification

_MARK = "happenings"
_OVERLAP = timedelta(minutes=15)
_FIRST_LOOK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a card. `name` makes it unique among those of its card and kind."""

    card_id: int
    kind: str
    name: str
    at: datetime
    by_id: int | None = None
    detail: str = ""


def new_happenings(session: Session, now: datetime) -> list[Happening]:
    """What nobody took up yet, oldest first; whoever calls takes it up."""
    mark = session.get(NoticeMark, _MARK, with_for_update=True)
    since = mark.at - _OVERLAP if mark is not None else now - _FIRST_LOOK
    found = [
        *_checks(session, since),
        *_published(session, since),
        *_replaced(session, since),
        *_archived(session, since),
    ]
    if mark is None:
        session.merge(NoticeMark(name=_MARK, at=now))
    elif mark.at < now:
        mark.at = now
    notes = [Transition(each.card_id, None, each.kind, each.name, each.by_id, each.detail) for each in found]
    new = written(session, notes, now)
    fresh = [each for each in found if (each.card_id, each.kind, each.name) in new]
    return sorted(fresh, key=lambda happening: (happening.at, happening.card_id))


def _checks(session: Session, since: datetime) -> Iterator[Happening]:
    """A check is a correction when a version that is no mere touch came since the check before it."""
    earlier = aliased(Verification)
    before = (
        select(func.max(earlier.version))
        .where(
            earlier.card_id == Verification.card_id, earlier.id < Verification.id, earlier.verdict == Verdict.VERIFIED
        )
        .correlate(Verification)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Verification.card_id, Verification.id, Verification.version, Verification.at, Verification.actor_id, before
        )
        .join(Card, Card.id == Verification.card_id)
        .where(Verification.verdict == Verdict.VERIFIED, Verification.at >= since)
    ).all()
    notes = _notes(
        session, {card_id for card_id, _, version, _, _, last in rows if last is not None and last < version}
    )
    for card_id, record, version, at, by, last in rows:
        changes = [note for number, note in notes.get(card_id, []) if last is not None and last < number <= version]
        if changes:
            detail = next((note for note in reversed(changes) if note), "")
            yield Happening(card_id, NEW_VERSION, f"v{version}", at, by, detail)
        else:
            yield Happening(card_id, CHECKED, f"r{record}", at, by)


def _notes(session: Session, card_ids: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """Number and note of each revision that is more than a touch, by card."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = session.execute(
        select(Revision.card_id, Revision.number, Revision.note)
        .where(Revision.card_id.in_(list(card_ids)), Revision.is_minor.is_(False))
        .order_by(Revision.card_id, Revision.number)
    )
    for card_id, number, note in rows:
        found.setdefault(card_id, []).append((number, note))
    return found


def _published(session: Session, since: datetime) -> Iterator[Happening]:
    rows = session.execute(
        select(Card.id, Card.published_at, Card.updated_by_id)
        .where(Card.updated_at >= since, Card.status == Status.PUBLISHED, Card.published_at >= since)
    )  # fmt: skip
    for card_id, at, by in rows:
        if at is not None:
            yield Happening(card_id, NEW_CARD, "once", at, by)


def _replaced(session: Session, since: datetime) -> Iterator[Happening]:
    """What was taken back meanwhile did not happen."""
    rows = session.execute(
        select(Replacement.card_id, Replacement.id, Replacement.at, Replacement.actor_id)
        .join(Card, Card.id == Replacement.card_id)
        .where(Replacement.at >= since, Replacement.replaced_by_id == Card.replaced_by_id)
    )
    for card_id, number, at, by in rows:
        yield Happening(card_id, REPLACED, f"p{number}", at, by)


def _archived(session: Session, since: datetime) -> Iterator[Happening]:
    rows = session.execute(
        select(Card.id, Card.archived_at, Card.updated_by_id)
        .where(
            Card.updated_at >= since, Card.status == Status.ARCHIVED, Card.archived_at >= since,
            Card.published_at.is_not(None),
        )
    )  # fmt: skip
    for card_id, at, by in rows:
        if at is not None:
            yield Happening(card_id, ARCHIVED, at.isoformat(), at, by)
