"""Plan, change and end absences; the cards follow at once, or, when a day begins, with the clock.

Whoever is away keeps what they own and verify: only whom a card waits for changes, and it comes back by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator.notices.transitions import ASSIGNED, Transition, write
from kb.cards.models import Card
from kb.db import Database, hold
from kb.errors import Conflict, Forbidden, NotFound, invalid
from kb.people import audit
from kb.people.absences import LONGEST, Absence, AbsenceState, follow_clock, next_turn, overlapping
from kb.people.actor import Actor
from kb.people.models import Person, Role
from kb.trust.assignee import let_nobody_assign, settle
from kb.trust.policy import Policy
from kb.trust.queries import trust_by_card
from kb.wording import _

MOST = 50
_PATIENCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Leave:
    """From the first to the last day, both of them away, and who stands in."""

    first_day: date
    last_day: date
    stand_in_id: int | None = None


def plan_absence(
    session: Session, actor: Actor, person: Person, leave: Leave, policy: Policy, now: datetime
) -> Absence:  # fmt: skip
    """Note that somebody will be away. Their cards move when it begins: at once, if it has."""
    demand_absences(actor, person.id)
    let_nobody_assign(session)
    hold(session, person)
    if not person.is_active:
        raise Conflict(_("This person was deactivated and has no cards to be stood in for."))
    ahead = select(func.count()).select_from(Absence).where(Absence.person_id == person.id, Absence.ends_at > now)
    if (session.scalar(ahead) or 0) >= MOST:
        raise Conflict(_("There are %(most)s absences ahead already. Remove one first.", most=MOST))
    absence = Absence(person_id=person.id, created_at=now)
    _put(session, absence, leave, policy, now)
    session.add(absence)
    _note(session, actor, "absence_planned", absence, now)
    _follow(session, actor, policy, now)
    return absence


def change_absence(
    session: Session, actor: Actor, absence: Absence, leave: Leave, policy: Policy, now: datetime
) -> None:  # fmt: skip
    """Other days or another stand-in. An absence that is over stays as it was."""
    demand_absences(actor, absence.person_id)
    let_nobody_assign(session)
    if hold(session, absence).ends_at <= now:
        raise Conflict(_("This absence is over. Add another one instead."))
    _put(session, absence, leave, policy, now)
    _note(session, actor, "absence_changed", absence, now)
    _follow(session, actor, policy, now)


def end_absence(session: Session, actor: Actor, absence: Absence, policy: Policy, now: datetime) -> None:
    """Take back an absence that was planned, or come back early from one that has begun."""
    demand_absences(actor, absence.person_id)
    let_nobody_assign(session)
    if hold(session, absence).ends_at <= now:
        return
    _note(session, actor, "absence_ended", absence, now)
    if absence.starts_at > now:
        session.delete(absence)
    else:
        absence.last_day, absence.ends_at = now.astimezone(policy.zone).date(), now
    _follow(session, actor, policy, now)


def absence_visible_to(session: Session, actor: Actor, person_id: int, absence_id: int) -> Absence:
    """The person's absence with this number. NotFound if there is none."""
    demand_absences(actor, person_id)
    found = session.get(Absence, absence_id) if 0 < absence_id < 2**31 else None
    if found is None or found.person_id != person_id:
        raise NotFound(_("There is no such absence."))
    return found


def demand_absences(actor: Actor, person_id: int) -> None:
    """Everybody who can be given cards decides about their own absences, and admins about everybody's."""
    if actor.is_admin:
        return
    if actor.id != person_id:
        raise Forbidden(_("Only the person and admins may see and change somebody's absences."))
    if actor.role.rank < Role.AUTHOR.rank:
        raise Forbidden(_("Cards wait for authors, curators and admins only, so nobody needs to stand in for you."))


def follow_absences(session: Session, policy: Policy, now: datetime) -> int:
    """Move the cards of whoever went away or came back since the last time. Returns how many moved."""
    let_nobody_assign(session)
    turned = next_turn(session)
    if turned is None or turned > now:
        return 0
    return len(_follow(session, None, policy, now))


class Watch:
    """Makes the assignments right before anybody looks, in the very second a day of absence begins or ends.

    Asks the database when the next one is, at most once a second of the clock it is given.
    """

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database, self._policy = database, policy
        self._asked: datetime | None = None
        self._next: datetime | None = None

    def look(self, now: datetime) -> None:
        """Catch up if a turn has passed."""
        if self._asked is None or not self._asked <= now < self._asked + _PATIENCE:
            with self._database.read() as session:
                self._next = next_turn(session)
            self._asked = now
        if self._next is not None and self._next <= now:
            with self._database.transaction() as session:
                follow_absences(session, self._policy, now)
            self._asked = None


def tell(session: Session, actor: Actor | None, cards: Iterable[Card], policy: Policy, now: datetime) -> None:
    """Whoever was given cards that need a check finds them in the next digest."""
    moved = list(cards)
    trust = trust_by_card(session, moved, policy, now)
    waiting = [card for card in moved if not trust[card.id].is_good and card.assignee_id is not None]
    own = actor.id if actor is not None else None
    slot = now.isoformat()
    write(session, [Transition(c.id, c.assignee_id, ASSIGNED, slot) for c in waiting if c.assignee_id != own], now)


def _follow(session: Session, actor: Actor | None, policy: Policy, now: datetime) -> list[Card]:
    session.flush()
    follow_clock(session, now)
    moved = settle(session, now)
    session.flush()
    tell(session, actor, moved, policy, now)
    return moved


def _put(session: Session, absence: Absence, leave: Leave, policy: Policy, now: datetime) -> None:
    today = now.astimezone(policy.zone).date()
    if leave.last_day < leave.first_day:
        raise invalid("to", _("The last day is before the first one."))
    if leave.last_day < today:
        raise invalid("to", _("The last day is over already."))
    if leave.last_day - leave.first_day >= LONGEST:
        raise invalid(
            "to", _("An absence is at most %(days)s days long. Hand the cards over instead.", days=LONGEST.days)
        )
    other = overlapping(session, absence.person_id, leave.first_day, leave.last_day, but=absence.id)
    if other is not None:
        raise invalid(
            "from",
            _(
                "This overlaps with the absence from %(first_day)s to %(last_day)s.",
                first_day=other.first_day,
                last_day=other.last_day,
            ),
        )
    if leave.stand_in_id is not None:
        _check_stand_in(session, absence.person_id, leave.stand_in_id)
    absence.first_day, absence.last_day, absence.stand_in_id = leave.first_day, leave.last_day, leave.stand_in_id
    absence.starts_at = policy.start_of(leave.first_day)
    absence.ends_at = policy.start_of(leave.last_day + timedelta(days=1))
    absence.state = AbsenceState.PLANNED


def _check_stand_in(session: Session, person_id: int, stand_in_id: int) -> None:
    found = session.get(Person, stand_in_id)
    if found is None or not found.is_active or Role(found.role).rank < Role.AUTHOR.rank:
        raise invalid("stand_in", _("Choose an active author, curator or admin."))
    if found.id == person_id:
        raise invalid("stand_in", _("Nobody stands in for themselves. Choose somebody else, or nobody."))


def _note(session: Session, actor: Actor, action: str, absence: Absence, now: datetime) -> None:
    audit.record(
        session, actor, action, "person", absence.person_id, now,
        first_day=absence.first_day.isoformat(), last_day=absence.last_day.isoformat(), stand_in=absence.stand_in_id,
    )  # fmt: skip
