"""Tell webhooks of a question: only those with the eyes of somebody who may see it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from curator.questions.models import Question
from curator.webhooks.outbox import queue_webhook
from kb.people.actor import Actor, active_actor
from kb.settings import Settings
from kb.words import joined

EVENT = "question"


def announce(
    session: Session, question: Question, seen_by: Callable[[Actor], ColumnElement[bool]], settings: Settings,
    now: datetime,
) -> int:  # fmt: skip
    """Queue it for each webhook that wants questions and whose person may see this one. Returns how many that is."""

    def payload(actor: Actor) -> Mapping[str, Any] | None:
        if not _is_in_scope(session, actor, question):
            return None
        if session.scalar(select(Question.id).where(Question.id == question.id, seen_by(actor))) is None:
            return None
        if question.card_id is not None:
            return {"card_id": question.card_id, "detail": question.text}
        names = joined([asker.person.name for asker in question.askers])
        facts = [["Asked by", names], ["Waits for", question.assignee.name]]
        facts += [["Collection", question.collection.name]] if question.collection is not None else []
        url = f"{settings.public_url}/questions/{question.id}"
        return {"title": f"{names} asks: {question.text}", "text": question.detail, "url": url, "facts": facts}

    return queue_webhook(session, EVENT, payload, now, key=f"{EVENT}:{question.id}")


def _is_in_scope(session: Session, actor: Actor, question: Question) -> bool:
    """A webhook about one collection has narrowed eyes; a question of no collection is for those that have all."""
    if question.collection_id is not None:
        return question.collection_id in actor.readable
    whole = active_actor(session, actor.id) if actor.id is not None else None
    return whole is not None and whole.readable == actor.readable
