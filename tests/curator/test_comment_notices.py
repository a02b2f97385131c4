"""People hear of comments that concern them: once, as they chose, and never of what they may not read any more."""

import re

import pytest

from curator import jobs
from curator.notices.choices import Choice, held_setting, stored
from curator.notices.kinds import EVENTS
from kb.cards.models import Card
from kb.mail.models import OutgoingMail
from tests.curator.cast import context, mails
from tests.curator.test_telling import choose, follow, kinds, run, to
from tests.kb.comments.test_comments import say
from tests.site import Site
from tests.world import START


@pytest.fixture
def card(site: Site) -> int:
    """A verified card of Axel's, so that nothing else is told about it; and the digests of today are out."""
    made = site.world.card("Refund window", verified=True)
    run(site.world)
    return made


def told(site: Site, name: str) -> str:
    """What is on the person's page of notices."""
    return site.page(name).get("/notices").text


def all_kinds(site: Site) -> dict[str, list[str]]:
    return {name: kinds(site.world, name) for name in ("ada", "cora", "axel", "vera", "rita", "stan")}


def test_whoever_is_mentioned_is_told_at_once_and_the_owner_in_the_digest(site: Site, card: int) -> None:
    first = say(site, "rita", card, "@vera does this hold for resellers?")
    run(site.world)
    assert all_kinds(site) == {"vera": ["mentioned"], "axel": ["commented"], "ada": [], "cora": [], "rita": [],
                               "stan": []}  # fmt: skip
    [mail] = to(site.world, "vera")
    assert mail.subject == "You were mentioned: Refund window"
    assert "Rita: @vera does this hold for resellers?" in mail.text
    assert f"?comments=1#comment-{first}" in mail.text
    assert to(site.world, "axel") == []
    site.world.later(days=1)
    run(site.world)
    [mail] = to(site.world, "axel")
    assert "1 comment for you" in mail.subject
    run(site.world)
    assert [len(to(site.world, name)) for name in ("axel", "vera", "rita")] == [1, 1, 0]


def test_a_notice_leads_to_the_comment_and_is_read_by_that(site: Site, card: int) -> None:
    first = say(site, "rita", card, "@vera look")
    run(site.world)
    vera = site.page("vera")
    assert "You were mentioned" in vera.get("/notices").text
    link = re.findall(r'href="(/notices/\d+)"', vera.get("/notices").text)[0]
    assert vera.get(link).headers["Location"].endswith(f"?comments=1#comment-{first}")
    assert "Nothing unread" in vera.get("/notices").text
    assert site.page("stan").get(link).status_code == 404


def test_who_took_part_hears_of_replies_and_that_it_is_resolved(site: Site, card: int) -> None:
    first = say(site, "rita", card, "Is it so?")
    say(site, "stan", card, "I think so", thread=first)
    run(site.world)
    assert all_kinds(site)["rita"] == ["commented"]
    assert all_kinds(site)["stan"] == []
    site.world.later(seconds=1800)
    site.page("axel").post(f"/comments/{first}/resolve")
    run(site.world)
    assert all_kinds(site)["rita"] == ["commented", "resolved"]
    assert all_kinds(site)["stan"] == ["resolved"]
    assert all_kinds(site)["axel"] == ["commented", "commented"]
    assert "By Axel: Is it so?" in told(site, "stan")


def test_followers_of_the_card_hear_of_comments_made_since(site: Site, card: int) -> None:
    say(site, "rita", card, "Before")
    site.world.later(seconds=60)
    follow(site, "stan", card=card)
    follow(site, "ada", collection=1)
    site.world.later(seconds=60)
    say(site, "rita", card, "After")
    run(site.world)
    assert all_kinds(site)["stan"] == ["commented"]
    assert all_kinds(site)["ada"] == []
    assert "Rita: After" in told(site, "stan")


