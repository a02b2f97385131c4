"""Drafts and pictures on their way: their author's alone, gone when the card is saved, never in two windows at once."""

import io
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from curator.housekeeping import remove_old
from kb.cards.models import Attachment, Card, Revision
from kb.cards.pictures import MAX_PICTURE_BYTES
from kb.drafts import pictures
from kb.drafts.commands import MAX_DRAFT_BYTES
from kb.drafts.models import EditDraft, Upload
from tests.infra.cases import in_one_world
from tests.site import Site, Visitor
from tests.world import World

SCRIPT = {"X-Fragment": "1"}


def text(**changes: Any) -> dict[str, Any]:
    """What stands in an editor."""
    return {"title": "Refund window", "body": "Within 30 days", "collection": "billing", "version": 1, "draft": 0,
            "draft_shelf": "billing", "owner": "4", "verifiers": ["person:5"], **changes}  # fmt: skip


def keep(visitor: Visitor, path: str, **changes: Any) -> Any:
    """Save a draft and return what the script is told, with the status."""
    answer = visitor.post(path, text(**changes), headers=SCRIPT)
    told: dict[str, Any] = json.loads(answer.text) if answer.is_json else {}
    return {"status": answer.status_code, **told}


def count(world: World, table: type[Any]) -> int:
    with world.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def png(shade: int = 0) -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home, 60.17 N"
    Image.new("RGB", (6, 4), (shade, 0, 0)).save(out, "PNG", exif=exif)
    return io.BytesIO(out.getvalue()), "Shot of <b>home</b>.png"


def send(visitor: Visitor, content: tuple[io.BytesIO, str] | None = None) -> Any:
    fields = {"picture": content or png()}
    return visitor.post("/pictures", fields, content_type="multipart/form-data", headers=SCRIPT)


def test_a_draft_is_kept_with_every_field_and_offered_to_its_author_alone(site: Site) -> None:
    card = site.world.card("Refund window")
    axel, cora = site.page("axel"), site.page("cora")
    kept = keep(axel, f"/cards/{card}/draft", body="Within 31 days", what_changed="31", tags="a, b", is_minor="")
    assert kept == {"status": 200, "number": 1, "said": "Draft saved 09:00"}
    page = axel.get(f"/cards/{card}/edit").text
    assert "Continue your draft from 09:00" in page
    assert "Within 31 days" not in page
    resumed = axel.get(f"/cards/{card}/edit?draft=1").text
    assert "Within 31 days" in resumed
    assert 'name="draft" value="1"' in resumed
    assert 'value="a, b"' in resumed
    assert "Continue your draft" not in resumed
    for path in (f"/cards/{card}/edit", f"/cards/{card}/edit?draft=1"):
        assert "31 days" not in cora.get(path).text
    assert site.page("rita").get(f"/cards/{card}").text.count("31 days") == 0


def test_a_draft_publishes_nothing_and_makes_no_version(site: Site) -> None:
    card = site.world.card("Refund window", verified=True)
    keep(site.page("axel"), f"/cards/{card}/draft", body="Something else")
    with site.world.read() as session:
        assert session.get_one(Card, card).version == 1
        assert len(session.scalars(select(Revision).where(Revision.card_id == card)).all()) == 1
    assert site.world.trust(card).state == "verified"


def test_a_draft_is_gone_when_the_card_is_saved(site: Site) -> None:
    axel = site.page("axel")
    card = site.world.card("Refund window", author="axel")
    number = keep(axel, f"/cards/{card}/draft", body="Within 31 days")["number"]
    saved = axel.post(f"/cards/{card}/edit", text(body="Within 31 days", step="save", draft=number, owner="4"))
    assert saved.status_code == 303
    assert count(site.world, EditDraft) == 0
    assert keep(axel, f"/cards/{card}/draft", body="late", draft=number)["status"] == 409  # was still on its way
    assert count(site.world, EditDraft) == 0


def test_a_draft_of_a_new_card_belongs_to_the_collection_it_was_begun_in(site: Site) -> None:
    cora = site.page("cora")
    kept = keep(cora, "/cards/new/draft", title="Half a thought")
    assert kept["number"] == 1
    assert "Continue your draft from 09:00" in cora.get("/cards/new?collection=billing").text
    assert "Continue your draft" not in cora.get("/cards/new?collection=deals").text
    assert "Half a thought" in cora.get("/cards/new?collection=billing&draft=1").text
    made = cora.post("/cards/new", text(step="draft", draft=1))
    assert made.status_code == 303
    assert count(site.world, EditDraft) == 0


