"""Panels that other rooms show beside a card, or beside its text in the editor: ready HTML, or nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.people.actor import Actor
from kb.trust.reading import Piece

_PANELS = "vitrine.card_panels"
_BESIDE = "vitrine.beside_editor"
Panel = Callable[[Session, Actor, Card], "Markup | None"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a text that somebody edits: ready HTML without a form, and its evidence as a record keeps it."""

    html: Markup
    pieces: tuple[Piece, ...] = ()


NOTHING_BESIDE = Beside(Markup())
EditorPanel = Callable[[Session, Actor, Card, Collection[str]], Beside]


def add_card_panel(app: Flask, panel: Panel) -> None:
    """Show a panel on the page of every card, below those that were added before."""
    app.extensions.setdefault(_PANELS, []).append(panel)


def card_panels(session: Session, actor: Actor, card: Card) -> list[Markup]:
    """What this reader gets to see beside this card."""
    panels = cast("list[Panel]", current_app.extensions.get(_PANELS, []))
    return [shown for panel in panels if (shown := panel(session, actor, card)) is not None]


def show_beside_editor(app: Flask, panel: EditorPanel) -> None:
    """Show a panel beside the text of a card in the editor, inside of its form: what is ticked there as looked at is
    sent as `opened`. There is one such panel."""
    app.extensions[_BESIDE] = panel


def beside_editor(session: Session, actor: Actor, card: Card, opened: Collection[str]) -> Beside:
    """What this person gets to see beside the text; `opened` are the pieces they looked at."""
    panel = cast("EditorPanel | None", current_app.extensions.get(_BESIDE))
    return panel(session, actor, card, opened) if panel is not None else NOTHING_BESIDE
