"""Comments on cards: who says what where, who settles it, and what nobody else learns by it."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from kb.cards import commands as card_commands
from kb.cards import replacements
from kb.cards.models import Card
from kb.cards.permissions import Right, may
from kb.comments import commands
from kb.comments.mentions import people_who_read
from kb.comments.models import Comment, Mention
from kb.comments.queries import comment_seen_by
from kb.people.actor import actor_for
from kb.people.commands import add_person, deactivate_person
from kb.people.models import AuditEntry, Person, Role
from tests.infra.cases import in_one_world
from tests.kb.together import Meet, at_once
from tests.site import Site, Visitor
from tests.world import World, email

CANARY = "zanzibar"


@pytest.fixture
def card(site: Site) -> int:
    """A published card of Axel's in Billing, which everybody reads."""
    made = site.world.card("Refund window")
    site.index()
    return made


def say(site: Site, name: str, card: int, text: str, **more: Any) -> int:
    """The number of the comment that somebody adds through the page."""
    answer = site.page(name).post(f"/cards/{card}/comments", {"text": text, **more})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("-", 1)[1])


def page(site: Site, name: str, card: int) -> str:
    return site.page(name).get(f"/cards/{card}").text


def one(world: World, comment_id: int) -> Comment:
    with world.read() as session:
        found = session.get_one(Comment, comment_id)
        _ = [mention.person.name for mention in found.mentions]
        return found


def mentioned(world: World, comment_id: int) -> set[str]:
    return {mention.person.name for mention in one(world, comment_id).mentions}


def number(world: World) -> int:
    with world.read() as session:
        return session.scalar(select(func.count()).select_from(Comment)) or 0


def test_a_rep_comments_an_author_replies_and_resolves_it(site: Site, card: int) -> None:
    first = say(site, "rita", card, "Does this hold for resellers?\nSee https://example.com/x?a=1&b=2.")
    shown = page(site, "axel", card)
    assert "1 open comment" in shown
    assert 'href="https://example.com/x?a=1&amp;b=2"' in shown
    assert "Does this hold for resellers?\nSee" in shown
    say(site, "axel", card, "It does.", thread=first)
    assert page(site, "stan", card).index("It does.") > page(site, "stan", card).index("Does this hold")
    axel = site.page("axel")
    assert axel.post(f"/comments/{first}/resolve").status_code == 303
    shown = page(site, "rita", card)
    assert "open comment" not in shown
    assert "Resolved by Axel, 16 Nov" in shown
    assert "1 resolved" in shown
    assert site.page("rita").post(f"/comments/{first}/reopen").status_code == 303
    assert "1 open comment" in page(site, "rita", card)
    with site.world.read() as session:
        done = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "comment")).all()
    assert list(done) == ["resolved", "reopened"]


def test_comments_are_collapsed_until_somebody_follows_a_link_to_one(site: Site, card: int) -> None:
    answer = site.page("rita").post(f"/cards/{card}/comments", {"text": "Hm"})
    where = answer.headers["Location"]
    assert re.search(r"/cards/\d+/refund-window\?comments=1#comment-\d+$", where)
    assert re.search(r'id="comments" open', site.page("rita").get(where).text)
    assert not re.search(r'id="comments" open', page(site, "rita", card))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("ada", True), ("cora", True), ("axel", True), ("vera", True), ("rita", False), ("stan", True)],
)
def test_who_keeps_the_card_true_or_began_the_thread_resolves_it(
    site: Site, card: int, name: str, allowed: bool
) -> None:
    first = say(site, "stan", card, "Is this so?")
    visitor = site.page(name)
    assert ("/resolve" in visitor.get(f"/cards/{card}").text) == allowed
    assert visitor.post(f"/comments/{first}/resolve").status_code == (303 if allowed else 403)
    assert (one(site.world, first).resolved_at is not None) == allowed


