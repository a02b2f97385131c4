"""Mail is sent at least once and recognisably the same, however servers, networks and processes fail."""

import os
import signal
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from kb.db import Database
from kb.errors import Unavailable
from kb.mail.models import OutgoingMail
from kb.mail.outbox import Letter, enqueue
from kb.mail.sender import message_of, send_due
from kb.settings import Settings
from tests.infra.smtp import Failure, SmtpServer
from tests.kb.together import PROCESSES, Meet, at_once
from tests.world import START, World, email

LETTER = Letter("Your checks today", "Two cards wait.\n", "<p>Two cards wait.</p>")


def posting(world: World, server: SmtpServer, **mail: object) -> Settings:
    """The world's settings with mail switched on."""
    values = world.settings.model_dump()
    values["mail"] |= {"enabled": True, "host": server.host, "port": server.port, "timeout_seconds": 5, **mail}
    return Settings.model_validate(values)


def queue(world: World, *keys: str, letter: Letter = LETTER, to: str = email("vera")) -> list[bool]:
    with world.transaction() as session:
        return [enqueue(session, key, to, letter, world.now) for key in keys]


def send(world: World, settings: Settings) -> int:
    return send_due(world.database, settings, lambda: world.now)


def row(world: World, key: str = "daily:1") -> OutgoingMail:
    with world.read() as session:
        return session.scalars(select(OutgoingMail).where(OutgoingMail.key == key)).one()


def test_a_mail_is_sent_once_with_both_bodies_and_the_headers_of_a_machine(
    world: World, smtp_server: SmtpServer
) -> None:
    settings = posting(world, smtp_server)
    queue(world, "daily:1")
    assert (send(world, settings), send(world, settings)) == (1, 0)
    (mail,) = smtp_server.messages
    assert (mail.sender, mail.recipients) == ("vitrine@localhost", (email("vera"),))
    message = mail.message
    assert (message["From"], message["Subject"]) == ("Vitrine <vitrine@localhost>", "Your checks today")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == START
    assert [part.get_content().strip() for part in message.iter_parts()] == [
        "Two cards wait.", "<p>Two cards wait.</p>",
    ]  # fmt: skip
    assert (row(world).state, row(world).tries, row(world).sent_at) == ("sent", 1, world.now)


def test_the_same_key_is_one_mail_also_when_two_queue_it_at_once(world: World, smtp_server: SmtpServer) -> None:
    assert queue(world, "daily:1", "daily:1", "daily:2") == [True, False, True]

    def one(meet: Meet) -> bool:
        with world.transaction() as session:
            meet()
            return enqueue(session, "daily:3", email("vera"), LETTER, world.now)

    assert sorted(map(str, at_once(one, one, one))) == ["False", "False", "True"]
    assert send(world, posting(world, smtp_server)) == 3


def test_a_mail_of_a_change_that_failed_is_never_sent(world: World, smtp_server: SmtpServer) -> None:
    with pytest.raises(ZeroDivisionError), world.transaction() as session:
        enqueue(session, "daily:1", email("vera"), LETTER, world.now)
        _ = 1 / 0
    assert send(world, posting(world, smtp_server)) == 0


def test_nothing_is_sent_and_nothing_is_lost_while_mail_is_off(world: World, smtp_server: SmtpServer) -> None:
    queue(world, "daily:1")
    assert send(world, posting(world, smtp_server, enabled=False)) == 0
    assert (smtp_server.messages, row(world).state, row(world).tries) == ([], "new", 0)
    assert send(world, posting(world, smtp_server)) == 1


