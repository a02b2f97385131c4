"""The sources of a card: addresses and files in which its facts are written first. A change there is a finding.

Whoever may change the card's owner, verifiers or interval says what is watched. A file must lie in a folder that the
settings name, wherever its links lead.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.models import WatchedSource
from curator.detectors.weights import SOURCE_CHANGED
from kb.cards.models import Card
from kb.cards.permissions import Right, demand
from kb.cards.queries import card_visible_to
from kb.errors import Conflict, NotFound, invalid
from kb.outbound.client import check_address
from kb.outbound.errors import Refused
from kb.people import audit
from kb.people.actor import Actor
from kb.sentences import sentence, told
from kb.settings import Outbound
from kb.trust.shown import short_address
from kb.wording import _
from kb.words import Words

MOST_SOURCES = 10
_LONGEST_PLACE = 500
_LARGEST_ID = 2**31 - 1


def found(batch: Batch) -> Iterator[Evidence]:
    """Sources of these cards that changed since the last check."""
    words = Words(batch.now, batch.policy.zone)
    checked = {each.card.id: each.card.verified_at for each in batch.cards}
    rows = batch.session.scalars(
        select(WatchedSource).where(WatchedSource.card_id.in_(batch.ids), WatchedSource.changed_at.is_not(None))
    )
    for source in rows:
        at, check = source.changed_at, checked[source.card_id]
        if at is not None and (check is None or check < at):
            yield change_in(source, at, words)


def change_in(source: WatchedSource, at: datetime, words: Words) -> Evidence:
    """What is found of a source that changed at that instant. Not what it says: not every reader may open it."""
    place, detail = source.place, sentence("It says something else since %(day)s.", day=words.calendar_day(at))
    url, name = (place, short_address(place)) if is_address(place) else (None, place)
    return Evidence(source.card_id, SOURCE_CHANGED, name, detail, url, key=f"{place} {source.now_hash}")


def watch(session: Session, actor: Actor, card: Card, place: str, rules: Outbound, now: datetime) -> WatchedSource:
    """Watch an address or a file for a card. It is read within minutes; changes count from what it says then."""
    demand(actor, Right.CURATE, card)
    place = place.strip()
    _check_place(place, rules)
    sources = sources_of(session, card.id)
    if any(source.place == place for source in sources):
        raise Conflict(_("This is watched already."))
    if len(sources) >= MOST_SOURCES:
        raise invalid("place", _("A card has at most %(most)s sources. Remove one first.", most=MOST_SOURCES))
    source = WatchedSource(card_id=card.id, place=place, added_by_id=actor.id, added_at=now, next_try_at=now)
    session.add(source)
    session.flush()
    audit.record(session, actor, "source_watched", "card", card.id, now, place=place)
    return source


def unwatch(session: Session, actor: Actor, source_id: int, now: datetime) -> WatchedSource:
    """Watch it no longer."""
    source = session.get(WatchedSource, source_id) if 0 < source_id <= _LARGEST_ID else None
    if source is None:
        raise NotFound(_("There is no such source."))
    try:
        card = card_visible_to(session, actor, source.card_id)
    except NotFound:
        raise NotFound(_("There is no such source.")) from None
    demand(actor, Right.CURATE, card)
    session.delete(source)
    audit.record(session, actor, "source_unwatched", "card", source.card_id, now, place=source.place)
    return source


def sources_of(session: Session, card_id: int) -> Sequence[WatchedSource]:
    """What is watched for a card, the first first."""
    return session.scalars(
        select(WatchedSource).where(WatchedSource.card_id == card_id).order_by(WatchedSource.id)
    ).all()


def accept_checked(session: Session, card_ids: Sequence[int]) -> None:
    """Whoever checked a card after a source had changed saw the change: the next one counts from there."""
    rows = session.execute(
        select(WatchedSource, Card.verified_at)
        .join(Card, Card.id == WatchedSource.card_id)
        .where(WatchedSource.card_id.in_(card_ids), Card.verified_at > WatchedSource.changed_at)
    )
    for source, verified_at in rows:
        source.seen, source.seen_hash, source.seen_at = source.now_says, source.now_hash, verified_at
        source.now_says = source.now_hash = source.changed_at = None


def is_address(place: str) -> bool:
    """Whether a source is on another server; else it is a file."""
    return place.startswith(("http://", "https://"))


def file_at(place: str, rules: Outbound) -> Path:
    """The file of a source. Raises Refused unless it really lies in a folder that may be watched."""
    path = Path(place)
    if not path.is_absolute():
        raise Refused(sentence("Give an address (https://…) or the whole path of a file."))
    real = path.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in rules.source_folders):
        raise Refused(sentence("This file is in no folder that may be watched; see [outbound] source_folders."))
    return real


def _check_place(place: str, rules: Outbound) -> None:
    if not 0 < len(place) <= _LONGEST_PLACE:
        raise invalid("place", _("Give an address or a path of at most 500 characters."))
    try:
        if is_address(place):
            check_address(place)
        else:
            file_at(place, rules)
    except Refused as error:
        raise invalid("place", told(error.why)) from None
    except (ValueError, OSError) as error:
        raise invalid("place", str(error)) from None
