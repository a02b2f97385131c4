"""A link in a mail shows the card, then lets its reader verify it: once, in time, that version, that person."""

import logging
import re
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select

from curator import jobs
from curator.reports.mailed.commands import check_urls, verify_by_link
from curator.reports.mailed.links import CheckLink, read, sign
from kb.cards.commands import Edit, archive_card, edit_card
from kb.cards.models import Card
from kb.errors import NotFound
from kb.people.commands import change_person, deactivate_person, reactivate_person
from kb.people.models import Role
from kb.trust.models import Flag, Verification
from tests.curator.cast import context, mails, subscribe
from tests.kb.together import Meet, at_once
from tests.site import Site
from tests.world import START, World

DAYS = 14
KEY = b"k" * 32
LINK = CheckLink(4, 7, 3, START, 24 * DAYS)


def link_of(world: World, card: int, name: str = "vera") -> str:
    """The path of a link for this person, as a mail sent now would carry it; empty if there is none."""
    with world.read() as session:
        urls = check_urls(
            session, world.actor(session, name), [card], world.settings, world.installation.secret_key, world.now
        )
    return urls.get(card, "").removeprefix(world.settings.public_url)


def records(world: World, card: int) -> list[tuple[str, str, str, int | None]]:
    with world.read() as session:
        rows = session.scalars(select(Verification).where(Verification.card_id == card).order_by(Verification.id))
        return [(row.verdict, row.basis, row.note, row.actor_id) for row in rows]


def overdue(world: World) -> int:
    card = world.card("Refund window", "Within 30 days of the invoice.", verified=True, interval_days=5)
    world.later(days=6)
    return card


def test_a_link_says_who_may_check_what_until_when_and_cannot_be_changed() -> None:
    secret = sign(KEY, LINK)
    assert read(KEY, secret) == LINK
    for place in range(len(secret)):
        other = "A" if secret[place] != "A" else "B"
        changed = secret[:place] + other + secret[place + 1 :]
        try:
            assert read(KEY, changed) == LINK  # the last letter holds two bits that say nothing
        except NotFound:
            continue
        assert place == len(secret) - 1
    for wrong in ("", "x", secret[:-2], secret + "AA", "é", "=" * 9, secret.lower()):
        with pytest.raises(NotFound):
            read(KEY, wrong)
    with pytest.raises(NotFound):
        read(b"another key", secret)


def test_the_mail_carries_a_link_only_for_what_its_reader_may_verify(world: World) -> None:
    mine = overdue(world)
    other = world.card("Somebody else's", verifiers=("cora",), owner="cora", verified=True, interval_days=1)
    subscribe(world, "vera", "rita")
    world.now = START + timedelta(days=7)
    jobs.weekly_report(context(world))
    by_person = {mail.to_address.split("@")[0]: mail for mail in mails(world).values()}
    links = re.findall(r"/check/(\S+)", by_person["vera"].text)
    assert [read(world.installation.secret_key, link).card_id for link in links] == [mine]
    assert "/check/" not in by_person["rita"].text + by_person["rita"].html
    assert link_of(world, other) == ""


def test_looking_never_verifies_and_the_button_does_without_signing_in(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    nobody = site.page(None)
    for _ in range(2):
        page = nobody.get(path)
        assert page.status_code == 200
        assert "Within 30 days of the invoice." in page.get_data(as_text=True)
    assert nobody.client.head(path).status_code in (200, 410)  # a head reads the clock of the machine
    assert len(records(world, card)) == 1
    world.later(seconds=30)
    done = nobody.post(path)
    assert (done.status_code, "is verified" in done.get_data(as_text=True)) == (200, True)
    with world.read() as session:
        vera = world.person(session, "vera").id
    assert records(world, card)[1:] == [("verified", "mail link", "", vera)]
    assert world.trust(card).is_good


def test_it_works_once_and_says_so_afterwards(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    nobody = site.page(None)
    nobody.get(path)
    assert [nobody.post(path).status_code for _ in range(2)] == [200, 410]
    assert len(records(world, card)) == 2
    again = nobody.get(path)
    assert again.status_code == 410
    words = again.get_data(as_text=True)
    assert "You verified version 1" in words
    assert f'href="/verify?card={card}"' in words
    assert "Within 30 days" not in words


def test_two_clicks_at_the_same_time_are_one_check(world: World) -> None:
    card = overdue(world)
    link = read(world.installation.secret_key, link_of(world, card).rpartition("/")[2])

    def click(meet: Meet) -> int:
        with world.transaction() as session:
            meet()
            return verify_by_link(session, link, "", world.policy, world.now).id

    answers = at_once(click, click)
    assert sorted(type(answer).__name__ for answer in answers) == ["Gone", "int"]
    assert len(records(world, card)) == 2


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 410), (1, 410)])
def test_it_ends_in_the_second_its_days_are_over(site: Site, seconds: int, status: int) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    nobody = site.page(None)
    nobody.get(path)
    world.later(days=DAYS, seconds=seconds)
    assert nobody.get(path).status_code == status
    assert nobody.post(path).status_code == status
    assert len(records(world, card)) == (2 if status == 200 else 1)


