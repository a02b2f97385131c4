"""What readers searched for in vain: nothing was found, or only answers whose trust was not good, or nobody opened what
was found and the same person asked in other words at once.

Words that somebody typed may tell what is in a collection, so a search counts only for a reader who may read all that
its asker may read; and of others only what at least two of them asked. One's own searches always count. Who asked is
forgotten after a month and never shown; a search whose asker is forgotten counts only for who reads every collection.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from curator.reports.about import About
from curator.reports.models import DismissedGap
from curator.reports.rephrased import rephrased
from kb.cards.models import Card, Collection
from kb.cards.permissions import servable_to
from kb.people.actor import Actor, active_actor
from kb.trust.state import GOOD
from kb.use.models import SearchQuery

PEOPLE_NEEDED = 2
SHOWN = 10
_ROWS_READ = 20_000
_WORD = re.compile(r"\w+")
_STEM = 5  # enough of a word to tell "refund" from "return" and to join "invoice" and "invoicing"
_ALIKE = 0.6
_ALSO = 3
_LITTLE = frozenset((
    "a", "an", "and", "are", "at", "can", "do", "for", "from", "how", "i", "in", "is", "it", "me", "my", "of", "on",
    "or", "our", "the", "to", "we", "what", "when", "where", "with", "you",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One person asking these words on one day. `card_id`: the best of what was found, if anything was.

    `is_rephrased`: it was good, and yet they asked again in other words.
    """

    words: str
    person_id: int | None
    card_id: int | None
    is_rephrased: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A question without a good answer: its commonest words, how often it was asked, by how many, other wordings.

    `rephrased`: how often it was asked again in other words although an answer was found.
    """

    words: str
    times: int
    people: int
    found_nothing: bool
    also: tuple[str, ...]
    card_id: int | None = None
    rephrased: int = 0


def load_gaps(
    session: Session, actor: Actor, about: About, start: datetime, end: datetime, limit: int = SHOWN
) -> tuple[Gap, ...]:
    """The gaps of a week, most asked first. About a person's cards there are none: nobody searches by owner."""
    if about.person_id is not None:
        return ()
    in_vain = _about_it(session, actor, about, _in_vain(session, start, end))
    dismissed = [frozenset(stems.split()) for stems in session.scalars(select(DismissedGap.stems))]
    allowed = askers_known_to(session, actor, {row.person_id for row in in_vain})
    known = [row for row in in_vain if row.person_id in allowed]
    return gaps(known, actor.id, sees_all=actor.id is None, dismissed=dismissed)[:limit]


def gaps(
    asked: Sequence[Asked], reader_id: int | None, *, sees_all: bool = False, dismissed: Sequence[frozenset[str]] = ()
) -> tuple[Gap, ...]:
    """Join what asks the same, and leave out what only one other person asked, or was dismissed. Pure."""
    groups = [group for group in _clustered(asked) if not any(_alike(group.stems, stems) for stems in dismissed)]
    found = [gap for group in groups if (gap := _gap(group, reader_id, sees_all)) is not None]
    return tuple(sorted(found, key=lambda gap: (-gap.times, -gap.people, gap.words)))


@dataclass(slots=True)
class _Group:
    stems: frozenset[str]
    rows: list[Asked] = field(default_factory=list)


def _in_vain(session: Session, start: datetime, end: datetime) -> list[Asked]:
    """Searches that ended in the week and found nothing, nothing with good trust, or nothing that was opened."""
    good = [state.value for state in GOOD]
    rows = session.execute(
        select(SearchQuery.words, SearchQuery.person_id, SearchQuery.results, SearchQuery.first_card_id)
        .where(SearchQuery.last_at >= start, SearchQuery.last_at < end)
        .where(or_(SearchQuery.results == 0, SearchQuery.best_trust.not_in(good)))
        .order_by(SearchQuery.last_at.desc(), SearchQuery.id)
        .limit(_ROWS_READ)
    )
    # What found something that was deleted since can't be told apart from what found nothing, and is neither.
    vain = [Asked(words, person, card) for words, person, results, card in rows if (results == 0) is (card is None)]
    again = [Asked(each.words, each.person_id, each.card_id, True) for each in rephrased(session, start, end, good)]
    return vain + [each for each in again if each.card_id is not None]


