"""Questions: the right person is asked, the same question is asked once, and an answer is a card."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.questions.commands import answer_with, question_seen_by
from curator.questions.models import Question
from curator.questions.sameness import asks_the_same
from kb.cards.models import Card
from kb.people.commands import add_person, deactivate_person
from kb.people.models import Person, Role
from tests.curator.cast import context, mails
from tests.curator.test_absences import plan
from tests.kb.together import Meet, at_once
from tests.site import Site
from tests.world import email


@pytest.fixture
def refunds(site: Site) -> int:
    """A card on refunds that Vera checks, Axel owns and Cora wrote."""
    card = site.world.card("Refund window", "Customers get their money back within thirty days.", verified=True)
    site.index()
    return card


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def ask(site: Site, text: str, name: str = "rita", **more: Any) -> Any:
    return api(site, name).call("POST", "/questions", {"text": text, **more})


def asked(site: Site, text: str, name: str = "rita", **more: Any) -> Any:
    answer = ask(site, text, name, **more)
    assert answer.status_code in (200, 201), answer.json
    return answer.json


def test_whoever_looks_after_the_nearest_cards_is_asked_by_mail(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?", detail="ACME wants to know.")
    assert question["assignee"]["email"] in (email("vera"), email("axel"))
    assert (question["state"], question["collection"]) == ("open", "billing")
    (mail,) = mails(site.world).values()
    assert mail.to_address == question["assignee"]["email"]
    assert mail.subject == "Rita asks: Is there a refund window for resellers?"
    for told in ("ACME wants to know.", "Looks after “Refund window”", f"/questions/{question['id']}"):
        assert told in mail.text


def test_nobody_is_asked_twice_in_a_row_while_others_know_as_much(site: Site, refunds: int) -> None:
    texts = ("Refund for resellers?", "Refund in dollars?", "Refund after a downgrade?", "Refund of shipping fees?")
    names = [asked(site, text)["assignee"]["name"] for text in texts]
    assert all(one != other for one, other in pairwise(names))
    assert {"Vera", "Axel"} <= set(names)


def test_without_a_card_near_it_a_curator_is_asked(site: Site) -> None:
    question = asked(site, "Who waters the plants?")
    assert question["assignee"]["email"] == email("cora")
    assert question["collection"] is None


def test_a_question_about_a_card_goes_to_whoever_checks_it(site: Site, refunds: int) -> None:
    question = asked(site, "Also for resellers?", card_id=refunds)
    assert question["assignee"]["email"] == email("vera")
    refused = ask(site, "Really?", "vera", card_id=refunds)
    assert (refused.status_code, refused.json["detail"]) == (409, "You are the one who checks this card.")


def test_the_same_question_is_joined_and_both_are_told(site: Site, refunds: int) -> None:
    first = ask(site, "Is there a refund window for resellers?")
    second = ask(site, "is there a REFUND window for the resellers", "stan")
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["id"] == first.json["id"]
    assert [person["name"] for person in second.json["asked_by"]] == ["Rita", "Stan"]
    assert ask(site, "Is there a refund window for resellers?").status_code == 200
    name = first.json["assignee"]["email"].split("@")[0]
    done = api(site, name, "write").call("POST", f"/questions/{first.json['id']}/answer", {"card_id": refunds})
    assert done.json["state"] == "answered"
    told = {mail.to_address: mail for key, mail in mails(site.world).items() if key.startswith("answer:")}
    assert set(told) == {email("rita"), email("stan")}
    assert "Refund window" in told[email("rita")].text
    for name in ("rita", "stan"):
        (notice,) = api(site, name, "read").get("/notices").json["items"]
        assert (notice["kind"], notice["heading"]) == ("answered", "Your question was answered")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("What is the refund window?", "what's our refund window", False),
        ("What is the refund window?", "the refund window is what", True),
        ("Does plan 2 have SSO?", "Does plan 3 have SSO?", False),
        ("Prices in 2026", "Prices in 2027", False),
        ("Wie lange gilt die Rückgabe?", "wie lange gilt die Rückgabe", True),
        ("?", "!", False),
    ],
)
def test_only_questions_with_the_same_telling_words_are_the_same(one: str, other: str, is_same: bool) -> None:
    assert asks_the_same(one, other) is is_same


def test_an_answer_is_written_in_one_step(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?")
    name = question["assignee"]["email"].split("@")[0]
    page = site.page(name)
    shown = page.get(f"/questions/{question['id']}").text
    assert "Answer with it" in shown
    done = page.post(
        f"/questions/{question['id']}/card",
        {
            "title": "Refunds for resellers",
            "body": "Resellers have **60** days.",
            "collection": "billing",
            "checked": "1",
        },
    )
    assert done.status_code == 303
    site.index()
    found = api(site, "rita").get("/lookup", query_string={"q": "refunds resellers"}).json["answer"]
    assert (found["title"], found["trust"]["state"]) == ("Refunds for resellers", "verified")
    closed = api(site, "rita").get(f"/questions/{question['id']}").json
    assert (closed["state"], closed["answer"]["id"]) == ("answered", found["id"])
    again = page.post(f"/questions/{question['id']}/answer", {"card_id": refunds})
    assert again.status_code == 409


def test_what_is_wrong_with_an_answer_is_said_and_nothing_is_lost(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?")
    page = site.page(question["assignee"]["email"].split("@")[0])
    page.get(f"/questions/{question['id']}")
    typed = {"title": "", "body": "Sixty days, kept.", "collection": "billing"}
    failed = page.post(f"/questions/{question['id']}/card", typed)
    assert failed.status_code == 422
    assert "Title is needed" in failed.text
    assert "Sixty days, kept." in failed.text
    failed = page.post(f"/questions/{question['id']}/answer", {"card_url": "https://elsewhere.example/cards/1"})
    assert failed.status_code == 422
    assert "Paste the address of a card" in failed.text
    cora = api(site, "cora", "write")
    wrong = cora.call("POST", f"/questions/{question['id']}/answer", {"title": "x"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "body")


def test_only_who_asked_who_was_asked_and_curators_see_a_question(site: Site) -> None:
    secret = site.world.card("Floor prices", "Nothing below forty.", collection="deals", verified=True)
    site.index()
    question = asked(site, "What are the floor prices for resellers?", "rita")
    assert question["collection"] == "deals"
    path = f"/questions/{question['id']}"
    assert api(site, "stan").get(path).status_code == api(site, "stan").get("/questions/999").status_code == 404
    assert api(site, "stan").get("/questions", query_string={"scope": "all"}).json["items"] == []
    other = ask(site, "What are the floor prices for resellers?", "stan")
    assert other.status_code == 201  # joining it would tell that somebody asked in Deals
    assert other.json["collection"] is None
    assert api(site, "cora").get(path).status_code == 200
    name = question["assignee"]["email"].split("@")[0]
    assert api(site, name).get(path).json["id"] == question["id"]
    answer = api(site, "axel", "write").call("POST", f"{path}/answer", {"card_id": secret})
    assert answer.status_code == 404


def test_a_rep_may_not_answer_and_can_take_a_question_back(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?")
    refused = api(site, "rita", "write").call("POST", f"/questions/{question['id']}/answer", {"card_id": refunds})
    assert refused.status_code == 403
    page = site.page("rita")
    assert "I don't need it any more" in page.get(f"/questions/{question['id']}").text
    assert page.post(f"/questions/{question['id']}/withdrawal").status_code == 303
    assert api(site, "ada").get(f"/questions/{question['id']}").json["state"] == "withdrawn"


def test_a_card_that_is_no_answer_is_refused(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?")
    draft = site.world.card("Draft", publish=False)
    refused = api(site, "cora", "write").call("POST", f"/questions/{question['id']}/answer", {"card_id": draft})
    assert refused.status_code == 409
    with site.world.read() as session:
        assert session.scalars(select(Question)).one().is_open


def test_it_is_passed_on_to_somebody_able_only(site: Site, refunds: int) -> None:
    question = asked(site, "Also for resellers?", card_id=refunds)
    page = site.page("vera")
    page.get(f"/questions/{question['id']}")
    with site.world.read() as session:
        rita, axel = (site.world.person(session, name).id for name in ("rita", "axel"))
    assert page.post(f"/questions/{question['id']}/assignee", {"to": rita}).status_code == 422
    assert page.post(f"/questions/{question['id']}/assignee", {"to": axel}).status_code == 303
    assert api(site, "axel").get("/questions").json["items"][0]["assignee"]["email"] == email("axel")
    assert mails(site.world)[f"question:{question['id']}:{axel}"].to_address == email("axel")


def test_who_does_not_answer_is_reminded_once_then_the_steward_is_asked(site: Site, refunds: int) -> None:
    world = site.world
    question = asked(site, "Also for resellers?", card_id=refunds)
    assert jobs.questions(context(world)) == "0 reminders, 0 questions passed on"
    world.later(days=2)
    assert jobs.questions(context(world)) == "1 reminder, 0 questions passed on"
    assert jobs.questions(context(world)) == "0 reminders, 0 questions passed on"
    world.later(days=3)
    assert jobs.questions(context(world)) == "0 reminders, 1 question passed on"
    now = api(site, "cora").get(f"/questions/{question['id']}").json
    assert now["assignee"]["email"] == email("cora")
    for _ in range(20):
        world.later(days=1)
        jobs.questions(context(world))
    told = [mail.to_address for mail in mails(world).values()]
    assert told == [email("vera"), email("vera"), email("cora"), email("cora")]


def test_a_colleague_who_leaves_takes_no_question_along(site: Site, refunds: int) -> None:
    world = site.world
    question = asked(site, "Also for resellers?", card_id=refunds)
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "vera"), world.now)
    assert jobs.questions(context(world)) == "0 reminders, 1 question passed on"
    assert api(site, "cora").get(f"/questions/{question['id']}").json["assignee"]["email"] == email("cora")


def test_nobody_who_is_away_is_asked_while_somebody_is_there(site: Site, refunds: int) -> None:
    texts = ("Refund for resellers?", "Refund in dollars?", "Refund after a downgrade?", "Refund of shipping fees?")
    plan(site.world, "vera", 0, 2)
    assert email("vera") not in {asked(site, text)["assignee"]["email"] for text in texts[:2]}
    for name in ("axel", "cora"):
        plan(site.world, name, 0, 2)
    with site.world.transaction() as session:
        admins = {person.email for person in session.scalars(select(Person).where(Person.role == Role.ADMIN))}
        for admin in session.scalars(select(Person).where(Person.email == "admin@localhost")):
            deactivate_person(session, site.world.actor(session, "ada"), admin, site.world.now)
    assert asked(site, texts[2])["assignee"]["email"] in admins
    plan(site.world, "ada", 0, 2)
    assert asked(site, texts[3])["assignee"]["email"] in (email("axel"), email("vera"))  # as if nobody were away


def test_who_goes_away_leaves_open_questions_to_the_stand_in(site: Site, refunds: int) -> None:
    world = site.world
    question = asked(site, "Also for resellers?", card_id=refunds)
    plan(world, "vera", 1, 5, "axel")
    assert jobs.questions(context(world)) == "0 reminders, 0 questions passed on"
    world.later(days=1)
    for outcome in ("0 reminders, 1 question passed on", "0 reminders, 0 questions passed on"):
        assert jobs.questions(context(world)) == outcome
    assert api(site, "axel").get(f"/questions/{question['id']}").json["assignee"]["email"] == email("axel")
    assert "While Vera is away" in site.page("axel").get(f"/questions/{question['id']}").get_data(as_text=True)


def test_whoever_can_no_longer_open_the_answer_learns_only_who_has_it(site: Site, refunds: int) -> None:
    question = asked(site, "Is there a refund window for resellers?", "stan")
    secret = site.world.card("Reseller terms", "Sixty days.", collection="deals", verified=True)
    api(site, "cora", "write").call("POST", f"/questions/{question['id']}/answer", {"card_id": secret})
    mail = mails(site.world)[next(key for key in mails(site.world) if key.startswith("answer:"))]
    assert "Cora has the answer in a card that is not open to you." in mail.text
    assert "Reseller terms" not in mail.text + mail.html
    assert api(site, "stan").get(f"/questions/{question['id']}").json["answer"] is None
    assert "Reseller terms" not in site.page("stan").get("/questions?scope=mine&state=closed").text
    assert "Reseller terms" not in site.page("stan").get("/notices").text


def test_a_search_that_finds_nothing_offers_to_ask_with_its_words(site: Site, refunds: int) -> None:
    page = site.page("rita")
    found = page.get("/?q=plants+watering").text
    assert "/questions/new?q=plants+watering" in found
    form = page.get("/questions/new?q=refund+window+resellers").text
    assert "refund window resellers" in form
    assert "Refund window" in form  # the card that comes near
    done = page.post("/questions", {"text": "plants watering"})
    assert done.status_code == 303
    assert "plants watering" in page.get(done.headers["Location"]).text
    failed = page.post("/questions", {"text": " ", "detail": "kept"})
    assert failed.status_code == 422
    assert "kept" in failed.text


def test_a_card_leads_its_readers_to_whoever_checks_it(site: Site, refunds: int) -> None:
    page = site.page("rita")
    assert f'href="/questions/new?card={refunds}"' in page.get(f"/cards/{refunds}").text
    assert f"/questions/new?card={refunds}" not in site.page("vera").get(f"/cards/{refunds}").text
    form = page.get(f"/questions/new?card={refunds}").text
    assert f'name="card" value="{refunds}"' in form
    assert "Refund window</a>" in form
    failed = page.post("/questions", {"text": "", "card": str(refunds)})
    assert (failed.status_code, f'name="card" value="{refunds}"' in failed.text) == (422, True)
    assert page.post("/questions", {"text": "Also for resellers?", "card": str(refunds)}).status_code == 303
    with site.world.read() as session:
        question = session.scalars(select(Question)).one()
        assert (question.card_id, question.assignee.name) == (refunds, "Vera")


def test_nobody_asks_about_a_card_that_they_may_not_see(site: Site) -> None:
    secret = site.world.card("Reseller terms", "Sixty days.", collection="deals", verified=True)
    page = site.page("stan")
    assert page.get(f"/questions/new?card={secret}").status_code == 404
    assert page.post("/questions", {"text": "What does it say?", "card": str(secret)}).status_code == 404
    assert page.get("/questions/new?card=99999999999999999999").status_code == 404


def test_too_many_open_questions_are_refused_with_the_remedy(site: Site) -> None:
    for number in range(30):
        asked(site, f"What about topic{'abcdefghijklmnopqrstuvwxyzäöüß'[number]}{number * 7}?")
    refused = ask(site, "And one more thing?")
    assert refused.status_code == 409
    assert "30 open questions" in refused.json["detail"]


def test_an_expert_of_the_page_is_somebody_who_can_be_asked(site: Site, refunds: int) -> None:
    world = site.world
    with world.transaction() as session:
        left = add_person(
            session, world.actor(session, "ada"), "left@northwind.example", "Left", Role.AUTHOR, [], world.now
        )
        card = session.get_one(Card, refunds)
        card.owner_id = card.created_by_id = card.updated_by_id = left.id
        deactivate_person(session, world.actor(session, "ada"), left, world.now)
    for text in ("Refund for resellers?", "Refund in dollars?"):
        assert asked(site, text)["assignee"]["email"] == email("vera")


def test_an_answer_is_no_way_around_a_review(site: Site, refunds: int) -> None:
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = True
    question = asked(site, "Also for resellers?", card_id=refunds)
    written = {"title": "Refunds for resellers", "body": "Sixty days.", "collection": "billing"}
    refused = api(site, "vera", "write").call("POST", f"/questions/{question['id']}/answer", written)
    assert refused.status_code == 409
    assert "Billing asks for review" in refused.json["detail"]
    assert api(site, "vera").get("/cards", query_string={"status": "draft"}).json["items"] == []
    assert api(site, "cora", "write").call("POST", f"/questions/{question['id']}/answer", written).status_code == 200


def test_of_two_who_answer_at_once_the_second_finds_it_closed(site: Site, refunds: int) -> None:
    world = site.world
    question = asked(site, "Also for resellers?", card_id=refunds)["id"]

    def answer(name: str, meet: Meet) -> None:
        with world.transaction() as session:
            actor = world.actor(session, name)
            found, card = question_seen_by(session, actor, question), session.get_one(Card, refunds)
            meet()
            answer_with(session, actor, found, card, world.settings, world.now)

    done = at_once(lambda meet: answer("vera", meet), lambda meet: answer("cora", meet))
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"]