def test_only_its_author_edits_a_comment_and_curators_may_delete_it(site: Site, card: int) -> None:
    first = say(site, "rita", card, "Wrong")
    for name in ("stan", "axel", "cora", "ada"):
        assert site.page(name).post(f"/comments/{first}/edit", {"text": "Mine"}).status_code == 403, name
    for name in ("stan", "axel", "vera"):
        assert site.page(name).post(f"/comments/{first}/delete").status_code == 403, name
    assert site.page("rita").post(f"/comments/{first}/edit", {"text": "Wrong since May"}).status_code == 303
    shown = page(site, "stan", card)
    assert "Wrong since May" in shown
    assert "edited" in shown
    assert site.page("cora").post(f"/comments/{first}/delete").status_code == 303
    assert "Wrong since May" not in page(site, "rita", card)
    assert number(site.world) == 0


def test_a_deleted_comment_keeps_its_place_while_it_has_replies(site: Site, card: int) -> None:
    first = say(site, "rita", card, f"Ask @vera about {CANARY}")
    reply = say(site, "axel", card, "I did", thread=first)
    rita = site.page("rita")
    assert rita.post(f"/comments/{first}/delete").status_code == 303
    shown = page(site, "stan", card)
    assert CANARY not in shown
    assert "Deleted comment" in shown
    assert "I did" in shown
    assert one(site.world, first).text == ""
    assert mentioned(site.world, first) == set()
    assert rita.post(f"/comments/{first}/edit", {"text": "Back"}).status_code == 404
    assert site.page("axel").post(f"/comments/{reply}/delete").status_code == 303
    assert number(site.world) == 0  # with its last reply the place goes, too


def test_mentions_find_readers_by_name_first_name_and_address(site: Site, card: int) -> None:
    world = site.world
    with world.transaction() as session:
        system = world.actor(session, "system")
        for address, name in (
            ("ann@x.example", "Ann Lee"),
            ("anna@x.example", "Anna von Ohr"),
            ("al@x.example", "Ann Lee"),
        ):
            add_person(session, system, address, name, Role.REP, [], world.now)
    cases = {
        "@Vera look": {"Vera"},
        "(@vera, @AXEL: both)": {"Vera", "Axel"},
        "Hi @vera@northwind.example.": {"Vera"},
        "@Anna von Ohr knows": {"Anna von Ohr"},
        "@anna knows": {"Anna von Ohr"},
        "@Ann Lee is two people": set(),
        "@ann@x.example is one": {"Ann Lee"},
        "write to vera@northwind.example": set(),
        "https://social.example/@Vera is a link": set(),
        "@Veranda is no name": set(),
        "@@Vera": set(),
        "@rita's card": {"Rita"},
    }
    for text, names in cases.items():
        assert mentioned(world, say(site, "stan", card, text)) == names, text


def test_naming_somebody_who_may_not_read_the_card_tells_the_same_as_naming_nobody(site: Site) -> None:
    card, rita = site.world.card("Floor", collection="deals"), site.page("rita")
    told = []
    for name in ("stan", "nemo", email("stan"), email("nemo")):
        answer = rita.post(f"/cards/{card}/comments", {"text": f"@{name} should see this"})
        shown = rita.get(answer.headers["Location"]).text
        told.append(re.sub(name, "X", re.search(r"Comment added\.[^<]*", shown)[0]))  # type: ignore[index]
    assert len(set(told)) == 1
    assert "Nobody was told for @X" in told[0]
    with site.world.read() as session:
        assert session.scalars(select(Mention)).all() == []


