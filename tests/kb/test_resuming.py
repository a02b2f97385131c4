"""A text is not lost with the session it was typed in, and becomes nobody else's unnoticed."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete, select

from kb.cards.models import Card, Revision
from kb.drafts.models import EditDraft
from kb.people.models import WebSession
from kb.people.passwords import new_hash
from tests.site import Site, Visitor
from tests.world import World, email

PASSWORD = "a long walk by the quiet river"
_FIELDS = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def card(site: Site) -> int:
    """A card that Axel may edit; he and Vera have passwords."""
    with site.world.transaction() as session:
        for name in ("axel", "vera"):
            site.world.person(session, name).password_hash = new_hash(PASSWORD, 12, [])
    return site.world.card("Refund window", "Within 30 days.", author="axel")


def number(world: World, name: str) -> int:
    with world.read() as session:
        return world.person(session, name).id


def typed(world: World, **changes: Any) -> dict[str, Any]:
    return {"title": "Refund window", "body": "An hour's work\r\n<b>", "collection": "billing", "version": "1",
            "tags": "a, b", "owner": "4", "verifiers": ["person:5", "person:4"], "step": "save",
            "author": str(number(world, "axel")), **changes}  # fmt: skip


def end_sessions(world: World) -> None:
    with world.transaction() as session:
        session.execute(delete(WebSession))


def kept(page: Any) -> dict[str, Any]:
    """The hidden fields of the page that keeps a text."""
    found: dict[str, Any] = {}
    main = page.text.partition("<main")[2]
    for name, value in _FIELDS.findall(main):
        found.setdefault(name, []).append(unescape(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def action(page: Any) -> str:
    found = re.search(r'method="post" action="(/cards/[^"]+)"', page.text.partition("<main")[2])
    assert found is not None
    return unescape(found[1])


def body_of(world: World, card: int) -> str:
    with world.read() as session:
        return session.get_one(Card, card).body


def signed_out(site: Site, card: int, **changes: Any) -> tuple[Visitor, Any]:
    """Axel, whose session ended before he saved, and what he sees."""
    axel = site.page("axel")
    axel.get(f"/cards/{card}/edit")
    end_sessions(site.world)
    return axel, axel.post(f"/cards/{card}/edit", typed(site.world, **changes))


def test_a_session_that_ended_costs_a_sign_in_and_no_letter(site: Site, card: int) -> None:
    axel, page = signed_out(site, card)
    assert page.status_code == 401
    assert "Your text is not lost" in page.text
    assert action(page) == f"/cards/resume?card={card}"
    wrong = axel.post(action(page), kept(page) | {"email": email("axel"), "password": "no"})
    assert wrong.status_code == 401
    assert "The e-mail address or the password is wrong." in wrong.text
    back = axel.post(action(wrong), kept(wrong) | {"email": email("axel"), "password": PASSWORD})
    assert back.status_code == 200
    assert f'action="/cards/{card}/edit"' in back.text
    assert "An hour&#39;s work" in back.text
    assert PASSWORD not in back.text
    assert 'value="a, b"' in back.text
    again = typed(site.world, body="An hour's work")
    assert axel.post(f"/cards/{card}/edit", again).status_code == 303
    assert body_of(site.world, card) == "An hour's work"


def test_a_new_card_is_kept_as_well(site: Site, card: int) -> None:
    axel = site.page("axel")
    axel.get("/cards/new")
    end_sessions(site.world)
    page = axel.post("/cards/new", typed(site.world, step="publish"))
    back = axel.post(action(page), kept(page) | {"email": email("axel"), "password": PASSWORD})
    assert 'action="/cards/new"' in back.text
    assert "An hour&#39;s work" in back.text


def test_too_many_wrong_passwords_cost_time_and_no_text(site: Site, card: int) -> None:
    axel, page = signed_out(site, card)
    for _ in range(5):
        axel.post(action(page), kept(page) | {"email": email("axel"), "password": "no"})
    waits = axel.post(action(page), kept(page) | {"email": email("axel"), "password": PASSWORD})
    assert waits.status_code == 429
    assert int(waits.headers["Retry-After"]) > 0
    assert kept(waits)["body"].startswith("An hour's work")


def test_whoever_else_signs_in_there_reads_that_the_text_is_anothers_before_it_is_theirs(site: Site, card: int) -> None:
    visitor, page = signed_out(site, card, draft="7", reading="x")
    seen = visitor.post(action(page), kept(page) | {"email": email("vera"), "password": PASSWORD})
    assert seen.status_code == 409
    assert "Somebody else typed this text" in seen.text
    assert "You are signed in as Vera now" in seen.text
    taken = kept(seen)
    assert not {"author", "draft", "reading"} & set(taken)
    editor = visitor.post(action(seen), taken)
    assert f'name="author" value="{number(site.world, "vera")}"' in editor.text
    assert body_of(site.world, card) == "Within 30 days."


@pytest.mark.parametrize("path", ["/cards/{}/edit", "/cards/new"])
def test_a_form_that_another_opened_saves_nothing(site: Site, card: int, path: str) -> None:
    vera = site.page("vera")
    page = vera.post(path.format(card), typed(site.world))
    assert page.status_code == 409
    assert kept(page)["body"].startswith("An hour's work")
    with site.world.read() as session:
        assert len(session.scalars(select(Revision)).all()) == 1


def test_a_draft_of_a_form_that_another_opened_is_not_kept(site: Site, card: int) -> None:
    answer = site.page("vera").post(f"/cards/{card}/draft", typed(site.world), headers={"X-Fragment": "1"})
    assert (answer.status_code, answer.json) == (
        403, {"said": "You are signed in as somebody else now, so nothing was saved."}
    )  # fmt: skip
    with site.world.read() as session:
        assert session.scalars(select(EditDraft)).all() == []


def test_a_preview_by_another_does_not_make_the_text_theirs(site: Site, card: int) -> None:
    page = site.page("vera").post(f"/cards/preview?card={card}", typed(site.world, mode="write"))
    assert f'name="author" value="{number(site.world, "axel")}"' in page.text


def test_a_form_from_before_a_sign_out_is_kept_too(site: Site, card: int) -> None:
    axel = site.page("axel")
    old = typed(site.world) | {"csrf_token": "of another time"}
    here = {"Sec-Fetch-Site": "same-origin"}
    page = axel.post(f"/cards/{card}/edit", old, headers=here)
    assert page.status_code == 403
    assert "Your text is not lost" in unescape(page.text) or "your text is not lost" in page.text
    axel.get("/account")
    editor = axel.post(action(page), kept(page))
    assert editor.status_code == 200
    assert "An hour&#39;s work" in editor.text


def test_a_form_from_another_site_is_kept_for_nobody(site: Site, card: int) -> None:
    axel = site.page("axel")
    axel.get("/account")
    end_sessions(site.world)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        page = axel.post(f"/cards/{card}/edit", typed(site.world), headers=headers)
        assert page.status_code == 401
        assert "An hour" not in page.text
    no_token = axel.post(f"/cards/{card}/edit", typed(site.world, csrf_token="guessed"))
    assert (no_token.status_code, "An hour" in no_token.text) == (401, False)
    forged = axel.post(f"/cards/resume?card={card}", typed(site.world, csrf_token="guessed"))
    assert forged.status_code == 403


def test_resuming_shows_no_card_that_one_may_not_see(site: Site, card: int) -> None:
    secret = site.world.card("Secret discount", collection="deals")
    axel, page = signed_out(site, card)
    answer = axel.post(f"/cards/resume?card={secret}", kept(page) | {"email": email("axel"), "password": PASSWORD})
    assert answer.status_code == 404
    assert "Secret" not in answer.text


def test_the_page_that_keeps_a_text_keeps_it_when_its_own_token_is_from_before_a_sign_out(
    site: Site, card: int
) -> None:
    axel, page = signed_out(site, card)
    old = kept(page) | {"email": email("axel"), "password": PASSWORD, "csrf_token": "of another time"}
    again = axel.post(action(page), old, headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 403
    assert kept(again)["body"].startswith("An hour's work")
    assert PASSWORD not in again.text
    assert axel.post(action(page), old, headers={"Sec-Fetch-Site": "cross-site"}).text.count("An hour") == 0
