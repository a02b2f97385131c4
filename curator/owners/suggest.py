"""Who could own a card: three names with reasons. Nobody is ever made owner by this; a person chooses.

Formula and weights come from a study of seven handbooks' histories (5 838 edits): the next editor of a page was its
creator in 12 % of cases, among its three most frequent authors in 31 %, among the three best of this blend in 60 %:

    score(p) = (0.40 page(p) + 0.25 shelf(p) + 0.25 similar(p) + 0.10 all(p)) x active(p)

Each term is p's share of the weight of the edits there: of the card itself, of its collection, of the cards most
similar to it, and of all. An edit weighs 2^(-age / 180 days). Without similar cards the terms are 0.55, 0.30 and 0.15
(58 %). active(p) is 2^(-days since p edited anything / 30), but at least 0.05; 0.02 if p was not seen for 180 days. It
is not of the study but measured here (docs/benchmarks.md). Minor edits and imports count for nobody. Only cards that
the asker may see are counted, so that nothing shows through a suggestion; and only who could be given the card is
suggested. Who is away is named with the day until when: a card is owned for longer than a holiday.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from curator.absences.marks import away_at
from curator.detectors.activity import INACTIVE_AFTER, last_seen
from kb.cards.models import Card, Revision
from kb.cards.models import Collection as Shelf
from kb.cards.permissions import visible_to
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.trust.assignee import is_able
from kb.wording import _, month_and_year, ngettext
from kb.words import count

HALF_LIFE = timedelta(days=180)
PAGE, SHELF, SIMILAR, ALL = 0.40, 0.25, 0.25, 0.10
PAGE_ALONE, SHELF_ALONE, ALL_ALONE = 0.55, 0.30, 0.15
INACTIVE, IDLE = 0.02, 0.05
_IDLE_HALF_LIFE = timedelta(days=30)
NAMES = 3
MOST_SIMILAR = 15
_YEAR = timedelta(days=365)
_STEP, _STEPS = timedelta(days=30), 24


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who could own it, and why."""

    person: Person
    score: float
    reason: str
    away_until: date | None = None


@dataclass(slots=True)
class Edits:
    """Edits of some cards: their weight by author, and how many cards and edits that is within the last year."""

    weight: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    number: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cards: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    last: dict[int, datetime] = field(default_factory=dict)

    def add(self, author_id: int, card_id: int, at: datetime, now: datetime) -> None:
        """Count one edit."""
        self.weight[author_id] += 2.0 ** -(max(now - at, timedelta(0)) / HALF_LIFE)
        self.last[author_id] = max(at, self.last.get(author_id, at))
        if now - at <= _YEAR:
            self.number[author_id] += 1
            self.cards[author_id].add(card_id)


@dataclass(frozen=True, slots=True)
class Edited:
    """What is known of edits everywhere, once for many cards: weights by collection and in all, each author's last."""

    by_shelf: Mapping[int, Mapping[int, float]]
    in_all: Mapping[int, float]
    last: Mapping[int, datetime]

    def activity(self, person_id: int, seen: datetime, now: datetime) -> float:
        """How much of somebody's score is left for being as active as they are."""
        if now - seen >= INACTIVE_AFTER:
            return INACTIVE
        last = self.last.get(person_id)
        return max(IDLE, 2.0 ** -(max(now - last, timedelta(0)) / _IDLE_HALF_LIFE)) if last is not None else IDLE


def suggest_owners(
    session: Session, actor: Actor, card: Card, similar: Sequence[int], now: datetime, *, but: Collection[int] = (),
    edited: Edited | None = None,
) -> tuple[Suggestion, ...]:  # fmt: skip
    """Three people who could own this card, best first, without those in `but`."""
    everywhere = edited or edits_everywhere(session, actor, now)
    return suggest_for(session, actor, [card.id], {card.collection_id: 1}, similar, everywhere, now, but=but)


def suggest_for(
    session: Session, actor: Actor, card_ids: Collection[int], shelves: Mapping[int, int], similar: Sequence[int],
    everywhere: Edited, now: datetime, *, but: Collection[int] = (),
) -> tuple[Suggestion, ...]:  # fmt: skip
    """The same for several cards at once; `shelves` says how many of them are in each collection."""
    own, alike = _edits_of(session, actor, card_ids, now), _edits_of(session, actor, similar, now)
    shelf = _shelf_weights(everywhere, shelves)
    parts = [(PAGE, own.weight), (SHELF, shelf), (SIMILAR, alike.weight), (ALL, everywhere.in_all)]
    if not alike.weight:
        parts = [(PAGE_ALONE, own.weight), (SHELF_ALONE, shelf), (ALL_ALONE, everywhere.in_all)]
    scores = blend(parts)
    people = _able(session, shelves, scores.keys() - set(but))
    seen = last_seen(session, people.values())
    ranked = sorted(
        ((scores[each] * everywhere.activity(each, seen[each], now), -each) for each in people), reverse=True
    )
    names = {shelf_id: session.get_one(Shelf, shelf_id).name for shelf_id in shelves}
    reason = _reasons(own, alike, len(card_ids), len(similar), " and ".join(sorted(names.values())[:2]))
    away = away_at(session, now)
    found = []
    for score, number in ranked[:NAMES]:
        person = people[-number]
        said = "; ".join(filter(None, (reason(person.id), away.words(person))))
        found.append(Suggestion(person, score, said, away.until.get(person.id)))
    return tuple(found)


