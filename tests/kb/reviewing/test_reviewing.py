"""Review before publishing: readers keep the last approved text, curators decide, authors see where theirs is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kb.cards.commands import Edit, edit_card
from kb.cards.models import Card, Revision
from kb.errors import Conflict, Forbidden
from kb.mail.models import OutgoingMail
from kb.people.commands import deactivate_person
from kb.people.models import AuditEntry
from kb.reviewing import commands as reviewing
from kb.reviewing.models import Proposal
from kb.use.recorder import UseRecorder
from tests.kb.together import Meet, at_once
from tests.site import Site, Visitor
from tests.vitrine.test_leaks import shown
from tests.world import World, email

CANARY = "zanzibar"
OLD = "Full refund within 30 days."
NEW = f"Full refund within 14 days, see {CANARY}."


@pytest.fixture
def card(site: Site) -> int:
    """A published card of Axel's in Billing, which asks for review."""
    made = site.world.card("Refund window", OLD)
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = True
    site.index()
    return made


def api(site: Site, name: str, *scopes: str) -> Any:
    return site.api(name, *scopes)


def edit(site: Site, card: int, name: str = "axel", body: str = NEW, version: int = 1, **more: Any) -> Any:
    return api(site, name, "write").call("PATCH", f"/cards/{card}", {"version": version, "body": body, **more})


def proposed(site: Site, card: int, name: str = "axel", **more: Any) -> int:
    answer = edit(site, card, name, **more)
    assert answer.status_code == 202, answer.json
    return int(answer.json["id"])


def approve(site: Site, proposal: int, name: str = "cora", **more: Any) -> Any:
    return api(site, name, "verify").call("POST", f"/proposals/{proposal}/approval", more)


def form(card_text: str, version: int, step: str = "save") -> dict[str, Any]:
    return {"title": "Refund window", "body": card_text, "collection": "billing", "version": version, "step": step,
            "owner": "4", "verifiers": "person:5", "what_changed": "Shorter"}  # fmt: skip


def text_of(site: Site, card: int) -> tuple[int, str]:
    with site.world.read() as session:
        found = session.get_one(Card, card)
        return found.version, found.body


def mails(site: Site) -> list[OutgoingMail]:
    with site.world.read() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_an_edit_by_an_author_waits_and_the_card_stays_as_it_is(site: Site, card: int) -> None:
    answer = edit(site, card, note="Shorter")
    assert answer.status_code == 202
    assert (answer.json["state"], answer.json["card_id"], answer.json["base_version"]) == ("waiting", card, 1)
    assert answer.headers["Location"] == f"/api/v1/proposals/{answer.json['id']}"
    assert text_of(site, card) == (1, OLD)
    assert "waits for review" in site.page("axel").get(f"/cards/{card}").get_data(as_text=True)


