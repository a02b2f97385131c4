"""What nobody answers is not forgotten: whoever was asked is reminded, then the steward is asked."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.questions import mails
from curator.questions.commands import give_to, may_be_asked
from curator.questions.experts import last_resort
from curator.questions.models import Question
from kb.people.absences import absent
from kb.people.actor import actor_for
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.assignee import let_nobody_leave


def follow_up(session: Session, settings: Settings, now: datetime) -> tuple[int, int]:
    """Remind and escalate what is due, each once. Returns how many of each.

    A question whose assignee can't answer it any more goes on at once, like one that waited too long. While they are
    away it goes on when a reminder would be due: nobody there would read that.
    """
    let_nobody_leave(session)
    rules = settings.questions
    reminded = escalated = 0
    away = absent(session, now)
    for question in _open(session):
        waited = now - question.assigned_at
        is_able = may_be_asked(question.assignee, question)
        is_late = question.escalated_at is None and waited >= timedelta(days=rules.escalate_after_days)
        is_away = question.assignee_id in away and waited >= timedelta(days=rules.remind_after_days)
        person = _next(session, question, now) if is_late or is_away or not is_able else None
        if person is not None and (is_late or not is_able or person.id not in away):
            give_to(session, question, person, "Nobody answered it yet" if is_able else "", now)
            question.escalated_at = now
            escalated += mails.tell_assignee(session, question, settings, now)
        elif is_able and question.reminded_at is None and waited >= timedelta(days=rules.remind_after_days):
            question.reminded_at = now
            again = "reminder" if question.escalated_at is None else "last reminder"
            reminded += mails.tell_assignee(session, question, settings, now, again=again)
    return reminded, escalated


def _open(session: Session) -> list[Question]:
    waiting = select(Question).where(Question.closed_at.is_(None)).order_by(Question.id)
    return list(session.scalars(waiting.with_for_update(of=Question)))


def _next(session: Session, question: Question, now: datetime) -> Person | None:
    """The steward of its collection, else a curator, else an admin: somebody who neither has it nor asked it."""
    asker = question.askers[0].person if question.askers else question.assignee
    found = last_resort(session, actor_for(session, asker), question.collection, now)
    if found is None or found.id == question.assignee_id or not may_be_asked(found, question):
        return None
    return found
