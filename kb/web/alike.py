"""Cards that may say already what somebody is writing: found by the room that knows likeness, shown by the editor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.people.actor import Actor

_FINDER = "vitrine.alike"


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the editor: its words without markup, and the card that is edited, if there is one."""

    title: str
    text: str
    card_id: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A card that this reader may be served. `is_same`: it says nearly the same; else it is about the same."""

    card: Card
    is_same: bool


Finder = Callable[[Session, Actor, Draft, datetime], "Sequence[Found]"]


def find_alike_with(app: Flask, finder: Finder) -> None:
    """Say how cards like a draft are found."""
    app.extensions[_FINDER] = finder


def alike(session: Session, actor: Actor, draft: Draft, now: datetime) -> Sequence[Found]:
    """Cards like this draft that the actor may be served, the likest first."""
    finder = cast("Finder | None", current_app.extensions.get(_FINDER))
    return finder(session, actor, draft, now) if finder is not None else ()
