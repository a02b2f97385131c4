"""What a stranger is shown does not change, to the byte, when things he may not see come into being.

A metamorphic test: everything Stan and Axel can get is taken, then the restricted collection Deals fills with cards,
tags, reports, checks and use, all with canary words, and everything is taken again.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from curator import jobs
from curator.jobs import JobContext
from curator.notices.digest import send_digest
from curator.notices.transitions import notice_changes
from curator.reports.formats import as_letter
from curator.reports.weekly import weekly_report
from curator.reports.weeks import week_of
from kb.cards import replacements
from kb.cards.models import Card
from kb.comments.commands import add_comment
from kb.db import Base
from kb.mail.models import OutgoingMail
from kb.reviewing.models import Proposal
from kb.use.recorder import UseRecorder, add_use
from tests.site import Site, Visitor
from tests.world import START, World

CANARY = "zanzibar"
STRANGERS = ("stan", "axel")
THEN = "2026-11-16T09:00Z"
SEARCHES = ("refund", "refnd", "zanzibar", "zanzibra", "refund zanzibar", "tag:zanzibar", "collection:deals refund",
            "discount")  # fmt: skip
PAGES = (
    "/", "/cards", "/cards?q=refund", "/cards?q=zanzibar", "/cards?tag=zanzibar", "/cards?collection=deals",
    "/cards?status=any", "/cards?status=replaced", "/cards?trust=flagged", "/cards?trust=overdue",
    "/cards?owner=vera@northwind.example", "/cards?assignee=vera@northwind.example", "/cards?verifier=deal-desk",
    "/cards?updated_since=2026-01-01", "/cards?sort=views", "/reports/weekly", "/reports/weekly?week=2026-W47",
    "/reports/weekly.csv", "/verify", "/verify?scope=group", "/verify?scope=all", "/verify?card={secret}",
    "/collections/billing", "/collections/billing?trust=flagged", "/collections/deals", "/collections/none",
    "/admin/people", "/admin/groups", "/admin/collections", "/admin/collections/deals", "/account", "/cards/new",
    "/cards/new?collection=deals", "/cards/new?copy={secret}", "/cards/{secret}", "/cards/{secret}/history",
    "/cards/{secret}/diff",
    "/cards/{secret}/mentions?q=v", "/cards/{secret}?comments=1",
    "/cards/{secret}/edit", "/cards/{secret}/replace", "/preview/{secret}",
    "/cards/{secret}/zanzibar", "/sign-in?next=/cards/{secret}", "/opensearch.xml", "/suggestions?q=zan",
    "/suggestions?q=refund", "/healthz", "/missing",
    "/admin/synonyms", "/admin/golden-queries", "/admin/registry", "/admin/hooks", "/admin/webhooks",
    "/media/{picture}.png", "/duplicates",
    "/notices", "/account/notices", "/questions", "/questions?scope=all", "/questions/new?q=zanzibar",
    "/admin/triggers", "/admin/card-templates", "/cards?template=battle-card", "/cards?incomplete=1",
    "/cards/new?template=policy", "/extension", "/reviews", "/reviews/1",
    "/duplicates/1", "/verify?scope=nonsense&card=x",
    "/tags/zanzibar", "/reports/owners", "/cards/{secret}/owner", "/account/absences",
    "/reports/schedules", "/reports/gaps", "/reports/gaps?collection=deals", "/reports/schedules?about=collection:2",
    "/reports/weekly?collection=deals", "/reports/weekly?collection=billing", "/reports/weekly?person=me",
    "/reports/weekly?person={vera}", "/reports/weekly.csv?person=me",
    "/reports/workload", "/reports/workload.csv", "/admin/rules",
    "/admin/rules/preview?kind=add&collection=billing&interval_days=1", "/admin/rules/preview?kind=catch_up",
    "/admin/rules/preview?kind=add&collection=deals&interval_days=1",
    "/cards/{secret}/audit", "/cards/{secret}/audit.csv", "/cards/{secret}/recall", "/recalls",
    "/as-of?q=zanzibar&at={then}", "/as-of?q=refund&at={then}",
)  # fmt: skip
OF_A_CARD = (
    "",
    "?comments=1",
    "/mentions?q=v",
    "/history",
    "/audit",
    "/recall",
    "/diff",
    "/edit",
    "/replace?q=zanzibar",
    "/replace?q=refund",
    "/owner",
)
API = (
    "/cards", "/cards?collection=deals", "/cards?tag=zanzibar", "/cards/{secret}", "/cards/{secret}/similar",
    "/cards/{secret}/revisions", "/cards/{secret}/revisions/1", "/cards/{secret}/verifications",
    "/cards/{secret}/flags",
    "/cards/{secret}/comments", "/collections", "/collections/deals", "/people", "/people/{vera}", "/groups",
    "/groups/deal-desk", "/me", "/queue", "/queue?scope=group", "/queue?scope=all", "/reports/weekly",
    "/reports/owners", "/cards/{secret}/owner-suggestions", "/people/{vera}/absences",
    "/reports/weekly.csv", "/reports/weekly?collection=deals", "/reports/weekly?person=me", "/reports/gaps",
    "/reports/weekly?person={vera}", "/openapi.json", "/synonyms", "/golden-queries", "/duplicates",
    "/cards/{secret}/findings", "/cards/{secret}/sources", "/registry",
    "/reviews", "/reviews?scope=mine", "/proposals/1", "/notices", "/follows",
    "/webhooks", "/questions?scope=all", "/triggers/rules", "/triggers",
    "/card-templates", "/cards?template=policy",
    "/rules", "/reports/workload", "/reports/workload.csv",
    "/cards/{secret}/audit", "/cards/{secret}/recalls", "/recalls", "/lookup?q=zanzibar&as_of={then}",
    "/search?q=refund&as_of={then}", "/cards/{secret}?as_of={then}",
)  # fmt: skip
API_OF_A_CARD = (
    "",
    "/comments",
    "/audit",
    "/recalls",
    "/similar",
    "/revisions",
    "/revisions/1",
    "/verifications",
    "/flags",
    "/owner-suggestions",
)
_PASSING = (
    (re.compile(r'(name="csrf_token" value=")[^"]*'), r"\1"),
    (re.compile(r'(name="csrf-token" content=")[^"]*'), r"\1"),
    (re.compile(r'"took_ms": ?[0-9.e-]+'), '"took_ms":0'),
    (re.compile(r'"generation": ?"[^"]*"'), '"generation":""'),
    (re.compile(r"/static/[0-9a-f]{12}/"), "/static/"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking twice must not differ from looking once."""
    monkeypatch.setattr(UseRecorder, "record", lambda _self, _use: None)
    monkeypatch.setattr(UseRecorder, "record_sighting", lambda *_: None)


