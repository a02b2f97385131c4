"""Keep golden queries."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.queries import card_visible_to
from kb.db import take_turns
from kb.errors import Conflict, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.use.models import SearchClick, SearchQuery
from kb.use.searches import WORDS_LIMIT
from kb.wording import N_, _
from search.asking import normalised
from search.curating import demand_curator
from search.golden.models import GoldenQuery
from search.query import parse

GRADES = {1: N_("It helps, too"), 2: N_("It is the answer")}
QUERIES_LIMIT = 300
_LARGEST_ID = 2**31 - 1
_TURN = 7_310_012


def add_golden_query(
    session: Session, actor: Actor, words: str, card_id: int, grade: int, now: datetime
) -> GoldenQuery:
    """These words should find this card. Said again, the grade is what changes."""
    demand_curator(actor)
    card = card_visible_to(session, actor, card_id)
    if not card.is_servable:
        raise invalid("card_id", _("The card is not an answer now; choose one that is."))
    text = normalised(words)
    if parse(text).is_empty or len(words) > WORDS_LIMIT:
        raise invalid(
            "words", _("Give the words that people search for, %(most)s characters at most.", most=WORDS_LIMIT)
        )
    take_turns(session, _TURN)
    golden = session.scalars(select(GoldenQuery).filter_by(words=text, card_id=card.id)).first()
    if golden is None:
        golden = _added(session, actor, text, card.id, grade, now)
    elif golden.grade != grade:
        golden.grade = grade
        audit.record(session, actor, "changed", "golden_query", golden.id, now, grade=grade)
    session.flush()
    return golden


def remove_golden_query(session: Session, actor: Actor, golden_id: int, now: datetime) -> None:
    """The words need not find the card any longer. NotFound too when the actor may not see the card."""
    demand_curator(actor)
    golden = session.get(GoldenQuery, golden_id) if 0 < golden_id <= _LARGEST_ID else None
    if golden is None or not _is_visible(session, actor, golden.card_id):
        raise NotFound(_("There is no such golden query."))
    audit.record(session, actor, "deleted", "golden_query", golden.id, now, words=golden.words, card_id=golden.card_id)
    session.delete(golden)
    session.flush()


def _added(session: Session, actor: Actor, words: str, card_id: int, grade: int, now: datetime) -> GoldenQuery:
    if (session.scalar(select(func.count()).select_from(GoldenQuery)) or 0) >= QUERIES_LIMIT:
        raise Conflict(
            _("There are %(most)s golden queries already. Remove some that tell little.", most=QUERIES_LIMIT)
        )
    clicked = select(SearchClick.card_id).join(SearchQuery).where(SearchQuery.words == words)
    golden = GoldenQuery(
        words=words, card_id=card_id, grade=grade, added_by_id=actor.id, at=now,
        is_from_click=card_id in set(session.scalars(clicked)),
    )  # fmt: skip
    session.add(golden)
    session.flush()
    audit.record(session, actor, "created", "golden_query", golden.id, now, words=words, card_id=card_id)
    return golden


def _is_visible(session: Session, actor: Actor, card_id: int) -> bool:
    try:
        card_visible_to(session, actor, card_id)
    except NotFound:
        return False
    return True
