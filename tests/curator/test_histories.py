"""Random histories of joining, leaving, groups, roles, absences, readers, handovers and escalations.

After every step each published card has exactly one able assignee, and no check has moved its date, but for the cards
that were verified in that very step.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from curator import jobs
from curator.absences.away import Leave, change_absence, end_absence, plan_absence
from curator.owners.handing import Duty, hand_over, read_order
from curator.queue import commands as queue
from kb.cards import commands
from kb.cards.collections import CollectionFields, change_collection
from kb.cards.fields import VerifierRef
from kb.cards.models import Card, Status
from kb.errors import VitrineError
from kb.people.absences import Absence, absent
from kb.people.commands import add_person, change_person, deactivate_person, reactivate_person, set_members
from kb.people.models import Group, Person, Role
from kb.trust.commands import verify
from kb.trust.duties import Assignment
from kb.trust.orphans import without_assignee
from tests.curator.cast import context
from tests.kb.test_assignee import assignee, orphans
from tests.kb.together import Meet, at_once
from tests.world import World

PEOPLE = st.integers(0, 30)
CARDS = st.integers(0, 30)
SHELVES = st.sampled_from(["billing", "deals"])
GROUPS = st.sampled_from(["deal-desk", "experts"])


class Histories(RuleBasedStateMachine):
    """One installation that lives on; each rule is one transaction, refused as a whole or done as a whole."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.joined = 0
        self.verified: set[int] = set()

    @initialize(number=st.integers(1, 4))
    def begin(self, number: int) -> None:
        """Some cards with checks behind and before them."""
        for place in range(number):
            shelf, verifiers = ("billing", "deals")[place % 2], [("experts",), ("vera", "axel"), (), ("axel",)][place]
            self._try(partial(self._write, shelf=shelf, verifiers=verifiers))
        self.dates = self._dates()

    @rule()
    def join(self) -> None:
        """Somebody new."""
        self.joined += 1
        name, role = f"New {self.joined}", list(Role)[self.joined % 4]
        address = f"new{self.joined}.{self.world.now.timestamp()}@northwind.example"
        self._try(lambda s: add_person(s, self._system(s), address, name, role, [], self.world.now))

    @rule(who=PEOPLE)
    def leave(self, who: int) -> None:
        """Somebody leaves."""
        self._try(lambda s: deactivate_person(s, self._system(s), self._person(s, who), self.world.now))

    @rule(who=PEOPLE)
    def come_back(self, who: int) -> None:
        """Somebody who left is let in again."""
        self._try(lambda s: reactivate_person(s, self._system(s), self._person(s, who), self.world.now))

    @rule(who=PEOPLE, role=st.sampled_from(list(Role)))
    def change_role(self, who: int, role: Role) -> None:
        """A role is given or taken."""

        def work(session: Session) -> None:
            person = self._person(session, who)
            change_person(session, self._system(session), person, person.name, role, person.groups, self.world.now)

        self._try(work)

    @rule(slug=GROUPS, who=st.sets(PEOPLE, max_size=4))
    def change_group(self, slug: str, who: set[int]) -> None:
        """A group is filled, or emptied."""

        def work(session: Session) -> None:
            people = list({person.id: person for person in (self._person(session, n) for n in sorted(who))}.values())
            set_members(session, self._system(session), self.world.group(session, slug), slug, people, self.world.now)

        self._try(work)

    @rule(slug=SHELVES, is_open=st.booleans(), readers=st.sampled_from([None, "deal-desk", "experts"]), who=PEOPLE)
    def change_readers(self, slug: str, is_open: bool, readers: str | None, who: int) -> None:
        """A collection gets other readers and another steward."""

        def work(session: Session) -> None:
            ids = (self.world.group(session, readers).id,) if readers else ()
            steward = self._person(session, who).id if who % 3 else None
            fields = CollectionFields(slug.title(), is_open=is_open, reader_ids=ids, steward_id=steward)
            change_collection(
                session, self._system(session), self.world.collection(session, slug), fields, self.world.now
            )

        self._try(work)

    @rule(who=PEOPLE, instead=PEOPLE, first=st.integers(-1, 5), days=st.integers(0, 9))
    def go_away(self, who: int, instead: int, first: int, days: int) -> None:
        """Somebody plans an absence."""
        self._try(
            lambda s: plan_absence(
                s, self._system(s), self._person(s, who), self._leave(s, instead, first, days), self.world.policy,
                self.world.now,
            )
        )  # fmt: skip

    @rule(which=PEOPLE, instead=PEOPLE, first=st.integers(-1, 5), days=st.integers(0, 9), ends=st.booleans())
    def change_plans(self, which: int, instead: int, first: int, days: int, ends: bool) -> None:
        """An absence is changed or ended."""

        def work(session: Session) -> None:
            found = session.scalars(select(Absence).order_by(Absence.id)).all()
            if not found:
                return
            absence, system, now = found[which % len(found)], self._system(session), self.world.now
            if ends:
                end_absence(session, system, absence, self.world.policy, now)
            else:
                leave = self._leave(session, instead, first, days)
                change_absence(session, system, absence, leave, self.world.policy, now)

        self._try(work)

    @rule(days=st.sampled_from([0.3, 1, 3, 15, 40]))
    def time_passes(self, days: float) -> None:
        """The scheduler runs a little later."""
        self.world.later(days=days)
        jobs.absences(context(self.world))
        jobs.escalate(context(self.world))

    @rule(giver=PEOPLE, takers=st.lists(PEOPLE, min_size=1, max_size=3), duty=st.sampled_from(list(Duty)))
    def hand_over(self, giver: int, takers: list[int], duty: Duty) -> None:
        """Somebody's cards go to others; afterwards they own and verify none of them by name."""

        def work(session: Session) -> None:
            system, ids = self._system(session), [self._person(session, number).id for number in takers]
            order = read_order(session, system, self._person(session, giver).id, duty, ids, "")
            hand_over(session, system, order, self.world.settings, self.world.now)

        self._try(work)

    @rule(which=CARDS, who=PEOPLE)
    def set_owner(self, which: int, who: int) -> None:
        """A card gets an owner, or none."""

        def work(session: Session) -> None:
            owner = self._person(session, who).id if who % 4 else None
            commands.set_owner(session, self._system(session), self._card(session, which), owner, self.world.now)

        self._try(work)

    @rule(which=CARDS, who=st.lists(PEOPLE, max_size=3, unique=True), group=st.sampled_from([None, "experts"]))
    def set_verifiers(self, which: int, who: list[int], group: str | None) -> None:
        """A card gets other verifiers."""

        def work(session: Session) -> None:
            refs = [VerifierRef(person_id=self._person(session, number).id) for number in who]
            if group:
                refs.append(VerifierRef(group_id=session.scalars(select(Group.id).where(Group.slug == group)).one()))
            refs = list(dict.fromkeys(refs))
            commands.set_verifiers(session, self._system(session), self._card(session, which), refs, self.world.now)

        self._try(work)

    @rule(which=CARDS, who=PEOPLE)
    def reassign(self, which: int, who: int) -> None:
        """A card is given to somebody."""

        def work(session: Session) -> None:
            person = self._person(session, who).id
            queue.reassign(session, self._system(session), self._card(session, which), person, self.world.now)

        self._try(work)

    @rule(which=CARDS)
    def check(self, which: int) -> None:
        """A card is verified: the only step that moves its date."""

        def work(session: Session) -> None:
            card = self._card(session, which)
            verify(session, self._system(session), card, card.version, self.world.policy, self.world.now)
            self.verified.add(card.id)

        self._try(work)

    @rule(which=CARDS, step=st.sampled_from(["archive", "restore", "publish", "write"]))
    def change_card(self, which: int, step: str) -> None:
        """Cards come and go."""

        def work(session: Session) -> None:
            system, now = self._system(session), self.world.now
            if step == "write":
                self._write(session, ("billing", "deals")[which % 2], ("experts",))
                return
            does = {
                "archive": commands.archive_card,
                "restore": commands.restore_card,
                "publish": commands.publish_card,
            }
            does[step](session, system, self._card(session, which), now)

        self._try(work)

    @invariant()
    def each_published_card_has_exactly_one_able_assignee(self) -> None:
        """The rule."""
        with self.world.read() as session:
            assert orphans(session) == []
            assert without_assignee(session) == []
            seated = dict(session.execute(select(Assignment.card_id, Assignment.person_id)).all())
            for card in session.scalars(select(Card).where(Card.status == Status.PUBLISHED)):
                assert seated[card.id] == card.assignee_id

    @invariant()
    def nobody_who_is_away_has_a_card_while_somebody_is_there(self) -> None:
        """An admin who is there can always take it."""
        with self.world.read() as session:
            away = absent(session, self.world.now)
            admins = select(func.count()).where(
                Person.role == Role.ADMIN, Person.deactivated_at.is_(None), Person.id.not_in(away)
            )
            if session.scalar(admins):
                held = select(Card.id).where(Card.status == Status.PUBLISHED, Card.assignee_id.in_(away))
                assert session.scalars(held).all() == []

    @precondition(lambda self: hasattr(self, "dates"))
    @invariant()
    def no_check_moved_its_date(self) -> None:
        """But for what was verified."""
        dates = self._dates()
        changed = {card for card, date in dates.items() if card in self.dates and self.dates[card] != date}
        assert changed <= self.verified
        self.dates, self.verified = dates, set()

    def _try(self, work: Callable[[Session], Any]) -> None:
        before = set(self.verified)
        try:
            with self.world.transaction() as session:
                work(session)
        except VitrineError:
            self.verified = before  # refused as a whole

    def _system(self, session: Session) -> Any:
        return self.world.actor(session, "system")

    def _person(self, session: Session, number: int) -> Person:
        people = session.scalars(select(Person).order_by(Person.id)).all()
        return people[number % len(people)]

    def _card(self, session: Session, number: int) -> Card:
        cards = session.scalars(select(Card).order_by(Card.id)).all()
        return cards[number % len(cards)]

    def _leave(self, session: Session, instead: int, first: int, days: int) -> Leave:
        day = self.world.now.date() + timedelta(days=first)
        stand_in = self._person(session, instead).id if instead % 3 else None
        return Leave(day, day + timedelta(days=days), stand_in)

    def _write(self, session: Session, shelf: str, verifiers: tuple[str, ...]) -> None:
        system, now = self._system(session), self.world.now
        refs = tuple(
            VerifierRef(group_id=self.world.group(session, name).id) if name == "experts"
            else VerifierRef(person_id=self.world.person(session, name).id)
            for name in verifiers
        )  # fmt: skip
        policy = commands.CardPolicy(verifiers=refs, interval_days=7)
        text = self.world.text("A card", "Within 30 days.")
        card = commands.create_card(session, system, self.world.collection(session, shelf), text, policy, now)
        commands.publish_card(session, system, card, now)
        verify(session, system, card, 1, self.world.policy, now)

    def _dates(self) -> dict[int, tuple[Any, ...]]:
        with self.world.read() as session:
            rows = session.execute(
                select(Card.id, Card.verified_at, Card.verify_by, Card.verified_by_id, Card.check_on)
            )
            return {card_id: tuple(rest) for card_id, *rest in rows}