def test_another_version_is_not_verified_unread(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    nobody = site.page(None)
    nobody.get(path)
    with world.transaction() as session:
        found, cora = session.get_one(Card, card), world.actor(session, "cora")
        text = world.text("Refund window", "Within 60 days.")
        edit_card(session, cora, found, text, Edit(1, "60 days"), world.policy, world.now)
    answer = nobody.post(path)
    words = answer.get_data(as_text=True)
    assert (answer.status_code, "made for version 1 of the card, which is at version 2" in words) == (410, True)
    assert "60 days" not in words
    assert len([verdict for verdict, basis, *_ in records(world, card) if basis == "mail link"]) == 0


def test_a_check_by_somebody_else_ends_it(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    world.later(seconds=1)
    world.verify(card, by="cora")
    page = site.page(None).get(path)
    assert (page.status_code, "Somebody else verified version 1" in page.get_data(as_text=True)) == (410, True)


def test_open_reports_ask_what_was_checked(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    world.flag(card, "It is 60 days now")
    path = link_of(world, card)
    nobody = site.page(None)
    assert "It is 60 days now" in nobody.get(path).get_data(as_text=True)
    refused = nobody.post(path)
    assert (refused.status_code, "Say what you checked" in refused.get_data(as_text=True)) == (422, True)
    assert nobody.post(path, {"note": "The contract: 30"}).status_code == 200
    assert [record[2] for record in records(world, card)] == ["", "The contract: 30"]


@pytest.mark.parametrize("how", ["left", "left and came back", "became a rep", "archived"])
def test_it_is_withdrawn_with_the_right_to_verify(site: Site, how: str) -> None:
    world, card = site.world, overdue(site.world)
    path = link_of(world, card)
    nobody = site.page(None)
    nobody.get(path)
    with world.transaction() as session:
        ada, vera = world.actor(session, "ada"), world.person(session, "vera")
        if how.startswith("left"):
            deactivate_person(session, ada, vera, world.now)
        if how == "left and came back":
            reactivate_person(session, ada, vera, world.now)
        if how == "became a rep":
            change_person(session, ada, vera, "Vera", Role.REP, [], world.now)
        if how == "archived":
            archive_card(session, ada, session.get_one(Card, card), world.now)
    for answer in (nobody.get(path), nobody.post(path)):
        words = answer.get_data(as_text=True)
        assert (answer.status_code, "This link was withdrawn" in words, "Refund" in words) == (410, True, False)
    assert len(records(world, card)) == 1


def test_the_record_keeps_what_was_shown_for_how_long_and_a_report_that_came_later_stays_open(site: Site) -> None:
    world, card = site.world, overdue(site.world)
    world.flag(card, "It is 60 days now")
    path = link_of(world, card)
    nobody = site.page(None)
    page = nobody.get(path).get_data(as_text=True)
    reading = re.search(r'name="reading" value="([^"]+)"', page)
    assert reading is not None
    world.later(seconds=42)
    later = world.flag(card, "And the fee is gone", by="stan")
    fields = {"note": "The contract: 30", "reading": reading[1]}
    assert nobody.post(path, fields).status_code == 200
    with world.read() as session:
        record = session.scalars(select(Verification).order_by(Verification.id.desc()).limit(1)).one()
        assert (record.basis, record.seconds, record.outcome, record.batch_size) == ("mail link", 42, "still_right", 1)
        assert [piece["words"] for piece in record.evidence][:1] == ["“It is 60 days now”"]
        assert session.get_one(Flag, later).resolved_at is None


def test_a_link_that_is_none_of_ours_is_no_link(site: Site) -> None:
    overdue(site.world)
    for path in ("/check/x", "/check/" + "A" * 78, "/check/%00", "/check/" + "x" * 5000):
        assert site.page(None).get(path).status_code == 404


@pytest.mark.parametrize("settings_values", [{"reports": {"check_link_days": 0}}])
def test_links_can_be_switched_off(world: World) -> None:
    assert link_of(world, overdue(world)) == ""


def test_no_log_holds_a_link(site: Site, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    card = overdue(site.world)
    path = link_of(site.world, card)
    structlog.reset_defaults()
    with caplog.at_level(logging.DEBUG):
        visitor = site.page(None)
        visitor.get(path)
        visitor.post(path)
        visitor.post(path)
    said = capsys.readouterr()
    everything = said.out + said.err + caplog.text
    assert "/check/…" in everything
    assert path.rpartition("/")[2] not in everything
