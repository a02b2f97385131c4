"""Beside the text in the editor: the evidence that lay before whoever came to correct it. They see it while they write,
tick off what they looked at, and it goes into the record of the check."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from curator.freshness.assessing import assess_card
from curator.pages import ReadyPanel
from curator.queue.boxes import CHANGED, band_words, boxes_of, pieces_of, sources_of
from curator.queue.evidence import evidence_of
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.settings import Freshness
from kb.trust.reading import Piece
from kb.wording import _
from kb.words import Words


def ready_panel(
    session: Session,
    actor: Actor,
    card: Card,
    opened: Collection[str],
    settings: Freshness,
    words: Words,
    now: datetime,
) -> tuple[ReadyPanel, list[Piece]] | None:
    """The panel and its evidence as the record keeps it, for whoever may verify an answer; else nothing."""
    if not card.is_servable or not may(actor, Right.VERIFY, card):
        return None
    facts = evidence_of(session, actor, card, now)
    boxes = boxes_of(facts, words, card_path(card))
    judged = assess_card(session, card.id, settings, now)
    panel = ReadyPanel(
        band=band_words(judged) if judged else "",
        why=judged.reasons if judged else (),
        evidence=tuple(box for box in boxes if box.key != "use"),
        changes_heading=_(CHANGED),
        changes=facts.changes,
        sources=sources_of(facts, words),
        opened=frozenset(opened),
    )
    return panel, pieces_of(facts, words)
