"""What nobody answers is not forgotten: whoever was asked is reminded, then the steward is asked. Who goes away leaves
their questions to their stand-in."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.questions import mails
from curator.questions.commands import give_to, may_be_asked
from curator.questions.experts import last_resort
from curator.questions.models import Question
from kb.people.absences import absent, stand_in_for
from kb.people.actor import actor_for
from kb.people.models import Person
from kb.sentences import sentence
from kb.settings import Settings
from kb.trust.assignee import let_nobody_leave


def follow_up(session: Session, settings: Settings, now: datetime) -> tuple[int, int]:
    """Remind and escalate what is due, each once. Returns how many of each.

    A question whose assignee can't answer it any more goes on at once, like one that waited too long; so does one whose
    assignee is away, if somebody is there who could.
    """
    let_nobody_leave(session)
    away = absent(session, now)
    rules = settings.questions
    reminded = escalated = 0
    for question in _open(session):
        waited = now - question.assigned_at
        is_able = may_be_asked(question.assignee, question)
        is_late = question.escalated_at is None and waited >= timedelta(days=rules.escalate_after_days)
        must_go_on, is_away = is_late or not is_able, question.assignee_id in away
        person = _next(session, question, away) if must_go_on or is_away else None
        if person is not None and (must_go_on or person.id not in away):
            give_to(session, question, person, _why(question, is_late=is_late, is_able=is_able), now)
            question.escalated_at = now if must_go_on else question.escalated_at
            escalated += mails.tell_assignee(session, question, settings, now)
        elif is_able and question.reminded_at is None and waited >= timedelta(days=rules.remind_after_days):
            question.reminded_at = now
            again = "reminder" if question.escalated_at is None else "last reminder"
            reminded += mails.tell_assignee(session, question, settings, now, again=again)
    return reminded, escalated


def _open(session: Session) -> list[Question]:
    waiting = select(Question).where(Question.closed_at.is_(None)).order_by(Question.id)
    return list(session.scalars(waiting.with_for_update(of=Question)))


def _why(question: Question, *, is_late: bool, is_able: bool) -> str:
    if not is_able:
        return ""
    if is_late:
        return sentence("Nobody answered it yet")
    return sentence("While %(name)s is away", name=question.assignee.name)


def _next(session: Session, question: Question, away: Mapping[int, int | None]) -> Person | None:
    """The assignee's stand-in, else the steward of its collection, a curator, an admin: somebody who neither has it nor
    asked it."""
    stand_in = session.get(Person, stand_in_for(question.assignee_id, away) or 0)
    if stand_in is not None and may_be_asked(stand_in, question):
        return stand_in
    asker = question.askers[0].person if question.askers else question.assignee
    found = last_resort(session, actor_for(session, asker), question.collection, away)
    if found is None or found.id == question.assignee_id or not may_be_asked(found, question):
        return None
    return found
