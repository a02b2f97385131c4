"""Panels that other rooms show beside a card: each is ready HTML, or nothing for this reader."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app
from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.cards.models import Card
from kb.people.actor import Actor

_PANELS = "vitrine.card_panels"
Panel = Callable[[Session, Actor, Card], "Markup | None"]


def add_card_panel(app: Flask, panel: Panel) -> None:
    """Show a panel on the page of every card, below those that were added before."""
    app.extensions.setdefault(_PANELS, []).append(panel)


def card_panels(session: Session, actor: Actor, card: Card) -> list[Markup]:
    """What this reader gets to see beside this card."""
    panels = cast("list[Panel]", current_app.extensions.get(_PANELS, []))
    return [shown for panel in panels if (shown := panel(session, actor, card)) is not None]
