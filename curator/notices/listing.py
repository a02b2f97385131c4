"""A person's notices as the page shows them: of cards they may read now, for the events they want on the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, true, update
from sqlalchemy.orm import Session

from curator.notices.choices import manner_of
from curator.notices.composing import names_of, words_of
from curator.notices.models import Notice
from curator.notices.talk import comments_of, path_of, told_to
from kb.cards.models import Card
from kb.cards.queries import with_people
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.people.models import Person
from kb.people.quiet import NoticeSetting
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.wording import _

PAGE = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A notice with its card and one line about it."""

    notice: Notice
    card: Card
    words: str


def unread_count(session: Session, actor: Actor, settings: Settings) -> int:
    """How many the person has not seen."""
    mine = and_(_mine(session, actor, settings), Notice.read_at.is_(None))
    counted = select(func.count()).select_from(Notice).join(Card, Card.id == Notice.card_id).where(mine)
    return session.scalar(counted) or 0


def notices_of(
    session: Session, actor: Actor, settings: Settings, policy: Policy, now: datetime, *,
    limit: int = PAGE, offset: int = 0, unread: bool = False,
) -> tuple[list[Listed], int]:  # fmt: skip
    """A page of them, newest first, and how many there are."""
    mine = and_(_mine(session, actor, settings), Notice.read_at.is_(None) if unread else true())
    base = select(Notice).join(Card, Card.id == Notice.card_id).where(mine)
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    newest = base.order_by(Notice.at.desc(), Notice.id.desc())
    rows = session.scalars(newest.limit(limit).offset(offset)).all()
    cards = _cards(session, rows)
    trust = trust_by_card(session, [card for card in cards.values() if card.is_servable], policy, now)
    names, said = names_of(session, rows), comments_of(session, rows)
    listed = [Listed(row, cards[row.card_id], words_of(row, trust.get(row.card_id), names, said)) for row in rows]
    return listed, total


def opened(session: Session, actor: Actor, settings: Settings, notice_id: int, now: datetime) -> str:
    """Where one of the person's notices leads; it is read by that. NotFound for anybody else's."""
    notice = mark_one_read(session, actor, settings, notice_id, now)
    return path_of(notice, session.get_one(Card, notice.card_id))


def mark_one_read(session: Session, actor: Actor, settings: Settings, notice_id: int, now: datetime) -> Notice:
    """One of the person's notices, read from now on. NotFound for anybody else's."""
    notice = session.scalars(
        select(Notice).join(Card, Card.id == Notice.card_id)
        .where(Notice.id == notice_id, _mine(session, actor, settings))
    ).first()  # fmt: skip
    if notice is None:
        raise NotFound(_("There is no such notice."))
    notice.read_at = notice.read_at or now
    return notice


def mark_read(session: Session, actor: Actor, last_id: int, now: datetime) -> None:
    """All of the person's notices up to the newest that was on the page."""
    session.execute(
        update(Notice)
        .where(Notice.person_id == actor.id, Notice.read_at.is_(None), Notice.id <= last_id)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def _mine(session: Session, actor: Actor, settings: Settings) -> ColumnElement[bool]:
    person = session.get_one(Person, actor.id)
    manner = manner_of(person, session.get(NoticeSetting, person.id), settings)
    return and_(Notice.person_id == person.id, Notice.kind.in_(manner.page_kinds()), told_to(actor))


def _cards(session: Session, rows: Sequence[Notice]) -> dict[int, Card]:
    query = select(Card).where(Card.id.in_({row.card_id for row in rows})).options(*with_people())  # type: ignore[arg-type]
    return {card.id: card for card in session.scalars(query).unique()}