def test_the_list_of_people_holds_only_readers_of_the_card(site: Site) -> None:
    world = site.world
    open_card, closed = world.card(), world.card(collection="deals")
    draft = world.card(publish=False, author="axel", owner="axel")

    def offered(card: int, typed: str, name: str = "rita") -> set[str]:
        answer = site.page(name).get(f"/cards/{card}/mentions?q={typed}")
        return {each["name"] for each in answer.get_json()["people"]}

    assert offered(open_card, "s") == {"Stan"}
    assert offered(closed, "s") == set()
    assert offered(closed, email("stan")) == set()
    assert offered(closed, "v") == {"Vera"}
    assert offered(closed, "") == {"Ada", "Admin", "Cora", "Rita", "Vera"}
    assert offered(draft, "", "axel") == {"Ada", "Admin", "Axel", "Cora", "Vera"}
    assert site.page("stan").get(f"/cards/{closed}/mentions?q=v").status_code == 404
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    assert offered(closed, "v") == set()


def test_whom_the_query_finds_is_whom_the_permission_table_lets_read(site: Site) -> None:
    world = site.world
    cards = world.card(), world.card(collection="deals")
    with world.transaction() as session:
        world.collection(session, "deals").authors = [world.group(session, "experts")]
        world.collection(session, "deals").steward = world.person(session, "stan")
    for made in cards:
        with world.read() as session:
            card = session.get_one(Card, made)
            people = session.scalars(select(Person)).all()
            able = {p.email for p in people if may(actor_for(session, p), Right.READ, card)}
            assert {person.email for person in people_who_read(session, card)} == able


def test_comments_go_where_their_card_goes(site: Site, card: int) -> None:
    world = site.world
    first = say(site, "stan", card, f"About {CANARY}")
    with world.transaction() as session:
        session.get_one(Card, card).collection_id = world.collection(session, "deals").id
    stan = site.page("stan")
    assert stan.get(f"/cards/{card}").status_code == 404
    for path in (f"/comments/{first}/delete", f"/comments/{first}/edit", f"/comments/{first}/resolve"):
        assert stan.post(path, {"text": "x"}).status_code == 404, path
    assert site.api("stan", "read").get(f"/cards/{card}/comments").status_code == 404
    assert CANARY in page(site, "rita", card)


def test_comments_on_an_archived_card_are_shown_to_whoever_may_restore_it(site: Site, card: int) -> None:
    say(site, "rita", card, f"About {CANARY}")
    site.page("cora").post(f"/cards/{card}/archive")
    assert CANARY not in page(site, "rita", card)
    assert CANARY in page(site, "axel", card)
    assert site.api("rita", "read").get(f"/cards/{card}/comments").status_code == 410
    assert site.page("rita").post(f"/cards/{card}/comments", {"text": "And now?"}).status_code == 403
    assert site.page("axel").post(f"/cards/{card}/comments", {"text": "And now?"}).status_code == 403
    assert '"text"' not in page(site, "axel", card)
    site.page("cora").post(f"/cards/{card}/unarchive")
    assert CANARY in page(site, "rita", card)


def test_a_deleted_card_takes_its_comments_with_it(site: Site, card: int) -> None:
    say(site, "rita", card, "Yes?", thread=say(site, "rita", card, "Hello @vera"))
    with site.world.transaction() as session:
        ada, found = site.world.actor(session, "ada"), session.get_one(Card, card)
        card_commands.archive_card(session, ada, found, site.world.now)
        card_commands.delete_card(session, ada, found, site.world.now)
    assert number(site.world) == 0


def test_nothing_is_said_about_a_replaced_card(site: Site, card: int) -> None:
    other = site.world.card()
    with site.world.transaction() as session:
        cora = site.world.actor(session, "cora")
        replacements.replace_card(
            session, cora, session.get_one(Card, card), session.get_one(Card, other), site.world.now
        )
    assert site.page("rita").post(f"/cards/{card}/comments", {"text": "Late"}).status_code == 403


def test_a_draft_is_discussed_by_those_who_see_it_and_by_nobody_else(site: Site) -> None:
    draft = site.world.card(publish=False, author="axel")
    first = say(site, "axel", draft, "@vera is this right? @rita")
    assert mentioned(site.world, first) == {"Vera"}
    assert "is this right?" in page(site, "vera", draft)
    assert site.page("rita").post(f"/cards/{draft}/comments", {"text": "x"}).status_code == 404


