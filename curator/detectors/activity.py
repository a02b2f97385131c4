"""The owner, or whoever wrote most of a card, was not seen for half a year: nobody notices what changes. Whoever is
away as planned and has a stand-in is no such case."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.weights import OWNER_INACTIVE
from kb.cards.models import Revision
from kb.people.absences import absent
from kb.people.models import ApiToken, AuditEntry, Person, WebSession
from kb.sentences import sentence
from kb.trust.models import Verification
from kb.use.models import RecentUse
from kb.wording import N_
from kb.words import Words

INACTIVE_AFTER = timedelta(days=180)
_TRACES = (
    (Revision.author_id, Revision.at),
    (Verification.actor_id, Verification.at),
    (AuditEntry.actor_id, AuditEntry.at),
    (WebSession.person_id, WebSession.last_seen_at),
    (ApiToken.person_id, ApiToken.last_used_at),
    (RecentUse.person_id, RecentUse.at),
)

_OWNER = N_("The owner left on %(day)s."), N_("The owner was not seen since %(day)s.")
_AUTHOR = (
    N_("Whoever wrote most of it left on %(day)s."), N_("Whoever wrote most of it was not seen since %(day)s.")
)  # fmt: skip


def found(batch: Batch) -> Iterator[Evidence]:
    """Owners and main authors of these cards who left or were not seen lately."""
    authors = _top_authors(batch)
    owners = {each.card.id: each.card.owner_id for each in batch.cards}
    stood_for = {person_id for person_id, stand_in in absent(batch.session, batch.now).items() if stand_in is not None}
    people = _people(batch.session, {*owners.values(), *authors.values()} - {None, *stood_for})
    seen = last_seen(batch.session, people.values())
    words = Words(batch.now, batch.policy.zone)
    for each in batch.cards:
        owner, author = people.get(owners[each.card.id] or 0), people.get(authors.get(each.card.id) or 0)
        if owner is not None and (why := _absence(_OWNER, owner, seen[owner.id], words)):
            yield Evidence(each.card.id, OWNER_INACTIVE, owner.name, why, key=f"owner/{owner.id}")
        elif author is not None and author is not owner and (why := _absence(_AUTHOR, author, seen[author.id], words)):
            yield Evidence(each.card.id, OWNER_INACTIVE, author.name, why, key=f"author/{author.id}")


def last_seen(session: Session, people: Iterable[Person]) -> dict[int, datetime]:
    """When each of these people last did anything here, at the earliest when they were added."""
    seen = {person.id: max(person.created_at, person.last_seen_at or person.created_at) for person in people}
    for person_column, instant in _TRACES:
        rows = session.execute(
            select(person_column, func.max(instant)).where(person_column.in_(seen)).group_by(person_column)
        )
        for person_id, at in rows:
            if person_id is not None and at is not None:
                seen[person_id] = max(seen[person_id], at)
    return seen


def _absence(said: tuple[str, str], person: Person, seen: datetime, words: Words) -> str:
    left, unseen = said
    if person.deactivated_at is not None:
        return sentence(left, day=words.calendar_day(person.deactivated_at))
    if words.now - seen >= INACTIVE_AFTER:
        return sentence(unseen, day=words.calendar_day(seen))
    return ""


def _top_authors(batch: Batch) -> dict[int, int]:
    """Who wrote most revisions of each card; of several, who wrote last."""
    rows = batch.session.execute(
        select(Revision.card_id, Revision.author_id, func.count(), func.max(Revision.number))
        .where(Revision.card_id.in_(batch.ids), Revision.author_id.is_not(None))
        .group_by(Revision.card_id, Revision.author_id)
    )
    best: dict[int, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for card_id, author_id, revisions, last in rows:
        if author_id is not None:
            best[card_id] = max(best[card_id], (revisions, last, author_id))
    return {card_id: author_id for card_id, (_, _, author_id) in best.items()}


def _people(session: Session, ids: Collection[int | None]) -> dict[int, Person]:
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}
