"""Pairs of words that may mean the same: a search that led nowhere, and the same person's next one that did.

Two different people must have gone the same way. Only ways that end at a card the curator may be served are looked
at, so a suggestion tells nothing about what its reader can't open.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.people.actor import Actor
from kb.use.models import SearchClick, SearchQuery
from kb.use.searches import TYPING
from search.analysis import chunks, fold, is_function_word
from search.asking import completed
from search.curating import demand_curator
from search.edits import edit_distance, edits_allowed
from search.query import parse
from search.synonyms.commands import TEXT_LIMIT, dismissal_key
from search.synonyms.expansions import SIDE_WORDS_LIMIT, Thesaurus, forms_of
from search.synonyms.models import SynonymDismissal

SOON = timedelta(minutes=5)
LOOKING_BACK = timedelta(days=30)
PEOPLE_NEEDED = 2
_ROWS_READ = 20_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`people` asked for `asked` in vain and found `card_id` by asking for `meant`."""

    asked: str
    meant: str
    people: int
    card_id: int


@dataclass(frozen=True, slots=True)
class Step:
    """A search by somebody: in vain, or (with a card) what they opened from it, and when."""

    person_id: int
    words: str
    at: datetime
    last_at: datetime
    card_id: int | None = None


@dataclass(slots=True)
class _Evidence:
    asked: str
    meant: str
    people: set[int] = field(default_factory=set)
    cards: Counter[int] = field(default_factory=Counter)


def suggestions(session: Session, actor: Actor, known: Thesaurus, now: datetime) -> list[Suggestion]:
    """The pairs that most people's searches suggest, without those that are known or were dismissed."""
    demand_curator(actor)
    successes = _successes(session, actor, now - LOOKING_BACK)
    failures = _failures(session, {step.person_id for step in successes}, now - LOOKING_BACK)
    dismissed = {(row.asked, row.meant) for row in session.scalars(select(SynonymDismissal))}
    return [
        found
        for found in suggested(failures, successes)
        if (dismissal_key(found.asked), dismissal_key(found.meant)) not in dismissed
        and fold(found.meant) not in map(fold, known.others(found.asked.split()))
    ][:_SHOWN]


def suggested(failures: Iterable[Step], successes: Iterable[Step]) -> list[Suggestion]:
    """What the steps of all people suggest, what most of them did first. Pure."""
    evidence: dict[tuple[str, str], _Evidence] = {}
    found_by: dict[int, list[Step]] = defaultdict(list)
    for step in sorted(successes, key=lambda step: (step.last_at, step.words)):
        found_by[step.person_id].append(step)
    failed_by: dict[int, list[Step]] = defaultdict(list)
    for step in sorted(failures, key=lambda step: (step.at, step.words)):
        failed_by[step.person_id].append(step)
    for person_id, failed in failed_by.items():
        for failure in failed:
            success = _next(found_by[person_id], failure)
            pair = difference(failure.words, success.words) if success else None
            if success is None or pair is None or _is_step_back(failure, failed):
                continue
            way = evidence.setdefault((fold(pair[0]), fold(pair[1])), _Evidence(*pair))
            way.people.add(person_id)
            way.cards[success.card_id or 0] += 1
    told = [
        Suggestion(
            way.asked, way.meant, len(way.people), max(way.cards.items(), key=lambda item: (item[1], -item[0]))[0]
        )
        for way in evidence.values()
        if len(way.people) >= PEOPLE_NEEDED
    ]
    return sorted(told, key=lambda each: (-each.people, each.asked, each.meant))


def difference(asked: str, meant: str) -> tuple[str, str] | None:
    """What differs between two queries, without what both begin and end with: "wfh rules", "home office rules".

    None where one only adds words, puts them in another order, inflects or mistypes them: those need no synonym.
    """
    left, right = _plain_words(asked), _plain_words(meant)
    if left is None or right is None:
        return None
    while left and right and forms_of(left[0]) & forms_of(right[0]):
        left, right = left[1:], right[1:]
    while left and right and forms_of(left[-1]) & forms_of(right[-1]):
        left, right = left[:-1], right[:-1]
    pair = " ".join(left), " ".join(right)
    if not _can_be_side(left, pair[0]) or not _can_be_side(right, pair[1]):
        return None
    if _holds(left, right) or _holds(right, left) or _is_typo(*pair):
        return None
    return pair


def _successes(session: Session, actor: Actor, since: datetime) -> list[Step]:
    query = (
        select(SearchQuery.person_id, SearchQuery.words, SearchQuery.at, SearchClick.at, Card.id, Card.title)
        .join(SearchClick, SearchClick.query_id == SearchQuery.id)
        .join(Card, Card.id == SearchClick.card_id)
        .where(SearchQuery.person_id.is_not(None), SearchClick.at >= since, servable_to(actor))
        .order_by(SearchClick.at.desc(), SearchClick.card_id)
        .limit(_ROWS_READ)
    )
    return [
        Step(person_id, completed(words, title), at, clicked_at, card_id)
        for person_id, words, at, clicked_at, card_id, title in session.execute(query)
        if person_id is not None
    ]


def _failures(session: Session, people: set[int], since: datetime) -> list[Step]:
    """Searches of these people from which nothing was opened."""
    has_click = select(SearchClick.query_id).where(SearchClick.query_id == SearchQuery.id).exists()
    query = (
        select(SearchQuery.person_id, SearchQuery.words, SearchQuery.at, SearchQuery.last_at)
        .where(SearchQuery.person_id.in_(people), SearchQuery.last_at >= since, ~has_click)
        .order_by(SearchQuery.last_at.desc(), SearchQuery.id)
        .limit(_ROWS_READ)
    )
    return [
        Step(person_id, words, at, last_at)
        for person_id, words, at, last_at in session.execute(query)
        if person_id is not None
    ]


def _next(successes: Sequence[Step], failure: Step) -> Step | None:
    """The first card that was opened within five minutes after the words failed, the first or the last time."""
    for at in (failure.at, failure.last_at):
        place = bisect_right(successes, at, key=lambda step: step.last_at)
        if place < len(successes) and successes[place].last_at <= at + SOON:
            return successes[place]
    return None


def _is_step_back(failure: Step, failed: Sequence[Step]) -> bool:
    """Whether the words are what was left while somebody deleted longer ones. `failed` in the order of time."""
    first = bisect_left(failed, failure.at - TYPING, key=lambda step: step.at)
    last = bisect_right(failed, failure.at, key=lambda step: step.at)
    return any(other.words.startswith(failure.words) and other.words != failure.words for other in failed[first:last])


def _plain_words(text: str) -> list[str] | None:
    """The words of a query that holds nothing but words."""
    query = parse(text)
    return None if query.phrases or query.excluded or query.tags or query.collections else list(query.words)


def _can_be_side(words: Sequence[str], text: str) -> bool:
    telling = any(not is_function_word(chunk) for word in words for chunk in chunks(word))
    return telling and len(words) <= SIDE_WORDS_LIMIT and 2 <= len(text) <= TEXT_LIMIT


def _holds(some: Sequence[str], others: Sequence[str]) -> bool:
    return all(any(forms_of(word) & forms_of(other) for other in others) for word in some)


def _is_typo(left: str, right: str) -> bool:
    edits = edits_allowed(left)
    return edits > 0 and edit_distance(fold(left), fold(right), edits) <= edits
