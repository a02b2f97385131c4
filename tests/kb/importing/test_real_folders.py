"""Real folders of Markdown: the demo's cards, and a company's handbook where it lies beside the project."""

from pathlib import Path

import pytest

from kb.importing.markdown_files import read_markdown
from kb.importing.markup import headings_of
from kb.importing.parsed import BadItem, NoticeKind, ParsedCard
from kb.importing.rewriting import plan_for
from kb.importing.targets import Anchors, Place, Targets

ROOT = Path(__file__).parents[3]
HANDBOOK = ROOT.parent / "shared" / "corpora" / "handbook"
DEMO = ROOT / "vitrine" / "demo" / "content" / "cards"


def targets_of(cards: list[ParsedCard]) -> Targets:
    return Targets({card.external_id: Place(number, anchors_of(card)) for number, card in enumerate(cards, 1)})


def anchors_of(card: ParsedCard) -> Anchors:
    return Anchors([heading.title for heading in headings_of(card.body)], card.headline)


def test_the_demo_is_read_without_a_warning_and_its_links_lead_somewhere() -> None:
    source = read_markdown(DEMO)
    cards = [item for item in source.items if isinstance(item, ParsedCard)]
    assert len(cards) == len(source.items) > 0
    targets = targets_of(cards)
    for card in cards:
        assert (card.external_id, card.notices) == (card.external_id, ())
        assert (card.external_id, plan_for(card, targets, DEMO).notices) == (card.external_id, [])
        if card.replaced_by:
            assert targets.lookup(card.external_id, card.replaced_by)


def test_a_handbook_is_read_with_nothing_lost_but_empty_pages() -> None:
    if not HANDBOOK.is_dir():
        pytest.skip(f"there is no handbook at {HANDBOOK}")
    source = read_markdown(HANDBOOK)
    cards = [item for item in source.items if isinstance(item, ParsedCard)]
    assert {item.reason for item in source.items if isinstance(item, BadItem)} <= {"it is empty"}
    targets = targets_of(cards)
    plans = [plan_for(card, targets, HANDBOOK) for card in cards]
    lost = [notice for plan in plans for notice in plan.notices if notice.kind is NoticeKind.LINK]
    assert sum(len(plan.edits) for plan in plans) > 2000
    assert len(lost) < 30