def _about_it(session: Session, actor: Actor, about: About, rows: Sequence[Asked]) -> list[Asked]:
    """In a collection: what ended on one of its cards. A card that the reader may not be served leads nowhere."""
    ids = {row.card_id for row in rows if row.card_id is not None}
    query = select(Card.id).where(Card.id.in_(ids), servable_to(actor), about.clause())
    known = set(session.scalars(query)) if ids else set()
    return [row for row in rows if (about.is_all if row.card_id is None else row.card_id in known)]


def askers_known_to(session: Session, actor: Actor, people: Iterable[int | None]) -> set[int | None]:
    """Those of these people who may read nothing that the reader may not."""
    allowed: set[int | None] = set()
    for person_id in people:
        if person_id is None:
            everything = frozenset(session.scalars(select(Collection.id)))
            is_allowed = everything <= actor.readable
        else:
            asker = active_actor(session, person_id, must_be_active=False)
            is_allowed = person_id == actor.id or (asker is not None and asker.readable <= actor.readable)
        if is_allowed:
            allowed.add(person_id)
    return allowed


def _clustered(asked: Sequence[Asked]) -> list[_Group]:
    """Searches with mostly the same words, the most frequent wordings first."""
    times = Counter(row.words for row in asked)
    groups: list[_Group] = []
    for row in sorted(asked, key=lambda row: (-times[row.words], row.words)):
        stems = stems_of(row.words)
        group = next((each for each in groups if _alike(each.stems, stems)), None)
        if group is None:
            group = _Group(stems)
            groups.append(group)
        group.rows.append(row)
    return groups


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or len(one & other) >= _ALIKE * len(one | other)


def _gap(group: _Group, reader_id: int | None, sees_all: bool) -> Gap | None:
    """The group as this reader may know it: wordings of their own or of several people, else the words these share."""
    people = {row.person_id for row in group.rows if row.person_id is not None}
    if not sees_all and len(people) < PEOPLE_NEEDED and reader_id not in people:
        return None
    askers: dict[str, set[int | None]] = {}
    for row in group.rows:
        askers.setdefault(row.words, set()).add(row.person_id)
    told = [
        words for words, who in askers.items() if sees_all or reader_id in who or len(who - {None}) >= PEOPLE_NEEDED
    ]
    shared = told or _shared(askers)
    if not shared:
        return None
    found = Counter(row.card_id for row in group.rows if row.card_id is not None)
    return Gap(
        words=shared[0], times=len(group.rows), people=len(people),
        found_nothing=any(row.card_id is None for row in group.rows),
        rephrased=sum(row.is_rephrased for row in group.rows),
        also=tuple(shared[1 : 1 + _ALSO]), card_id=found.most_common(1)[0][0] if found else None,
    )  # fmt: skip


def _shared(askers: Mapping[str, set[int | None]]) -> list[str]:
    """The words that several people used, where no whole wording is."""
    who: dict[str, set[int | None]] = {}
    for words, people in askers.items():
        for word in _WORD.findall(words.casefold()):
            who.setdefault(word, set()).update(people - {None})
    common = " ".join(word for word, people in who.items() if len(people) >= PEOPLE_NEEDED)
    return [common] if common else []


def stems_of(words: str) -> frozenset[str]:
    """What decides whether two wordings ask the same."""
    return frozenset(_stems(words))


def _stems(words: str) -> Iterator[str]:
    """The beginnings of the words that say something; all of them if none does."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    found = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))
    yield from (word[:_STEM] for word in found if word not in _LITTLE) if set(found) - _LITTLE else found
