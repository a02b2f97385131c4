"""Makes the findings of some cards what the detectors say now, and the robot's flags with them.

A finding that is true again after it was gone speaks up again, unless it was dismissed: those words were answered.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.detectors.evidence import Evidence
from curator.detectors.models import Finding
from curator.detectors.weights import DATE_PASSED, DEAD_LINK, DUPLICATE, LOW_RATING, SOURCE_CHANGED
from kb.cards.models import Card
from kb.people.actor import Actor
from kb.sentences import is_same, sentence, shortened
from kb.trust.commands import raise_flag, resolve_flag
from kb.trust.models import Flag, FlagKind

# What flips trust. Everything else is a reason for whoever checks, never one for a reader.
FLAGGED = {
    DEAD_LINK: FlagKind.DEAD_LINK,
    DATE_PASSED: FlagKind.DATE_PASSED,
    SOURCE_CHANGED: FlagKind.SOURCE_CHANGED,
    DUPLICATE: FlagKind.DUPLICATE,
    LOW_RATING: FlagKind.LOW_RATING,
}
_QUOTED = frozenset({DEAD_LINK, DATE_PASSED})
_FLAG_DETAIL, _FLAG_URL = 500, 500
_NO_LONGER = sentence("It is no longer so.")
Key = tuple[int, str, str]


def reconcile(
    session: Session, robot: Actor, cards: Collection[Card], evidence: Iterable[Evidence], now: datetime
) -> int:
    """Returns how many findings are new or back."""
    by_id = {card.id: card for card in cards}
    said = {(each.card_id, each.detector, each.fingerprint): each for each in evidence if each.card_id in by_id}
    rows = _rows(session, list(by_id))
    _learn_from_flags(session, [row for key, row in rows.items() if key in said])
    fresh = 0
    for key, row in rows.items():
        if key not in said and row.gone_at is None:
            row.gone_at = now
            settle_flag(session, robot, row, _NO_LONGER, now)
    for key, each in sorted(said.items(), key=lambda item: item[0][0]):
        fresh += _keep(session, robot, by_id[each.card_id], rows.get(key), each, now)
    return fresh


def _keep(session: Session, robot: Actor, card: Card, row: Finding | None, said: Evidence, now: datetime) -> bool:
    """Write down what is said of a card; whether it is news."""
    is_news = row is None or (row.gone_at is not None and row.dismissed_at is None)
    if row is None:
        row = Finding(
            card_id=card.id, detector=said.detector, fingerprint=said.fingerprint, words=said.words,
            detail=said.detail, url=said.url, version=card.version, found_at=now,
        )  # fmt: skip
        session.add(row)
    elif is_news:
        row.found_at, row.version, row.flag_id = now, card.version, None
    row.gone_at = None
    if row.url != said.url or not is_same(row.detail, said.detail):
        row.detail, row.url = said.detail, said.url
    if is_news:
        flag_for(session, robot, card, row, now)
    return is_news


def flag_for(session: Session, robot: Actor, card: Card, row: Finding, now: datetime) -> None:
    """Raise the robot's flag for a finding, if its detector's findings concern readers."""
    kind = FLAGGED.get(row.detector)
    if kind is not None:
        url = row.url if row.url and len(row.url) <= _FLAG_URL else None
        row.flag_id = raise_flag(session, robot, card, kind, _flag_words(row), now, url=url).id


def settle_flag(session: Session, actor: Actor, row: Finding, resolution: str, now: datetime) -> None:
    """Close the flag a finding raised, unless another open finding shares it or somebody closed it already."""
    flag = session.get(Flag, row.flag_id) if row.flag_id is not None else None
    if flag is None or flag.resolved_at is not None:
        return
    session.flush()
    others = select(Finding.id).where(
        Finding.flag_id == flag.id, Finding.id != row.id, Finding.gone_at.is_(None), Finding.dismissed_at.is_(None)
    )
    if session.scalars(others).first() is None:
        resolve_flag(session, actor, flag.id, resolution, now)


def _learn_from_flags(session: Session, rows: Iterable[Finding]) -> None:
    """Somebody who resolved the flag answered the finding: that is its dismissal."""
    waiting: dict[int, list[Finding]] = defaultdict(list)
    for row in rows:
        if row.flag_id is not None and row.gone_at is None and row.dismissed_at is None:
            waiting[row.flag_id].append(row)
    if not waiting:
        return
    for flag in session.scalars(select(Flag).where(Flag.id.in_(waiting), Flag.resolved_at.is_not(None))):
        for row in waiting[flag.id]:
            row.dismissed_at, row.dismissed_by_id = flag.resolved_at, flag.resolved_by_id
            row.dismissal = flag.resolution


def _rows(session: Session, card_ids: Sequence[int]) -> Mapping[Key, Finding]:
    found: dict[Key, Finding] = {}
    for row in session.scalars(select(Finding).where(Finding.card_id.in_(card_ids))):
        found[row.card_id, row.detector, row.fingerprint] = row
    return found


def _flag_words(row: Finding) -> str:
    """A flag shows its address beside it; a file has none, so it is named."""
    is_file = row.detector == SOURCE_CHANGED and not row.url
    if row.words and (row.detector in _QUOTED or is_file):
        return shortened(sentence("“%(words)s”: %(said)s", words=row.words, said=row.detail), _FLAG_DETAIL)
    return row.detail