def test_comments_are_found_by_no_search_and_change_no_trust(site: Site, card: int) -> None:
    before = site.world.trust(card)
    say(site, "rita", card, f"{CANARY} refund")
    site.index()
    assert site.world.trust(card) == before
    rita, api = site.page("rita"), site.api("rita", "read")
    assert "No card answers" in rita.get(f"/?q={CANARY}").text
    for call in (f"/search?q={CANARY}", f"/lookup?q={CANARY}", f"/lookup?q={CANARY}&as_of={site.world.now:%Y-%m-%d}"):
        assert "Refund window" not in api.get(call).text, call
    for path in (f"/preview/{card}", "/?q=refund"):
        assert CANARY not in rita.get(path).text
    for call in (f"/cards/{card}", "/cards", f"/cards/{card}/similar", f"/cards/{card}/revisions", "/search?q=refund"):
        assert CANARY not in api.get(call).text, call


@pytest.fixture
def crowd(site: Site) -> None:
    """More people than a comment may mention."""
    with site.world.transaction() as session:
        system = site.world.actor(session, "system")
        for n in range(11):
            add_person(session, system, f"p{n}@x.example", f"P{n}", Role.REP, [], site.world.now)


@in_one_world(
    ("text", "words"),
    [("", "Write your comment first."), (" \n ", "Write your comment first."), ("x" * 2001, "the limit is 2000"),
     (" ".join(f"@p{n}@x.example" for n in range(11)), "at most 10 people")],
)  # fmt: skip
def test_what_can_not_be_said_keeps_what_was_typed_and_says_why(
    site: Site, card: int, crowd: None, text: str, words: str
) -> None:
    answer = site.page("rita").post(f"/cards/{card}/comments", {"text": text})
    assert answer.status_code == 422
    assert words in answer.text
    assert text.strip()[:40] in answer.text
    assert re.search(r'id="comments" open', answer.text)
    assert number(site.world) == 0


def test_markup_in_a_comment_stays_words(site: Site, card: int) -> None:
    say(site, "rita", card, '<b>x</b> [a](javascript:alert(1)) https://example.com/"><script>alert(1)</script>')
    shown = page(site, "stan", card)
    assert "<b>x</b>" not in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown


def test_replies_have_one_level_and_end_with_their_thread(site: Site, card: int) -> None:
    first = say(site, "rita", card, "One")
    reply = say(site, "stan", card, "Two", thread=first)
    rita = site.page("rita")
    assert rita.post(f"/cards/{card}/comments", {"text": "Three", "thread": reply}).status_code == 409
    assert rita.post(f"/comments/{reply}/resolve").status_code == 409
    rita.post(f"/comments/{first}/resolve")
    answer = rita.post(f"/cards/{card}/comments", {"text": "Four", "thread": first})
    assert answer.status_code == 409
    assert "Reopen it first" in answer.text
    other = site.world.card()
    assert rita.post(f"/cards/{other}/comments", {"text": "Five", "thread": first}).status_code == 404


