"""Ask, pass on, answer and withdraw questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, false, func, or_, select, update
from sqlalchemy.orm import Session

from curator.notices.kinds import ANSWERED, ASKED
from curator.notices.models import Notice
from curator.notices.transitions import Transition, write
from curator.questions import mails
from curator.questions.announcing import announce
from curator.questions.experts import Chosen, choose_expert
from curator.questions.models import Asker, Question
from curator.questions.sameness import asks_the_same
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.db import hold, take_turns
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.sentences import sentence
from kb.settings import Settings
from kb.trust.assignee import is_able, let_nobody_leave
from kb.wording import _

MOST_OPEN = 30
"""So many open questions of one person at most: more are answered sooner by talking."""
_COMPARED = 500
_TURN = 7_310_024


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the question, and whether it is new, joined, or the same person's again."""

    question: Question
    is_new: bool
    is_joined: bool = False


def ask(
    session: Session, actor: Actor, text: str, near: Sequence[tuple[int, float]], settings: Settings, now: datetime, *,
    detail: str = "", card: Card | None = None,
) -> Asked:  # fmt: skip
    """Put a question to whoever knows most about it, and tell them by mail. What is asked already is joined.

    `near`: the cards nearest to it with their worth, best first, as the asker's search found them. A question about a
    card goes to whoever checks it. Raises Conflict where nobody could answer.
    """
    take_turns(session, _TURN)  # of two who ask the same at once, the second finds the first one's question
    let_nobody_leave(session)
    person = session.get(Person, actor.id) if actor.id is not None else None
    if person is None:
        raise Forbidden(_("Only a person can ask."))
    if (found := _asked_already(session, actor, text, card)) is not None:
        return _join(session, found, person, now)
    _keep_few(session, person)
    chosen = _about(card) if card is not None else choose_expert(session, actor, near, now)
    if chosen is None:
        raise Conflict(_("Nobody can be asked: there is no curator and no admin but you."))
    if chosen.person.id == person.id:
        raise Conflict(_("You are the one who checks this card."))
    question = Question(
        text=text, detail=detail, collection_id=chosen.collection_id, card_id=card.id if card else None, asked_at=now,
        assignee_id=chosen.person.id, assigned_at=now, why_assigned=chosen.why,
        askers=[Asker(person_id=person.id, at=now)],
    )  # fmt: skip
    session.add(question)
    session.flush()
    session.refresh(question, ["assignee", "askers", "collection", "card"])
    mails.tell_assignee(session, question, settings, now)
    if card is not None:
        asked = Transition(card.id, question.assignee_id, ASKED, f"question:{question.id}", person.id, question.text)
        _put_among_notices(session, asked, now)
    announce(session, question, seen_by, settings, now)
    return Asked(question, is_new=True)


def answer_with(
    session: Session, actor: Actor, question: Question, card: Card, settings: Settings, now: datetime
) -> None:
    """Say which card answers it. The card is served already; everybody who asked is told by mail."""
    _hold_open(session, question)
    demand(actor, Right.READ, card)
    if not card.is_servable:
        raise Conflict(_("That card is no answer: it is a draft, archived or replaced."))
    if not _may_answer(actor, question):
        raise Forbidden(_("Only whoever was asked and curators answer questions."))
    question.closed_at, question.closed_by_id, question.answer_id = now, actor.id, card.id
    audit.record(session, actor, "answered", "question", question.id, now, card=card.id)
    session.flush()
    session.refresh(question, ["closed_by", "answer"])
    mails.tell_askers(session, question, card, settings, now)
    for asker in question.askers:
        if asker.person_id != actor.id:
            told = Transition(
                card.id, asker.person_id, ANSWERED, f"{question.id}:{asker.person_id}", actor.id, question.text
            )
            _put_among_notices(session, told, now)


def withdraw(session: Session, actor: Actor, question: Question, now: datetime) -> None:
    """Whoever asked needs no answer any more; without anybody who does, the question is closed."""
    _hold_open(session, question)
    mine = [asker for asker in question.askers if asker.person_id == actor.id]
    if not mine and not _curates(actor, question):
        raise Forbidden(_("Only whoever asked and curators take a question back."))
    for asker in mine if mine else list(question.askers):
        question.askers.remove(asker)
    if not question.askers:
        question.closed_at, question.closed_by_id = now, actor.id
    audit.record(session, actor, "withdrawn", "question", question.id, now)


