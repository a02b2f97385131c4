"""Cards through their pages: forms in, pages and redirects out, nothing lost."""

import re
from typing import Any

from kb.cards.models import Attachment, Card
from kb.use.recorder import add_use
from tests.site import Site, Visitor


def form(site: Site, **changes: Any) -> dict[str, Any]:
    """A filled-in editor."""
    with site.world.read() as session:
        owner = site.world.person(session, "axel").id
        vera = site.world.person(session, "vera").id
    fields = {"title": "Refund window", "body": "Full refund within **30 days**.", "collection": "billing",
              "tags": "refunds, Annual", "owner": owner, "verifiers": f"person:{vera}", "step": "publish"}  # fmt: skip
    return {**fields, **changes}


def write(site: Site, visitor: Visitor, **changes: Any) -> int:
    """Write a card through the editor and return its id."""
    response = visitor.post("/cards/new", form(site, **changes))
    assert response.status_code == 303, response.text
    found = re.match(r"/cards/(\d+)/", response.headers["Location"])
    assert found
    return int(found[1])


def test_an_author_writes_and_publishes_a_card_and_a_rep_reads_it(site: Site) -> None:
    card = write(site, site.page("axel"))
    page = site.page("rita").get(f"/cards/{card}")
    assert page.status_code == 200
    assert "<strong>30 days</strong>" in page.text
    assert "Nobody has verified this yet" in page.text
    assert "annual" in page.text


def test_a_draft_is_invisible_to_readers_until_it_is_published(site: Site) -> None:
    axel, rita = site.page("axel"), site.page("rita")
    card = write(site, axel, step="draft")
    assert rita.get(f"/cards/{card}").status_code == 404
    assert axel.get(f"/cards/{card}").status_code == 200
    assert axel.post(f"/cards/{card}/publish", {"version": 1}).status_code == 303
    assert rita.get(f"/cards/{card}").status_code == 200


def test_an_invisible_card_and_a_missing_one_give_the_same_page(site: Site) -> None:
    hidden = site.world.card("Secret discount", collection="deals")
    stan = site.page("stan")
    for path in (f"/cards/{hidden}", f"/cards/{hidden}/history", f"/cards/{hidden}/diff", f"/preview/{hidden}"):
        seen, missing = stan.get(path), stan.get(path.replace(str(hidden), "99999"))
        assert (seen.status_code, missing.status_code) == (404, 404)
        assert seen.text == missing.text
        assert "Secret" not in seen.text


def test_bad_fields_are_named_and_what_was_typed_stays(site: Site) -> None:
    axel = site.page("axel")
    response = axel.post("/cards/new", form(site, title="  ", tags="x" * 70, body="Kept text", interval_days="0"))
    assert response.status_code == 422
    assert "Title is needed" in response.text
    assert "Tags is too long" in response.text
    assert "Check every must be at least 1" in response.text
    assert "Kept text" in response.text
    assert "Error: " in response.text


def test_two_edits_of_the_same_version_show_both_texts_and_lose_neither(site: Site) -> None:
    card = write(site, site.page("axel"))
    axel, cora = site.page("axel"), site.page("cora")
    first = axel.post(f"/cards/{card}/edit", form(site, version=1, body="Axel's text", step="save"))
    second = cora.post(f"/cards/{card}/edit", form(site, version=1, body="Cora's text", step="save"))
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Axel&#39;s text" in second.text
    assert "Cora&#39;s text" in second.text
    kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', second.text))
    again = cora.post(f"/cards/preview?card={card}", {**form(site, body="Cora's text"), "version": kept["version"],
                                                     "mode": "write"})  # fmt: skip
    assert "Cora&#39;s text" in again.text
    assert 'name="version" value="2"' in again.text
    final = cora.post(f"/cards/{card}/edit", form(site, version=2, body="Cora's text", step="save"))
    assert final.status_code == 303
    with site.world.read() as session:
        assert session.get_one(Card, card).body.strip() == "Cora's text"


def test_an_edit_unverifies_unless_the_whole_card_was_checked(site: Site) -> None:
    card = write(site, site.page("axel"))
    site.world.verify(card)
    vera = site.page("vera")
    vera.post(f"/cards/{card}/edit", form(site, version=1, body="New text", step="save", what_changed="Shorter"))
    assert site.world.trust(card).state == "unverified"
    refused = vera.post(f"/cards/{card}/edit", form(site, version=2, body="Newer text", step="verify"))
    assert refused.status_code == 422
    assert "I checked the whole card" in refused.text
    vera.post(f"/cards/{card}/edit", form(site, version=2, body="Newer text", step="verify", whole_card_checked="1"))
    assert site.world.trust(card).state == "verified"


def test_preview_is_drawn_by_the_same_renderer_and_is_safe(site: Site) -> None:
    axel = site.page("axel")
    bad = "# Hi\n\n<script>alert(1)</script>[x](javascript:alert(1)) **bold**"
    response = axel.post("/cards/preview", form(site, body=bad, mode="preview"), headers={"X-Fragment": "1"})
    assert response.status_code == 200
    assert "<strong>bold</strong>" in response.text
    assert "<script" not in response.text
    assert "javascript:" not in response.text