def blend(parts: Iterable[tuple[float, Mapping[int, float]]]) -> dict[int, float]:
    """The weighted sum of each person's share of every part. An empty part gives nobody anything."""
    scores: dict[int, float] = defaultdict(float)
    for factor, weights in parts:
        total = sum(weights.values())
        for person_id, weight in weights.items():
            scores[person_id] += factor * weight / total if total else 0.0
    return dict(scores)


def edits_everywhere(session: Session, actor: Actor, now: datetime) -> Edited:
    """The weights of all edits of cards the actor may see, in steps of 30 days: one query."""
    weight = case(
        *[(Revision.at > now - _STEP * step, 2.0 ** -((step - 0.5) * (_STEP / HALF_LIFE)))
          for step in range(1, _STEPS + 1)],
        else_=0.0,
    )  # fmt: skip
    rows = session.execute(
        select(Card.collection_id, Revision.author_id, func.sum(weight), func.max(Revision.at))
        .join(Card, Card.id == Revision.card_id)
        .where(visible_to(actor), *_counts())
        .group_by(Card.collection_id, Revision.author_id)
    )
    by_shelf: dict[int, dict[int, float]] = defaultdict(dict)
    in_all: dict[int, float] = defaultdict(float)
    last: dict[int, datetime] = {}
    for shelf_id, author_id, total, at in rows:
        if author_id is not None:
            last[author_id] = max(at, last.get(author_id, at))
            if total:
                by_shelf[shelf_id][author_id] = float(total)
                in_all[author_id] += float(total)
    return Edited(by_shelf, in_all, last)


def _counts() -> tuple[ColumnElement[bool], ...]:
    return Revision.author_id.is_not(None), Revision.is_minor.is_(False)


def _edits_of(session: Session, actor: Actor, card_ids: Collection[int], now: datetime) -> Edits:
    found = Edits()
    if not card_ids:
        return found
    rows = session.execute(
        select(Revision.author_id, Revision.card_id, Revision.at)
        .join(Card, Card.id == Revision.card_id)
        .where(Revision.card_id.in_(card_ids), visible_to(actor), *_counts())
    )
    for author_id, card_id, at in rows:
        if author_id is not None:
            found.add(author_id, card_id, at, now)
    return found


def _shelf_weights(everywhere: Edited, shelves: Mapping[int, int]) -> dict[int, float]:
    """The collections' authors; a collection counts as often as it has cards among those that are asked about."""
    parts = [(float(number), everywhere.by_shelf.get(shelf_id, {})) for shelf_id, number in shelves.items()]
    return blend(parts)


def _able(session: Session, shelves: Iterable[int], ids: Collection[int]) -> dict[int, Person]:
    wanted = [session.get_one(Shelf, shelf_id) for shelf_id in shelves]
    roles = [role for role in Role if role.rank >= Role.AUTHOR.rank]
    query = select(Person).where(Person.id.in_(ids), Person.deactivated_at.is_(None), Person.role.in_(roles))
    return {p.id: p for p in session.scalars(query) if any(is_able(p, shelf) for shelf in wanted)}


def _reasons(own: Edits, alike: Edits, cards: int, similar: int, shelves: str) -> Callable[[int], str]:
    """The two strongest reasons for somebody, as a phrase."""

    def reason(person_id: int) -> str:
        said = []
        if edits := own.number.get(person_id):
            number = len(own.cards[person_id])
            said.append(
                _("edited %(number)s of the %(cards)s cards this year", number=number, cards=cards)
                if cards > 1
                else _("edited this card %(times)s this year", times=_times(edits))
            )
        elif person_id in own.last:
            last = month_and_year(own.last[person_id])
            said.append(
                _("edited these cards before, last in %(month)s", month=last)
                if cards > 1
                else _("edited this card before, last in %(month)s", month=last)
            )
        if alike.cards.get(person_id):
            said.append(
                ngettext(
                    "edited %(number)s of the %(num)s similar card this year",
                    "edited %(number)s of the %(num)s similar cards this year",
                    similar,
                    number=len(alike.cards[person_id]),
                )
            )
        return "; ".join(said) or _("writes in %(shelves)s", shelves=shelves)

    return reason


def _times(number: int) -> str:
    return {1: _("once"), 2: _("twice")}.get(number) or count(number, "time")
