"""Loads what the estimate needs to know: a handful of queries, however many cards.

Everything comes as plain rows; an object for each of a hundred thousand checks would take longer than all the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.orm import Session

from curator.detectors.findings import Told, open_words
from kb.cards.models import Card, Collection, Revision, Status
from kb.trust.models import Flag, Outcome, Verdict, Verification
from kb.use.models import CardUse

USE_DAYS = 28
CHARACTERS_A_WORD = 6
_YEARS = timedelta(days=5 * 365)  # what is older has faded to nothing
_MOST_IDS = 5000
_UNDO = "undo"
_BULK = "bulk"
_IMPORT = "import"
_SAME_SITTING = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A published card at the head of its line. `limit_days`: the interval chosen for it or its collection."""

    id: int
    collection_id: int
    since: datetime
    words: int
    limit_days: int | None
    stale_target: float | None
    is_taken_back: bool


class EditFact(NamedTuple):
    """An edit since publication that no curator called minor: when, and whether it took something back."""

    at: datetime
    corrects: bool


class Check(NamedTuple):
    """A check that was not undone: when, whether it found something, and whether it was one of many."""

    card_id: int
    at: datetime
    found: bool
    is_batch: bool
    batch_size: int
    is_here: bool  # an imported verification is a date, but nobody knows what it found


class Doubt(NamedTuple):
    """A flag: by a person or by a detector, and how long it stood."""

    raised_at: datetime
    resolved_at: datetime | None
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Use:
    """Impressions of the last four weeks, and views since the last check."""

    impressions: int = 0
    views_since_check: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts, by card. Edits and checks are in the order of time."""

    cards: list[CardFacts]
    edits: dict[int, list[EditFact]]
    checks: dict[int, list[Check]]
    doubts: dict[int, list[Doubt]]
    findings: dict[int, list[Told]]
    use: dict[int, Use]

    def reports(self, card_id: int, at: datetime) -> int:
        """How many people doubted the card at that instant."""
        return len({doubt.person_id for doubt in self._open(card_id, at) if doubt.person_id is not None})

    def detections(self, card_id: int, at: datetime) -> int:
        """How many detectors' flags were open at that instant."""
        return sum(doubt.person_id is None for doubt in self._open(card_id, at))

    def _open(self, card_id: int, at: datetime) -> list[Doubt]:
        return [
            doubt
            for doubt in self.doubts.get(card_id, ())
            if doubt.raised_at <= at and (doubt.resolved_at is None or doubt.resolved_at > at)
        ]


def load_facts(session: Session, card_ids: Iterable[int] | None, now: datetime) -> Facts:
    """The facts of these cards, or of all. What is not published, or was replaced, is left out."""
    wanted = None if card_ids is None else sorted(set(card_ids))
    where = _heads(wanted)
    cards = _cards(session, where)
    if wanted is not None and len(wanted) > _MOST_IDS:
        asked = set(wanted)
        cards = [card for card in cards if card.id in asked]
    edits = _edits(session, where, now)
    checks = _checks(session, where, edits, now)
    findings = open_words(session, where)
    return Facts(cards, edits, checks, _doubts(session, where, now), findings, _use(session, where, now))


def _heads(wanted: Sequence[int] | None) -> ColumnElement[bool]:
    heads = and_(func.coalesce(Card.status, "") == Status.PUBLISHED, Card.replaced_by_id.is_(None))
    if wanted is None or len(wanted) > _MOST_IDS:  # that many parameters cost more than reading all cards
        return heads
    return and_(heads, Card.id.in_(wanted))


