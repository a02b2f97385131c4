"""Links between cards: one that leads nowhere, and one whose card was corrected since this one was last checked.

A card is only spoken of here if whoever reads the linking card may open it, too; any other is as good as missing.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from curator.detectors.batch import Batch, last_look
from curator.detectors.evidence import Evidence
from curator.detectors.reading import LinkInText, ReadCard
from curator.detectors.weights import BROKEN_LINK, LINKED_CORRECTED
from kb.cards.models import Card, Collection, Revision, Status
from kb.cards.queries import LARGEST_ID
from kb.sentences import sentence
from kb.wording import N_
from kb.words import Words

_PATH = re.compile(r"/cards/(\d{1,10})(?:[/?#].*)?")

_ARCHIVED, _DRAFT = N_("It leads to a card that is archived."), N_("It leads to a card that is a draft.")


class _Target(NamedTuple):
    card: Card
    corrected: list[tuple[int, datetime]]


def found(batch: Batch) -> Iterator[Evidence]:
    """What is wrong with the links from these cards to others."""
    links = {each.card.id: list(_links(batch, each)) for each in batch.cards}
    targets = _targets(batch, {target for rows in links.values() for target, _ in rows})
    words = Words(batch.now, batch.policy.zone)
    for each in batch.cards:
        for target_id, link in links[each.card.id]:
            target = targets.get(target_id)
            if target is None or not _all_can_open(each.card.collection, target.card.collection):
                detail = sentence(
                    "It leads to a card that does not exist, or that not everybody who reads this one may open."
                )
                yield Evidence(each.card.id, BROKEN_LINK, link.words, detail, link.url, link.url)
            elif target.card.status != Status.PUBLISHED:
                is_archived = target.card.status == Status.ARCHIVED
                detail = sentence(_ARCHIVED if is_archived else _DRAFT)
                yield Evidence(each.card.id, BROKEN_LINK, link.words, detail, link.url, link.url)
            elif since := [row for row in target.corrected if row[1] > last_look(each.card)]:
                number, at = since[-1]
                detail = sentence(
                    "The card it leads to was corrected on %(day)s, after this one was checked.",
                    day=words.calendar_day(at),
                )
                key = f"{target_id}/{number}"
                yield Evidence(each.card.id, LINKED_CORRECTED, link.words, detail, link.url, key)


def card_linked(url: str, public_url: str) -> int | None:
    """The number of the card that an address leads to, if it is one of ours."""
    path = url.removeprefix(public_url) if url.startswith(f"{public_url}/") else url
    match = _PATH.fullmatch(path)
    return int(match[1]) if match else None


def _links(batch: Batch, each: ReadCard) -> Iterator[tuple[int, LinkInText]]:
    for link in each.links:
        target = card_linked(link.url, batch.public_url)
        if target is not None and target != each.card.id:
            yield target, link


def _targets(batch: Batch, wanted: set[int]) -> dict[int, _Target]:
    ids = sorted(number for number in wanted if 0 < number <= LARGEST_ID)
    if not ids:
        return {}
    corrected: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    rows = batch.session.execute(
        select(Revision.card_id, Revision.number, Revision.at)
        .where(Revision.card_id.in_(ids), Revision.corrects)
        .order_by(Revision.number)
    )
    for card_id, number, at in rows:
        corrected[card_id].append((number, at))
    cards = batch.session.scalars(select(Card).where(Card.id.in_(ids)))
    return {card.id: _Target(card, corrected[card.id]) for card in cards}


def _all_can_open(here: Collection, there: Collection) -> bool:
    if there.is_open or here.id == there.id:
        return True
    if here.is_open:
        return False
    groups = [{group.id for group in (*shelf.readers, *shelf.authors)} for shelf in (here, there)]
    return groups[0] <= groups[1]