@pytest.mark.slow
def test_after_any_history_every_published_card_has_one_able_assignee_and_no_check_moved(world: World) -> None:
    """The histories follow each other in one installation, so that later ones begin with what earlier ones left."""

    class Played(Histories):
        def __init__(self) -> None:
            super().__init__(world)

    examples = 8 if world.database.is_sqlite else 2
    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_when_two_in_line_leave_at_once_the_third_has_the_cards(world: World) -> None:
    cards = [world.card(verifiers=("vera", "axel"), owner="cora") for _ in range(4)]
    cards += [world.card(verifiers=("experts",), owner="cora") for _ in range(4)]

    def go(name: str) -> Callable[[Meet], None]:
        def work(meet: Meet) -> None:
            with world.transaction() as session:
                person, system = world.person(session, name), world.actor(session, "system")
                meet()
                deactivate_person(session, system, person, world.now)

        return work

    assert at_once(go("vera"), go("axel")) == [None, None]
    assert {assignee(world, card) for card in cards} == {"cora"}


def test_an_absence_that_begins_while_its_stand_in_leaves_orphans_nothing(world: World) -> None:
    cards = [world.card(verifiers=("vera",), owner="cora") for _ in range(3)]

    def away(meet: Meet) -> None:
        with world.transaction() as session:
            vera, ada, axel = world.person(session, "vera"), world.actor(session, "ada"), world.person(session, "axel")
            leave = Leave(world.now.date(), world.now.date(), axel.id)
            meet()
            plan_absence(session, ada, vera, leave, world.policy, world.now)

    def gone(meet: Meet) -> None:
        with world.transaction() as session:
            axel, system = world.person(session, "axel"), world.actor(session, "system")
            meet()
            deactivate_person(session, system, axel, world.now)

    def escalation(meet: Meet) -> None:
        meet()
        jobs.escalate(context(world))

    outcomes = at_once(away, gone, escalation)
    assert [type(outcome).__name__ for outcome in outcomes if outcome is not None] in ([], ["Invalid"]), outcomes
    assert {assignee(world, card) for card in cards} <= {"cora", "vera"}
    with world.read() as session:
        assert orphans(session) == []