def shown(body: str) -> str:
    """An answer without what differs from one time to the next anyway."""
    for pattern, instead in _PASSING:
        body = pattern.sub(instead, body)
    return body


def open_cards(world: World) -> list[int]:
    """Cards in Billing in every state, with words that the secret ones will share."""
    world.now = START - timedelta(days=60)
    cards = [
        world.card("Refund window for annual plans", "Refund within 30 days. Discount codes.", tags=("refunds",)),
        world.card("Refund after a chargeback", "Never twice.", verified=True, interval_days=20, tags=("money",)),
        world.card("Goodwill limits", "A refund of 50.", verified=True, verifiers=("experts",)),
        world.card("Refund rules of 2019", "Refund in 14 days.", owner="axel"),
        world.card("A draft about refunds", publish=False, author="axel"),
    ]
    world.flag(cards[2], "It is 60 now", by="stan")
    with world.transaction() as session:
        old, new = session.get_one(Card, cards[3]), session.get_one(Card, cards[0])
        replacements.replace_card(session, world.actor(session, "cora"), old, new, world.now)
        for card_id in cards[:3]:
            add_use(session, card_id, START.date(), {"impressions": 3, "views": 2, "stale_impressions": 1})
    world.now = START
    return cards


def secret_cards(world: World, like: list[int]) -> int:
    """Deals fills up: cards in every state, with everything that hangs on cards. Returns the last one's id."""
    world.now = START - timedelta(days=50)
    made = [
        world.card(f"Refund {CANARY} {n}", f"Refund {CANARY} annual discount [x](https://{CANARY}.example).",
                   collection="deals", owner="vera", verifiers=("vera", "deal-desk"), verified=n % 2 == 0,
                   interval_days=10 + 20 * (n % 3), tags=(CANARY, "refunds"))
        for n in range(8)
    ]  # fmt: skip
    made.append(world.card("Refund after a chargeback", "Never twice.", collection="deals", verified=True))
    made.append(world.card(f"Draft {CANARY}", collection="deals", author="cora", owner=None, publish=False))
    for card_id in made[:3]:
        world.flag(card_id, f"Wrong since {CANARY}", by="rita")
    world.verify(made[1], by="vera")
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        replacements.replace_card(
            session, cora, session.get_one(Card, made[4]), session.get_one(Card, made[5]), world.now
        )
        replacements.replace_card(
            session, cora, session.get_one(Card, made[6]), session.get_one(Card, like[0]), world.now
        )
        session.add(
            Proposal(
                card_id=made[0],
                base_version=1,
                title=f"Refund {CANARY}",
                body=f"Better {CANARY}",
                tags=[CANARY],
                language="en",
                audience=[],
                author_id=world.person(session, "vera").id,
                at=world.now,
            )
        )
        for name in ("rita", "vera"):
            text = f"@axel, @vera: {CANARY}?"
            add_comment(session, world.actor(session, name), session.get_one(Card, made[0]), text, world.now)
        for card_id in made[:8]:
            add_use(session, card_id, START.date(), {"impressions": 99, "views": 90, "stale_impressions": 77})
    world.now = START
    return made[0]


