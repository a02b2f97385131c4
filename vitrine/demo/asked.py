"""What people of the sample asked, what came of it, and on which pages which cards are shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from curator.questions import commands
from kb.cards.models import Card
from kb.people.actor import actor_for
from kb.people.models import Group, Person
from kb.settings import Settings
from kb.triggers.commands import make_trigger
from kb.triggers.rule import read_rule


def add_questions(
    session: Session, questions: list[dict[str, Any]], people: Mapping[str, Person], cards: Mapping[str, Card],
    settings: Settings, now: datetime,
) -> None:  # fmt: skip
    """Each as its first asker put it; the others joined. What has an answer got it from whoever was asked."""
    for about in questions:
        at = now - timedelta(hours=about["hours"])
        near = [(cards[name].id, 1.0 / place) for place, name in enumerate(about["near"], start=1)]
        for place, email in enumerate(about["by"]):
            asker = actor_for(session, people[email])
            when = at + timedelta(minutes=20 * place)
            asked = commands.ask(session, asker, about["text"], near, settings, when, detail=about["detail"])
        if answer := about.get("answer"):
            expert, answered_at = asked.question.assignee, now - timedelta(hours=about["answered_hours"])
            commands.answer_with(
                session, actor_for(session, expert), asked.question, cards[answer], settings, answered_at
            )


def add_triggers(
    session: Session, triggers: list[dict[str, Any]], curator: Person, cards: Mapping[str, Card],
    groups: Mapping[str, Group], now: datetime,
) -> None:  # fmt: skip
    """Kept by one curator."""
    for about in triggers:
        rule = read_rule(about["site"], "", about["texts"], about["label"])
        shown, audience = [cards[name].id for name in about["cards"]], [groups[slug] for slug in about["groups"]]
        make_trigger(session, actor_for(session, curator), rule, shown, audience, now)
