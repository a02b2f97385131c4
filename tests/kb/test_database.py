"""The database loses no update, keeps no half transaction, and forgets no time zone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from kb.cards.models import Card
from kb.db import Database, hold
from kb.errors import NotFound, Unavailable
from kb.following.models import Follow
from kb.people.models import Group, Person
from tests.infra.postgres import ON_POSTGRES
from tests.kb.together import PROCESSES, Meet, at_once
from tests.world import World

BERLIN_WINTER = timezone(timedelta(hours=1))


def add_one(url: str, times: int) -> None:
    """Read, change, write: what loses updates where a transaction begins too late."""
    database = Database(url)
    for _ in range(times):
        with database.transaction() as session:
            value = session.scalar(text("SELECT value FROM tally"))
            session.execute(text("UPDATE tally SET value = :value"), {"value": value + 1})
    database.close()


def test_no_process_and_no_thread_overwrites_what_another_wrote(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tally.sqlite3'}"
    database = Database(url)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE tally (value INTEGER NOT NULL)"))
        session.execute(text("INSERT INTO tally VALUES (0)"))
    other = PROCESSES.Process(target=add_one, args=(url, 10))
    other.start()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: add_one(url, 10), range(3)))
    other.join(60)
    with database.read() as session:
        assert session.scalar(text("SELECT value FROM tally")) == 40
    database.close()


def test_of_two_who_hold_a_row_the_second_sees_what_the_first_did(world: World) -> None:
    card_id = world.card()

    def count_up(meet: Meet) -> None:
        with world.transaction() as session:
            card = session.get_one(Card, card_id)
            meet()
            hold(session, card).version += 1

    at_once(count_up, count_up, count_up)
    with world.read() as session:
        assert session.get_one(Card, card_id).version == 4


def follow_meanwhile(world: World, card_id: int) -> None:
    """In a transaction of its own, which waits for nobody longer than a moment."""
    with world.transaction() as session:
        session.execute(text("SET LOCAL lock_timeout = 300"))
        session.add(Follow(person_id=world.person(session, "rita").id, card_id=card_id, at=world.now))


@ON_POSTGRES
def test_a_held_row_keeps_nobody_from_writing_what_refers_to_it(world: World) -> None:
    card_id = world.card()
    with world.transaction() as session:
        hold(session, session.get_one(Card, card_id))
        follow_meanwhile(world, card_id)


@ON_POSTGRES
def test_what_is_held_to_be_deleted_gets_nothing_new_that_refers_to_it(world: World) -> None:
    card_id = world.card()
    with world.transaction() as session:
        hold(session, session.get_one(Card, card_id), to_delete=True)
        with pytest.raises(Unavailable):
            follow_meanwhile(world, card_id)


def test_a_row_that_was_deleted_meanwhile_is_not_found(world: World) -> None:
    with world.transaction() as session:
        group = world.group(session, "experts")
        session.execute(text("DELETE FROM membership"))
        session.execute(text("DELETE FROM collection_author"))
        session.execute(text("DELETE FROM \"group\" WHERE slug = 'experts'"))
        with pytest.raises(NotFound):
            hold(session, group)


def test_an_instant_without_a_zone_is_refused(world: World) -> None:
    with pytest.raises(StatementError, match="naive datetime"), world.transaction() as session:
        world.person(session, "rita").last_seen_at = datetime(2026, 11, 16, 9, 0)  # noqa: DTZ001


def test_an_instant_comes_back_as_the_same_instant_in_utc(world: World) -> None:
    for instant in (
        datetime(2026, 11, 16, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN_WINTER),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-11))),
    ):
        with world.transaction() as session:
            world.person(session, "rita").last_seen_at = instant
        with world.read() as session:
            found = world.person(session, "rita").last_seen_at
            assert found == instant
            assert found is not None
            assert found.utcoffset() == timedelta(0)
            before = select(Person.id).where(Person.last_seen_at <= instant)
            assert len(session.scalars(before).all()) == 1


def test_what_a_read_session_changes_is_not_kept(world: World) -> None:
    with world.read() as session:
        world.person(session, "rita").name = "Somebody else"
        session.flush()
    with world.read() as session:
        assert world.person(session, "rita").name == "Rita"


def test_a_read_session_sees_one_state_whatever_is_committed_meanwhile(world: World) -> None:
    with world.read() as session:
        names = select(Person.name).order_by(Person.id)
        before = session.scalars(names).all()
        with world.transaction() as other:
            world.person(other, "rita").name = "Changed"
        assert session.scalars(names).all() == before


def test_a_transaction_that_fails_leaves_nothing_and_calls_nobody(world: World) -> None:
    called: list[str] = []
    world.database.after_commit.append(lambda: called.append("called"))
    with pytest.raises(ZeroDivisionError), world.transaction() as session:
        session.add(Group(slug="half", name="Half"))
        session.flush()
        _ = 1 / 0
    with pytest.raises(IntegrityError), world.transaction() as session:
        session.add_all([Group(slug="half", name="Half"), Group(slug="half", name="Half")])
    assert called == []
    with world.transaction() as session:
        assert session.scalars(select(Group).where(Group.slug == "half")).first() is None
    assert called == ["called"]


def test_work_after_a_commit_that_fails_neither_undoes_the_commit_nor_stops_the_other_work(world: World) -> None:
    called: list[str] = []

    def fail() -> None:
        raise RuntimeError("the indexer is gone")

    world.database.after_commit[:] = [fail, lambda: called.append("called")]
    with world.transaction() as session:
        session.add(Group(slug="kept", name="Kept"))
    assert called == ["called"]
    with world.read() as session:
        assert world.group(session, "kept").name == "Kept"


def test_references_are_enforced(world: World) -> None:
    with pytest.raises(IntegrityError), world.transaction() as session:
        world.person(session, "rita")
        session.execute(text("INSERT INTO membership (group_id, person_id) VALUES (4711, 1)"))


def test_a_database_that_stays_locked_is_said_to_be_busy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'busy.sqlite3'}"
    holder, waiter = Database(url), Database(url)
    event.listen(waiter.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    locked, done = threading.Event(), threading.Event()

    def keep() -> None:
        with holder.transaction() as session:
            session.execute(text("CREATE TABLE a (b)"))
            locked.set()
            done.wait(20)

    thread = threading.Thread(target=keep)
    thread.start()
    locked.wait(20)
    try:
        with pytest.raises(Unavailable, match="try again"), waiter.transaction() as session:
            session.execute(text("CREATE TABLE c (d)"))
    finally:
        done.set()
        thread.join()
        holder.close()
        waiter.close()
