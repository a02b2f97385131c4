"""What an address bar or a program is offered while somebody types: cards they may be served, spelt as OpenSearch."""

import json
from datetime import datetime

from sqlalchemy.orm import Session

from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.trust.contract import Standing, standing
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_answer
from kb.trust.shown import badge
from kb.wording import _
from kb.words import Words
from search.answers import SearchService

MEDIA_TYPE = "application/x-suggestions+json"
Suggestion = tuple[str, str, str]
"""A title, its trust in words, and where it stands."""


def suggestions(
    session: Session, actor: Actor, service: SearchService, text: str, policy: Policy, public_url: str, now: datetime
) -> list[Suggestion]:
    """The cards whose titles go on like this, as the actor may be served them."""
    words = Words(now, policy.zone)
    cards = service.suggest(session, actor, text, now)
    trusts = trust_by_answer(session, cards, policy, now)
    badges = [badge(trusts[card.id], words) for card in cards]
    standings = [standing(card.collection, trusts[card.id], now) for card in cards]
    return [
        (card.title, _described(f"{shown.words} {shown.detail}".strip(), stands), f"{public_url}{card_path(card)}")
        for card, shown, stands in zip(cards, badges, standings, strict=True)
    ]


def spelt(text: str, found: list[Suggestion]) -> str:
    """The JSON that browsers expect: what was typed, titles, descriptions, addresses."""
    titles, descriptions, urls = ([each[part] for each in found] for part in range(3))
    return json.dumps([text, titles, descriptions, urls], ensure_ascii=False)


def short_name(name: str, longest: int = 16) -> str:
    """As many whole words as a browser has room for; of a longer word its beginning."""
    kept = name[: longest + 1].rpartition(" ")[0] if len(name) > longest else name
    return kept.strip() or name[:longest]


def _described(trust: str, stands: Standing) -> str:
    return f"{_('Withheld') if stands.is_withheld else trust}. {stands.reason}" if stands.reason else trust
