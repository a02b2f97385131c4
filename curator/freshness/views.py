"""The panel beside a card and the freshness report."""

from flask import Blueprint, Flask, render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from curator.freshness.shown import freshness_page, freshness_panel
from curator.tabs import report_tabs
from kb.cards.models import Card
from kb.people.actor import Actor
from kb.web.card_panels import add_card_panel
from kb.web.edge import now, reading, services
from kb.web.frame import frame

blueprint = Blueprint("freshness", __name__)


def install(app: Flask) -> None:
    """Show beside every card how likely it is still right."""
    add_card_panel(app, _panel)


@blueprint.get("/reports/freshness")
def show() -> str:
    """What staleness is expected to cost, and how well that is known."""
    with reading() as (session, actor):
        page = freshness_page(session, actor, services().settings.freshness, now())
        tabs = report_tabs(actor, "/reports/freshness")
    return render_template("curator/freshness.html", page=page, tabs=tabs, frame=frame("reports"))


def _panel(session: Session, actor: Actor, card: Card) -> Markup | None:
    panel = freshness_panel(session, actor, card, services().settings.freshness, services().policy, now())
    if panel is None:
        return None
    return Markup(render_template("curator/_freshness.html", panel=panel))  # noqa: S704  (a template escapes)
