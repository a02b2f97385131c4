"""Lists of questions: those that wait for a person, those a person asked, and all that a curator sees."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload

from curator.questions.commands import seen_by
from curator.questions.models import Asker, Question
from kb.people.actor import Actor


class Scope(StrEnum):
    """Whose questions."""

    FOR_ME = "for_me"
    MINE = "mine"
    ALL = "all"


def questions_in(
    session: Session, actor: Actor, scope: Scope, *, is_open: bool, limit: int, offset: int = 0
) -> Sequence[Question]:
    """Questions of a scope: open ones with the longest wait first, closed ones with the newest first."""
    order = Question.asked_at if is_open else Question.closed_at.desc()
    query = (
        select(Question)
        .where(*_clauses(actor, scope, is_open=is_open))
        .options(joinedload(Question.assignee), joinedload(Question.collection), joinedload(Question.answer))
        .order_by(order, Question.id)
        .limit(limit)
        .offset(offset)
    )
    return session.scalars(query).unique().all()


def count_questions(session: Session, actor: Actor, scope: Scope, *, is_open: bool = True) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Question).where(*_clauses(actor, scope, is_open=is_open))
    return session.scalar(query) or 0


def _clauses(actor: Actor, scope: Scope, *, is_open: bool) -> list[ColumnElement[bool]]:
    clauses = [seen_by(actor), Question.closed_at.is_(None) if is_open else Question.closed_at.is_not(None)]
    if scope is Scope.FOR_ME:
        clauses.append(Question.assignee_id == actor.id)
    elif scope is Scope.MINE:
        asked = select(Asker.question_id).where(Asker.question_id == Question.id, Asker.person_id == actor.id)
        clauses.append(exists(asked))
    return clauses
