"""A new card is corrected more often than an old one: mistakes come to light in its first weeks."""

from collections.abc import Iterator
from datetime import timedelta

from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.weights import NEW_CARD
from kb.sentences import sentence
from kb.words import Words

YOUNG = timedelta(days=90)


def found(batch: Batch) -> Iterator[Evidence]:
    """Those of these cards that are new."""
    words = Words(batch.now, batch.policy.zone)
    for each in batch.cards:
        since = each.card.published_at or each.card.created_at
        if batch.now - since < YOUNG:
            detail = sentence(
                "It was published on %(day)s; new cards need more corrections.", day=words.calendar_day(since)
            )
            yield Evidence(each.card.id, NEW_CARD, "", detail)