@pytest.mark.parametrize("failure", [Failure.TRY_AGAIN, Failure.REFUSED])
def test_a_refused_mail_is_tried_eight_times_with_growing_pauses_and_then_is_dead(
    world: World, smtp_server: SmtpServer, failure: Failure
) -> None:
    settings = posting(world, smtp_server)
    smtp_server.fail_with(failure)
    queue(world, "daily:1")
    pauses = []
    for _ in range(7):
        assert send(world, settings) == 0
        pauses.append((row(world).next_try_at - world.now) // timedelta(minutes=1))
        world.now = row(world).next_try_at - timedelta(seconds=1)
        assert send(world, settings) == 0
        world.later(seconds=1)
    assert (pauses, row(world).tries, row(world).state) == ([1, 5, 15, 60, 180, 360, 360], 7, "new")
    assert str(failure.value).split()[0] in str(row(world).last_error)
    send(world, settings)
    assert (row(world).tries, row(world).state) == (8, "dead")
    smtp_server.recover()
    world.later(days=30)
    assert send(world, settings) == 0


def test_a_server_that_recovers_gets_the_mail(world: World, smtp_server: SmtpServer) -> None:
    settings = posting(world, smtp_server)
    smtp_server.fail_with(Failure.TRY_AGAIN)
    queue(world, "daily:1")
    send(world, settings)
    smtp_server.recover()
    world.later(seconds=60)
    assert (send(world, settings), row(world).state, row(world).last_error) == (1, "sent", None)


def test_one_mail_that_cannot_be_sent_does_not_hold_up_the_others(world: World, smtp_server: SmtpServer) -> None:
    queue(world, "daily:1", to="vera\r\nBcc: everybody@northwind.example")
    queue(world, "daily:2", to="nobody")
    queue(world, "daily:3")
    assert send(world, posting(world, smtp_server)) >= 1
    assert email("vera") in [mail.recipients[0] for mail in smtp_server.messages]
    assert row(world, "daily:1").state == "new"
    assert not any("everybody" in address for mail in smtp_server.messages for address in mail.recipients)


def test_a_server_that_is_down_costs_one_try_per_tick_and_not_one_per_mail(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    server = SmtpServer()
    server.port = port
    queue(world, *(f"daily:{number}" for number in range(5)))
    assert send(world, posting(world, server)) == 0
    with world.read() as session:
        assert sorted(session.scalars(select(OutgoingMail.tries))) == [0, 0, 0, 0, 1]


def test_a_connection_lost_after_the_text_brings_the_same_mail_again_under_the_same_id(
    world: World, smtp_server: SmtpServer
) -> None:
    settings = posting(world, smtp_server)
    smtp_server.fail_with(Failure.CUT_AFTER_DATA)
    queue(world, "daily:1")
    assert send(world, settings) == 0
    smtp_server.recover()
    world.later(seconds=60)
    assert send(world, settings) == 1
    first, second = (mail.message["Message-ID"] for mail in smtp_server.messages)
    assert first == second


def test_no_text_of_a_mail_can_add_a_header_or_a_reader(world: World, smtp_server: SmtpServer) -> None:
    evil = "Refunds\r\nBcc: everybody@northwind.example\n\n<script>"
    queue(world, "daily:1", letter=Letter(evil, ".\r\n.\r\nRCPT TO:<everybody@northwind.example>\r\n", evil))
    values = posting(world, smtp_server).model_dump()
    values["workspace"]["name"] = 'Nord"wind\\\r\nBcc: everybody@x.example'
    assert send(world, Settings.model_validate(values)) == 1
    (mail,) = smtp_server.messages
    assert mail.recipients == (email("vera"),)
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"] == "Refunds Bcc: everybody@northwind.example <script>"


def test_a_message_id_depends_on_the_key_alone(world: World) -> None:
    def made(key: str, subject: str) -> str:
        mail = OutgoingMail(key=key, to_address="a@b", subject=subject, text="", html="", created_at=START)
        return str(message_of(mail, world.settings)["Message-ID"])

    assert made("weekly:1", "One") == made("weekly:1", "Two") != made("weekly:2", "One")


def test_two_senders_send_each_mail_once(world: World, smtp_server: SmtpServer) -> None:
    settings = posting(world, smtp_server)
    queue(world, *(f"daily:{number}" for number in range(8)))

    def work(meet: Meet) -> int:
        meet()
        return send(world, settings)

    outcomes = at_once(work, work)
    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 8, outcomes
    assert len({mail.message["Message-ID"] for mail in smtp_server.messages}) == len(smtp_server.messages) == 8


def send_for_ever(url: str, values: dict[str, Any], start: datetime, sent: Any) -> None:
    """A sender that another process kills; its clock runs a lease ahead with every life."""
    database, settings = Database(url), Settings.model_validate(values)
    while True:
        try:
            sent.value += send_due(database, settings, lambda: start)
        except Unavailable:
            time.sleep(0.01)


def test_a_sender_that_is_killed_again_and_again_loses_no_mail(
    world: World, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    settings = posting(world, smtp_server)
    keys = [f"daily:{number}" for number in range(24)]
    queue(world, *keys)
    sent = PROCESSES.Value("i", 0)
    for life in range(6):
        start = world.now + life * timedelta(minutes=6)
        url, before = settings.database_url, len(smtp_server.messages)
        child = PROCESSES.Process(target=send_for_ever, args=(url, settings.model_dump(), start, sent))
        child.start()
        _wait(lambda before=before: len(smtp_server.messages) >= before + 3)  # type: ignore[misc]
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    world.later(days=1)
    while send(world, settings):
        pass
    with world.read() as session:
        assert set(session.scalars(select(OutgoingMail.state))) == {"sent"}
        ids = {str(message_of(mail, settings)["Message-ID"]) for mail in session.scalars(select(OutgoingMail))}
    received = [mail.message["Message-ID"] for mail in smtp_server.messages]
    assert set(received) == ids
    assert len(received) <= len(keys) + 6  # each death repeats at most the one mail under way


def test_a_lease_that_ran_out_is_taken_over_and_not_a_second_before(world: World, smtp_server: SmtpServer) -> None:
    settings = posting(world, smtp_server)
    queue(world, "daily:1")
    with world.transaction() as session:
        lease = world.now + timedelta(minutes=5)
        session.execute(update(OutgoingMail).values(state="sending", next_try_at=lease))
    world.later(seconds=299)
    assert send(world, settings) == 0
    world.later(seconds=1)
    assert send(world, settings) == 1


def _wait(done: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
