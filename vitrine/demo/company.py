"""Reads the sample company: people, groups, collections and 150 cards with what happened to them."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vitrine.demo.figures import corrected_figures

_CONTENT = Path(__file__).parent / "content"
_LINK = re.compile(r"\]\((?:\.\./[a-z]+/)?([a-z0-9-]+)\.md(#[\w-]*)?\)")


@dataclass(frozen=True, slots=True)
class SampleCard:
    """A card's file: the text as it stands today, and the story that leads there."""

    external_id: str
    collection: str
    title: str
    body: str
    story: str
    days: int
    facts: dict[str, Any] = field(default_factory=dict)

    def body_with(self, ids: dict[str, int]) -> str:
        """The body with links to other cards' addresses."""
        return _LINK.sub(lambda m: f"](/cards/{ids[m[1]]}{m[2] or ''})", self.body)


@dataclass(frozen=True, slots=True)
class Company:
    """The whole sample."""

    workspace: str
    groups: list[dict[str, Any]]
    people: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    collections: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    triggers: list[dict[str, Any]]
    cards: list[SampleCard]


def read_company() -> Company:
    """The sample as it lies beside this module."""
    about = yaml.safe_load((_CONTENT / "company.yaml").read_text(encoding="utf-8"))
    cards = [_read_card(path) for path in sorted((_CONTENT / "cards").glob("*/*.md"))]
    return Company(
        about["workspace"]["name"],
        about["groups"],
        about["people"],
        about["rules"],
        about["collections"],
        about["questions"],
        about["triggers"],
        cards,
    )


def _read_card(path: Path) -> SampleCard:
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(front)
    if "edits" not in facts and facts["story"] != "never_verified":
        facts["edits"] = corrected_figures(path.stem, body, facts["owner"])
    return SampleCard(
        external_id=path.stem,
        collection=path.parent.name,
        title=facts["title"],
        body=body.strip() + "\n",
        story=facts["story"],
        days=int(facts.get("days", 0)),
        facts=facts,
    )