def test_an_edit_tells_whoever_is_named_anew_and_nobody_twice(site: Site, card: int) -> None:
    first = say(site, "rita", card, "@vera look")
    run(site.world)
    site.world.later(seconds=3600)
    site.page("rita").post(f"/comments/{first}/edit", {"text": "@vera and @stan look"})
    run(site.world)
    assert all_kinds(site)["vera"] == ["mentioned"]
    assert all_kinds(site)["stan"] == ["mentioned"]
    assert all_kinds(site)["axel"] == ["commented"]
    assert "Rita: @vera and @stan look" in told(site, "vera")


@pytest.mark.parametrize("has_replies", [False, True])
def test_what_was_deleted_is_told_to_nobody(site: Site, card: int, has_replies: bool) -> None:
    choose(site.world, "vera", mentioned="digest")
    first = say(site, "rita", card, "@vera zanzibar")
    run(site.world)
    assert "zanzibar" in told(site, "vera")
    if has_replies:
        say(site, "rita", card, "More", thread=first)
    site.page("rita").post(f"/comments/{first}/delete")
    for days in (0, 1):
        site.world.later(days=days)
        run(site.world)
        assert "zanzibar" not in told(site, "vera")
        assert "mentioned" not in told(site, "vera")
    assert not any("zanzibar" in mail.text for mail in mails(site.world).values())


def test_who_lost_the_card_meanwhile_is_told_nothing(site: Site, card: int) -> None:
    say(site, "axel", card, "@stan zanzibar")
    with site.world.transaction() as session:
        session.get_one(Card, card).collection_id = site.world.collection(session, "deals").id
    run(site.world)
    assert kinds(site.world, "stan") == []
    with site.world.transaction() as session:
        session.get_one(Card, card).collection_id = site.world.collection(session, "billing").id
    run(site.world)
    assert "zanzibar" in told(site, "stan")
    site.page("cora").post(f"/cards/{card}/archive")
    assert "zanzibar" not in told(site, "stan")


def test_a_mention_on_a_draft_reaches_who_may_see_the_draft(site: Site) -> None:
    draft = site.world.card("Next prices", publish=False, author="axel")
    say(site, "axel", draft, "@vera is this right?")
    run(site.world)
    assert "Next prices" in told(site, "vera")
    assert [mail.subject for mail in to(site.world, "vera")] == ["You were mentioned: Next prices"]


def test_choices_and_quiet_hours_are_kept(site: Site, card: int) -> None:
    choose(site.world, "vera", (8, 12))  # quiet until noon: it is nine
    choose(site.world, "stan", mentioned=Choice(False, "none"))
    choose(site.world, "axel", commented=Choice(True, "at_once"))
    say(site, "rita", card, "@vera @stan look")
    run(site.world)
    assert [len(to(site.world, name)) for name in ("vera", "stan", "axel")] == [0, 0, 1]
    assert "look" not in told(site, "stan")
    site.world.later(seconds=3 * 3600)
    run(site.world)
    assert [len(to(site.world, name)) for name in ("vera", "stan", "axel")] == [1, 0, 1]


def test_a_comment_and_a_task_about_one_card_are_both_in_the_digest(site: Site) -> None:
    card = site.world.card("Refund window", verified=True, interval_days=30, owner="vera")
    choose(site.world, "vera", mentioned="digest")
    site.world.later(days=31)
    say(site, "rita", card, "@vera look")
    run(site.world)
    site.world.later(days=1)
    run(site.world)
    mail: OutgoingMail = to(site.world, "vera")[-1]
    assert "1 card waits for your check and there is 1 comment for you" in mail.text
    assert mail.text.count("Refund window") == 2


def test_looking_twice_and_late_adds_nothing(site: Site, card: int) -> None:
    assert site.world.now == START
    say(site, "rita", card, "@vera look")
    for seconds in (0, 60, 600, 3600):
        site.world.later(seconds=seconds)
        jobs.notice(context(site.world))
    assert kinds(site.world, "vera") == ["mentioned"]
    with site.world.transaction() as session:
        setting = held_setting(session, site.world.person(session, "vera").id)
        assert stored({name: Choice(True, event.mail) for name, event in EVENTS.items()}) == {}
        assert setting.choices == {}
