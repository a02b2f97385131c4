"""What was written down when something happened is read by each in their language; the API and proofs stay English."""

from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, text

from curator import jobs
from curator.detectors.models import Finding
from kb.mail.models import OutgoingMail
from kb.trust import log
from kb.trust.models import Flag, Verification
from tests.curator.cast import context, mails, subscribe
from tests.curator.detectors.rounds import detect, edit
from tests.curator.test_rules_pages import fields_of, look
from tests.site import Site
from tests.world import email

OVER = ("“until 30 November 2026”: The time is over.", "„until 30 November 2026“: Die Zeit ist vorbei.")
PAST = "The offer holds until 30 November 2026."


@pytest.fixture
def german(site: Site) -> Site:
    """Vera and Ada read German, Cora and Axel English."""
    with site.world.transaction() as session:
        for name, language in (("vera", "de"), ("ada", "de"), ("cora", "en"), ("axel", "en")):
            site.world.person(session, name).language = language
    return site


def page(site: Site, name: str, path: str) -> str:
    answer = site.page(name).get(path, follow_redirects=True)
    assert answer.status_code == 200, path
    return unescape(answer.text)


def api(site: Site, path: str, name: str = "ada", *scopes: str) -> Any:
    answer = site.api(name, *(scopes or ("admin",))).get(path, headers={"Accept-Language": "de"})
    assert answer.status_code == 200, answer.text
    return answer.json


def overdue_date(site: Site) -> int:
    card = site.world.card("Autumn offer", PAST, verified=True)
    site.world.later(days=15)
    detect(site.world)
    return card


def test_a_finding_is_read_in_german_and_by_a_colleague_in_english(german: Site) -> None:
    card = overdue_date(german)
    for path in (f"/verify?card={card}&scope=all", f"/cards/{card}", f"/cards/{card}/edit", f"/cards/{card}/history"):
        assert "Die Zeit ist vorbei" in page(german, "ada", path), path
        assert "The time is over" not in page(german, "ada", path), path
        assert "time is over" in page(german, "cora", path), path
        assert "Die Zeit" not in page(german, "cora", path), path
    assert OVER[1] in page(german, "ada", f"/cards/{card}/audit?scope=done")
    assert OVER[0] in page(german, "cora", f"/cards/{card}/audit?scope=done")
    assert OVER[0] in page(german, "ada", f"/cards/{card}/audit.csv")


def test_the_api_says_it_in_english_byte_by_byte(german: Site) -> None:
    card = overdue_date(german)
    (finding,) = [each for each in api(german, f"/cards/{card}/findings")["items"] if each["detector"] == "date_passed"]
    assert (finding["words"], finding["detail"]) == ("until 30 November 2026", "The time is over.")
    assert api(german, f"/cards/{card}")["trust"]["reasons"][0]["detail"] == OVER[0]
    german.index()
    assert api(german, "/lookup?q=autumn")["results"][0]["trust"]["reasons"][0]["detail"] == OVER[0]
    said = [row["words"] for row in api(german, f"/cards/{card}/audit")["items"]]
    assert f"Flagged: {OVER[0]}" in said


def test_what_was_found_before_is_readable_and_is_a_sentence_after_the_next_round(german: Site) -> None:
    card = overdue_date(german)
    with german.world.transaction() as session:
        session.execute(text("UPDATE finding SET detail = 'The time is over.' WHERE detector = 'date_passed'"))
        session.execute(text("UPDATE flag SET detail = :words"), {"words": OVER[0]})
        before = dict(session.execute(select(Finding.fingerprint, Finding.found_at)).all())
    assert OVER[0] in page(german, "vera", f"/verify?card={card}")
    assert OVER[0] in page(german, "cora", f"/verify?card={card}&scope=all")
    german.world.later(days=1)
    edit(german.world, card, f"{PAST} Ask Rita.")
    detect(german.world)
    assert "Die Zeit ist vorbei." in page(german, "vera", f"/cards/{card}")
    with german.world.read() as session:
        assert dict(session.execute(select(Finding.fingerprint, Finding.found_at)).all()) == before
        assert len(session.scalars(select(Flag)).all()) == 1


def test_a_flag_that_settles_says_so_to_each_in_their_language(german: Site) -> None:
    card = overdue_date(german)
    german.world.later(days=1)
    edit(german.world, card, "The offer holds.")
    detect(german.world)
    assert "So ist es nicht mehr." in page(german, "vera", f"/cards/{card}/history")
    assert "It is no longer so." in page(german, "cora", f"/cards/{card}/history")


def test_the_record_of_a_check_is_english_whoever_made_it_and_the_chain_holds(german: Site) -> None:
    card = overdue_date(german)
    vera = german.page("vera")
    sheet = vera.get(f"/verify?card={card}").text
    reading = unescape(sheet.split('name="reading" value="')[1].split('"')[0])
    assert vera.post(f"/verify/{card}", {"version": 1, "reading": reading, "note": "Gelesen."}).status_code == 303
    with german.world.read() as session:
        record = session.scalars(select(Verification).order_by(Verification.id.desc())).first()
        assert record is not None
        assert OVER[0] in [piece["words"] for piece in record.evidence]
        assert "Die Zeit" not in str(record.evidence)
        assert log.check(session).broken_id is None


