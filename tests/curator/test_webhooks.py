"""Webhooks: told once, signed, retried, given up visibly, and never a word about a card their person may not read."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.webhooks.models import Webhook, WebhookDelivery
from curator.webhooks.outbox import queue_webhook
from curator.webhooks.sender import PAUSES
from kb.cards.collections import CollectionFields, change_collection
from kb.cards.models import Card
from kb.people.actor import Actor
from kb.people.commands import deactivate_person
from kb.settings import Settings
from tests.curator.cast import context, mails
from tests.infra.cases import in_one_world
from tests.infra.receiver import Posted, Receiver
from tests.site import Site
from tests.world import START, World, email

Json = dict[str, Any]


@pytest.fixture
def settings_values(receiver: Receiver) -> dict[str, Any]:
    """The loopback is an allowed network here, as an intranet is elsewhere."""
    return {"outbound": {"allow_networks": ["127.0.0.0/8"], "allow_ports": [receiver.port], "timeout_seconds": 5}}


def made(site: Site, receiver: Receiver, **fields: Any) -> Json:
    """A webhook, made over the API by Ada."""
    body = {"name": "Channel", "url": f"{receiver.url}/in/secret-part", "events": ["flagged"], **fields}
    answer = site.api("ada", "admin").call("POST", "/webhooks", body)
    assert answer.status_code == 201, answer.text
    shape: Json = answer.get_json()
    return shape


def tell(world: World, card: int, event: str = "flagged", key: str = "", **more: Any) -> int:
    with world.transaction() as session:
        return queue_webhook(session, event, {"card_id": card, **more}, world.now, key=key)


def send(world: World) -> str:
    return jobs.send_webhooks(context(world))


def deliveries(world: World) -> list[WebhookDelivery]:
    with world.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def data(posted: Posted) -> Json:
    body: Json = json.loads(posted.body)
    return body


def test_an_event_is_posted_once_and_signed(site: Site, receiver: Receiver) -> None:
    hook = made(site, receiver)
    card = site.world.card("Refund rules", verified=True)
    assert (tell(site.world, card, detail="It is 14 days"), tell(site.world, card, "verified")) == (1, 0)
    assert (send(site.world), send(site.world)) == ("1 message sent", "0 messages sent")
    (posted,) = receiver.posts
    told = data(posted)
    assert posted.path == "/in/secret-part"
    assert (told["event"], told["id"]) == ("flagged", posted.headers["vitrine-delivery"])
    assert (told["data"]["detail"], told["data"]["card"]["title"]) == ("It is 14 days", "Refund rules")
    assert told["data"]["card"]["trust"]["state"] == "verified"
    stamp = posted.headers["vitrine-timestamp"]
    assert int(stamp) == int(START.timestamp())
    mac = hmac.new(hook["secret"].encode(), f"{stamp}.".encode() + posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["vitrine-signature"] == f"v1={mac}"


def test_with_a_key_the_same_thing_is_told_once(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    card = site.world.card()
    assert [tell(site.world, card, key="flagged:1") for _ in range(3)] == [1, 0, 0]


def test_an_event_of_a_change_that_failed_is_never_told(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    card = site.world.card()
    with pytest.raises(ZeroDivisionError), site.world.transaction() as session:
        queue_webhook(session, "flagged", {"card_id": card}, site.world.now)
        raise ZeroDivisionError
    assert deliveries(site.world) == []


def test_a_webhook_never_names_what_its_person_may_not_read(site: Site, receiver: Receiver) -> None:
    made(site, receiver, person=email("stan"))
    secret, known = site.world.card("Deep discounts", collection="deals"), site.world.card("Refund rules")
    tell(site.world, secret)
    tell(site.world, known, cards=[{"card_id": secret, "words": "zanzibar"}, {"card_id": known, "words": "here"}])
    send(site.world)
    (posted,) = receiver.posts
    assert b"Deep" not in posted.body
    assert b"zanzibar" not in posted.body
    assert [each["words"] for each in data(posted)["data"]["cards"]] == ["here"]
    assert [row.state for row in deliveries(site.world)] == ["skipped", "sent"]


def test_questions_go_to_the_webhooks_of_who_may_see_them(site: Site, receiver: Receiver) -> None:
    card = site.world.card("Refund rules", verified=True)
    site.index()
    for name, more in (("cora", {}), ("stan", {}), ("ada", {"collection": "deals"})):
        made(site, receiver, name=name, person=email(name), events=["question"], **more)
    rita = site.api("rita")
    for asked in ({"text": "Who waters the plants?"}, {"text": "Also for resellers?", "card_id": card}):
        assert rita.call("POST", "/questions", asked).status_code == 201
    assert send(site.world) == "2 messages sent"
    plants, resellers = (data(posted) for posted in receiver.posts)
    assert (plants["event"], plants["data"]["title"]) == ("question", "Rita asks: Who waters the plants?")
    assert (resellers["data"]["card"]["title"], resellers["data"]["detail"]) == ("Refund rules", "Also for resellers?")


def test_permission_is_asked_when_it_is_sent_not_when_it_happened(site: Site, receiver: Receiver) -> None:
    made(site, receiver, person=email("rita"))
    world = site.world
    tell(world, world.card("Deep discounts", collection="deals"))
    with world.transaction() as session:
        shelf = world.collection(session, "deals")
        fields = CollectionFields("Deals", is_open=False, steward_id=shelf.steward_id)
        change_collection(session, world.actor(session, "ada"), shelf, fields, world.now)
    send(world)
    assert receiver.posts == []


def test_a_collection_narrows_what_an_admin_sees(site: Site, receiver: Receiver) -> None:
    made(site, receiver, collection="deals")
    tell(site.world, site.world.card("Refund rules"))
    tell(site.world, site.world.card("Deep discounts", collection="deals"))
    send(site.world)
    assert [data(posted)["data"]["card"]["title"] for posted in receiver.posts] == ["Deep discounts"]


def test_nothing_is_sent_for_a_person_who_left(site: Site, receiver: Receiver) -> None:
    made(site, receiver, person=email("vera"))
    tell(site.world, site.world.card())
    with site.world.transaction() as session:
        vera = site.world.person(session, "vera")
        deactivate_person(session, site.world.actor(session, "ada"), vera, site.world.now)
    send(site.world)
    assert receiver.posts == []


def test_figures_can_be_made_for_each_webhooks_eyes(site: Site, receiver: Receiver) -> None:
    for name in ("ada", "stan"):
        made(site, receiver, person=email(name), events=["weekly_report"])

    def report(actor: Actor) -> Json | None:
        return {"title": "The week", "facts": [["Collections", str(len(actor.readable))]]}

    with site.world.transaction() as session:
        assert queue_webhook(session, "weekly_report", report, site.world.now, key="2026-W46") == 2
        assert queue_webhook(session, "weekly_report", lambda _actor: None, site.world.now) == 0
    send(site.world)
    assert [data(posted)["data"]["facts"] for posted in receiver.posts] == [
        [["Collections", "2"]],
        [["Collections", "1"]],
    ]


def test_slack_gets_text_and_blocks_in_which_a_title_is_only_words(site: Site, receiver: Receiver) -> None:
    made(site, receiver, form="slack")
    tell(site.world, site.world.card("<!channel> & co"), detail="<https://evil.example|here>")
    send(site.world)
    told = data(receiver.posts[0])
    assert told["text"] == "Reported: &lt;!channel&gt; &amp; co"
    section, facts = told["blocks"]
    assert "&lt;!channel&gt; &amp; co>*\n&lt;https://evil.example|here&gt;" in section["text"]["text"]
    assert "<!channel>" not in section["text"]["text"]
    assert facts["elements"][0]["text"] == "Collection: Billing · Waits for: Vera"


def test_teams_gets_an_adaptive_card_without_markdown(site: Site, receiver: Receiver) -> None:
    made(site, receiver, form="teams")
    tell(site.world, site.world.card("[click](https://evil.example)"))
    send(site.world)
    (attachment,) = data(receiver.posts[0])["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], {part["type"] for part in card["body"]}) == ("AdaptiveCard", {"RichTextBlock"})
    assert card["body"][0]["inlines"][0]["text"] == "Reported: [click](https://evil.example)"
    assert card["actions"][0]["url"].startswith("http://127.0.0.1:8000/cards/")


def test_a_failure_is_tried_again_with_growing_pauses_under_the_same_name(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    receiver.answer_with(503)
    tell(site.world, site.world.card())
    for pause in PAUSES[:3]:
        send(site.world)
        site.world.now += pause - timedelta(seconds=1)
        assert send(site.world) == "0 messages sent"
        site.world.later(seconds=1)
    assert len(receiver.posts) == 3
    receiver.answer_with(204)
    assert send(site.world) == "1 message sent"
    assert len({posted.headers["vitrine-delivery"] for posted in receiver.posts}) == 1
    assert len({posted.headers["vitrine-signature"] for posted in receiver.posts}) == 4
    with site.world.read() as session:
        assert session.scalars(select(Webhook.failing_since)).one() is None


def test_after_eight_tries_it_is_given_up_and_the_page_says_so(site: Site, receiver: Receiver) -> None:
    hook = made(site, receiver)
    receiver.answer_with(500)
    tell(site.world, site.world.card())
    for pause in (*PAUSES, timedelta(0)):
        send(site.world)
        site.world.now += pause
    (row,) = deliveries(site.world)
    assert (row.state, row.tries, row.last_status) == ("dead", 8, 500)
    page = site.page("ada").get("/admin/webhooks").get_data(as_text=True)
    assert "Given up after 8 tries. It answered 500." in page
    answer: Json = site.api("ada", "admin").get(f"/webhooks/{hook['id']}/deliveries").get_json()
    listed = answer["items"]
    assert [(each["state"], each["tries"]) for each in listed] == [("dead", 8)]


def test_one_failing_webhook_keeps_no_other_waiting(site: Site, receiver: Receiver) -> None:
    made(site, receiver, url="http://127.0.0.1:9/closed")
    made(site, receiver)
    card = site.world.card()
    for _ in range(3):
        tell(site.world, card)
    assert send(site.world) == "3 messages sent"


def test_days_of_failures_turn_a_webhook_off_and_its_maker_is_told(site: Site, receiver: Receiver) -> None:
    hook = made(site, receiver)
    receiver.answer_with(500)
    card = site.world.card()
    for _ in range(5):
        tell(site.world, card)
        send(site.world)
        site.world.later(days=0.9)
    (mail,) = mails(site.world).values()
    assert (mail.to_address, mail.subject) == (email("ada"), "The webhook “Channel” was turned off")
    assert "Nothing arrived since 16 Nov 2026. It answered 500." in mail.text
    assert "Turned off. Nothing arrived since 16 Nov 2026" in site.page("ada").get("/admin/webhooks").text
    german = site.page("ada").get("/admin/webhooks", headers={"Accept-Language": "de"}).text
    assert "Abgeschaltet. Seit 16. Nov. 2026 kam nichts an. Die Antwort war 500." in german
    assert "Der Webhook wurde abgeschaltet." in german
    assert {row.state for row in deliveries(site.world)} == {"dead"}
    assert tell(site.world, card) == 0
    receiver.answer_with(200)
    program = site.api("ada", "admin")
    changed: Json = program.call("PATCH", f"/webhooks/{hook['id']}", {"is_on": True}).get_json()
    assert (changed["is_on"], changed["problem"]) == (True, None)
    tell(site.world, card)
    assert send(site.world) == "1 message sent"


def test_whoever_made_a_webhook_is_told_in_their_language_and_programs_in_english(
    site: Site, receiver: Receiver
) -> None:
    hook = made(site, receiver)
    with site.world.transaction() as session:
        site.world.person(session, "ada").language = "de"
    receiver.answer_with(410)
    tell(site.world, site.world.card())
    send(site.world)
    (mail,) = mails(site.world).values()
    assert mail.subject == "Der Webhook „Channel“ wurde abgeschaltet"
    assert "Seit 16. Nov. 2026 kam nichts an. Die Antwort war 410. Ihm wird nichts gemeldet" in mail.text
    listed: Json = site.api("ada", "admin").get("/webhooks").get_json()
    problems = {each["id"]: each["problem"] for each in listed["items"]}
    assert problems[hook["id"]] == "Nothing arrived since 16 Nov 2026. It answered 410."


def test_an_address_that_is_gone_is_not_asked_again(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    receiver.answer_with(410)
    tell(site.world, site.world.card())
    send(site.world)
    with site.world.read() as session:
        assert str(session.scalars(select(Webhook.disabled_why)).one()).endswith("It answered 410.")


def test_a_sender_that_is_killed_sends_again_under_the_same_name(
    site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Killed

    made(site, receiver)
    tell(site.world, site.world.card())
    monkeypatch.setattr("curator.webhooks.sender._settle", dies)
    with pytest.raises(Killed):
        send(site.world)
    monkeypatch.undo()
    assert send(site.world) == "0 messages sent"
    site.world.later(seconds=301)
    assert send(site.world) == "1 message sent"
    assert len({posted.headers["vitrine-delivery"] for posted in receiver.posts}) == 1


def test_a_private_network_that_is_not_allowed_is_never_posted_to(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    tell(site.world, site.world.card())
    closed = Settings.model_validate({**site.world.settings.model_dump(), "outbound": {}})
    told = replace(jobs.JobContext.on(site.world.installation, lambda: site.world.now), settings=closed)
    assert jobs.send_webhooks(told) == "0 messages sent"
    assert receiver.posts == []
    assert "not allowed" in str(deliveries(site.world)[0].last_error)


def test_a_test_message_shows_what_came_of_it(site: Site, receiver: Receiver) -> None:
    visitor, hook = site.page("ada"), made(site, receiver, form="slack")
    assert visitor.post(f"/admin/webhooks/{hook['id']}/test").status_code == 303
    send(site.world)
    assert data(receiver.posts[0])["text"] == "Vitrine: this is a test"
    assert "Taken, 200" in visitor.get(f"/admin/webhooks?open={hook['id']}").text


def test_secret_and_address_are_shown_once(site: Site, receiver: Receiver) -> None:
    visitor = site.page("ada")
    visitor.get("/admin/webhooks")
    form = {"name": "Sales", "url": "https://hooks.example.com/services/T0/B0/verysecret", "form": "slack",
            "events": ["overdue", "flagged"], "person": email("stan"), "collection": "1"}  # fmt: skip
    answer = visitor.post("/admin/webhooks", form)
    assert answer.status_code == 201
    assert "whs_" in answer.text
    again = visitor.get("/admin/webhooks").text
    assert "whs_" not in again
    assert "verysecret" not in again
    assert "https://hooks.example.com/…cret" in again
    assert "as Stan, Billing" in again
    listed = site.api("ada", "admin").get("/webhooks").text
    assert "whs_" not in listed
    assert "verysecret" not in listed


@in_one_world(
    ("fields", "field"),
    [
        ({"url": "ftp://x.example/"}, "url"), ({"url": "https://user:pw@x.example/"}, "url"),
        ({"url": "https://x.example/ a"}, "url"), ({"url": "http://[::1"}, "url"), ({"name": ""}, "name"),
        ({"events": []}, "events"), ({"events": ["nonsense"]}, "events"),
        ({"person": "no@northwind.example"}, "person"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(site: Site, receiver: Receiver, fields: Json, field: str) -> None:
    body = {"name": "Channel", "url": "https://x.example/in", "events": ["flagged"], **fields}
    answer = site.api("ada", "admin").call("POST", "/webhooks", body)
    assert answer.status_code == 422
    assert {error["field"].split(".")[0] for error in answer.get_json()["errors"]} == {field}
    page = site.page("ada").post("/admin/webhooks", body)
    assert page.status_code == 422
    assert f'href="#f-{field}"' in page.text


@pytest.mark.parametrize("name", ["cora", "vera", "stan"])
def test_webhooks_are_for_admins(site: Site, receiver: Receiver, name: str) -> None:
    hook = made(site, receiver)
    here = f"/admin/webhooks/{hook['id']}"
    visitor, program = site.page(name), site.api(name, "admin")
    asked: list[Callable[[], Any]] = [
        lambda: visitor.get("/admin/webhooks"),
        lambda: visitor.post("/admin/webhooks", {"name": "x", "url": "https://x.example/", "events": "flagged"}),
        *(lambda act=act: visitor.post(f"{here}/{act}") for act in ("pause", "resume", "test", "delete")),
        lambda: program.get("/webhooks"),
        lambda: program.call("POST", "/webhooks", {"name": "x", "url": "https://x.example/", "events": ["flagged"]}),
        lambda: program.call("DELETE", f"/webhooks/{hook['id']}"),
    ]
    assert {ask().status_code for ask in asked} == {403}


def test_a_deleted_webhook_takes_its_messages_with_it(site: Site, receiver: Receiver) -> None:
    hook = made(site, receiver)
    tell(site.world, site.world.card())
    program = site.api("ada", "admin")
    assert program.call("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert program.call("DELETE", f"/webhooks/{hook['id']}").status_code == 404
    assert (deliveries(site.world), send(site.world)) == ([], "0 messages sent")


def test_a_paused_webhook_is_told_nothing(site: Site, receiver: Receiver) -> None:
    hook = made(site, receiver)
    tell(site.world, site.world.card())
    site.page("ada").post(f"/admin/webhooks/{hook['id']}/pause")
    assert tell(site.world, site.world.card()) == 0
    send(site.world)
    assert receiver.posts == []
    with site.world.read() as session:
        assert session.get_one(Card, 1).title


def test_old_messages_are_removed(site: Site, receiver: Receiver) -> None:
    made(site, receiver)
    tell(site.world, site.world.card())
    send(site.world)
    site.world.later(days=13)
    tell(site.world, site.world.card())
    site.world.later(days=1.1)
    jobs.housekeeping(context(site.world))
    assert [row.state for row in deliveries(site.world)] == ["new"]
