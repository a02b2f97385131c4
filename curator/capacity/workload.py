"""The workload report: twelve weeks of checks by person and by group against the time they have, and the staffing.

It counts the cards that the reader may see; whoever sees fewer cards sees less load, and no names of other cards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.capacity.forecast import NOTHING, WEEKS, Weeks, forecast, is_waiting, summed
from curator.capacity.staffing import Staffing, load_accounts, read_lately, staffing_at, stewards_of
from curator.capacity.time import Calendar, weekly_budgets
from curator.rules.terms import PolicyCard, policy_cards, servable, terms_in_force
from kb.errors import Forbidden
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.people.queries import all_groups
from kb.settings import Settings
from kb.trust.models import Flag
from kb.trust.policy import Policy
from kb.wording import _

TREND_WEEKS = 12
_PAST = timedelta(weeks=12)


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One person's twelve weeks. `waiting` is how many cards wait for them already."""

    person_id: int
    name: str
    waiting: int
    weeks: Weeks

    @property
    def weeks_over(self) -> int:
        """In how many weeks there is more to do than time."""
        return sum(week.is_over for week in self.weeks)


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """A group's twelve weeks: the sum of its members'."""

    slug: str
    name: str
    members: int
    weeks: Weeks

    @property
    def weeks_over(self) -> int:
        """In how many weeks there is more to do than time."""
        return sum(week.is_over for week in self.weeks)


@dataclass(frozen=True, slots=True)
class Workload:
    """The whole report. People most overloaded first; `reports_per_week` is the rate that is expected to go on."""

    mondays: tuple[date, ...]
    total: Weeks
    people: tuple[PersonLoad, ...]
    groups: tuple[GroupLoad, ...]
    unassigned: Weeks
    reports_per_week: float
    staffing: Staffing
    readers_lately: int
    staffing_trend: tuple[tuple[date, Staffing], ...]


def workload(session: Session, actor: Actor, settings: Settings, now: datetime) -> Workload:
    """The report for this reader. Authors, curators and admins may see it: it is about people by name."""
    if actor.role.rank < Role.AUTHOR.rank:
        raise Forbidden(_("Only authors, curators and admins may see the workload."))
    policy = Policy.of(settings)
    calendar = Calendar.from_this_week(now, policy.zone)
    cards = policy_cards(session, servable(actor.readable), settings.freshness, now)
    budgets = weekly_budgets(session, settings.freshness.minutes_per_week, calendar)
    reports = _reports_lately(session, [card.id for card in cards], now)
    rate = reports / (_PAST.days // 7) / len(cards) if cards else 0.0
    weeks = forecast(cards, terms_in_force(session, policy), calendar, budgets, rate, now)
    people = _people(session, cards, weeks, now)
    accounts, stewards = load_accounts(session), stewards_of(session)
    trend = [calendar.monday_of(-back) for back in range(TREND_WEEKS - 1, -1, -1)]
    return Workload(
        mondays=tuple(calendar.monday_of(week) for week in range(WEEKS)),
        total=summed(person.weeks for person in people),
        people=people,
        groups=_groups(session, weeks, people),
        unassigned=weeks.get(None, NOTHING),
        reports_per_week=reports / (_PAST.days // 7),
        staffing=staffing_at(accounts, stewards, now),
        readers_lately=read_lately(session, now),
        staffing_trend=tuple((day, staffing_at(accounts, stewards, calendar.start_of(day))) for day in trend),
    )


def _reports_lately(session: Session, card_ids: Sequence[int], now: datetime) -> int:
    """How many reports these cards got in twelve weeks."""
    wanted = set(card_ids)
    rows = session.execute(
        select(Flag.card_id, func.count()).where(Flag.raised_at > now - _PAST).group_by(Flag.card_id)
    )
    return sum(number for card_id, number in rows if card_id in wanted)


def _people(
    session: Session, cards: Sequence[PolicyCard], weeks: Mapping[int | None, Weeks], now: datetime
) -> tuple[PersonLoad, ...]:
    """Everybody who has cards to check."""
    waiting: dict[int | None, int] = {}
    for card in cards:
        waiting[card.assignee_id] = waiting.get(card.assignee_id, 0) + is_waiting(card, now)
    names = session.execute(select(Person.id, Person.name).where(Person.id.in_([key for key in waiting if key])))
    found = [PersonLoad(person_id, name, waiting[person_id], weeks[person_id]) for person_id, name in names]
    return tuple(sorted(found, key=lambda each: (-each.weeks_over, -_minutes(each.weeks), each.name)))


def _groups(session: Session, weeks: Mapping[int | None, Weeks], people: Sequence[PersonLoad]) -> tuple[GroupLoad, ...]:
    """The groups of everybody who has cards to check, with the time of all their members."""
    busy = {person.person_id for person in people}
    found = []
    for group in all_groups(session):
        members = [person.id for person in group.people if person.is_active]
        if busy.intersection(members):
            together = summed(weeks.get(member, NOTHING) for member in members)
            found.append(GroupLoad(group.slug, group.name, len(members), together))
    return tuple(sorted(found, key=lambda each: (-each.weeks_over, -_minutes(each.weeks), each.name)))


def _minutes(weeks: Weeks) -> int:
    return sum(week.total for week in weeks)
