"""What people of the sample said about its cards: a comment, its replies, and whether it is resolved."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.comments import commands
from kb.comments.models import Comment
from kb.people.actor import Actor, actor_for
from kb.people.models import Person


def add_comments(
    session: Session, card: Card, threads: list[dict[str, Any]], people: Mapping[str, Person], now: datetime
) -> None:
    """The threads as a card's file has them, each so many hours ago."""

    def actor(email: str) -> Actor:
        return actor_for(session, people[email])

    for thread in threads:
        first: Comment | None = None
        for said in (thread, *thread.get("replies", [])):
            at = now - timedelta(hours=said["hours"])
            made = commands.add_comment(session, actor(said["by"]), card, said["text"], at, thread=first)
            first = first or made.comment
        if first is not None and (by := thread.get("resolved_by")):
            commands.resolve(session, actor(by), first, now - timedelta(hours=thread["resolved_hours"]))
