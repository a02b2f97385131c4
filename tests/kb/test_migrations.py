"""The schema is brought up to date as a whole or not at all, keeps every row, and is what the models say."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from kb import migrations
from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Card, Revision
from kb.db import Base, Database
from kb.installation import open_installation
from kb.settings import Settings
from tests.kb.together import PROCESSES
from tests.world import START, World

REVISIONS = migrations.all_revisions()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    url: str = server.fresh_database()
    yield url
    server.drop(url)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def differences(database: Database) -> list[Any]:
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names())


def test_from_nothing_and_from_every_revision_the_schema_becomes_what_the_models_say(empty: Database) -> None:
    """Step by step up and down, which runs each migration on what the one before it left; and all of them at once."""
    assert migrations.current_revision(empty) is None
    for revision in REVISIONS:
        migrations.upgrade(empty, revision)
        assert migrations.current_revision(empty) == revision
    assert differences(empty) == []
    for revision in [*REVISIONS[-2::-1], "base"]:
        migrations.downgrade(empty, revision)
        assert migrations.current_revision(empty) == (None if revision == "base" else revision)
    assert tables(empty) <= {"alembic_version", "sqlite_sequence"}
    migrations.upgrade(empty)
    assert migrations.current_revision(empty) == migrations.head_revision() == REVISIONS[-1]
    assert differences(empty) == []
    migrations.downgrade(empty, "base")
    assert tables(empty) <= {"alembic_version", "sqlite_sequence"}


def test_bringing_it_up_to_date_twice_changes_nothing(world: World) -> None:
    migrations.upgrade(world.database)
    with world.read() as session:
        assert world.person(session, "rita").name == "Rita"
    assert differences(world.database) == []


def test_rebuilding_a_parent_table_keeps_its_children(world: World) -> None:
    card_id = world.card(tags=("refund", "vat"), verified=True)
    with migrations._migrating(world.database) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("card", recreate="auto") as batch:
            batch.alter_column("title", type_=sa.String(199), existing_type=sa.String(200))
        with operations.batch_alter_table("person", recreate="auto") as batch:
            batch.add_column(sa.Column("pronouns", sa.String(20)))
            batch.alter_column("name", type_=sa.String(121), existing_type=sa.String(120))
    with world.read() as session:
        count = sa.text("SELECT (SELECT count(*) FROM card_tag WHERE card_id = :id), (SELECT count(*) FROM membership)")
        assert tuple(session.execute(count, {"id": card_id}).one()) == (2, 4)
    with pytest.raises(sa.exc.IntegrityError), world.transaction() as session:
        session.execute(sa.text("DELETE FROM person"))


def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(world: World) -> None:
    world.card(tags=("refund",))
    before = tables(world.database)
    with pytest.raises(RuntimeError, match="half way"), migrations._migrating(world.database) as connection:
        connection.execute(sa.text("CREATE TABLE unfinished (a INTEGER)"))
        connection.execute(sa.text("DELETE FROM card_tag"))
        raise RuntimeError("half way")
    assert tables(world.database) == before
    with world.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM card_tag")) == 1
    assert migrations.current_revision(world.database) == REVISIONS[-1]


def test_a_migration_that_would_leave_dangling_references_is_refused(world: World) -> None:
    world.card(tags=("refund",))
    with (
        pytest.raises((RuntimeError, sa.exc.IntegrityError)),
        migrations._migrating(world.database) as connection,
    ):
        connection.execute(sa.text("DELETE FROM person"))
    with world.transaction() as session:
        assert world.person(session, "rita").name == "Rita"
        if world.database.is_sqlite:
            assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_a_migration_may_take_longer_than_a_request(empty: Database) -> None:
    with migrations._migrating(empty) as connection:
        if not empty.is_sqlite:
            limits = [connection.scalar(sa.text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")]
            assert limits == ["0", "0"]


def open_it(folder: Path, url: str, barrier: Any) -> None:
    barrier.wait(60)
    values = {"storage": {"data_dir": folder}, "database": {"url": url}}
    open_installation(Settings.model_validate(values), START).close()


def test_several_processes_open_an_empty_installation_at_once(empty_url: str, tmp_path: Path) -> None:
    barrier = PROCESSES.Barrier(3)
    openers = [PROCESSES.Process(target=open_it, args=(tmp_path / "data", empty_url, barrier)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(120)
    assert [opener.exitcode for opener in openers] == [0, 0, 0]
    database = Database(empty_url)
    assert differences(database) == []
    with database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM person")) == 1
    database.close()
    assert len((tmp_path / "data" / "secret.key").read_bytes()) == 32
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_a_new_file_is_opened_once_whoever_is_setting_it_up_is_done(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite3"
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    Timer(0.3, other.rollback).start()
    database = Database(f"sqlite:///{path}")
    with database.read() as session:
        assert session.scalar(sa.text("PRAGMA journal_mode")) == "wal"
    database.close()
    other.close()


def test_revisions_from_before_are_told_whether_they_corrected_something(world: World) -> None:
    card_id = world.card(body="Refund within 30 days.")
    for body, minor in (
        ("Refund within 45 days.", False),
        ("Refund within 45 days. Always.", False),
        ("Now 50.", True),
    ):
        with world.transaction() as session:
            card = session.get_one(Card, card_id)
            edit = Edit(card.version, is_minor=minor)
            actor = world.actor(session, "cora")
            commands.edit_card(session, actor, card, world.text(card.title, body), edit, world.policy, world.now)
    before = corrections(world, card_id)
    migrations.downgrade(world.database, REVISIONS[REVISIONS.index("0005") - 1])
    migrations.upgrade(world.database)
    assert corrections(world, card_id) == before == [False, True, False, False]


def corrections(world: World, card_id: int) -> list[bool]:
    with world.read() as session:
        query = sa.select(Revision.corrects).where(Revision.card_id == card_id).order_by(Revision.number)
        return list(session.scalars(query))
