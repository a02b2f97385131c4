"""The cards that this reader may see today, as they were at an earlier instant: what could be served, and how trusted.

Nobody sees more of the past than they may read today: what is invisible, or archived and not theirs to restore, is
left out. A card that stood in a collection which the reader may not read counts as of today's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard, OlderCard, Shelf
from kb.cards.models import Breach, Card, Revision, Status
from kb.cards.models import Collection as CardCollection
from kb.cards.permissions import visible_to
from kb.errors import invalid
from kb.lines.folding import Pair
from kb.lines.models import CardAlias
from kb.lines.spans import undecided_at
from kb.past.records import records_of
from kb.past.replay import Then, state_of
from kb.people.actor import Actor
from kb.people.models import AuditEntry, Named, Person, Role
from kb.trust.models import OpenFlag
from kb.trust.policy import Policy
from kb.trust.rules import Clause, about, expiry_of
from kb.trust.state import Trust, trust_of
from kb.wording import _, decimal

MOST_CARDS = 20_000
_CHUNK = 2_000


class PastWords(NamedTuple):
    """What a card said, and the other names by which it was found."""

    title: str
    text: str
    headings: str
    tags: list[str]
    language: str
    audience: list[str]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """A card as it is today: what does not change, and what the reader may read of its past."""

    title: str
    collection_id: int
    external_id: str | None
    created_at: datetime
    published_at: datetime | None
    version: int
    audience: list[str]
    template: str | None
    is_servable: bool
    is_readable: bool


@dataclass(frozen=True, slots=True)
class PastCards:
    """Everything that could be served to the reader at an instant, as facts; words are loaded for the few that need it.

    `renamed` cards got another name since then, by a merge.
    """

    instant: datetime
    policy: Policy
    states: Mapping[int, Then]
    today: Mapping[int, Today]
    shelves: Mapping[int, Shelf]
    pairs: Sequence[Pair]
    replaced: Mapping[int, Sequence[OlderCard]]
    renamed: frozenset[int]
    clauses: Sequence[Clause] = ()

    def shelf_of(self, card_id: int) -> Shelf:
        """Where the card stood, if the reader may know of it; else where it stands."""
        known = self.shelves.get(self.states[card_id].collection_id or 0)
        return known or self.shelves[self.today[card_id].collection_id]

    def is_found_alike(self, card_id: int) -> bool:
        """Whether the card is an answer today, and in the same words."""
        today = self.today[card_id]
        return today.is_servable and card_id not in self.renamed and self.states[card_id].version == today.version

    def older(self, heads: Iterable[int]) -> list[OlderCard]:
        """All cards that these had replaced, through however many steps."""
        found: list[OlderCard] = []
        level = [card for head in heads for card in self.replaced.get(head, ())]
        while level:
            found += level
            level = [older for card in level for older in self.replaced.get(card.id, ())]
        return found

    def words(self, session: Session, card_ids: Collection[int]) -> dict[int, PastWords]:
        """What these cards said. A revision from before its text was kept is read as it was written."""
        aliases = _aliases(session, card_ids, self.instant)
        found = {}
        for row in _texts(session, [(card_id, self.states[card_id].version) for card_id in card_ids]):
            audience = row.audience if row.audience is not None else self.today[row.card_id].audience
            found[row.card_id] = PastWords(
                row.title, row.text, row.headings or "", sorted(row.tags), row.language, audience,
                aliases.get(row.card_id, ()),
            )  # fmt: skip
        return found

    def answers(self, session: Session, card_ids: Collection[int]) -> dict[int, tuple[AnswerCard, Trust]]:
        """These cards as answers, with their trust."""
        words = self.words(session, card_ids)
        names = _names(session, [self.states[card_id] for card_id in card_ids])
        alike = {card_id for pair in self.pairs for card_id in (pair.card_id, pair.other_id)}
        found = {}
        for card_id in card_ids:
            then = self.states[card_id]
            card = _answer(card_id, words[card_id], then, self.today[card_id], self.shelf_of(card_id), names)
            card = card._replace(has_near_duplicates=card_id in alike, has_replaced=card_id in self.replaced)
            flags = [_open(doubt, names) for doubt in then.doubts]
            trust = trust_of(card, flags, self.policy, self.instant)
            if trust.is_late:
                trust = trust._replace(expiry=expiry_of(self.clauses, about(card)))
            found[card_id] = (card, trust)
        return found


def cards_at(
    session: Session, actor: Actor, instant: datetime, policy: Policy, *, collections: frozenset[int] | None = None,
    card_ids: frozenset[int] | None = None,
) -> PastCards:  # fmt: skip
    """The past of the cards in these collections, or of these cards (None: of all that the actor may read).

    Raises Invalid when there are too many to be looked through.
    """
    today = _visible(session, actor, instant, collections, card_ids)
    records = records_of(session, list(today))
    states = {card_id: then for card_id in today if (then := state_of(records[card_id], instant)) is not None}
    served = {card_id: then for card_id, then in states.items() if then.is_servable and today[card_id].is_readable}
    renamed = session.scalars(select(CardAlias.card_id).where(CardAlias.since > instant))
    return PastCards(
        instant, policy, served, today, _shelves(session, actor, instant), undecided_at(session, served, instant),
        _replaced(today, states), frozenset(renamed), _clauses(session, instant),
    )  # fmt: skip


def _visible(
    session: Session, actor: Actor, instant: datetime, collections: frozenset[int] | None,
    card_ids: frozenset[int] | None,
) -> dict[int, Today]:  # fmt: skip
    restorable: ColumnElement[bool] = Card.collection_id.in_(actor.curated)
    if actor.id is not None and actor.role.rank >= Role.AUTHOR.rank:
        restorable = or_(restorable, Card.owner_id == actor.id)
    is_readable = or_(Card.status != Status.ARCHIVED, restorable)
    clauses = [visible_to(actor), Card.published_at <= instant]
    if collections is not None:
        moved = select(Revision.card_id).where(Revision.collection_id.in_(collections))
        clauses.append(or_(Card.collection_id.in_(collections), Card.id.in_(moved)))
    if card_ids is not None:
        clauses.append(Card.id.in_(card_ids))
    if (session.scalar(select(func.count()).select_from(Card).where(and_(*clauses))) or 0) > MOST_CARDS:
        raise invalid(
            "as_of",
            _("More than %(most)s cards would have to be replayed. Name a collection.", most=decimal(MOST_CARDS)),
        )
    rows = session.execute(
        select(Card.id, Card.title, Card.collection_id, Card.external_id, Card.created_at, Card.published_at,
               Card.version, Card.audience, Card.template, Card.status, Card.replaced_by_id, is_readable)
        .where(*clauses).order_by(Card.id)
    )  # fmt: skip
    return {
        row[0]: Today(*row[1:9], row[9] == Status.PUBLISHED and row[10] is None, bool(row[11])) for row in rows
    }  # fmt: skip


def _replaced(today: Mapping[int, Today], states: Mapping[int, Then]) -> dict[int, list[OlderCard]]:
    found: dict[int, list[OlderCard]] = defaultdict(list)
    for card_id, then in states.items():
        if then.replaced_by_id is not None and then.status is not Status.DRAFT:
            found[then.replaced_by_id].append(OlderCard(card_id, today[card_id].title))
    return dict(found)


def _texts(session: Session, versions: Sequence[tuple[int, int]]) -> Iterable[Any]:
    for start in range(0, len(versions), _CHUNK):
        yield from session.execute(
            select(
                Revision.card_id, Revision.title, func.coalesce(Revision.text, Revision.body).label("text"),
                Revision.headings, Revision.tags, Revision.language, Revision.audience,
            ).where(tuple_(Revision.card_id, Revision.number).in_(versions[start : start + _CHUNK]))
        )  # fmt: skip


def _answer(
    card_id: int, words: PastWords, then: Then, today: Today, shelf: Shelf, names: Mapping[int, Named]
) -> AnswerCard:
    checked = then.verified
    return AnswerCard(
        id=card_id, title=words.title, text=words.text, external_id=today.external_id, language=words.language,
        audience=words.audience, template=today.template, version=then.version,
        verified_at=checked.verified_at, verify_by=checked.verify_by,
        unverified_at=checked.unverified_at, unverified_kind=checked.unverified_kind,
        unverified_reason=checked.unverified_reason, created_at=today.created_at, published_at=today.published_at,
        updated_at=then.updated_at, owner_id=then.owner_id, verified_by_id=checked.verified_by_id, collection=shelf,
        owner=names.get(then.owner_id or 0), verified_by=names.get(checked.verified_by_id or 0),
        unverified_by=names.get(checked.unverified_by_id or 0), tags=words.tags, is_flagged=bool(then.doubts),
        has_replaced=False, has_near_duplicates=False,
    )  # fmt: skip


def _open(doubt: Any, names: Mapping[int, Named]) -> OpenFlag:
    return OpenFlag(doubt.kind, doubt.detail, doubt.raised_at, doubt.url, names.get(doubt.raised_by_id or 0))


def _names(session: Session, states: Iterable[Then]) -> dict[int, Named]:
    """People by their names of today."""
    wanted: set[int | None] = set()
    for then in states:
        wanted |= {then.owner_id, then.verified.verified_by_id, then.verified.unverified_by_id}
        wanted |= {doubt.raised_by_id for doubt in then.doubts}
    ids = sorted(person_id for person_id in wanted if person_id is not None)
    rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(ids)))
    return {row[0]: Named(*row) for row in rows}


def _aliases(session: Session, card_ids: Collection[int], instant: datetime) -> dict[int, tuple[str, ...]]:
    known = or_(CardAlias.since.is_(None), CardAlias.since <= instant)
    found: dict[int, list[str]] = defaultdict(list)
    for card_id, words in session.execute(select(CardAlias.card_id, CardAlias.words).where(known)):
        found[card_id].append(words)
    return {card_id: tuple(sorted(found[card_id])) for card_id in card_ids if card_id in found}


def _clauses(session: Session, instant: datetime) -> tuple[Clause, ...]:
    """What the rules of then said of overdue answers, from the record of their last change."""
    entry = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == "rule", AuditEntry.at <= instant)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    rules = entry.detail.get("in_force", ()) if entry is not None else ()
    return tuple(
        Clause(
            rule["collection_id"],
            rule["tag"],
            rule["audience"],
            expiry=Breach(rule["expiry"]),
            template=rule.get("template"),
        )
        for rule in rules
        if rule["expiry"]
    )


def _shelves(session: Session, actor: Actor, instant: datetime) -> dict[int, Shelf]:
    """The collections with today's names and the freshness contracts of then."""
    contracts: dict[int, dict[str, Any]] = {}
    entries = (
        select(AuditEntry.subject_id, AuditEntry.detail)
        .where(AuditEntry.subject == "collection", AuditEntry.at <= instant)
        .order_by(AuditEntry.id)
    )
    for collection_id, detail in session.execute(entries):
        if collection_id is not None and "contract" in detail:
            contracts[collection_id] = detail
    names = ("contract", "min_trust", "max_age_days")
    found = {}
    for shelf in session.scalars(select(CardCollection).where(CardCollection.id.in_(actor.readable))):
        today = {name: getattr(shelf, name) for name in names}
        then = contracts.get(shelf.id, today)
        found[shelf.id] = Shelf(shelf.id, shelf.slug, shelf.name, *(then[name] for name in names))
    return found
