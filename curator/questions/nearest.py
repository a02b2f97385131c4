"""The cards nearest to a question, by the asker's own search."""

from datetime import datetime

from sqlalchemy.orm import Session

from kb.errors import Unavailable
from kb.people.actor import Actor
from search.answers import Result, SearchService

NEAREST = 8


def nearest(service: SearchService, session: Session, actor: Actor, text: str, now: datetime) -> tuple[Result, ...]:
    """What this actor may be served for these words, best first; nothing while search is out of order."""
    try:
        return service.search(session, actor, text, now, limit=NEAREST).results
    except Unavailable:
        return ()


def worths(results: tuple[Result, ...]) -> list[tuple[int, float]]:
    """The cards with what they are worth beside the best one, 0 to 1."""
    best = max((result.score for result in results), default=0.0) or 1.0
    return [(result.card.id, result.score / best) for result in results]
