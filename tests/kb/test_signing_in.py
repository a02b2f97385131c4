"""Signing in, one-time links, the account, and what every page and form is guarded by."""

import re

import pytest

from kb.people.sign_in import needs_setup
from kb.people.tokens import issue_link
from kb.web.security import CSP
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.world import email

PASSWORD = "blue kettle mountain seven"


def link_for(site: Site, name: str) -> str:
    """A fresh one-time link of one of the cast."""
    with site.world.transaction() as session:
        person = site.world.person(session, name)
        return f"/welcome/{issue_link(session, person, 24, site.world.now).secret}"


def test_the_first_admin_is_set_up_through_a_link_that_works_once(site: Site) -> None:
    with site.world.transaction() as session:
        first = needs_setup(session)
        assert first is not None
        link = f"/welcome/{issue_link(session, first, 24, site.world.now).secret}"
    visitor = site.page(None)
    assert visitor.get(link).status_code == 200
    weak = visitor.post(link, {"name": "Ann", "email": "ann@x.test", "password": "password1234"})
    assert weak.status_code == 422
    assert "easy to guess" in weak.text
    done = visitor.post(link, {"name": "Ann", "email": "Ann@X.test", "password": PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert "Ann" in visitor.get("/account").text
    assert site.page(None).get(link).status_code == 410


def test_a_password_set_through_a_link_signs_in_afterwards(site: Site) -> None:
    visitor = site.page(None)
    link = link_for(site, "axel")
    visitor.get(link)
    visitor.post(link, {"password": PASSWORD})
    other = site.page(None)
    other.get("/sign-in")
    assert other.post("/sign-in", {"email": email("axel"), "password": "wrong"}).status_code == 401
    right = other.post("/sign-in", {"email": email("axel").upper(), "password": PASSWORD, "next": "/account"})
    assert right.headers["Location"] == "/account"
    assert other.get("/account").status_code == 200


def test_a_link_can_sign_in_without_setting_a_password_but_only_once(site: Site) -> None:
    link = link_for(site, "rita")
    visitor = site.page(None)
    visitor.get(link)
    assert visitor.post(link, {"step": "skip"}).status_code == 303
    assert "Rita" in visitor.get("/account").text
    assert site.page(None).get(link).status_code == 410


def test_unknown_deactivated_and_wrong_look_the_same(site: Site) -> None:
    answers = set()
    for address in (email("axel"), "nobody@northwind.example"):
        visitor = site.page(None)
        visitor.get("/sign-in")
        response = visitor.post("/sign-in", {"email": address, "password": "wrong wrong wrong"})
        answers.add((response.status_code, re.sub(r'value="[^"]*"', "", response.text)))
    assert len(answers) == 1


def test_guessing_slows_down_and_never_locks_out_for_good(site: Site) -> None:
    visitor = site.page(None)
    visitor.get("/sign-in")
    fields = {"email": email("axel"), "password": "wrong"}
    codes = [visitor.post("/sign-in", fields).status_code for _ in range(8)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429
    site.world.later(days=0.05)
    assert visitor.post("/sign-in", fields).status_code == 401


@in_one_world(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\tevil", "javascript:alert(1)", "\\/evil", "///e"],
)
def test_next_never_leads_to_another_site(site: Site, target: str) -> None:
    visitor = site.page("rita")
    response = visitor.get("/sign-in", query_string={"next": target})
    assert response.headers["Location"] == "/"


def test_signing_out_makes_a_copied_cookie_worthless(site: Site) -> None:
    rita = site.page("rita")
    cookie = rita.client.get_cookie("vitrine_session")
    assert cookie is not None
    rita.get("/account")
    assert rita.post("/sign-out").status_code == 303
    thief = site.page(None)
    thief.client.set_cookie("vitrine_session", cookie.value)
    assert thief.get("/account").status_code == 303


def test_a_session_ends_after_idle_hours_and_after_two_weeks(site: Site) -> None:
    rita = site.page("rita")
    site.world.later(seconds=12 * 3600 - 1)
    assert rita.get("/account").status_code == 200
    site.world.later(seconds=12 * 3600)
    assert rita.get("/account").status_code == 303


def test_a_token_is_shown_once_and_can_be_revoked(site: Site) -> None:
    axel = site.page("axel")
    made = axel.post("/account/tokens", {"token_name": "laptop", "scopes": ["read"]})
    found = re.search(r"vit_[\w-]{40,}", made.text)
    assert found
    assert found[0] not in axel.get("/account").text
    revoke = re.search(r"/account/tokens/\d+/revoke", axel.get("/account").text)
    assert revoke
    assert axel.post(revoke[0]).status_code == 303
    assert "laptop" not in axel.get("/account").text


def test_whoever_makes_a_token_says_when_it_expires(site: Site) -> None:
    axel = site.page("axel")
    for name, expiry in (("short", "30"), ("usual", ""), ("long", "never")):
        fields = {"token_name": name, "scopes": ["read"]} | ({"token_expiry": expiry} if expiry else {})
        assert axel.post("/account/tokens", fields).status_code == 201
    refused = axel.post("/account/tokens", {"token_name": "odd", "scopes": ["read"], "token_expiry": "36500"})
    assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True)
    page = axel.get("/account").text
    told = re.findall(r"Expires [^<]*|Never expires", page)
    assert told == [
        "Never expires",
        "Expires 14 Feb 2027",
        "Expires 16 Dec",
    ]
    site.world.later(days=31)
    assert "Expired 16 Dec" in site.page("axel").get("/account").text
    with site.world.read() as session:
        axels = site.world.person(session, "axel").id
    assert "2 tokens in force, never used" in site.page("ada").get(f"/admin/people/{axels}").text


def test_every_page_but_the_public_ones_asks_to_sign_in(site: Site) -> None:
    visitor = site.page(None)
    public = (
        "/sign-in",
        "/welcome",
        "/static",
        "/healthz",
        "/readyz",
        "/metrics",
        "/opensearch.xml",
        "/suggestions",
        "/sign-out",
        "/api/",
        "/unsubscribe/",  # these two carry a signature
        "/check/",
    )
    for rule in site.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", str(rule))
        if path.startswith(public) or "GET" not in (rule.methods or ()):
            continue
        response = visitor.get(path)
        assert response.status_code == 303, path
        assert response.headers["Location"].startswith("/sign-in"), path


def test_no_form_is_taken_without_its_token_or_from_another_site(site: Site) -> None:
    card = site.world.card()
    axel = site.page("axel")
    axel.get("/account")
    foreign = (
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
    )
    for kwargs in foreign:
        assert axel.post(f"/cards/{card}/archive", **kwargs).status_code == 403
    for rule in site.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", str(card), str(rule))
        # A mail program unsubscribes with one POST (RFC 8058): its address is signed and it has no cookie.
        if "POST" in (rule.methods or ()) and not path.startswith(("/api/", "/unsubscribe/")):
            assert axel.post(path, {"csrf_token": "wrong"}).status_code == 403, path


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    rita = site.page("rita")
    for path in ("/", "/nope", "/sign-in", "/healthz", "/opensearch.xml", "/cards/999999"):
        headers = rita.get(path).headers
        assert headers["Content-Security-Policy"] == CSP
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in headers["Cache-Control"]
        assert "Python" not in headers.get("Server", "")


def test_pages_are_free_of_inline_scripts_and_styles(site: Site) -> None:
    card = site.world.card(verified=True)
    site.index()
    cora = site.page("cora")
    for path in ("/", "/?q=card", f"/cards/{card}", "/cards/new", "/account", "/collections/billing"):
        page = cora.get(path).text
        assert not re.search(r'\sstyle="|<script(?![^>]*\ssrc=)|\son\w+="', page), path


def test_a_broken_page_tells_a_reference_and_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("secret detail in /some/path")

    monkeypatch.setattr("kb.cards.views.card_page", explode)
    card = site.world.card()
    response = site.page("rita").get(f"/cards/{card}")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert re.search(r"<code>[0-9a-f]{8}</code>", response.text)


def test_a_host_that_is_not_ours_is_refused_once_the_public_address_is_known(site: Site) -> None:
    assert site.app.config["TRUSTED_HOSTS"] is None
    site.app.config["TRUSTED_HOSTS"] = ["kb.example"]
    assert site.page(None).get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_a_newcomer_is_led_from_an_empty_installation_to_the_first_card(site: Site) -> None:
    with site.world.transaction() as session:
        for slug in ("billing", "deals"):
            session.delete(site.world.collection(session, slug))
    ada, rita = site.page("ada"), site.page("rita")
    assert "Make the first collection" in ada.get("/").text
    assert "Make the first collection" not in rita.get("/").text
    assert ada.get("/cards/new").headers["Location"] == "/admin/collections"
    assert "make the first one" in ada.get("/admin/collections").text
    assert ada.post("/admin/collections", {"name": "Support"}).status_code == 303
    assert ada.get("/cards/new").status_code == 200
    assert rita.get("/cards/new").status_code == 403
