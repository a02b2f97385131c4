"""One card as it was at an earlier instant, for whoever may read it today; and why it was no answer, if it was none."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard
from kb.cards.models import Card, Revision, Status
from kb.cards.queries import card_visible_to
from kb.errors import Gone, NotFound
from kb.past.cards import cards_at
from kb.past.records import records_of
from kb.past.replay import Then, state_of
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.state import Trust
from kb.wording import _


@dataclass(frozen=True, slots=True)
class PastCard:
    """The card as an answer of then, its trust, and the Markdown of its version of then."""

    card: AnswerCard
    trust: Trust
    body: str


def card_at(session: Session, actor: Actor, card: Card, instant: datetime, policy: Policy) -> PastCard | int:
    """The card as it was; or, where another had replaced it by then, the id of the head of its line.

    Raises NotFound if it was not published yet, Gone if it was archived.
    """
    past = cards_at(session, actor, instant, policy, card_ids=frozenset({card.id}))
    if card.id in past.states:
        answer, trust = past.answers(session, [card.id])[card.id]
        return PastCard(answer, trust, session.get_one(Revision, (card.id, answer.version)).body)
    then = _state(session, card.id, instant)
    if then is None or then.status is Status.DRAFT:
        raise NotFound(_("The card was not published yet at that instant."))
    if then.status is Status.ARCHIVED:
        raise Gone(_("The card was archived at that instant."))
    return card_visible_to(session, actor, _head(session, then, instant)).id


def _head(session: Session, then: Then, instant: datetime) -> int:
    """The end of the line as it was. One that was deleted since is no card any more."""
    head, seen = then.replaced_by_id, set[int]()
    while head is not None and head not in seen:
        seen.add(head)
        after = _state(session, head, instant)
        if after is None or not after.is_replaced:
            return head
        head = after.replaced_by_id
    raise NotFound(_("There is no such card: what replaced it was deleted since."))


def _state(session: Session, card_id: int, instant: datetime) -> Then | None:
    records = records_of(session, [card_id]).get(card_id)
    return state_of(records, instant) if records is not None else None
