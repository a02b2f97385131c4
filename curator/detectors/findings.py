"""Read findings: what speaks against cards right now, and what was said of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from curator.detectors.models import Finding
from curator.detectors.weights import DETECTORS
from kb.cards.models import Card
from kb.cards.permissions import Right, demand, may
from kb.cards.queries import card_visible_to
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.trust.models import Flag
from kb.wording import _

__all__ = ["Finding", "finding_of", "findings_of", "open_findings"]
_CHUNK = 500
_LARGEST_ID = 2**31 - 1


class Told(NamedTuple):
    """What a finding says, without the rest of its row."""

    detector: str
    words: str
    detail: str


def open_findings(session: Session, card_ids: Iterable[int]) -> dict[int, list[Finding]]:
    """Findings that are true and unanswered, by card, the most telling detector first. Whoever asks has the right.

    A finding whose flag somebody resolved was answered by that.
    """
    found: dict[int, list[Finding]] = defaultdict(list)
    wanted = sorted(set(card_ids))
    for start in range(0, len(wanted), _CHUNK):
        query = (
            select(Finding)
            .outerjoin(Flag, Flag.id == Finding.flag_id)
            .where(Finding.card_id.in_(wanted[start : start + _CHUNK]), _is_open())
        )
        for finding in session.scalars(query):
            found[finding.card_id].append(finding)
    return {card_id: sorted(rows, key=_place) for card_id, rows in found.items()}


def findings_of(session: Session, actor: Actor, card_id: int) -> list[Finding]:
    """A card's findings for whoever may verify it: the open ones, then those that were dismissed and are still true."""
    card = card_visible_to(session, actor, card_id)
    demand(actor, Right.VERIFY, card)
    waiting = open_findings(session, [card_id]).get(card_id, [])
    dismissed = session.scalars(
        select(Finding)
        .where(Finding.card_id == card_id, Finding.gone_at.is_(None), Finding.dismissed_at.is_not(None))
        .options(joinedload(Finding.dismissed_by))
        .order_by(Finding.dismissed_at.desc())
    ).all()
    return [*waiting, *dismissed]


def finding_of(session: Session, actor: Actor, finding_id: int) -> Finding:
    """One finding. Missing, of an invisible card, and of one the actor may not verify are the same NotFound."""
    finding = session.get(Finding, finding_id) if 0 < finding_id <= _LARGEST_ID else None
    if finding is None:
        raise NotFound(_("There is no such finding."))
    try:
        card = card_visible_to(session, actor, finding.card_id)
    except NotFound:
        raise NotFound(_("There is no such finding.")) from None
    if not may(actor, Right.VERIFY, card):
        raise NotFound(_("There is no such finding."))
    return finding


def detectors_of(session: Session, card_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Which detectors found something on these cards, for the estimate: cheaper than the findings themselves."""
    found: dict[int, set[str]] = defaultdict(set)
    wanted = sorted(set(card_ids))
    for start in range(0, len(wanted), _CHUNK):
        rows = session.execute(
            select(Finding.card_id, Finding.detector)
            .outerjoin(Flag, Flag.id == Finding.flag_id)
            .where(Finding.card_id.in_(wanted[start : start + _CHUNK]), _is_open())
        )
        for card_id, detector in rows:
            found[card_id].add(detector)
    return {card_id: frozenset(names) for card_id, names in found.items()}


def open_words(session: Session, which: ColumnElement[bool]) -> dict[int, list[Told]]:
    """What is open on all cards of which a clause is true: one query, however many they are."""
    rows = session.execute(
        select(Finding.card_id, Finding.detector, Finding.words, Finding.detail)
        .join(Card, Card.id == Finding.card_id)
        .outerjoin(Flag, Flag.id == Finding.flag_id)
        .where(which, _is_open())
        .order_by(Finding.id)
    )
    found: dict[int, list[Told]] = defaultdict(list)
    for card_id, *told in rows:
        found[card_id].append(Told(*told))
    return found


def _is_open() -> ColumnElement[bool]:
    unanswered = or_(Finding.flag_id.is_(None), Flag.resolved_at.is_(None))
    return and_(Finding.gone_at.is_(None), Finding.dismissed_at.is_(None), unanswered)


def _place(finding: Finding) -> tuple[int, int]:
    known = finding.detector in DETECTORS
    return (DETECTORS.index(finding.detector) if known else len(DETECTORS), finding.id)
