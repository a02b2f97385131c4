"""What the tests of evidence share: a round of detection at the world's instant, and what it found."""

from typing import Any

from curator import jobs
from curator.detectors.findings import open_findings
from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Card
from tests.curator.cast import context
from tests.world import World


def detect(world: World) -> str:
    """One round of the job."""
    return jobs.detect(context(world))


def found(world: World, card_id: int) -> dict[str, list[str]]:
    """The words found on a card after a round, by detector; what every new card has is left out."""
    detect(world)
    words: dict[str, list[str]] = {}
    with world.read() as session:
        for finding in open_findings(session, [card_id]).get(card_id, []):
            if finding.detector != "new_card":
                words.setdefault(finding.detector, []).append(finding.words)
    return words


def edit(world: World, card_id: int, body: str, by: str = "cora", **how: Any) -> None:
    """Somebody writes another text."""
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        text = world.text(card.title, body, tags=tuple(card.tags))
        commands.edit_card(
            session, world.actor(session, by), card, text, Edit(card.version, **how), world.policy, world.now
        )


def flags(world: World, card_id: int) -> list[tuple[str, str]]:
    """The open flags that nobody in person raised: kind and detail."""
    return [(reason.kind, reason.detail) for reason in world.trust(card_id).reasons
            if reason.person is None and reason.kind in ("dead_link", "date_passed", "source_changed", "duplicate",
                                                         "low_rating")]  # fmt: skip