def test_a_doubt_that_an_edit_left_is_told_in_both_languages(german: Site) -> None:
    card = german.world.card("Refunds", verified=True)
    german.world.later(days=1)
    edit(german.world, card, "Full refund within 14 days.", by="cora")
    assert "Seit der letzten Prüfung bearbeitet." in page(german, "vera", f"/cards/{card}/history")
    assert "Edited since the last check." in page(german, "cora", f"/cards/{card}/history")
    assert api(german, f"/cards/{card}")["trust"]["reasons"][0]["detail"] == "Edited since the last check."
    with german.world.read() as session:
        notes = session.scalars(select(Verification.note).order_by(Verification.id)).all()
        assert notes == ["", "Edited since the last check."]
        assert session.scalar(text("SELECT note FROM verification WHERE id = 2")) == "Edited since the last check."
        assert log.check(session).broken_id is None


def test_a_note_that_a_command_wrote_is_told_in_both_languages(german: Site) -> None:
    card = german.world.card("Refunds", "Full refund within 30 days.")
    edit(german.world, card, "Full refund within 14 days.", by="cora")
    vera = german.page("vera")
    vera.get(f"/cards/{card}/history")
    assert vera.post(f"/cards/{card}/restore", {"version": 2, "revision": 1}).status_code == 303
    assert "Fassung 1 wiederhergestellt" in page(german, "ada", f"/cards/{card}/history")
    assert "Restored version 1" in page(german, "cora", f"/cards/{card}/history")
    assert next(each["note"] for each in api(german, f"/cards/{card}/revisions")["items"]) == "Restored version 1"


def test_why_somebody_was_asked_is_told_in_both_languages_and_mailed_in_theirs(german: Site) -> None:
    card = german.world.card("Refund window", "Customers get their money back.", owner="vera", author="cora")
    german.index()
    rita = german.page("rita")
    rita.get("/")
    rita.post(f"/cards/{card}/ask", {"q": "Does it hold for gifts?"})
    with german.world.read() as session:
        (mail,) = session.scalars(select(OutgoingMail).where(OutgoingMail.key.like("question:%"))).all()
    assert (mail.to_address, "Warum Sie: Prüft die Karte" in mail.text) == (email("vera"), True)
    assert "Prüft die Karte" in mail.html
    assert "Prüft die Karte" in page(german, "vera", "/questions/1")
    assert "Checks the card" in page(german, "cora", "/questions/1")


def test_a_question_of_one_click_is_read_by_each_in_their_language(german: Site) -> None:
    """Nobody typed it: a German reader asks an English expert, and both find it in their own words."""
    card = german.world.card("Refund window", verifiers=("axel",))
    with german.world.transaction() as session:
        german.world.person(session, "rita").language = "de"
    rita = german.page("rita")
    rita.get("/")
    assert rita.post(f"/cards/{card}/ask", {"q": ""}).status_code == 303
    asked = ("Is “Refund window” right?", "Nobody has verified this card yet.")
    with german.world.read() as session:
        (mail,) = session.scalars(select(OutgoingMail).where(OutgoingMail.key.like("question:%"))).all()
    assert mail.to_address == email("axel")
    seen = page(german, "rita", "/questions/1")
    for words in asked:
        assert words in mail.text
        assert words in page(german, "axel", "/questions/1")
        assert words not in seen
    assert "Stimmt „Refund window“?" in seen
    assert "Noch niemand hat diese Karte geprüft." in seen
    told = api(german, "/questions/1", "axel", "read")
    assert (told["text"], told["detail"]) == asked


def test_a_change_of_the_rules_is_told_in_both_languages_whoever_made_it(german: Site) -> None:
    german.world.card("Price", verified=True, tags=("pricing",))
    ada = german.page("ada")
    seen = look(ada, kind="add", collection="billing", tag="pricing", interval_days=30)
    assert ada.post("/admin/rules/changes", {**fields_of(seen), "when": "now"}).status_code == 303
    assert "Neue Regel, jetzt angewendet: 1 Prüfung verschoben" in page(german, "ada", "/admin/rules")
    with german.world.transaction() as session:
        german.world.person(session, "ada").language = "en"
    assert "New rule, applied now: 1 check moved" in page(german, "ada", "/admin/rules")


def test_a_notice_is_told_in_both_languages_and_mailed_in_theirs(german: Site) -> None:
    """The note of the corrected version stands in it, and that was written by a command."""
    world = german.world
    card = world.card("Refunds", "Full refund within 30 days.", verified=True)
    for name in ("vera", "axel"):
        follower = german.page(name)
        follower.get(f"/cards/{card}", follow_redirects=True)
        assert follower.post("/follow", {"do": "follow", "card": card}).status_code == 303
    edit(world, card, "Full refund within 14 days.", by="cora")
    jobs.notice(context(world))
    world.later(seconds=60)
    cora = german.page("cora")
    cora.get(f"/cards/{card}/history")
    cora.post(f"/cards/{card}/restore", {"version": 2, "revision": 1})
    world.verify(card, "cora")
    jobs.notice(context(world))
    assert "Fassung 1 wiederhergestellt" in page(german, "vera", "/notices")
    assert "Restored version 1" in page(german, "axel", "/notices")
    assert "Restored version 1" in [each["words"] for each in api(german, "/notices", "vera", "read")["items"]]
    subscribe(world, "vera", "axel")
    world.later(days=1)
    jobs.digest(context(world))
    letters = {mail.to_address: mail.text for key, mail in mails(world).items() if key.startswith("digest:")}
    assert "Fassung 1 wiederhergestellt" in letters[email("vera")]
    assert "Restored version 1" in letters[email("axel")]
