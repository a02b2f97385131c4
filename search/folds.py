"""Folds near-duplicates in a ranking: one of them is served at the best place any of them had, the rest are hidden.

The best trusted one may not have the asked words at all: an old title leads to the current card all the same.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard, answer_cards
from kb.cards.models import Card
from kb.lines.folding import Member, fold
from kb.lines.queries import undecided_of
from kb.people.actor import Actor
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_answer
from kb.trust.state import Trust
from search.backend import Hit

WINDOW = 100
"""So many of the first hits are looked through once there is a near-duplicate among those to be shown."""


def fold_hits(
    session: Session, actor: Actor, hits: Sequence[Hit], policy: Policy, now: datetime, *, reaches: bool
) -> tuple[list[Hit], dict[int, int]]:
    """The hits that are served, in order, and by card how many found ones are hidden behind it.

    Only what passes the gate takes part, so what a reader can't see changes nothing. With `reaches` a card that was
    not found may be served in the place of one that was; it gets that one's score.
    """
    found = {hit.card_id: hit for hit in hits}
    pairs = undecided_of(session, list(found))
    involved = {card_id for pair in pairs for card_id in (pair.card_id, pair.other_id)}
    cards = answer_cards(session, actor, sorted(involved if reaches else involved & found.keys()))
    if len(cards) < 2:
        return list(hits), {}
    pairs += undecided_of(session, [card_id for card_id in cards if card_id not in found])
    trusts = trust_by_answer(session, list(cards.values()), policy, now)
    return arranged(hits, fold([member(card, trusts[card.id]) for card in cards.values()], pairs, now))


def arranged(hits: Sequence[Hit], served: Mapping[int, int]) -> tuple[list[Hit], dict[int, int]]:
    """The hits with each group at the place of its first, and by card how many found ones are hidden behind it."""
    found = {hit.card_id: hit for hit in hits}
    order: dict[int, Hit] = {}
    hidden: dict[int, int] = {}
    for hit in hits:
        head = served.get(hit.card_id, hit.card_id)
        order.setdefault(head, found.get(head) or hit._replace(card_id=head))  # the first of a group gives it its place
        if head != hit.card_id:
            hidden[head] = hidden.get(head, 0) + 1
    return list(order.values()), hidden


def member(card: Card | AnswerCard, trust: Trust) -> Member:
    """The card as folding weighs it."""
    return Member(card.id, trust.state, trust.verified_at, card.owner_id, card.updated_at)