def test_a_markdown_bomb_is_refused_with_words_and_nothing_is_lost(site: Site) -> None:
    bomb = "[" * 60_000
    response = site.page("axel").post("/cards/new", form(site, body=bomb))
    assert response.status_code == 422
    assert "too complex to display" in response.text
    assert bomb[:1000] in response.text


def test_a_replaced_card_redirects_to_the_head_of_its_line_in_one_hop(site: Site) -> None:
    a, b, c = (site.world.card(title) for title in ("Old", "Newer", "Newest"))
    cora, rita = site.page("cora"), site.page("rita")
    assert cora.post(f"/cards/{a}/replace", {"card_id": b}).status_code == 303
    assert cora.post(f"/cards/{b}/replace", {"card_id": c}).status_code == 303
    hop = rita.get(f"/cards/{a}")
    assert hop.status_code == 302
    assert hop.headers["Location"] == f"/cards/{c}/newest?replaced={a}"
    assert "You followed a link to “Old”" in rita.get(hop.headers["Location"]).text
    assert rita.get(f"/preview/{a}").status_code == 404
    assert cora.post(f"/cards/{c}/replace", {"card_id": a}).status_code == 422


def test_an_archived_card_says_so_and_shows_readers_no_answer(site: Site) -> None:
    card = site.world.card("Old promise", body="Free shipping for everybody")
    cora, rita = site.page("cora"), site.page("rita")
    assert cora.post(f"/cards/{card}/archive").status_code == 303
    page = rita.get(f"/cards/{card}")
    assert "This card is archived" in page.text
    assert "Free shipping" not in page.text
    assert cora.post(f"/cards/{card}/unarchive").status_code == 303
    assert "Free shipping" in rita.get(f"/cards/{card}").text


def test_a_problem_is_reported_with_words_and_shown_with_its_reason(site: Site) -> None:
    card = site.world.card(verified=True)
    rita = site.page("rita")
    empty = rita.post(f"/cards/{card}/flags", {"kind": "reported", "detail": "  "})
    assert empty.status_code == 422
    assert "Say in a few words what is wrong." in empty.text
    assert rita.post(f"/cards/{site.world.card()}/flags", {"kind": "dead_link", "detail": ""}).status_code == 303
    assert rita.post(f"/cards/{card}/flags", {"kind": "reported", "detail": "It is 23 % now"}).status_code == 303
    page = rita.get(f"/cards/{card}").text
    assert "Flagged: check with Vera before you use this" in page
    assert "Rita said “It is 23 % now”" in page


def test_older_versions_are_compared_and_restored_as_a_new_one(site: Site) -> None:
    axel = site.page("axel")
    card = write(site, axel)
    axel.post(f"/cards/{card}/edit", form(site, version=1, body="Something else", step="save", what_changed="Rewrite"))
    diff = axel.get(f"/cards/{card}/diff?from=1&to=2")
    assert "30" in diff.text
    assert "Restore version 1" in diff.text
    assert axel.post(f"/cards/{card}/restore", {"version": 2, "revision": 1}).status_code == 303
    with site.world.read() as session:
        restored = session.get_one(Card, card)
        assert (restored.version, restored.body) == (3, "Full refund within **30 days**.")
    assert "Restored version 1" in axel.get(f"/cards/{card}/history").text


def test_hostile_text_stays_text_everywhere(site: Site) -> None:
    polyglot = "'\"><img src=x onerror=alert(1)>{{31*9973}}${31*9973}<!--"
    axel = site.page("axel")
    card = write(site, axel, title=polyglot, tags="a&b<i>", body=polyglot)
    site.index()
    for path in (
        f"/cards/{card}",
        f"/cards/{card}/edit",
        f"/cards/{card}/history",
        "/?q=onerror",
        "/collections/billing",
    ):
        page = axel.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<i>" not in page.text.replace("<i>I</i>", "")
        assert "309163" not in page.text


def test_a_picture_belongs_to_its_card_and_is_seen_by_its_readers_only(site: Site) -> None:
    rita, stan = site.page("rita"), site.page("stan")
    digest = "ab" * 32
    card = site.world.card(collection="deals")
    with site.world.transaction() as session:
        session.add(Attachment(card_id=card, sha256=digest, media_type="image/png", file_name="x.png",
                               content=b"\x89PNG", created_at=site.world.now))  # fmt: skip
    seen = rita.get(f"/media/{digest}.png")
    assert (seen.status_code, seen.mimetype) == (200, "image/png")
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert stan.get(f"/media/{digest}.png").status_code == 404


def test_how_a_card_is_used_stands_beside_it(site: Site) -> None:
    card = site.world.card()
    with site.world.transaction() as session:
        add_use(session, card, site.world.now.date(), {"impressions": 20, "views": 12, "copies": 5})
    page = site.page("rita").get(f"/cards/{card}").text
    assert "12 opened, 5 copied, 3 shown as the answer" in page
    assert "Used this month" not in site.page("rita").get(f"/cards/{site.world.card()}").text
