"""Jobs: once per slot, whatever is killed when, however many processes tick, however long nobody did."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.notices import digest as digest_module
from curator.notices.models import Notice
from curator.reports.schedules import sending as send_module
from kb.db import Database
from kb.mail import outbox
from kb.mail.models import OutgoingMail
from kb.people.models import SignInAttempt, WebSession
from kb.schedule.claims import claim
from kb.schedule.models import JobRun, JobState
from kb.schedule.state import run_recorded
from tests.curator.cast import context, mails, subscribe
from tests.world import START, World


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def overdue_for(world: World, *verifiers: str) -> None:
    for name in verifiers:
        world.card(f"For {name}", verified=True, verifiers=(name,))
    world.later(days=90)
    jobs.notice(context(world))


def untold(world: World) -> int:
    with world.read() as session:
        return session.query(Notice).filter(Notice.told_at.is_(None)).count()


def test_two_at_once_claim_a_slot_once(world: World) -> None:
    results: list[bool] = []
    together = threading.Barrier(2)

    def take() -> None:
        database = Database(world.database.url)
        together.wait(5)
        with database.transaction() as session:
            results.append(claim(session, "digest", "2026-11-16", world.now))
        database.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(results) == [False, True]


def test_a_claim_is_undone_with_the_work_that_failed(world: World) -> None:
    def fails() -> None:
        with world.transaction() as session:
            assert claim(session, "digest", "2026-11-16", world.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with world.transaction() as session:
        assert claim(session, "digest", "2026-11-16", world.now)


def test_two_digests_at_once_tell_everybody_once(world: World) -> None:
    overdue_for(world, "vera", "axel")
    together = threading.Barrier(2)

    def run() -> None:
        together.wait(5)
        jobs.digest(context(world))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(mails(world)) == 2
    assert untold(world) == 0


def test_a_digest_killed_between_mail_and_mark_leaves_neither(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    overdue_for(world, "axel", "vera")
    real, told = outbox.enqueue, []

    def dies_at_the_second(*arguments: Any) -> bool:
        done = real(*arguments)
        told.append(arguments[1])
        if len(told) == 2:
            raise Killed
        return done

    monkeypatch.setattr(digest_module, "enqueue", dies_at_the_second)
    with pytest.raises(Killed):
        jobs.digest(context(world))
    assert (len(mails(world)), untold(world)) == (1, 1)
    monkeypatch.undo()
    jobs.digest(context(world))
    assert (len(mails(world)), untold(world)) == (2, 0)


def test_one_person_who_cannot_be_told_keeps_nobody_else_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    overdue_for(world, "axel", "vera")
    real = outbox.enqueue

    def refuses_axel(session: Any, key: str, address: str, *rest: Any) -> bool:
        if address.startswith("axel"):
            raise ValueError("no such mailbox")
        return real(session, key, address, *rest)

    monkeypatch.setattr(digest_module, "enqueue", refuses_axel)
    with pytest.raises(jobs.JobFailed, match="no such mailbox"):
        jobs.digest(context(world))
    assert [mail.to_address for mail in mails(world).values()] == ["vera@northwind.example"]
    monkeypatch.undo()
    assert jobs.digest(context(world)).endswith("1 mail queued")


@pytest.mark.parametrize(("seconds", "sent"), [(-1, "2026-W46"), (0, "2026-W47"), (1, "2026-W47")])
def test_the_weekly_report_goes_out_from_its_hour_on(world: World, seconds: int, sent: str) -> None:
    subscribe(world, "cora")
    world.now = datetime(2026, 11, 23, 8, tzinfo=UTC) + timedelta(seconds=seconds)
    assert jobs.weekly_report(context(world)) == "1 report queued"
    assert [key.split(":")[2] for key in mails(world)] == [sent]


def test_the_weekly_report_is_about_the_week_that_ended_and_goes_out_once(world: World) -> None:
    world.card("Refund rules", verified=True)
    subscribe(world, "cora")
    assert jobs.weekly_report(context(world)) == "1 report queued"
    assert jobs.weekly_report(context(world)) == "nothing due"
    ((key, mail),) = mails(world).items()
    assert key.endswith(":2026-W46")
    assert "Week of 9 November 2026" in mail.text
    assert "/reports/weekly?week=2026-W46" in mail.html


def test_missed_weeks_are_made_up_once(world: World) -> None:
    subscribe(world, "cora")
    jobs.weekly_report(context(world))
    world.later(days=7 * 5 + 3)
    assert jobs.weekly_report(context(world)) == "1 report queued"
    assert jobs.weekly_report(context(world)) == "nothing due"
    assert [key.split(":")[2] for key in mails(world)] == ["2026-W46", "2026-W51"]


def test_a_weekly_report_killed_in_the_middle_is_made_up_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, "ada", "cora", "rita")
    real, calls = outbox.enqueue, []

    def dies_at_the_second(*arguments: Any) -> bool:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(send_module, "enqueue", dies_at_the_second)
    with pytest.raises(Killed):
        jobs.weekly_report(context(world))
    monkeypatch.undo()
    assert jobs.weekly_report(context(world)) == "2 reports queued"
    assert len(mails(world)) == 3


def test_each_reader_gets_what_they_may_see(world: World) -> None:
    for _ in range(2):
        world.card("Deep discounts", collection="deals")
    subscribe(world, "rita", "stan")
    world.later(days=7)
    jobs.weekly_report(context(world))
    by_person = {mail.to_address.split("@")[0]: mail for mail in mails(world).values()}
    assert "Deals" in by_person["rita"].text
    assert "Deals" not in by_person["stan"].text + by_person["stan"].html
    assert "There are no published cards yet." in by_person["stan"].text


def test_housekeeping_removes_what_is_old_and_nothing_else(world: World) -> None:
    ages = {"old": timedelta(days=401), "new": timedelta(hours=1)}
    with world.transaction() as session:
        person = world.person(session, "rita").id
        for name, age in ages.items():
            at = START - age
            session.add(SignInAttempt(key=name, at=at))
            session.add(JobRun(job="digest", slot=name, at=at))
            session.add(WebSession(token_hash=name, person_id=person, created_at=at, last_seen_at=at,
                                   expires_at=at + timedelta(days=14)))  # fmt: skip
            for state in ("sent", "new"):
                sent_at = at if state == "sent" else None
                session.add(OutgoingMail(key=name + state, to_address="a@b", subject="", text="", html="", state=state,
                                         next_try_at=at, created_at=at, sent_at=sent_at))  # fmt: skip
    assert jobs.housekeeping(context(world)) == "4 old rows removed"
    with world.read() as session:
        assert set(session.scalars(select(SignInAttempt.key))) == {"new"}
        assert set(session.scalars(select(JobRun.slot))) == {"new"}
        assert set(session.scalars(select(OutgoingMail.key))) == {"oldnew", "newsent", "newnew"}


def test_how_a_job_went_is_recorded_also_when_it_failed(world: World) -> None:
    def fails() -> str:
        raise ValueError("the disk is gone")

    for _ in range(2):
        with pytest.raises(ValueError, match="disk"):
            run_recorded(world.database, "notice", lambda: world.now, fails)
    with world.read() as session:
        state = session.get_one(JobState, "notice")
        assert (state.failures, state.outcome) == (2, "ValueError: the disk is gone")
    assert run_recorded(world.database, "notice", lambda: world.now, lambda: "3 new notices") == "3 new notices"
    with world.read() as session:
        state = session.get_one(JobState, "notice")
        assert (state.failures, state.outcome, state.last_finished_at) == (0, "3 new notices", world.now)
