"""A date in a text that came since somebody last looked: what it announced has happened, ended or been forgotten.

A date that had passed before the last check was read by whoever checked, and one that was written down after the day
is a record: neither is found. A future date is when to look again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from curator.detectors.batch import Batch, last_look
from curator.detectors.dates import DateInText, dates_in
from curator.detectors.evidence import Evidence
from curator.detectors.reading import ReadCard
from curator.detectors.weights import DATE_PASSED
from kb.cards.models import Card, Revision
from kb.sentences import sentence
from kb.trust.policy import Policy
from kb.wording import N_

_COME, _OVER = N_("The day has come."), N_("The time is over.")


@dataclass(frozen=True, slots=True)
class DateAhead:
    """A date of a card on which it is looked at again."""

    words: str
    due_at: datetime


def found(batch: Batch) -> Iterator[Evidence]:
    """The dates of these cards that have come since their last check."""
    for each in batch.cards:
        for day in dates_in(each.text):
            due = batch.policy.start_of(day.due_on)
            if last_look(each.card) < due <= batch.now and _stood_before(batch, each, day, due):
                detail = sentence(_COME if day.due_on == day.first else _OVER)
                yield Evidence(each.card.id, DATE_PASSED, day.words, detail, key=day.due_on.isoformat())


def dates_ahead(card: ReadCard, policy: Policy, now: datetime) -> list[DateAhead]:
    """The dates a card waits for, the next one first."""
    ahead = {each.words: policy.start_of(each.due_on) for each in dates_in(card.text)}
    return sorted((DateAhead(words, due) for words, due in ahead.items() if due > now), key=lambda each: each.due_at)


def _stood_before(batch: Batch, each: ReadCard, day: DateInText, due: datetime) -> bool:
    """Whether the words were in the text when the day came."""
    card: Card = each.card
    if card.version == 1 or card.updated_at < due:
        return True
    then = batch.session.execute(
        select(Revision.title, Revision.body)
        .where(Revision.card_id == card.id, Revision.at < due)
        .order_by(Revision.number.desc())
        .limit(1)
    ).first()
    return then is not None and any(
        (said.first, said.last) == (day.first, day.last) for said in dates_in(f"{then[0]}\n{then[1]}")
    )