def test_of_two_windows_the_second_is_told_and_overwrites_nothing(site: Site) -> None:
    card = site.world.card("Refund window")
    axel = site.page("axel")
    first = keep(axel, f"/cards/{card}/draft", body="window one")
    site.world.later(seconds=240)
    second = keep(axel, f"/cards/{card}/draft", body="window two")
    assert (second["status"], second["number"]) == (409, 1)
    assert second["said"] == "Not saved: this draft was changed elsewhere at 09:00."
    assert keep(axel, f"/cards/{card}/draft", body="window one, more", draft=first["number"])["number"] == 2
    assert keep(axel, f"/cards/{card}/draft", body="window two", draft=first["number"])["status"] == 409
    with site.world.read() as session:
        assert session.scalars(select(EditDraft)).one().fields["body"] == "window one, more"


def test_when_the_card_moved_on_the_draft_says_so_and_saving_it_shows_both_texts(site: Site) -> None:
    axel, cora = site.page("axel"), site.page("cora")
    card = site.world.card("Refund window", author="axel")
    keep(axel, f"/cards/{card}/draft", body="Axel's words")
    cora.post(f"/cards/{card}/edit", text(body="Cora's words", step="save", owner="4"))
    assert "it is at version 2, your draft is from version 1" in axel.get(f"/cards/{card}/edit").text
    resumed = axel.get(f"/cards/{card}/edit?draft=1").text
    assert 'name="version" value="1"' in resumed
    refused = axel.post(f"/cards/{card}/edit", text(body="Axel's words", step="save", draft=1))
    assert refused.status_code == 409
    assert "Axel&#39;s words" in refused.text
    assert "Cora&#39;s words" in refused.text
    assert 'name="draft" value="1"' in refused.text
    assert count(site.world, EditDraft) == 1
    merged = text(body="Both", step="save", version=2, draft=1, owner="4")
    assert axel.post(f"/cards/{card}/edit", merged).status_code == 303
    assert count(site.world, EditDraft) == 0


def test_discarding_throws_away_the_draft_that_was_seen_and_no_newer_one(site: Site) -> None:
    card = site.world.card("Refund window")
    axel = site.page("axel")
    keep(axel, f"/cards/{card}/draft")
    keep(axel, f"/cards/{card}/draft", draft=1, body="newer")
    axel.post(f"/cards/{card}/draft/discard?number=1")
    assert count(site.world, EditDraft) == 1
    gone = axel.post(f"/cards/{card}/draft/discard?number=2&next=/cards/{card}/edit")
    assert gone.headers["Location"] == f"/cards/{card}/edit"
    assert count(site.world, EditDraft) == 0
    assert "Draft discarded." in axel.get(f"/cards/{card}/edit").text
    assert axel.post(f"/cards/{card}/draft/discard?next=https://evil.example").headers["Location"] == f"/cards/{card}"


@pytest.mark.parametrize(("name", "status"), [("stan", 404), ("rita", 403), (None, 401)])
def test_whoever_may_not_edit_keeps_no_draft(site: Site, name: str | None, status: int) -> None:
    secret = site.world.card("Secret discount", collection="deals")
    assert site.page(name).post(f"/cards/{secret}/draft", text()).status_code == status
    assert site.page(name).post("/cards/new/draft", text(draft_shelf="deals")).status_code == status
    assert site.page(name).post(f"/cards/{secret}/draft/discard").status_code in (status, 303)
    assert count(site.world, EditDraft) == 0


def test_a_text_too_long_for_a_card_is_kept_and_a_much_longer_one_is_refused_with_words(site: Site) -> None:
    card = site.world.card("Refund window")
    axel = site.page("axel")
    assert keep(axel, f"/cards/{card}/draft", body="x" * (MAX_DRAFT_BYTES - 1000))["status"] == 200
    refused = axel.post(f"/cards/{card}/draft", text(body="x" * (MAX_DRAFT_BYTES + 1), draft=1))
    assert refused.status_code == 422
    assert "too long for a draft" in refused.text