def _cards(session: Session, where: ColumnElement[bool]) -> list[CardFacts]:
    rows = session.execute(
        select(
            Card.id, Card.collection_id, func.coalesce(Card.published_at, Card.created_at), func.length(Card.text),
            func.coalesce(Card.interval_days, Collection.interval_days), Collection.stale_target,
            and_(Card.unverified_at.is_not(None), Card.unverified_kind == "reported"),
        )
        .join(Collection, Collection.id == Card.collection_id)
        .where(where)
        .order_by(Card.id)
    )  # fmt: skip
    return [
        CardFacts(card_id, shelf_id, since, size // CHARACTERS_A_WORD, limit, target, bool(taken_back))
        for card_id, shelf_id, since, size, limit, target, taken_back in rows
    ]


def _edits(session: Session, where: ColumnElement[bool], now: datetime) -> dict[int, list[EditFact]]:
    """Edits since the card was published: what changes in a draft was never wrong in front of anybody."""
    rows = session.execute(
        select(Revision.card_id, Revision.at, Revision.corrects)
        .join(Card, Card.id == Revision.card_id)
        .where(where, Revision.number > 1, Revision.is_minor.is_(False))
        .where(Revision.at > now - _YEARS, Revision.at <= now)
        .where(or_(Card.published_at.is_(None), Revision.at > Card.published_at))
        .order_by(Revision.card_id, Revision.number)
    )
    edits: dict[int, list[EditFact]] = {}
    for card_id, at, corrects in rows:
        edits.setdefault(card_id, []).append(EditFact(at, corrects))
    return edits


def _checks(
    session: Session, where: ColumnElement[bool], edits: dict[int, list[EditFact]], now: datetime
) -> dict[int, list[Check]]:
    rows = session.execute(
        select(
            Verification.card_id, Verification.at, Verification.verdict, Verification.basis, Verification.outcome,
            Verification.batch_size,
        )
        .join(Card, Card.id == Verification.card_id)
        .where(where, Verification.at <= now)
        .order_by(Verification.card_id, Verification.id)
    )  # fmt: skip
    mended = {
        card_id: found
        for card_id, of_card in edits.items()
        if (found := [edit.at for edit in of_card if edit.corrects])
    }
    checks: dict[int, list[Check]] = {}
    for row in rows:
        of_card = checks.setdefault(row[0], [])
        if row[2] == Verdict.VERIFIED:
            of_card.append(_check(row, mended.get(row[0], ())))
        elif row[3] == _UNDO and of_card:
            of_card.pop()
    return checks


def _check(row: Row[int, datetime, str, str, str | None, int], corrected: Sequence[datetime]) -> Check:
    """It found something if it says so, or if the card was corrected in the same sitting before it was confirmed."""
    card_id, at, _, basis, outcome, batch_size = row
    mended = bool(corrected) and any(at - _SAME_SITTING <= edited <= at for edited in corrected)
    found = mended or (outcome is not None and outcome != Outcome.STILL_RIGHT)
    size = max(batch_size, 1)
    is_batch = size > 1 or basis == _BULK
    return Check(card_id, at, found, is_batch, size if size > 1 or not is_batch else 0, basis != _IMPORT)


def _doubts(session: Session, where: ColumnElement[bool], now: datetime) -> dict[int, list[Doubt]]:
    rows = session.execute(
        select(Flag.card_id, Flag.raised_at, Flag.resolved_at, Flag.raised_by_id)
        .join(Card, Card.id == Flag.card_id)
        .where(where, or_(Flag.resolved_at.is_(None), Flag.raised_at > now - _YEARS))
        .order_by(Flag.id)
    )
    doubts: dict[int, list[Doubt]] = {}
    for card_id, raised_at, resolved_at, person_id in rows:
        doubts.setdefault(card_id, []).append(Doubt(raised_at, resolved_at, person_id))
    return doubts


def _use(session: Session, where: ColumnElement[bool], now: datetime) -> dict[int, Use]:
    """Use by card. The day of the check itself is not counted: nobody knows which readers came after it."""
    recent = case((CardUse.day > now.date() - timedelta(days=USE_DAYS), CardUse.impressions), else_=0)
    since_check = case(
        (or_(Card.verified_at.is_(None), CardUse.day > func.date(Card.verified_at)), CardUse.views + CardUse.copies),
        else_=0,
    )
    rows = session.execute(
        select(CardUse.card_id, func.sum(recent), func.sum(since_check))
        .join(Card, Card.id == CardUse.card_id)
        .where(where, CardUse.day <= now.date())
        .group_by(CardUse.card_id)
    )
    return {card_id: Use(int(impressions), int(views)) for card_id, impressions, views in rows}
