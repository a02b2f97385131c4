"""Addresses elsewhere that cards link to: which cards have which, and what the last tries say about them."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.models import URL_LIMIT, CardExternalLink, ExternalLink
from curator.detectors.reading import ReadCard
from curator.detectors.weights import DEAD_LINK, MOVED_LINK
from kb.sentences import sentence

MOST_FOR_A_CARD = 50
GONE_AFTER = 2
SILENT_AFTER = 4
MOVED_AFTER = 2


def found(batch: Batch) -> Iterator[Evidence]:
    """Links of these cards that were seen dead, or to have moved for good, on different days."""
    rows = batch.session.execute(
        select(CardExternalLink.card_id, ExternalLink)
        .join(ExternalLink, ExternalLink.id == CardExternalLink.link_id)
        .where(CardExternalLink.card_id.in_(batch.ids), ExternalLink.outcome.in_(("gone", "silent", "moved")))
        .order_by(CardExternalLink.card_id, ExternalLink.id)
    ).all()
    words = {(each.card.id, link.url.partition("#")[0]): link.words for each in batch.cards for link in each.links}
    for card_id, link in rows:
        said = words.get((card_id, link.url))
        if said is None:
            continue  # the text has changed since the links were noted
        if is_dead(link):
            detail = sentence("%(problem)s So it was on different days.", problem=link.detail)
            yield Evidence(card_id, DEAD_LINK, said, detail, link.url, link.url)
        elif link.outcome == "moved" and link.days_moved >= MOVED_AFTER and link.moved_to:
            detail = sentence("The page has moved for good, to %(address)s", address=link.moved_to[:300])
            yield Evidence(card_id, MOVED_LINK, said, detail, link.moved_to, f"{link.url} {link.moved_to}")


def is_dead(link: ExternalLink) -> bool:
    """Whether a link has failed often enough: what answers "gone" twice, what does not answer four times."""
    least = {"gone": GONE_AFTER, "silent": SILENT_AFTER}.get(link.outcome)
    return least is not None and link.days_failing >= least


def elsewhere(card: ReadCard, public_url: str) -> list[str]:
    """The addresses of a card that other servers answer, without the part after `#`."""
    own = urlsplit(public_url).netloc
    urls = dict.fromkeys(link.url.partition("#")[0] for link in card.links)
    return [url for url in urls if _is_elsewhere(url, own)][:MOST_FOR_A_CARD]


def note_links(session: Session, urls_by_card: Mapping[int, list[str]], now: datetime) -> None:
    """Remember which card links where. A new address is tried within the hour."""
    session.execute(delete(CardExternalLink).where(CardExternalLink.card_id.in_(urls_by_card)))
    wanted = {_hash(url): url for urls in urls_by_card.values() for url in urls}
    if not wanted:
        return
    known = _known(session, wanted)
    for url_hash, url in sorted(wanted.items()):
        if url_hash not in known:
            host = (urlsplit(url).hostname or "")[:255]
            session.add(ExternalLink(url_hash=url_hash, url=url, host=host, next_try_at=now + timedelta(minutes=5)))
    session.flush()
    known = _known(session, wanted)
    rows = [
        {"card_id": card_id, "link_id": known[_hash(url)]} for card_id, urls in urls_by_card.items() for url in urls
    ]
    session.execute(insert(CardExternalLink), rows)


def forget_orphans(session: Session) -> None:
    """Drop addresses that no card has any more."""
    used = select(CardExternalLink.link_id)
    session.execute(delete(ExternalLink).where(ExternalLink.id.not_in(used)))


def _known(session: Session, hashes: Mapping[str, str]) -> dict[str, int]:
    rows = session.execute(
        select(ExternalLink.url_hash, ExternalLink.id).where(ExternalLink.url_hash.in_(list(hashes)))
    )
    return dict(rows.all())


def _is_elsewhere(url: str, own: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.netloc != own and len(url) <= URL_LIMIT


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "backslashreplace")).hexdigest()