def test_strange_characters_do_no_harm_and_odd_old_drafts_neither(site: Site) -> None:
    card = site.world.card("Refund window")
    axel = site.page("axel")
    assert keep(axel, f"/cards/{card}/draft", body="a\x00b </textarea><script>")["status"] == 200
    resumed = axel.get(f"/cards/{card}/edit?draft=1").text
    assert "<script>" not in resumed.partition("<textarea")[2]
    with site.world.transaction() as session:
        session.scalars(select(EditDraft)).one().fields = {"verifiers": 7, "body": None}
    assert axel.get(f"/cards/{card}/edit?draft=1").status_code == 200


def test_drafts_and_pictures_that_nobody_went_on_with_are_removed(site: Site) -> None:
    card = site.world.card("Refund window")
    axel = site.page("axel")
    keep(axel, f"/cards/{card}/draft")
    send(axel)
    world = site.world
    with world.transaction() as session:
        remove_old(session, world.settings.privacy, world.now + timedelta(days=89))
    assert (count(world, EditDraft), count(world, Upload)) == (1, 1)
    with world.transaction() as session:
        remove_old(session, world.settings.privacy, world.now + timedelta(days=91))
    assert (count(world, EditDraft), count(world, Upload)) == (0, 0)


def test_a_picture_is_written_anew_and_its_senders_alone_until_a_card_shows_it(site: Site) -> None:
    axel, rita, vera = site.page("axel"), site.page("rita"), site.page("vera")
    answer = send(axel)
    assert answer.status_code == 201
    path = answer.json["path"]
    assert (answer.json["width"], answer.json["height"]) == (6, 4)
    shown = axel.get(path)
    assert shown.mimetype == "image/png"
    assert b"60.17" not in shown.data
    assert (rita.get(path).status_code, vera.get(path).status_code) == (404, 404)
    made = axel.post("/cards/new", text(body=f"Look: ![Shot]({path})", step="publish", owner="4"))
    assert made.status_code == 303
    assert rita.get(path).status_code == 200
    with site.world.read() as session:
        attachment = session.scalars(select(Attachment)).one()
        assert (attachment.file_name, attachment.media_type) == ("Shot of <b>home</b>.png", "image/png")


def test_the_same_picture_twice_is_one(site: Site) -> None:
    axel = site.page("axel")
    assert send(axel).json == send(axel).json
    assert count(site.world, Upload) == 1


def test_an_edit_brings_its_pictures_along_and_a_copied_text_those_its_writer_may_see(site: Site) -> None:
    axel, vera, stan = site.page("axel"), site.page("vera"), site.page("stan")
    path = send(axel).json["path"]
    card = site.world.card("Open", author="axel")
    axel.post(f"/cards/{card}/edit", text(body=f"![x]({path})", step="save", owner="4"))
    assert stan.get(path).status_code == 200
    secret = send(vera, png(200)).json["path"]
    hidden = site.world.card("Hidden", collection="deals", owner="vera")
    vera.post(f"/cards/{hidden}/edit", text(body=f"![x]({secret})", step="save", collection="deals", owner="5"))
    assert stan.get(secret).status_code == 404
    axel.post(f"/cards/{card}/edit", text(body=f"![x]({secret})", step="save", version=2, owner="4"))
    assert stan.get(secret).status_code == 404  # Axel can't see it, so he can't give it away
    copied = site.world.card("Copied", owner="vera")
    vera.post(f"/cards/{copied}/edit", text(body=f"![x]({path})", step="save", owner="5"))
    with site.world.read() as session:
        assert {row.card_id for row in session.scalars(select(Attachment))} >= {card, copied, hidden}


@in_one_world(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no PNG, JPEG, WebP or GIF"),
        (b"GIF89a broken", "no PNG"),
        (b"", "no PNG"),
    ],
)
def test_what_is_no_picture_is_refused_with_words(site: Site, content: bytes, reason: str) -> None:
    answer = send(site.page("axel"), (io.BytesIO(content), "evil.png"))
    assert answer.status_code == 422
    assert reason in answer.json["said"]
    assert count(site.world, Upload) == 0


