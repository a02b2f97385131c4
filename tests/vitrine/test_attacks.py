"""Attacks that were tried by hand once, and what was found stays found."""

from typing import Any

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from kb.people.tokens import issue_link
from kb.use.models import Feedback
from tests.infra.cases import in_one_world
from tests.site import Site


def test_a_toast_of_one_person_is_not_shown_to_the_next_at_the_same_browser(site: Site) -> None:
    browser = site.page("ada")
    browser.post("/account/theme", {"theme": "dark"})
    browser.post("/admin/groups", {"name": "Secret group"})
    browser.post("/sign-out")
    with browser.client.session_transaction() as kept:
        assert "toasts" not in kept


def test_a_one_time_link_does_not_get_into_the_log_when_its_page_breaks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.world.transaction() as session:
        secret = issue_link(session, site.world.person(session, "rita"), 24, site.world.now).secret

    def breaks(*_arguments: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("kb.people.tokens.valid_link", breaks)
    with capture_logs() as lines:
        assert site.page(None).get(f"/welcome/{secret}").status_code == 500
    assert any(line["event"] == "unexpected error" for line in lines)
    assert secret not in repr([{key: value for key, value in line.items() if key != "exc_info"} for line in lines])


def test_what_is_no_answer_gets_no_feedback_from_a_page_either(site: Site) -> None:
    draft = site.world.card(publish=False)
    assert site.page("cora").post(f"/cards/{draft}/feedback", {"helpful": "yes"}).status_code == 409
    with site.world.read() as session:
        assert session.scalar(select(func.count()).select_from(Feedback)) == 0


def test_marks_that_turn_the_direction_of_words_are_taken_out_of_reports(site: Site) -> None:
    card = site.world.card()
    site.page("rita").post(f"/cards/{card}/flags", {"detail": "See \u202egnp.exe"})
    page = site.page("cora").get(f"/cards/{card}").get_data(as_text=True)
    assert "See gnp.exe" in page
    assert "\u202e" not in page


@in_one_world("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\tevil"])
def test_signing_in_leads_nowhere_else(site: Site, target: str) -> None:
    assert site.page("stan").get("/sign-in", query_string={"next": target}).headers["Location"] == "/"


@in_one_world("origin", ["https://evil.example", "null", "http://[", "http://localhost.evil.example", ""])
def test_a_form_from_another_site_changes_nothing(site: Site, origin: str) -> None:
    response = site.page("ada").post("/account/theme", {"theme": "dark"}, headers={"Origin": origin})
    assert response.status_code == 403


def test_a_verifier_who_does_not_exist_is_named_as_a_mistake(site: Site) -> None:
    fields = {"name": "Billing", "is_open": "1", "verifiers": "person:999999999"}
    assert site.page("ada").post("/admin/collections/billing", fields).status_code == 422
