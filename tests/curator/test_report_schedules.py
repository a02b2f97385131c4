"""Who gets the weekly report when: each reader's own hour in their own zone, once per week, with what they may see."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from curator import jobs
from curator.reports.schedules import sending
from kb import migrations
from kb.db import Database
from kb.mail import outbox, sender
from kb.people.commands import deactivate_person, set_members
from kb.schedule import claims
from kb.schedule.models import JobRun
from kb.schedule.subscriptions import ReportSchedule
from kb.settings import Settings
from tests.curator.cast import context, mails
from tests.infra.cases import in_one_world
from tests.infra.smtp import SmtpServer
from tests.site import Site, Visitor
from tests.world import START, World, email

BERLIN = {"about": "all", "weekday": "0", "hour": "8", "time_zone": "Europe/Berlin", "channel": "mail"}
DAY = timedelta(days=1)


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def subscribe(visitor: Visitor, **fields: str) -> None:
    visitor.get("/reports/schedules")
    assert visitor.post("/reports/schedules", {**BERLIN, **fields}).status_code == 303


def schedules(world: World) -> list[ReportSchedule]:
    with world.read() as session:
        return list(session.scalars(select(ReportSchedule).order_by(ReportSchedule.id)))


def sent_by(world: World, now: datetime) -> list[str]:
    """Run the job at this instant; the keys of all reports that were ever queued."""
    world.now = now
    jobs.weekly_report(context(world))
    return [key.partition(":")[2] for key in mails(world) if key.startswith("report:")]


def test_a_person_subscribes_and_is_told_at_their_hour_in_their_zone(site: Site) -> None:
    world = site.world
    rita = site.page("rita")
    subscribe(rita)
    page = rita.get("/reports/schedules").get_data(as_text=True)
    assert "Every Monday at 08:00 (Europe/Berlin), by mail · next on 23 Nov at 08:00" in page
    eight = datetime(2026, 11, 23, 7, tzinfo=UTC)  # in Berlin
    assert sent_by(world, eight - timedelta(seconds=1)) == []
    assert sent_by(world, eight) == ["1:2026-W47"]
    assert sent_by(world, eight + 6 * DAY) == ["1:2026-W47"]
    assert sent_by(world, eight + 7 * DAY) == ["1:2026-W47", "1:2026-W48"]
    (first, _) = mails(world).values()
    assert (first.to_address, "every Monday at 08:00 (Europe/Berlin)" in first.text) == (email("rita"), True)


@pytest.mark.parametrize(
    ("zone", "hour", "due"),
    [
        ("Pacific/Auckland", 8, datetime(2026, 11, 22, 19, tzinfo=UTC)),  # Monday there, Sunday in the installation
        ("America/Los_Angeles", 20, datetime(2026, 11, 24, 4, tzinfo=UTC)),  # Tuesday in the installation
        ("Asia/Kolkata", 0, datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
    ],
)
def test_monday_is_the_readers_monday_and_tells_of_the_week_before(
    site: Site, zone: str, hour: int, due: datetime
) -> None:
    site.world.later(days=2)
    subscribe(site.page("rita"), time_zone=zone, hour=str(hour))
    assert sent_by(site.world, due - timedelta(seconds=1)) == []
    assert sent_by(site.world, due) == ["1:2026-W47"]
    (mail,) = mails(site.world).values()
    assert "Week of 16 November 2026" in mail.text


@pytest.mark.parametrize(
    ("weekday", "hour", "before", "due"),
    [  # Berlin skips 02:00 to 03:00 on 28 March 2027 and has 02:00 to 03:00 twice on 31 October 2027
        ("6", "2", datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("6", "3", datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("6", "2", datetime(2027, 10, 25, tzinfo=UTC), datetime(2027, 10, 31, 0, tzinfo=UTC)),
        ("6", "3", datetime(2027, 10, 25, tzinfo=UTC), datetime(2027, 10, 31, 2, tzinfo=UTC)),
    ],
)
def test_when_clocks_change_the_hour_comes_once(
    site: Site, weekday: str, hour: str, before: datetime, due: datetime
) -> None:
    site.world.now = before
    subscribe(site.page("rita"), weekday=weekday, hour=hour)
    assert sent_by(site.world, due - timedelta(seconds=1)) == []
    for later in (timedelta(), timedelta(hours=1), timedelta(hours=2)):
        assert len(sent_by(site.world, due + later)) == 1


def test_what_fell_due_before_it_was_made_moved_or_resumed_is_not_made_up(site: Site) -> None:
    world, rita = site.world, site.page("rita")
    subscribe(rita)  # Monday, an hour and more after 08:00
    assert sent_by(world, START + DAY) == []
    monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert sent_by(world, monday) == ["1:2026-W47"]
    world.now = monday + DAY
    site.page("rita").post("/reports/schedules/1", {**BERLIN, "weekday": "3"})
    assert sent_by(world, monday + 4 * DAY) == ["1:2026-W47"]  # this week was told already
    site.page("rita").post("/reports/schedules/1/pause")
    assert sent_by(world, monday + 11 * DAY) == ["1:2026-W47"]
    site.page("rita").post("/reports/schedules/1/resume")
    assert sent_by(world, monday + 12 * DAY) == ["1:2026-W47"]
    assert sent_by(world, monday + 17 * DAY) == ["1:2026-W47", "1:2026-W49"]
    site.page("rita").post("/reports/schedules/1/remove")
    assert sent_by(world, monday + 30 * DAY) == ["1:2026-W47", "1:2026-W49"]


def test_weeks_of_downtime_are_made_up_once(site: Site) -> None:
    subscribe(site.page("rita"))
    assert sent_by(site.world, START + 36 * DAY) == ["1:2026-W51"]
    assert sent_by(site.world, START + 36 * DAY) == ["1:2026-W51"]


def test_several_schedules_of_one_person_each_go_out_and_saying_the_same_twice_makes_one(site: Site) -> None:
    rita = site.page("rita")
    for _ in range(2):
        subscribe(rita)
    subscribe(rita, about="mine", weekday="4")
    subscribe(rita, about="collection:2")
    assert [(each.scope, each.collection_id) for each in schedules(site.world)] == [
        ("all", None), ("mine", None), ("collection", 2),
    ]  # fmt: skip
    assert sent_by(site.world, datetime(2026, 11, 27, 12, tzinfo=UTC)) == ["1:2026-W47", "2:2026-W47", "3:2026-W47"]
    subjects = [mail.subject for mail in mails(site.world).values()]
    assert subjects == [
        "Vitrine: weekly stale report, week of 16 November 2026",
        "Vitrine: weekly stale report, your cards, week of 16 November 2026",
        "Vitrine: weekly stale report, Deals, week of 16 November 2026",
    ]


def test_two_readers_with_different_rights_get_different_sums(site: Site) -> None:
    world = site.world
    world.card("Refunds", verified=True, verifiers=("cora",))
    world.card("Deep discounts", collection="deals", verifiers=("cora",))
    for name in ("rita", "stan"):
        subscribe(site.page(name))
    sent_by(world, START + 7 * DAY)
    rita, stan = (mail.text for mail in mails(world).values())
    assert "Trust score: 50%" in rita
    assert "Trust score: 100%" in stan
    assert "Deals" in rita
    assert "Deals" not in stan + [mail.html for mail in mails(world).values()][1]


def test_a_curator_adds_readers_of_a_collection_and_each_gets_what_they_may_see(site: Site) -> None:
    world, cora = site.world, site.page("cora")
    with world.read() as session:
        rita, stan = (str(world.person(session, name).id) for name in ("rita", "stan"))
    subscribe(cora, about="collection:2", to=rita)
    refused = cora.post("/reports/schedules", {**BERLIN, "about": "collection:2", "to": stan})
    assert (refused.status_code, "Stan may not read this collection." in refused.get_data(as_text=True)) == (422, True)
    for about in ("all", "mine"):
        assert cora.post("/reports/schedules", {**BERLIN, "about": about, "to": rita}).status_code == 403
    assert "Rita: Deals" in cora.get("/reports/schedules").get_data(as_text=True)
    assert "Rita: Deals" not in site.page("stan").get("/reports/schedules").get_data(as_text=True)
    assert "Deals" in site.page("rita").get("/reports/schedules").get_data(as_text=True)
    with world.transaction() as session:
        desk, vera = world.group(session, "deal-desk"), world.person(session, "vera")
        set_members(session, world.actor(session, "ada"), desk, "Deal desk", [vera], world.now)
    assert sent_by(world, START + 7 * DAY) == []  # Rita may not read it any more, so she is not told of it
    with world.read() as session:
        assert session.get_one(JobRun, ("weekly_report", "1:2026-W47")).outcome.startswith("not told")


def test_reps_add_nobody_and_nobody_touches_others_schedules(site: Site) -> None:
    world = site.world
    with world.read() as session:
        stan = str(world.person(session, "stan").id)
    rita = site.page("rita")
    assert rita.post("/reports/schedules", {**BERLIN, "about": "collection:1", "to": stan}).status_code == 403
    subscribe(rita, about="collection:1")
    for name in ("stan", "cora", "ada"):  # a reader's own subscription is their own, also to curators
        visitor = site.page(name)
        for act in ("", "/pause", "/resume", "/remove"):
            assert visitor.post(f"/reports/schedules/1{act}", BERLIN).status_code == 404
    assert len(schedules(world)) == 1


@in_one_world(
    ("field", "value", "words"),
    [
        ("time_zone", "Mars/Olympus", "Not a known time zone"),
        ("about", "collection:99", "Choose everything, your own cards or a collection"),
        ("about", "nonsense", "Choose everything, your own cards or a collection"),
        ("hour", "24", "Hour must be at most 23"),
        ("weekday", "-1", "Weekday must be at least 0"),
        ("channel", "pigeon", "Channel must be one of"),
        ("to", "9999", "Choose somebody who is active"),
    ],
)
def test_a_bad_field_is_named_and_what_was_typed_stays(site: Site, field: str, value: str, words: str) -> None:
    stan = site.page("stan")
    response = stan.post("/reports/schedules", {**BERLIN, field: value})
    assert response.status_code == 422
    assert words in response.get_data(as_text=True)
    assert schedules(site.world) == []


def test_a_closed_collection_is_none_to_a_stranger(site: Site) -> None:
    answers = {
        number: site.page("stan").post("/reports/schedules", {**BERLIN, "about": f"collection:{number}"})
        for number in (2, 99)
    }
    assert {answer.status_code for answer in answers.values()} == {422}
    assert "Deals" not in answers[2].get_data(as_text=True)


def test_the_switch_on_the_account_page_pauses_resumes_and_makes_the_first_one(site: Site) -> None:
    world, rita = site.world, site.page("rita")
    profile = {"name": "Rita", "theme": "system", "shortcuts": "1"}

    def is_on() -> bool:
        page = rita.get("/account").get_data(as_text=True)
        return 'name="weekly_report" value="1" checked' in page

    assert not is_on()
    rita.post("/account", {**profile, "weekly_report": "1"})
    rita.post("/account", {**profile, "weekly_report": "1"})
    assert is_on()
    assert len(schedules(world)) == 1
    page = rita.get("/reports/schedules").get_data(as_text=True)
    assert "Every Monday at 08:00 (UTC), by mail · next on 23 Nov at 08:00" in page
    rita.post("/account", profile)
    assert not is_on()
    assert sent_by(world, START + 7 * DAY) == []
    world.now = START
    rita.post("/account", {**profile, "weekly_report": "1"})
    assert is_on()
    assert len(schedules(world)) == 1


def test_the_mail_is_stopped_by_one_click_without_signing_in(site: Site) -> None:
    world = site.world
    subscribe(site.page("rita"))
    sent_by(world, START + 7 * DAY)
    (mail,) = mails(world).values()
    site.page(None).client.post(str(mail.unsubscribe_url).removeprefix("http://127.0.0.1:8000"))
    assert all(schedule.paused_at is not None for schedule in schedules(world))
    assert len(sent_by(world, world.now + 7 * DAY)) == 1


def test_who_left_is_told_nothing(site: Site) -> None:
    world = site.world
    subscribe(site.page("rita"))
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "rita"), world.now)
    assert sent_by(world, START + 7 * DAY) == []


def test_a_run_that_is_killed_at_any_point_is_made_up_and_nobody_is_told_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = site.world
    for name in ("ada", "cora", "rita"):
        subscribe(site.page(name))
    world.later(days=7)
    real_ones = {"claim": claims.claim, "enqueue": outbox.enqueue}
    for place, name in ((2, "claim"), (2, "enqueue"), (1, "enqueue")):
        calls: list[int] = []
        real = real_ones[name]

        def dies(*arguments: Any, real: Any = real, calls: list[int] = calls, place: int = place) -> Any:
            done = real(*arguments)
            calls.append(1)
            if len(calls) == place:
                raise Killed
            return done

        monkeypatch.setattr(sending, name, dies)
        with pytest.raises(Killed):
            jobs.weekly_report(context(world))
        monkeypatch.undo()
    jobs.weekly_report(context(world))
    assert jobs.weekly_report(context(world)) == "nothing due"
    assert sorted(mail.to_address for mail in mails(world).values()) == [email(n) for n in ("ada", "cora", "rita")]


def test_two_schedulers_at_once_tell_everybody_once(site: Site) -> None:
    world = site.world
    for name in ("ada", "cora", "rita"):
        subscribe(site.page(name))
    world.later(days=7)
    together = threading.Barrier(2)

    def run() -> None:
        together.wait(5)
        jobs.weekly_report(context(world))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(mails(world)) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_report_arrives_by_mail(site: Site, smtp_server: SmtpServer) -> None:
    world = site.world
    world.card("Refunds after a chargeback", verified=True, interval_days=3)
    subscribe(site.page("vera"), about="mine")
    sent_by(world, START + 7 * DAY)
    mail = {"enabled": True, "host": smtp_server.host, "port": smtp_server.port}
    settings = Settings.model_validate({"storage": {"data_dir": world.settings.storage.data_dir}, "mail": mail})
    assert sender.send_due(world.database, settings, lambda: world.now) == 1
    (received,) = smtp_server.messages
    assert received.recipients == (email("vera"),)
    text = received.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Also waiting for you" in text
    assert "Read and verify it: http://127.0.0.1:8000/check/" in text


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_who_had_the_report_before_schedules_has_it_after_and_no_week_twice(world: World) -> None:
    database: Database = world.database
    migrations.downgrade(database, "0010")
    with database.transaction() as session:
        session.execute(sa.text("UPDATE person SET weekly_report = true WHERE email LIKE 'rita@%'"))
        session.execute(
            sa.insert(JobRun).values(job="weekly_report", slot="2026-W47", at=START - timedelta(minutes=59), outcome="")
        )
    migrations.upgrade(database)
    (schedule,) = schedules(world)
    assert (schedule.scope, schedule.channel, schedule.weekday, schedule.paused_at) == ("all", "mail", None, None)
    assert sent_by(world, START + DAY) == []
    assert sent_by(world, START + 7 * DAY) == ["1:2026-W47"]