def test_a_card_and_a_person_have_their_fill_of_comments(
    site: Site, card: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_THREADS", 2)
    monkeypatch.setattr(commands, "MOST_REPLIES", 1)
    monkeypatch.setattr(commands, "MOST_AN_HOUR", 4)
    first = say(site, "rita", card, "One")
    say(site, "rita", card, "Two")
    rita = site.page("rita")
    assert rita.post(f"/cards/{card}/comments", {"text": "Three"}).status_code == 409
    say(site, "rita", card, "Yes", thread=first)
    assert rita.post(f"/cards/{card}/comments", {"text": "No", "thread": first}).status_code == 409
    rita.post(f"/comments/{first}/resolve")
    say(site, "rita", card, "Four")
    elsewhere = site.world.card()
    answer = rita.post(f"/cards/{elsewhere}/comments", {"text": "Five"})
    assert answer.status_code == 429
    assert "Five" in answer.text
    assert site.page("stan").post(f"/cards/{elsewhere}/comments", {"text": "Six"}).status_code == 303


def test_the_same_said_twice_within_a_minute_is_one_comment(site: Site, card: int) -> None:
    first = say(site, "rita", card, "Hello")
    site.world.later(seconds=59)
    assert say(site, "rita", card, "Hello") == first
    site.world.later(seconds=1)
    assert say(site, "rita", card, "Hello") != first
    assert say(site, "stan", card, "Hello") != first


def test_a_reply_to_what_is_being_deleted_is_not_lost(site: Site, card: int) -> None:
    first, world = say(site, "rita", card, "Going"), site.world

    def reply(meet: Meet) -> None:
        with world.transaction() as session:
            actor, thread = world.actor(session, "stan"), session.get(Comment, first)
            meet()
            commands.add_comment(session, actor, session.get_one(Card, card), "Stay", world.now, thread=thread)

    def delete(meet: Meet) -> None:
        with world.transaction() as session:
            actor, comment = world.actor(session, "rita"), session.get_one(Comment, first)
            meet()
            commands.delete_comment(session, actor, comment, world.now)

    outcomes = at_once(reply, delete)
    with world.read() as session:
        left = list(session.scalars(select(Comment.text).order_by(Comment.id)))
    refused = [str(each) for each in outcomes if isinstance(each, Exception)]
    assert (left, refused) in ((["", "Stay"], []), ([], ["It was deleted meanwhile."]))


def test_the_api_does_what_the_page_does(site: Site, card: int) -> None:
    rita: Any = site.api("rita", "write", "read")
    axel: Any = site.api("axel", "write")
    vera: Any = site.api("vera", "write")
    made = rita.call("POST", f"/cards/{card}/comments", {"text": "Does it hold, @vera?"})
    assert made.status_code == 201
    assert [each["name"] for each in made.json["mentions"]] == ["Vera"]
    assert rita.call("POST", f"/cards/{card}/comments", {"text": "Does it hold, @vera?"}).status_code == 200
    first = made.json["id"]
    reply = axel.call("POST", f"/cards/{card}/comments", {"text": "Yes", "thread_id": first})
    assert (reply.status_code, reply.json["thread_id"]) == (201, first)
    edited = rita.call("PATCH", f"/comments/{first}", {"text": "Does it hold?"})
    assert (edited.json["text"], edited.json["mentions"]) == ("Does it hold?", [])
    done = vera.call("PUT", f"/comments/{first}/resolution")
    assert done.json["resolved_by"]["name"] == "Vera"
    listed = rita.get(f"/cards/{card}/comments").json
    assert [(each["id"], [r["text"] for r in each["replies"]]) for each in listed["items"]] == [(first, ["Yes"])]
    assert rita.call("DELETE", f"/comments/{first}/resolution").json["resolved_at"] is None
    assert rita.call("DELETE", f"/comments/{first}").status_code == 204
    assert rita.get(f"/cards/{card}/comments").json["items"][0]["deleted"] is True


def test_the_list_goes_on_where_the_page_before_ended_open_threads_first(site: Site, card: int) -> None:
    numbers = []
    for text in ("One", "Two", "Three", "Four"):
        numbers.append(say(site, "rita", card, text))
        site.world.later(seconds=1)
    for first in (numbers[0], numbers[2]):
        site.page("rita").post(f"/comments/{first}/resolve")
        site.world.later(seconds=1)
    api = site.api("stan", "read")
    found: list[str] = []
    cursor: str | None = ""
    for _page in range(4):
        answer = api.get(f"/cards/{card}/comments?limit=1&cursor={cursor}").json
        found += [each["text"] for each in answer["items"]]
        cursor = answer["next_cursor"]
    assert (found, cursor) == (["Two", "Four", "Three", "One"], None)
    shown = page(site, "stan", card)
    assert "2 open comments" in shown
    assert "2 resolved" in shown


def test_comments_need_more_than_a_token_that_looks_up(site: Site, card: int) -> None:
    first = say(site, "rita", card, "Hello")
    lookup = site.api("rita", "lookup")
    assert lookup.get(f"/cards/{card}/comments").status_code == 403
    assert lookup.call("POST", f"/cards/{card}/comments", {"text": "x"}).status_code == 403
    read = site.api("rita", "read")
    assert read.call("PATCH", f"/comments/{first}", {"text": "x"}).status_code == 403
    assert read.call("DELETE", f"/comments/{first}").status_code == 403
    assert read.call("PUT", f"/comments/{first}/resolution").status_code == 403


def test_strangers_learn_nothing_of_comments_on_cards_they_may_not_read(site: Site) -> None:
    card = site.world.card(collection="deals")
    first = say(site, "rita", card, f"About {CANARY}")
    stan: Visitor = site.page("stan")
    for visitor_path in (f"/comments/{first}/edit", f"/comments/{first}/delete", f"/comments/{first}/resolve"):
        missing = visitor_path.replace(str(first), "999")
        hidden, none = stan.post(visitor_path, {"text": "x"}), stan.post(missing, {"text": "x"})
        assert (hidden.status_code, none.status_code) == (404, 404)
        assert "There is no such comment." in hidden.text
        assert "There is no such comment." in none.text
    api: Any = site.api("stan", "read", "write")
    for method, path in (("PATCH", f"/comments/{first}"), ("DELETE", f"/comments/{first}"),
                         ("PUT", f"/comments/{first}/resolution")):  # fmt: skip
        body = {"text": "x"} if method == "PATCH" else None
        answers = [api.call(method, each, body) for each in (path, path.replace(str(first), "999"))]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json["detail"] for answer in answers}) == 1
    mine = say(site, "stan", site.world.card(), "Mine")
    assert mine
    assert stan.post(f"/cards/{card}/comments", {"text": "x", "thread": mine}).status_code == 404
    with site.world.read() as session, pytest.raises(Exception, match="no such comment"):
        comment_seen_by(session, site.world.actor(session, "stan"), first)