def letters(world: World, name: str) -> Iterator[tuple[str, str]]:
    """The weekly report as it is mailed."""
    with world.read() as session:
        actor, week = world.actor(session, name), week_of(world.now, world.policy)
        for each in (week, week.before()):
            letter = as_letter(
                weekly_report(session, actor, each, world.policy, world.settings.freshness, world.now), world.settings
            )
            yield f"mail {each.key}", f"{letter.subject}\n{letter.text}\n{letter.html}"


def everything(
    site: Site, visitor: Visitor, name: str, token: dict[str, str], places: dict[str, Any]
) -> dict[str, str]:
    """Every answer this person can get, by address."""
    cards = places["cards"]
    paths = [path.format(**places) for path in PAGES]
    paths += [f"/?q={words}&order={order}" for words in SEARCHES for order in ("", "text")[: 1 + (words == "refund")]]
    paths += [f"/?q=refund&tag={tag}" for tag in ("refunds", CANARY)] + ["/?q=refund&collection=deals"]
    paths += [f"/cards/{card}{rest}" for card in cards for rest in OF_A_CARD]
    paths += [f"/preview/{card}" for card in cards]
    api = [f"/api/v1{path}" for path in API]
    api += [f"/api/v1/{call}?q={words}" for words in SEARCHES for call in ("lookup", "search", "suggest")]
    api += [f"/api/v1/search?explain=true&q={words}" for words in SEARCHES]
    api += [
        f"/api/v1/search?q=refund&{more}" for more in ("tag=zanzibar", "collection=deals", f"owner={places['vera']}")
    ]
    api += [f"/api/v1/cards/{card}{rest}" for card in cards for rest in API_OF_A_CARD]
    answers: dict[str, str] = {}
    for path in paths:
        for headers in ({}, {"X-Fragment": "1"}) if path.startswith(("/?", "/preview")) else ({},):
            response = visitor.get(path, headers=headers)
            answers[f"{path} {headers}"] = f"{response.status_code} {response.headers.get('Location')}\n" + shown(
                response.get_data(as_text=True)
            )
    for path in api:
        response = visitor.get(path.format(**places), headers=token)
        answers[path] = f"{response.status_code}\n" + shown(response.get_data(as_text=True))
    for words, fields in bulk_forms(places):
        response = visitor.post("/cards/bulk", fields)
        answers[f"bulk {words}"] = f"{response.status_code}\n" + shown(response.get_data(as_text=True))
    return answers | dict(letters(site.world, name))