def test_without_a_file_and_without_a_collection_to_write_in_there_is_nothing_to_send(site: Site) -> None:
    assert json.loads(site.page("axel").post("/pictures", {}, headers=SCRIPT).text) == {"said": "Choose a picture."}
    assert send(site.page("rita")).status_code == 403
    assert send(site.page(None)).status_code == 401


def test_somebody_who_only_sends_is_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UPLOADS", 2)
    axel = site.page("axel")
    assert [send(axel, png(shade)).status_code for shade in (1, 2, 3)] == [201, 201, 422]
    assert send(axel, png(1)).status_code == 201  # it is there already
    assert send(site.page("cora"), png(3)).status_code == 201


def add_plainly(visitor: Visitor, content: tuple[io.BytesIO, str] | None, path: str = "", **changes: Any) -> Any:
    """The form without a script, with its own button for pictures."""
    visitor.get("/account")
    fields = text(**changes, csrf_token=visitor._csrf) | ({"picture": FileStorage(*content)} if content else {})
    body, _length, boundary = stream_encode_multipart(fields, use_tempfile=False)
    with time_machine.travel(visitor.site.world.now, tick=False):
        return visitor.client.post(
            path or "/cards/picture", data=body.read(), content_type=f'multipart/form-data; boundary="{boundary}"'
        )


def test_without_a_script_a_picture_comes_back_at_the_end_of_the_text_with_the_rest_of_the_form(site: Site) -> None:
    axel, card = site.page("axel"), site.world.card("Refund window", author="axel")
    page = add_plainly(
        axel, png(), f"/cards/picture?card={card}", body="Look:\r\n", tags="a, b", what_changed="A picture", draft="3"
    )
    assert page.status_code == 200
    found = re.search(r"Look:\n\n!\[Shot of bhome/b\]\((/media/[0-9a-f]{64}\.png)\)", unescape(page.text))
    assert found is not None
    for kept in ('value="a, b"', 'value="A picture"', 'name="draft" value="3"', f'action="/cards/{card}/edit"'):
        assert kept in page.text
    assert "The picture is at the end of the text." in page.text
    assert b"60.17" not in axel.get(found[1]).data
    assert site.page("rita").get(found[1]).status_code == 404
    saved = axel.post(f"/cards/{card}/edit", text(body=f"Look: ![Shot]({found[1]})", step="save", owner="4"))
    assert saved.status_code == 303
    assert site.page("rita").get(found[1]).status_code == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "Choose a picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG, WebP or GIF"),
        (b"x" * (MAX_PICTURE_BYTES + 1), "larger than 10 MB"),
        (b"x" * (20 * 1024 * 1024), "larger than 10 MB"),
    ],
    ids=["none", "no picture", "a byte too large", "twice too large"],
)
def test_a_picture_that_is_refused_takes_nothing_of_the_form_with_it(
    site: Site, content: bytes | None, reason: str
) -> None:
    page = add_plainly(site.page("axel"), (io.BytesIO(content), "x.png") if content else None, title="Long thought")
    assert page.status_code == 422
    assert reason in page.text.partition('href="#f-picture"')[2].partition("</a>")[0]
    assert "Long thought" in page.text
    assert "Within 30 days" in page.text
    assert count(site.world, Upload) == 0


def test_a_picture_that_was_chosen_and_not_added_is_not_lost_in_silence(site: Site) -> None:
    axel, card = site.page("axel"), site.world.card("Refund window", author="axel")
    refused = axel.post(f"/cards/{card}/edit", text(body="Look", step="save", picture="plan.png", owner="4"))
    assert refused.status_code == 422
    assert "“plan.png” is not in the text" in refused.text
    assert axel.post(f"/cards/{card}/edit", text(body="Look", step="save", owner="4")).status_code == 303


@pytest.mark.parametrize(("name", "status"), [("stan", 403), ("rita", 403), (None, 401)])
def test_whoever_may_not_write_adds_no_picture(site: Site, name: str | None, status: int) -> None:
    secret = site.world.card("Secret discount", collection="deals")
    answer = add_plainly(site.page(name), png(), f"/cards/picture?card={secret}")
    assert answer.status_code == status
    assert "Secret discount" not in answer.text
    assert count(site.world, Upload) == 0