def replace(site: Site, old: int, new: int) -> None:
    with site.world.transaction() as session:
        actor, now = site.world.actor(session, "cora"), site.world.now
        replacements.replace_card(session, actor, session.get_one(Card, old), session.get_one(Card, new), now)


def test_what_was_said_about_a_replaced_card_is_read_from_the_one_that_took_its_place(site: Site, card: int) -> None:
    first = say(site, "axel", card, f"Since when? {CANARY}")
    say(site, "cora", card, "Since May", thread=first)
    middle, head = site.world.card("Refund window 2"), site.world.card("Refund window 3")
    assert "replaced card" not in page(site, "rita", head)
    replace(site, card, middle)
    replace(site, middle, head)
    shown = page(site, "rita", head)
    assert "2 comments on the replaced card “Refund window”" in shown
    assert CANARY in shown
    assert "2 on what it replaced" in shown
    below = shown.partition("on the replaced card")[2]
    assert ("/resolve" in below, "Reply to the comment" in below) == (False, False)
    link = site.page("axel").get(f"/cards/{card}?comments=1").headers["Location"]
    assert link.endswith(f"?replaced={card}&comments=1")


def test_comments_on_a_replaced_card_are_for_whoever_could_read_that_card(site: Site) -> None:
    old, head = site.world.card("Secret refund", collection="deals"), site.world.card("Open refund")
    say(site, "vera", old, f"Psst {CANARY}")
    replace(site, old, head)
    assert CANARY in page(site, "rita", head)
    shown = page(site, "stan", head)
    assert (CANARY in shown, "Secret refund" in shown, "replaced card" in shown) == (False, False, False)