def bulk_forms(places: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first step of bulk actions on all that match, and on what is named by its number."""
    for action in ("archive", "verify", "interval", "move", "owner", "add_tag", "request_check"):
        form = {"do": action, "value": "30" if action == "interval" else ""}
        yield f"{action} all", {**form, "all_matching": "1", "q": "refund"}
        yield f"{action} everything", {**form, "all_matching": "1", "status": "any"}
        yield f"{action} named", {**form, "card": [places["secret"], places["cards"][0]]}
        yield f"{action} move to deals", {**form, "value": "deals", "card": [places["cards"][0]]}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_strangers_see_does_not_change_when_secrets_come_into_being(site: Site) -> None:
    cards = open_cards(site.world)
    site.index()
    with site.world.read() as session:
        vera = site.world.person(session, "vera").id
    places = {"cards": cards, "secret": cards[-1] + 1, "vera": vera, "picture": "0" * 64, "then": THEN}
    jobs.learn_freshness(JobContext.of(site.world))  # as every night: what all cards taught, without naming any
    visitors = {name: site.page(name) for name in STRANGERS}
    tokens = {name: {"Authorization": f"Bearer {site.token(name, 'read', 'write', 'verify')}"} for name in STRANGERS}
    for name in STRANGERS:  # the account page tells when a token was used last
        visitors[name].get("/api/v1/me", headers=tokens[name])
    before = {name: everything(site, visitors[name], name, tokens[name], places) for name in STRANGERS}
    assert secret_cards(site.world, cards) == places["secret"]
    site.index()
    after = {name: everything(site, visitors[name], name, tokens[name], places) for name in STRANGERS}
    differing = [(name, path) for name in STRANGERS for path in before[name] if before[name][path] != after[name][path]]
    assert differing == []
    assert site.page("rita").get(f"/cards/{places['secret']}").status_code == 200
    assert CANARY in site.page("rita").get(f"/?q={CANARY}").get_data(as_text=True)


def test_a_digest_holds_nothing_that_its_reader_may_not_open(site: Site) -> None:
    cards = open_cards(site.world)
    before = {name: digest(site.world, name) for name in STRANGERS}
    secret_cards(site.world, cards)
    assert {name: digest(site.world, name) for name in STRANGERS} == before
    assert "Goodwill" in before["axel"] or "Refund" in before["axel"]
    assert CANARY in digest(site.world, "vera")


def digest(world: World, name: str) -> str:
    """The person's digest, as if it were sent now for the first time."""
    with world.transaction() as session:
        notice_changes(session, world.policy, world.now)
        person = world.person(session, name)
        send_digest(session, person.id, world.settings, world.policy, world.now)
        mail = session.scalars(select(OutgoingMail).where(OutgoingMail.key == f"digest:{person.id}:2026-11-16")).first()
        words = f"{mail.subject}\n{mail.text}\n{mail.html}" if mail else ""
        session.rollback()
    return words


def test_a_failed_sign_in_does_not_tell_who_exists(site: Site) -> None:
    answers = []
    for address in ("stan@northwind.example", "nobody@northwind.example"):
        nobody = site.page(None)
        response = nobody.post("/sign-in", {"email": address, "password": "wrong words entirely"})
        answers.append((response.status_code, shown(response.get_data(as_text=True)).replace(address, "X")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_metrics_carry_numbers_and_no_words_of_cards_or_people(site: Site) -> None:
    secret_cards(site.world, open_cards(site.world))
    site.page("ada").get("/cards")
    words = site.page(None).get("/metrics").get_data(as_text=True).lower()
    assert "vitrine_cards" in words
    assert [each for each in (CANARY, "refund", "northwind", "vera", "billing", "deals") if each in words] == []


def test_reading_writes_nothing(site: Site) -> None:
    secret_cards(site.world, cards := open_cards(site.world))
    site.index()
    ada = site.page("ada")
    ada.get("/account")
    places = {"secret": cards[-1] + 1, "vera": 5, "picture": "0" * 64, "then": THEN}
    before = checksums(site.world)
    of_cards = (f"/cards/{card}{rest}" for card in cards for rest in OF_A_CARD)
    for path in (*PAGES, *of_cards, "/admin/people/5", "/?q=refund"):
        ada.get(path.format(**places))
    assert [table for table, now in checksums(site.world).items() if before[table] != now] == []


def checksums(world: World) -> dict[str, str]:
    """Every table's rows, summed up."""
    with world.read() as session:
        return {
            table.name: hashlib.sha256(repr(sorted(map(repr, session.execute(table.select())))).encode()).hexdigest()
            for table in Base.metadata.sorted_tables
        }
