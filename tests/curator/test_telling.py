"""People are told once, as they chose, in their own time: by page, by mail at once or in the digest, by webhook."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from curator import jobs
from curator.notices import telling
from curator.notices.choices import Choice, Manner, held_setting, stored
from curator.notices.kinds import EVENTS
from curator.notices.models import Notice
from curator.notices.transitions import ESCALATED, Transition, write
from kb.cards import commands, replacements
from kb.cards.collections import CollectionFields, change_collection
from kb.cards.commands import CardText, Edit
from kb.cards.models import Card
from kb.mail import outbox
from kb.mail.models import OutgoingMail
from kb.mail.sender import send_due
from kb.people.quiet import QuietHours
from kb.settings import Settings
from tests.curator.cast import context, mails
from tests.infra.cases import in_one_world
from tests.infra.receiver import Receiver
from tests.infra.smtp import SmtpServer
from tests.site import Site
from tests.world import START, World, email


class Killed(BaseException):
    """The process ends here: nothing catches it."""


@pytest.fixture
def settings_values(receiver: Receiver) -> dict[str, Any]:
    """Personal webhooks are posted to the loopback here."""
    return {"outbound": {"allow_networks": ["127.0.0.0/8"], "allow_ports": [receiver.port], "timeout_seconds": 5}}


def choose(world: World, name: str, quiet: tuple[int, int] | None = None, zone: str | None = None, **mail: Any) -> None:
    """This person wants these events so; a value of `mail` is how by mail, or a whole choice."""
    with world.transaction() as session:
        person = world.person(session, name)
        setting = held_setting(session, person.id)
        choices = {event: Choice(True, row.mail) for event, row in EVENTS.items()}
        choices |= {event: how if isinstance(how, Choice) else Choice(True, how) for event, how in mail.items()}
        setting.choices = stored(choices)
        setting.quiet_from, setting.quiet_until = quiet or (None, None)
        person.time_zone = zone


def run(world: World) -> tuple[str, str]:
    """What the scheduler does each minute; what tell and digest said."""
    jobs.notice(context(world))
    return jobs.tell(context(world)), jobs.digest(context(world))


def correct(world: World, card_id: int, body: str, note: str = "", by: str = "vera", *, minor: bool = False) -> None:
    """Edit a card and verify it."""
    with world.transaction() as session:
        card = session.get_one(Card, card_id)
        text: CardText = world.text(card.title, body, tags=tuple(card.tags))
        actor = world.actor(session, "cora" if minor else by)
        edit = Edit(card.version, note=note, is_minor=minor, checked=not minor)
        commands.edit_card(session, actor, card, text, edit, world.policy, world.now)
    if minor:
        world.verify(card_id, by)


def follow(site: Site, name: str, **what: Any) -> None:
    assert site.page(name).post("/follow", {"do": "follow", **what, "back": "/cards"}).status_code == 303


def kinds(world: World, name: str) -> list[str]:
    with world.read() as session:
        person = world.person(session, name)
        rows = session.scalars(select(Notice).where(Notice.person_id == person.id).order_by(Notice.id))
        return [row.kind for row in rows]


def to(world: World, name: str) -> list[OutgoingMail]:
    return [mail for mail in mails(world).values() if mail.to_address == email(name)]


def mailing(world: World, server: SmtpServer) -> Settings:
    values = world.settings.model_dump()
    values["mail"] |= {"enabled": True, "host": server.host, "port": server.port, "timeout_seconds": 5}
    return Settings.model_validate(values)


def test_the_bell_counts_what_is_new_and_opening_it_reads_it(site: Site) -> None:
    world = site.world
    world.card("Refund rules", verified=True, interval_days=30)
    world.later(days=31)
    run(world)
    vera = site.page("vera")
    assert "Notices, 1 unread" in vera.get("/").text
    page = vera.get("/notices").text
    assert "Refund rules" in page
    assert "The check was due on 16 Dec" in page
    link = re.findall(r'href="(/notices/\d+)"', page)[0]
    assert vera.get(link).headers["Location"].startswith("/cards/1/")
    assert "Nothing unread" in vera.get("/notices").text
    assert site.page("stan").get(link).status_code == 404
    assert "Notices, " not in site.page("stan").get("/").text


def test_mark_all_read_leaves_what_came_meanwhile(site: Site) -> None:
    world = site.world
    first, second = (world.card(verified=True) for _ in range(2))
    world.flag(first)
    jobs.notice(context(world))
    vera = site.page("vera")
    last_id = re.findall(r'name="last_id" value="(\d+)"', vera.get("/notices").text)[0]
    world.flag(second)
    jobs.notice(context(world))
    vera.post("/notices/read", {"last_id": last_id})
    assert "1 unread" in vera.get("/notices").text


def test_what_was_checked_meanwhile_is_read_by_itself(site: Site) -> None:
    world = site.world
    card = world.card(verified=True, interval_days=30)
    world.later(days=31)
    jobs.notice(context(world))
    world.later(seconds=60)
    world.verify(card)
    run(world)
    assert "Nothing unread" in site.page("vera").get("/notices").text
    assert mails(world) == {}


def test_a_followed_card_is_told_of_when_it_was_corrected_and_verified(site: Site) -> None:
    world = site.world
    card = world.card("Refund rules", verified=True)
    world.later(days=1)
    follow(site, "rita", card=card)
    follow(site, "vera", card=card)
    correct(world, card, "Full refund within 14 days.", "14 days now")
    run(world)
    assert kinds(world, "rita") == ["new_version"]
    assert kinds(world, "vera") == []  # it was her own doing
    (mail,) = to(world, "rita")
    assert mail.subject == "Vitrine: There is news of 1 card"
    assert "Corrected and verified\n- Refund rules (14 days now)" in mail.text
    assert "14 days now" in site.page("rita").get("/notices").text
    run(world)
    assert len(to(world, "rita")) == 1


def test_an_unchanged_check_and_a_minor_edit_are_no_news(site: Site) -> None:
    world = site.world
    card = world.card("Refund rules", verified=True)
    follow(site, "rita", card=card)
    world.later(days=1)
    world.verify(card)
    correct(world, card, "Full refund within thirty days.", minor=True)
    run(world)
    assert kinds(world, "rita") == []


def test_an_edit_alone_is_told_when_somebody_verified_it(site: Site) -> None:
    world = site.world
    card = world.card("Refund rules", verified=True)
    follow(site, "rita", card=card)
    world.later(days=1)
    with world.transaction() as session:
        loaded = session.get_one(Card, card)
        edit = Edit(1, note="14 days")
        text = world.text("Refund rules", "14 days.")
        commands.edit_card(session, world.actor(session, "axel"), loaded, text, edit, world.policy, world.now)
    run(world)
    assert kinds(world, "rita") == []
    world.later(days=1)
    world.verify(card)
    run(world)
    assert kinds(world, "rita") == ["new_version"]


def test_tags_and_collections_are_followed_with_their_new_cards(site: Site) -> None:
    world = site.world
    world.card("Old", tags=("pricing",))
    world.later(days=1)
    follow(site, "rita", tag="Pricing")
    follow(site, "stan", collection=1)
    world.later(seconds=1)
    priced, plain = world.card("Prices", tags=("pricing",)), world.card("Refunds")
    draft = world.card("A draft", tags=("pricing",), publish=False)
    run(world)
    with world.read() as session:
        rows = session.execute(select(Notice.person_id, Notice.card_id).where(Notice.kind == "new_card"))
        told = {(person, card) for person, card in rows if person is not None}
        rita, stan = world.person(session, "rita").id, world.person(session, "stan").id
    assert told == {(rita, priced), (stan, priced), (stan, plain)}
    assert draft


def test_who_follows_a_card_its_tag_and_its_collection_is_told_once(site: Site) -> None:
    world = site.world
    card = world.card("Prices", tags=("pricing",), verified=True)
    for what in ({"card": card}, {"tag": "pricing"}, {"collection": 1}):
        follow(site, "rita", **what)
    world.later(days=1)
    correct(world, card, "Now 20 euros.")
    run(world)
    assert kinds(world, "rita") == ["new_version"]


def test_archiving_and_replacement_are_news(site: Site) -> None:
    world = site.world
    gone, old, new = world.card("Gone"), world.card("Old"), world.card("New")
    for card in (gone, old):
        follow(site, "rita", card=card)
    world.later(days=1)
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        commands.archive_card(session, cora, session.get_one(Card, gone), world.now)
        replacements.replace_card(session, cora, session.get_one(Card, old), session.get_one(Card, new), world.now)
    run(world)
    assert sorted(kinds(world, "rita")) == ["archived", "replaced"]
    page = site.page("rita").get("/notices").text
    assert "Archived" in page
    assert "Replaced by another card" in page


def test_nobody_is_told_of_what_they_may_not_see(site: Site) -> None:
    world = site.world
    card = world.card("Deep discounts", collection="deals", tags=("pricing",), verified=True)
    assert site.page("stan").post("/follow", {"do": "follow", "card": card}).status_code == 404
    assert site.page("stan").post("/follow", {"do": "follow", "collection": 2}).status_code == 404
    follow(site, "stan", tag="pricing")
    follow(site, "rita", card=card)
    world.later(days=1)
    correct(world, card, "Half price.")
    jobs.notice(context(world))
    assert kinds(world, "stan") == []
    assert kinds(world, "rita") == ["new_version"]
    with world.transaction() as session:  # she loses the right between the writing and the telling
        shelf = world.collection(session, "deals")
        fields = CollectionFields("Deals", is_open=False, steward_id=shelf.steward_id)
        change_collection(session, world.actor(session, "ada"), shelf, fields, world.now)
    run(world)
    assert mails(world) == {}
    rita = site.page("rita")
    assert "Deep" not in rita.get("/notices").text
    assert "unread" not in rita.get("/").text.partition("<main")[0]
    assert "Deep" not in rita.get("/account/notices").text


def test_the_buttons_follow_and_stop(site: Site) -> None:
    card = site.world.card("Refund rules", tags=("pricing",))
    stan = site.page("stan")
    for path, what in (("/cards/1", {"card": card}), ("/collections/billing", {"collection": 1}),
                       ("/cards?tag=pricing", {"tag": "pricing"})):  # fmt: skip
        assert 'name="do" value="follow"' in stan.get(path, follow_redirects=True).text
        stan.post("/follow", {"do": "follow", **what, "back": path})
        stan.post("/follow", {"do": "follow", **what, "back": path})
        assert 'name="do" value="unfollow"' in stan.get(path, follow_redirects=True).text
    listed = stan.get("/account/notices").text
    assert re.findall(r'<span class="meta">(Collection|Tag|Card)</span>', listed) == ["Collection", "Tag", "Card"]
    stan.post("/follow", {"do": "unfollow", "card": card})
    assert "Refund rules" not in stan.get("/account/notices").text
    assert stan.post("/follow", {"do": "follow", "card": card, "tag": "x"}).status_code == 422
    assert stan.post("/follow", {"do": "follow"}).status_code == 422


def test_at_once_comes_as_one_mail_and_not_again_in_the_digest(site: Site, smtp_server: SmtpServer) -> None:
    world = site.world
    choose(world, "vera", flagged="at_once")
    first, second = (world.card(title, verified=True) for title in ("Refunds", "Prices"))
    world.flag(first, "It is 14 days")
    assert run(world) == ("1 mail queued", "nothing due")
    world.flag(second)
    assert run(world)[0] == "1 mail queued"
    assert run(world)[0] == "0 mails queued"
    send_due(world.database, mailing(world, smtp_server), lambda: world.now)
    subjects = [mail.message["Subject"] for mail in smtp_server.messages]
    assert subjects == ["Flagged: Refunds", "Flagged: Prices"]
    message = smtp_server.messages[0].message
    url = message["List-Unsubscribe"].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url.startswith("http://127.0.0.1:8000/unsubscribe/")
    assert "It is 14 days" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_one_click_unsubscribes_from_anywhere_and_looking_does_not(site: Site) -> None:
    world = site.world
    choose(world, "vera", flagged="at_once")
    world.flag(world.card(verified=True))
    run(world)
    (mail,) = to(world, "vera")
    path = str(mail.unsubscribe_url).removeprefix("http://127.0.0.1:8000")
    stranger = site.page(None)
    assert "Stop mails at once?" in stranger.get(path).text
    foreign = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    body = {"List-Unsubscribe": "One-Click"}
    assert site.page("vera").post("/account/notices", body, headers=foreign).status_code == 403
    answer = stranger.client.post(path, data=body, headers=foreign)
    assert answer.status_code == 200
    assert "no mail at once any more" in answer.text
    assert stranger.client.post(path, data=body, headers=foreign).status_code == 200
    world.flag(world.card(verified=True))
    assert run(world) == ("0 mails queued", "nothing due")
    assert kinds(world, "vera") == ["flagged", "flagged"]


def test_the_digest_is_stopped_the_same_way(site: Site) -> None:
    world = site.world
    world.flag(world.card(verified=True))
    run(world)
    (mail,) = to(world, "vera")
    site.page(None).client.post(str(mail.unsubscribe_url).removeprefix("http://127.0.0.1:8000"))
    world.later(days=1)
    world.flag(world.card(verified=True))
    run(world)
    assert len(to(world, "vera")) == 1


@in_one_world("token", ["x", "1.digest.0", "1.digest", "99999999999.digest.aa", "1.nonsense.aa", "1..", "é.digest.é"])
def test_a_link_that_was_not_made_here_does_nothing(site: Site, token: str) -> None:
    client = site.page(None).client
    assert client.get(f"/unsubscribe/{token}").status_code == 410
    assert client.post(f"/unsubscribe/{token}").status_code == 410


def test_beyond_the_days_limit_the_digest_tells(world: World) -> None:
    choose(world, "vera", flagged="at_once")
    cards = [world.card(verified=True) for _ in range(8)]
    run(world)
    world.later(seconds=1)
    for card in cards:
        world.later(seconds=60)
        world.flag(card)
        run(world)
    assert [mail.subject.split(":")[0] for mail in to(world, "vera")] == ["Flagged"] * 5
    for hours in range(1, 25):
        world.now = START + timedelta(hours=hours)
        run(world)
    assert [mail.subject for mail in to(world, "vera")][5:] == ["Vitrine: 3 cards wait for your check"]
    told = [mail.text for mail in to(world, "vera")]
    assert sum(text.count("This is wrong now") for text in told) == 8


def test_quiet_hours_hold_mails_back_until_they_end(world: World) -> None:
    choose(world, "vera", quiet=(22, 7), zone="America/New_York", flagged="at_once")
    world.now = datetime(2026, 11, 17, 4, 30, tzinfo=UTC)  # half past eleven in the evening in New York
    world.flag(world.card(verified=True))
    for hours, told in ((0, 0), (7, 0), (7.49, 0), (7.51, 1)):
        world.now = datetime(2026, 11, 17, 4, 30, tzinfo=UTC) + timedelta(hours=hours)
        run(world)
        assert len(to(world, "vera")) == told, hours


def test_the_digest_comes_in_the_morning_of_the_reader(world: World) -> None:
    zones = {"vera": "America/New_York", "axel": "Asia/Tokyo"}
    for name, zone in zones.items():
        choose(world, name, zone=zone)
    world.now = datetime(2026, 11, 17, 0, 30, tzinfo=UTC)
    run(world)
    for name in zones:
        world.flag(world.card(verified=True, verifiers=(name,)))
    came: dict[str, datetime] = {}
    for _ in range(30):
        world.later(seconds=3600)
        run(world)
        came |= {name: world.now for name in zones if name not in came and to(world, name)}
    assert came == {
        "vera": datetime(2026, 11, 17, 13, 30, tzinfo=UTC), "axel": datetime(2026, 11, 17, 23, 30, tzinfo=UTC),
    }  # fmt: skip
    keys = [mail.key.rpartition(":")[2] for name in zones for mail in to(world, name)]
    assert keys == ["2026-11-17", "2026-11-18"]


def test_what_comes_after_the_digest_waits_for_the_next(world: World) -> None:
    assert run(world)[1] == "nothing due"
    world.flag(world.card(verified=True))
    for _ in range(22):
        world.later(seconds=3600)
        assert run(world)[1] == "nothing due"
    world.later(seconds=3600)
    assert run(world)[1] == "1 mail queued"


@pytest.mark.parametrize(
    ("zone", "change"),
    [("Europe/Berlin", datetime(2027, 3, 28, tzinfo=UTC)), ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
     ("America/New_York", datetime(2027, 3, 14, tzinfo=UTC)),
     ("Australia/Lord_Howe", datetime(2027, 4, 4, tzinfo=UTC))],
)  # fmt: skip
@pytest.mark.parametrize("hour", [0, 2, 3, 8])
def test_each_day_has_one_slot_and_one_end_of_quiet_whatever_the_clocks_do(
    zone: str, change: datetime, hour: int
) -> None:
    manner = Manner({}, QuietHours(ZoneInfo(zone), 22, hour))
    keys: list[str] = []
    for minutes in range(-2880, 2880, 10):
        now = change + timedelta(minutes=minutes)
        key = manner.digest_slot(now, 8).key
        if not keys or keys[-1] != key:
            keys.append(key)
        chance = manner.next_chance(now)
        assert chance >= now
        assert not manner.is_quiet(chance)
        assert chance - now <= timedelta(hours=12)
    assert keys == sorted(set(keys))
    assert len(keys) in (4, 5)


def test_a_week_of_downtime_ends_in_one_mail_and_one_digest(world: World) -> None:
    choose(world, "vera", overdue="at_once")
    cards = [world.card(f"Card {n}", verified=True, interval_days=20 + n) for n in range(6)]
    run(world)
    world.later(days=30)
    for card in cards[:2]:
        world.flag(card)
    run(world)
    for _ in range(3):
        world.later(seconds=60)
        run(world)
    subjects = sorted(mail.subject for mail in to(world, "vera"))
    assert subjects == ["4 cards wait for your check", "Vitrine: 2 cards wait for your check"]


def test_two_processes_tell_once(world: World) -> None:
    choose(world, "vera", flagged="at_once")
    world.flag(world.card(verified=True))
    jobs.notice(context(world))
    together = threading.Barrier(2)

    def tell() -> None:
        together.wait(5)
        jobs.tell(context(world))

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(to(world, "vera")) == 1


def test_killed_between_mail_and_mark_it_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(world, "vera", flagged="at_once")
    world.flag(world.card(verified=True))
    jobs.notice(context(world))
    real = outbox.enqueue

    def dies(*arguments: Any) -> bool:
        real(*arguments)
        raise Killed

    monkeypatch.setattr(telling, "enqueue", dies)
    with pytest.raises(Killed):
        jobs.tell(context(world))
    assert to(world, "vera") == []
    monkeypatch.undo()
    run(world)
    run(world)
    assert len(to(world, "vera")) == 1


def test_each_event_is_told_as_it_was_chosen(site: Site) -> None:
    world = site.world
    choose(world, "vera", flagged=Choice(False, "digest"), overdue=Choice(True, "none"))
    world.flag(world.card("Reported", verified=True))
    world.card("Late", verified=True, interval_days=5)
    world.later(days=6)
    run(world)
    page = site.page("vera").get("/notices").text
    assert "Late" in page
    assert "Reported" not in page.partition("<main")[2].replace("Reported ", "")
    (mail,) = to(world, "vera")
    assert "Reported" in mail.text
    assert "Late" not in mail.text


def test_the_matrix_is_saved_and_shown_again(site: Site) -> None:
    vera = site.page("vera")
    form = {"page": ["overdue"], "mail_overdue": "at_once", "mail_flagged": "none", "quiet_from": "20",
            "quiet_until": "6", "daily_digest": "1"}  # fmt: skip
    assert vera.post("/account/notices", form).status_code == 303
    page = vera.get("/account/notices").text
    assert re.findall(r'name="page" value="(\w+)" checked', page) == ["overdue"]
    assert (
        re.findall(r'<select class="input" id="f-mail_overdue".*?</select>', page)[0].count('"at_once" selected') == 1
    )
    assert re.findall(r'<option value="(\d+)" selected>', page) == ["20", "6"]
    assert "One mail at 8:00, UTC" in page


@in_one_world(
    ("form", "field"),
    [({"quiet_from": "20"}, "quiet_until"), ({"quiet_from": "24", "quiet_until": "3"}, "quiet_from"),
     ({"mail_overdue": "pigeon"}, "mail_overdue")],
)  # fmt: skip
def test_a_choice_that_makes_no_sense_names_its_field(site: Site, form: dict[str, str], field: str) -> None:
    answer = site.page("vera").post("/account/notices", form)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text


def test_the_time_zone_is_chosen_under_the_account(site: Site) -> None:
    vera = site.page("vera")
    fields = {"name": "Vera", "theme": "system"}
    assert vera.post("/account", {**fields, "time_zone": "Asia/Tokyo"}).status_code == 303
    assert '<option value="Asia/Tokyo" selected>' in vera.get("/account").text
    assert "One mail at 8:00, Asia/Tokyo" in vera.get("/account/notices").text
    assert vera.post("/account", {**fields, "time_zone": "Mars/Olympus"}).status_code == 422
    vera.post("/account", fields)
    assert "As the installation (UTC)" in vera.get("/account").text


def test_an_escalation_reaches_whom_it_was_written_to(site: Site) -> None:
    world = site.world
    card = world.card("Late", verified=True, interval_days=5)
    world.later(days=6)
    with world.transaction() as session:
        cora = world.person(session, "cora").id
        write(session, [Transition(card, cora, ESCALATED, "2026-11-21:owner")], world.now)
    run(world)
    assert kinds(world, "cora") == ["escalated"]
    (mail,) = to(world, "cora")
    assert "Waited too long with somebody else" in mail.text
    world.later(seconds=60)
    world.verify(card)
    jobs.notice(context(world))
    assert "Nothing unread" in site.page("cora").get("/notices").text


def test_webhooks_hear_of_each_thing_once_and_of_many_in_one_message(site: Site, receiver: Receiver) -> None:
    world = site.world
    run(world)
    events = ["flagged", "verified", "corrected", "published", "archived", "overdue"]
    hook = {"name": "All", "url": receiver.url, "form": "slack", "events": events}
    site.api("ada", "admin").call("POST", "/webhooks", hook)
    world.later(days=1)
    card = world.card("Refunds", verified=True)
    run(world)
    world.later(days=1)
    world.flag(card)
    correct(world, card, "14 days.")
    for _ in range(2):
        run(world)
        world.later(days=1)
    for n in range(12):
        world.card(f"Imported {n}")
    run(world)
    for _ in range(2):
        jobs.send_webhooks(context(world))
    texts = [posted.body.decode().partition('"text":"')[2].partition('"')[0] for posted in receiver.posts]
    assert sorted(texts) == [
        "Corrected and verified: Refunds",
        "New card: 12 cards",
        "New card: Refunds",
        "Verified: Refunds",
    ]


def test_a_personal_webhook_tells_what_its_person_ticked_outside_quiet_hours(site: Site, receiver: Receiver) -> None:
    world = site.world
    hook = {"name": "Vera", "url": receiver.url, "is_personal": True, "person": email("vera")}
    assert site.api("ada", "admin").call("POST", "/webhooks", hook).status_code == 201
    ticked = Choice(True, "digest", webhook=True)
    choose(world, "vera", quiet=(8, 12), flagged=ticked)
    for name in ("vera", "axel"):
        world.flag(world.card(f"For {name}", verified=True, verifiers=(name,)))
    world.card(verified=True, interval_days=1)
    run(world)
    assert jobs.send_webhooks(context(world)) == "0 messages sent"
    world.later(seconds=3 * 3600)
    assert jobs.send_webhooks(context(world)) == "1 message sent"
    assert b"For vera" in receiver.posts[0].body
    vera = site.page("vera")
    assert "Webhook" in vera.get("/account/notices").text
    assert "Webhook</th>" not in site.page("axel").get("/account/notices").text


def test_a_question_is_mailed_as_its_expert_wants_it(site: Site) -> None:
    world = site.world
    card = world.card("Refund rules", verified=True)
    rita = site.page("rita")
    due: list[datetime] = []
    ways: tuple[tuple[Any, tuple[int, int] | None], ...] = (("at_once", (8, 12)), ("digest", None), ("none", None))
    for how, quiet in ways:
        choose(world, "vera", quiet=quiet, asked=how)
        rita.post(f"/cards/{card}/ask", {"q": f"refund after {how}"})
        due = [mail.next_try_at for mail in to(world, "vera")]
    assert due == [START + timedelta(hours=3), START + timedelta(hours=23)]
    assert all("/unsubscribe/" in str(mail.unsubscribe_url) for mail in to(world, "vera"))


def test_old_news_is_removed_and_not_told_again(site: Site) -> None:
    world = site.world
    card = world.card("Refund rules", verified=True)
    late = world.card("Late", verified=True, interval_days=30)
    follow(site, "rita", card=card)
    world.later(days=1)
    correct(world, card, "14 days.")
    run(world)
    world.later(days=40)
    run(world)
    world.later(days=60)
    jobs.housekeeping(context(world))
    assert kinds(world, "rita") == []
    run(world)
    assert kinds(world, "rita") == []
    assert len(to(world, "rita")) == 1
    with world.read() as session:
        rows = session.scalars(select(Notice.kind).where(Notice.card_id == late, Notice.kind == "overdue")).all()
    assert rows == ["overdue"]


@pytest.mark.parametrize(
    ("later", "waits"),
    [({"seconds": -1}, False), ({}, True), ({"days": 8 / 24, "seconds": -1}, True), ({"days": 8 / 24}, False)],
)
def test_a_nudge_waits_for_the_end_of_quiet_hours(site: Site, later: dict[str, float], waits: bool) -> None:
    world = site.world
    choose(world, "vera", quiet=(22, 6), zone="UTC")
    card = world.card("Refunds", verified=True, interval_days=1)
    world.later(days=3, seconds=13 * 3600)  # ten in the evening, UTC
    world.later(**later)
    cora = site.page("cora")
    cora.post(f"/reports/weekly/nudges/{card}")
    (mail,) = (mail for key, mail in mails(world).items() if key.startswith("nudge:"))
    assert mail.created_at == world.now
    assert (mail.next_try_at > world.now) is waits
    assert mail.next_try_at.hour == 6 if waits else mail.next_try_at == world.now
    assert ("waits until their quiet hours end" in cora.get("/reports/weekly").text) is waits


@pytest.mark.parametrize("is_checked", [True, False])
def test_a_nudge_that_was_answered_before_quiet_hours_ended_is_not_sent(site: Site, is_checked: bool) -> None:
    world = site.world
    choose(world, "vera", quiet=(22, 6), zone="UTC")
    card = world.card("Refunds", verified=True, interval_days=1)
    world.later(days=3, seconds=13 * 3600)  # ten in the evening, UTC
    site.page("cora").post(f"/reports/weekly/nudges/{card}")
    world.later(seconds=60)
    if is_checked:
        world.verify(card)
    run(world)
    assert [key for key in mails(world) if key.startswith("nudge:")] == (
        [] if is_checked else [f"nudge:{card}:2026-11-19"]
    )
