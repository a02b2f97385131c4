"""How many minutes a week a person spends on checks: their own number, or the installation's."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from kb.errors import Forbidden
from kb.people import audit
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.wording import _

MOST_MINUTES = 2400
Minutes = Annotated[int, Field(ge=0, le=MOST_MINUTES)]


def budget_of(person: Person, default: int) -> int:
    """Minutes a week that this person has for checks. Whoever may not check anything has none."""
    if not person.is_active or Role(person.role).rank < Role.AUTHOR.rank:
        return 0
    return person.minutes_per_week if person.minutes_per_week is not None else default


def set_budget(session: Session, actor: Actor, person: Person, minutes: int | None, now: datetime) -> None:
    """Say how much time the person has for checks; None is the installation's default. No check moves."""
    if not (actor.is_admin or actor.id == person.id):
        raise Forbidden(_("Only admins and the person may say how much time there is for checks."))
    if minutes == person.minutes_per_week:
        return
    audit.record(
        session, actor, "budget", "person", person.id, now, before=person.minutes_per_week, after=minutes
    )  # fmt: skip
    person.minutes_per_week = minutes