def pass_on(
    session: Session, actor: Actor, question: Question, person_id: int, settings: Settings, now: datetime
) -> Person:
    """Give it to somebody who knows better; they are told."""
    _hold_open(session, question)
    let_nobody_leave(session)
    if not _may_answer(actor, question):
        raise Forbidden(_("Only whoever was asked and curators pass a question on."))
    person = session.get(Person, person_id)
    if person is None or not may_be_asked(person, question):
        raise invalid("to", _("Choose an active author, curator or admin who may read the collection."))
    if person.id != question.assignee_id:
        give_to(session, question, person, "", now)
        audit.record(session, actor, "passed on", "question", question.id, now, to=person.id)
        mails.tell_assignee(session, question, settings, now)
    return person


def give_to(session: Session, question: Question, person: Person, why: str, now: datetime) -> None:
    """Another assignee, whose days begin now."""
    question.assignee_id, question.assigned_at, question.why_assigned = person.id, now, why
    question.reminded_at = None
    session.flush()
    session.refresh(question, ["assignee"])


def may_be_asked(person: Person, question: Question) -> bool:
    """Whether the person could answer it: active, at least an author, a reader of its collection, and not an asker."""
    if any(asker.person_id == person.id for asker in question.askers):
        return False
    if question.collection is not None:
        return is_able(person, question.collection)
    return person.is_active and Role(person.role).rank >= Role.AUTHOR.rank


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Questions are for who asked them, who was asked, and who curates their collection."""
    if actor.id is None or actor.is_admin:
        return Question.id.is_not(None)
    asked = exists(select(Asker.question_id).where(Asker.question_id == Question.id, Asker.person_id == actor.id))
    homeless = Question.collection_id.is_(None) if actor.role.rank >= Role.CURATOR.rank else false()
    return or_(asked, Question.assignee_id == actor.id, Question.collection_id.in_(actor.curated), homeless)


def question_seen_by(session: Session, actor: Actor, question_id: int) -> Question:
    """The question if the actor may see it. Missing and invisible are the same NotFound."""
    found = None
    if 0 < question_id < 2**31:
        found = session.scalars(select(Question).where(Question.id == question_id, seen_by(actor))).first()
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


def answers(actor: Actor, question: Question) -> bool:
    """Whether the actor may answer it now."""
    return question.is_open and _may_answer(actor, question)


def _may_answer(actor: Actor, question: Question) -> bool:
    return actor.id is not None and (actor.id == question.assignee_id or _curates(actor, question))


def _curates(actor: Actor, question: Question) -> bool:
    if question.collection_id is None:
        return actor.role.rank >= Role.CURATOR.rank
    return actor.is_admin or question.collection_id in actor.curated


def _hold_open(session: Session, question: Question) -> None:
    """Of two who answer at once, the second finds it closed."""
    if not hold(session, question).is_open:
        raise Conflict(_("This question is closed already."))


def _about(card: Card) -> Chosen:
    person = card.assignee or card.owner
    if not card.is_servable or person is None:
        raise Conflict(_("Nobody answers for this card: it is a draft, archived or replaced."))
    return Chosen(person, sentence("Checks the card"), card.collection_id)


def _asked_already(session: Session, actor: Actor, text: str, card: Card | None) -> Question | None:
    """An open question that asks the same: only one whose collection this asker may read, so that it tells nothing."""
    readable = or_(Question.collection_id.is_(None), Question.collection_id.in_(actor.readable))
    about = Question.card_id == card.id if card is not None else Question.card_id.is_(None)
    latest = select(Question).where(Question.closed_at.is_(None), readable, about).order_by(Question.id.desc())
    for question in session.scalars(latest.limit(_COMPARED)):
        if question.assignee_id != actor.id and asks_the_same(question.text, text):
            return question
    return None


def _join(session: Session, question: Question, person: Person, now: datetime) -> Asked:
    if any(asker.person_id == person.id for asker in question.askers):
        return Asked(question, is_new=False)
    question.askers.append(Asker(person_id=person.id, at=now))
    session.flush()
    session.refresh(question, ["askers"])
    return Asked(question, is_new=False, is_joined=True)


def _put_among_notices(session: Session, told: Transition, now: datetime) -> None:
    """Where its reader finds everything about the card; the mail is on its way already."""
    if write(session, [told], now):
        known = (Notice.card_id == told.card_id, Notice.kind == told.kind, Notice.slot == told.slot)
        session.execute(update(Notice).where(*known).values(told_at=now))


def _keep_few(session: Session, person: Person) -> None:
    mine = (
        select(func.count())
        .select_from(Asker)
        .join(Question, Question.id == Asker.question_id)
        .where(Asker.person_id == person.id, Question.closed_at.is_(None))
    )
    if (session.scalar(mine) or 0) >= MOST_OPEN:
        raise Conflict(
            _("You have %(most)s open questions. Take one back that you don't need any more.", most=MOST_OPEN)
        )