def test_no_reader_ever_meets_a_proposal_on_any_page(site: Site, card: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not Vera either, who verifies the card and may write in its collection, but neither wrote this nor curates."""
    monkeypatch.setattr(UseRecorder, "record", lambda _self, _use: None)
    monkeypatch.setattr(UseRecorder, "record_sighting", lambda *_: None)
    visitors = {name: site.page(name) for name in ("rita", "stan", "vera")}
    tokens = {name: {"Authorization": f"Bearer {site.token(name, 'read', 'verify')}"} for name in visitors}
    for name, visitor in visitors.items():  # the account page tells when a token was used last
        visitor.get("/api/v1/me", headers=tokens[name])
    before = {name: seen(visitor, tokens[name], card) for name, visitor in visitors.items()}
    proposal = proposed(site, card, title=f"Refund {CANARY}", tags=[CANARY], note=f"About {CANARY}")
    site.index()
    after = {name: seen(visitor, tokens[name], card) for name, visitor in visitors.items()}
    differing = [(name, path) for name in visitors for path in before[name] if before[name][path] != after[name][path]]
    assert differing == []
    for name, visitor in visitors.items():
        assert visitor.get(f"/reviews/{proposal}").status_code == 404
        assert api(site, name, "read").get(f"/proposals/{proposal}").status_code == 404
        assert approve(site, proposal, name).status_code == 404
    assert CANARY in site.page("cora").get(f"/reviews/{proposal}").get_data(as_text=True)


def seen(visitor: Visitor, token: dict[str, str], card: int) -> dict[str, str]:
    """What somebody gets wherever the card, or a word of it, comes out."""
    pages = ("/", f"/?q={CANARY}", "/?q=refund", f"/?q=refund&tag={CANARY}", "/cards", f"/cards?q={CANARY}",
             f"/cards/{card}", f"/cards/{card}/history", f"/cards/{card}/diff", f"/cards/{card}/audit",
             f"/cards/{card}/audit.csv", f"/cards/{card}/edit", f"/preview/{card}", f"/tags/{CANARY}",
             "/collections/billing", "/reviews", "/reviews?scope=for_me", "/verify", "/notices", "/reports/weekly",
             "/reports/weekly.csv", f"/as-of?q={CANARY}&at=2026-11-16T09:00Z", "/account", "/duplicates")  # fmt: skip
    calls = (f"/lookup?q={CANARY}", "/lookup?q=refund", "/lookup?q=refund&as_of=2026-11-16T09:00Z",
             f"/search?q={CANARY}", "/search?q=refund", f"/suggest?q={CANARY[:4]}", "/cards", f"/cards?tag={CANARY}",
             f"/cards/{card}", f"/cards/{card}/revisions", f"/cards/{card}/similar", f"/cards/{card}/audit",
             f"/cards/{card}/verifications", "/reviews", "/reviews?scope=mine", "/proposals/1", "/queue",
             "/reports/weekly", "/openapi.json")  # fmt: skip
    answers = {path: visitor.get(path) for path in pages}
    answers |= {call: visitor.get(f"/api/v1{call}", headers=token) for call in calls}
    return {path: f"{each.status_code}\n{shown(each.get_data(as_text=True))}" for path, each in answers.items()}


def test_approving_makes_it_the_next_revision_by_its_author(site: Site, card: int) -> None:
    proposal = proposed(site, card, note="Shorter")
    site.world.later(days=2)
    answer = approve(site, proposal)
    assert answer.status_code == 200, answer.json
    assert answer.json["version"] == 2
    assert text_of(site, card) == (2, NEW)
    with site.world.read() as session:
        revision = session.get_one(Revision, (card, 2))
        assert revision.author_id == site.world.person(session, "axel").id
        assert (revision.at, revision.note) == (site.world.now, "Shorter")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "approved")).one()
        assert (entry.actor_id, entry.subject_id) == (site.world.person(session, "cora").id, card)
    site.index()
    assert api(site, "rita", "lookup").get(f"/lookup?q={CANARY}").json["answer"]["id"] == card
    then = api(site, "rita", "lookup").get("/lookup?q=refund&as_of=2026-11-17T09:00Z").json
    assert CANARY not in str(then)


def test_the_approver_may_verify_in_the_same_step(site: Site, card: int) -> None:
    assert approve(site, proposed(site, card), checked=True).json["trust"]["state"] == "verified"


def test_a_curator_is_not_held_up(site: Site, card: int) -> None:
    assert edit(site, card, "cora").status_code == 200
    assert text_of(site, card) == (2, NEW)


def test_without_the_setting_everything_is_as_before(site: Site) -> None:
    card = site.world.card("Refund window", OLD)
    assert edit(site, card).status_code == 200


def test_it_is_sent_back_with_words_that_its_author_reads(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    cora, axel = site.page("cora"), site.page("axel")
    assert cora.post(f"/reviews/{proposal}/return", {"words": "  "}).status_code == 422
    cora.post(f"/reviews/{proposal}/return", {"words": "Say since when."})
    page = axel.get(f"/cards/{card}").get_data(as_text=True)
    assert "Cora sent your text back: Say since when." in page
    editor = axel.get(f"/cards/{card}/edit").get_data(as_text=True)
    assert CANARY in editor
    assert "Say since when." in editor
    assert text_of(site, card) == (1, OLD)
    assert [m.to_address for m in mails(site) if "Say since when." in m.text] == [email("axel")]
    assert approve(site, proposal).status_code == 409
    again = proposed(site, card, body=f"{NEW} Since May.")
    assert "Say since when." not in axel.get(f"/cards/{card}").get_data(as_text=True)
    assert approve(site, again).status_code == 200


def test_another_proposal_takes_the_place_of_the_one_that_waits(site: Site, card: int) -> None:
    first = proposed(site, card)
    second = proposed(site, card, body="Better words.")
    items = api(site, "cora", "read").get("/reviews").json["items"]
    assert [item["id"] for item in items] == [second]
    refused = approve(site, first)
    assert refused.status_code == 409
    assert "withdrawn or replaced" in refused.json["detail"]
    assert proposed(site, card, "vera", body="Vera's words.") not in (first, second)
    assert len(api(site, "cora", "read").get("/reviews").json["items"]) == 2


def test_its_author_withdraws_it_and_nobody_else_does(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    assert api(site, "vera", "write").call("DELETE", f"/proposals/{proposal}").status_code == 404
    assert api(site, "cora", "write").call("DELETE", f"/proposals/{proposal}").status_code == 403
    axel = site.page("axel")
    assert axel.post(f"/reviews/{proposal}/withdrawal").status_code == 303
    assert axel.post(f"/reviews/{proposal}/withdrawal").status_code == 303  # a second click does no harm
    assert approve(site, proposal).status_code == 409
    assert api(site, "cora", "read").get("/reviews").json["items"] == []


def test_when_the_card_moved_on_the_approver_sees_both_and_decides(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    edit(site, card, "cora", body="Cora's own words.")
    refused = approve(site, proposal)
    assert refused.status_code == 409
    assert refused.json["card"]["version"] == 2
    page = site.page("cora").get(f"/reviews/{proposal}").get_data(as_text=True)
    for told in ("The card moved on since", "What its author changed", "Approve in place of version 2"):
        assert told in page
    assert approve(site, proposal, version=2).status_code == 200
    assert text_of(site, card) == (3, NEW)


def test_an_approval_of_an_older_page_is_refused(site: Site, card: int) -> None:
    proposal, cora = proposed(site, card), site.page("cora")
    edit(site, card, "ada", body="Ada's words.")
    answer = cora.post(f"/reviews/{proposal}/approval", {"version": "1"})
    assert answer.status_code == 409
    assert "The card is at version 2 now" in answer.get_data(as_text=True)
    assert text_of(site, card) == (2, "Ada's words.")


def test_of_two_approvers_at_once_one_learns_that_it_is_done(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    world = site.world
    text = world.text("Refund window", NEW)

    def act(name: str, meet: Meet) -> None:
        with world.transaction() as session:
            row = session.get_one(Proposal, proposal)
            actor = world.actor(session, name)
            meet()
            reviewing.approve(session, actor, row, text, 1, world.policy, world.settings, world.now)

    failures = [
        error for error in at_once(lambda meet: act("cora", meet), lambda meet: act("ada", meet)) if error is not None
    ]
    assert len(failures) == 1
    assert isinstance(failures[0], Conflict)
    assert text_of(site, card) == (2, NEW)


def test_what_a_deactivated_author_left_is_still_decided_and_no_mail_goes_to_them(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    with site.world.transaction() as session:
        deactivate_person(session, site.world.actor(session, "ada"), site.world.person(session, "axel"), site.world.now)
    page = site.page("cora").get("/reviews").get_data(as_text=True)
    assert "Axel (deactivated)" in page
    before = len(mails(site))
    assert approve(site, proposal).status_code == 200
    assert not [m for m in mails(site)[before:] if m.to_address == email("axel")]


def test_the_steward_is_told_by_mail_what_waits_but_not_its_words(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    (mail,) = mails(site)
    assert (mail.to_address, mail.subject) == (email("cora"), "For review: Refund window")
    assert f"/reviews/{proposal}" in mail.text
    assert CANARY not in mail.text + mail.html


def test_publishing_a_draft_waits_too(site: Site, card: int) -> None:
    axel = site.page("axel")
    axel.get("/cards/new")
    answer = axel.post("/cards/new", {**form(NEW, 0, "publish"), "title": "A new one"})
    new = int(answer.headers["Location"].split("/")[2])
    assert site.page("rita").get(f"/cards/{new}").status_code == 404
    page = axel.get(f"/cards/{new}").get_data(as_text=True)
    assert "This draft waits for review" in page
    (waiting,) = api(site, "cora", "read").get("/reviews").json["items"]
    assert (waiting["publishes"], waiting["card_id"]) == (True, new)
    assert approve(site, waiting["id"], checked=True).json["status"] == "published"
    assert site.page("rita").get(f"/cards/{new}").status_code == 200
    draft = site.world.card("Another", publish=False, author="axel")
    assert api(site, "axel", "write").call("POST", f"/cards/{draft}/publication", {}).status_code == 202
    made = {"title": "T", "body": "B", "collection": "billing", "publish": True}
    assert api(site, "axel", "write").call("POST", "/cards", made).json["status"] == "draft"


def test_the_editor_sends_for_review_and_goes_on_with_what_waits(site: Site, card: int) -> None:
    axel = site.page("axel")
    page = axel.get(f"/cards/{card}/edit").get_data(as_text=True)
    assert "A curator approves what you write here" in page
    assert "Save and verify" not in page
    assert axel.post(f"/cards/{card}/edit", form(NEW, 1)).status_code == 303
    assert text_of(site, card) == (1, OLD)
    editor = axel.get(f"/cards/{card}/edit").get_data(as_text=True)
    assert CANARY in editor
    assert "Another one takes its place" in editor
    assert CANARY not in site.page("vera").get(f"/cards/{card}/edit").get_data(as_text=True)


def test_restoring_an_older_version_waits_as_every_edit_does(site: Site, card: int) -> None:
    edit(site, card, "cora", body="Cora's words.")
    axel = site.page("axel")
    axel.get(f"/cards/{card}/diff")
    axel.post(f"/cards/{card}/restore", {"version": "2", "revision": "1"})
    assert text_of(site, card) == (2, "Cora's words.")
    assert len(api(site, "cora", "read").get("/reviews").json["items"]) == 1


@pytest.mark.parametrize("road", ["command", "bulk"])
def test_no_other_road_leads_past_the_gate(site: Site, card: int, road: str) -> None:
    if road == "command":
        with pytest.raises(Forbidden, match="asks for review"), site.world.transaction() as session:
            from_world(site.world, session, card)
    else:
        form_ = {"do": "add_tag", "value": CANARY, "card": str(card), "step": "apply"}
        site.page("axel").post("/cards/bulk", form_)
    with site.world.read() as session:
        assert session.get_one(Card, card).tags == []
        assert session.get_one(Card, card).version == 1


def from_world(world: World, session: Any, card: int) -> None:
    """An edit by the bare command."""
    text = world.text("Refund window", NEW, tags=(CANARY,))
    actor = world.actor(session, "axel")
    edit_card(session, actor, session.get_one(Card, card), text, Edit(1), world.policy, world.now)


def test_a_move_into_a_collection_with_review_waits_there(site: Site, card: int) -> None:
    with site.world.transaction() as session:
        site.world.collection(session, "billing").is_reviewed = False
        site.world.collection(session, "deals").is_reviewed = True
    answer = api(site, "vera", "write").call("PATCH", f"/cards/{card}", {"version": 1, "collection": "deals"})
    assert answer.status_code == 202
    approve(site, answer.json["id"])
    with site.world.read() as session:
        assert session.get_one(Card, card).collection.slug == "deals"


def test_an_archived_card_takes_its_proposal_from_the_list_and_a_deleted_one_takes_it_along(
    site: Site, card: int
) -> None:
    proposal = proposed(site, card)
    api(site, "ada", "admin").call("POST", f"/cards/{card}/archive")
    assert api(site, "cora", "read").get("/reviews").json["items"] == []
    assert approve(site, proposal).status_code == 403
    assert api(site, "ada", "admin").call("DELETE", f"/cards/{card}").status_code == 204
    with site.world.read() as session:
        assert session.scalars(select(Proposal)).all() == []


def test_curators_switch_it_on_by_page_and_api(site: Site) -> None:
    ada = api(site, "ada", "admin")
    assert ada.get("/collections/billing").json["review"] is False
    assert ada.call("PATCH", "/collections/billing", {"review": True}).json["review"] is True
    page = site.page("cora").get("/admin/collections/billing").get_data(as_text=True)
    assert 'name="review" value="1" checked' in page
    site.page("cora").post("/admin/collections/billing", {"name": "Billing", "is_open": "1", "steward": "2"})
    assert ada.get("/collections/billing").json["review"] is False


def test_a_curator_sees_the_number_in_the_menu_and_on_the_card(site: Site, card: int) -> None:
    proposal = proposed(site, card)
    page = site.page("cora").get(f"/cards/{card}").get_data(as_text=True)
    assert "Axel wants to change this card" in page
    assert f'href="/reviews/{proposal}"' in page
    assert 'href="/reviews">Reviews <span class="count">1' in page
    assert site.page("rita").get("/reviews").status_code == 403


def sleeps(site: Site, name: str) -> None:
    """Quiet hours from 22 to 10: at nine o'clock it is still night."""
    answer = site.page(name).post("/account/notices", {"quiet_from": "22", "quiet_until": "10"})
    assert answer.status_code == 303


def test_a_mail_about_a_review_waits_until_quiet_hours_end(site: Site, card: int) -> None:
    sleeps(site, "cora")
    proposed(site, card)
    (mail,) = mails(site)
    assert mail.to_address == email("cora")
    assert mail.next_try_at - mail.created_at == timedelta(hours=1)


def test_a_mail_that_is_no_longer_true_when_quiet_hours_end_is_taken_back(site: Site, card: int) -> None:
    sleeps(site, "cora")
    proposal = proposed(site, card)
    site.page("axel").post(f"/reviews/{proposal}/withdrawal")
    assert mails(site) == []
