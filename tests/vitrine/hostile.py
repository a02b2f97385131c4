"""What an attacker and a clumsy user send: every page's form and address with its fields, and values nobody expects.

An endpoint that is not in these tables fails `test_every_page_is_known`, so a new page is attacked from its first day.
"""

import itertools
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import time_machine
from sqlalchemy import delete, inspect, select, text
from werkzeug.test import TestResponse

from curator.duplicates.checking import check_cards
from curator.webhooks.commands import WebhookFields, add_webhook
from curator.webhooks.models import BodyForm, Webhook
from kb.lines.models import NearDuplicate
from kb.people.actor import system_actor
from kb.people.commands import add_group
from kb.people.tokens import issue_link
from search.golden.commands import add_golden_query
from search.synonyms.commands import add_synonyms
from tests.site import Site, Visitor
from tests.world import World

Pairs = list[tuple[str, str]]
CARD_FORM = {
    "title": "A title", "body": "Some words.", "collection": "billing", "version": "1", "tags": "a, b",
    "language": "en", "audience": "", "owner": "3", "verifiers": "person:4", "interval_days": "30", "check_on": "",
    "what_changed": "Words", "whole_card_checked": "", "is_minor": "", "step": "save",
}  # fmt: skip
SCOPED = {"scope": "all"}
FORMS: dict[str, dict[str, str]] = {
    "editing.create": CARD_FORM,
    "editing.save": CARD_FORM,
    "editing.preview": {**CARD_FORM, "mode": "preview"},
    "cards.restore_revision": {"version": "1", "revision": "1"},
    "cards.verify": {"version": "1", "note": "Read it"},
    "cards.unverify": {"reason": "It changed"},
    "cards.flag": {"kind": "reported", "detail": "Wrong"},
    "cards.publish": {"version": "1"},
    "cards.archive": {},
    "cards.unarchive": {},
    "cards.replace": {"card_id": "{other}"},
    "cards.unreplace": {},
    "cards.copied": {},
    "cards.feedback": {"helpful": "yes"},
    "admin_people.invite": {"name": "New", "email": "new@northwind.example", "role": "rep"},
    "admin_people.change": {"name": "Stan", "role": "rep", "groups": "1"},
    "admin_people.make_link": {},
    "admin_people.deactivate": {"confirm": "nobody"},
    "admin_people.reactivate": {},
    "admin_people.add_group": {"name": "Legal"},
    "admin_people.change_group": {"name": "Experts", "members": "3"},
    "admin_people.delete_group": {},
    "admin_collections.create": {"name": "Legal"},
    "admin_collections.change": {
        "name": "Billing", "about": "Money", "is_open": "1", "readers": "1", "authors": "2", "steward": "2",
        "interval_days": "60", "verifiers": "person:4", "apply": "next", "contract": "withhold",
        "min_trust": "verified", "max_age_days": "180",
    },
    "admin_collections.delete": {"confirm": "nothing"},
    "people.do_sign_in": {"email": "stan@northwind.example", "password": "wrong", "next": "/cards"},
    "people.sign_out": {},
    "people.do_welcome": {"name": "Stan", "email": "s@northwind.example", "password": "short", "step": "set"},
    "people.save_profile": {"name": "Ada", "theme": "dark", "shortcuts": "1", "weekly_report": "1"},
    "people.save_theme": {"theme": "dark"},
    "people.save_password": {"current_password": "", "new_password": "short"},
    "people.make_token": {"token_name": "Script", "scopes": "read"},
    "people.revoke_token": {},
    "people.end_session": {},
    "people.end_other_sessions": {},
    "verify.still_correct": {"version": "1", "note": "Read it", **SCOPED},
    "verify.undo": SCOPED,
    "verify.later": {"days": "1", **SCOPED},
    "verify.undo_later": SCOPED,
    "verify.reassign": {"to": "4", **SCOPED},
    "manager.bulk": {
        "do": "owner", "value": "axel@northwind.example", "card": "{card}", "chosen": "", "all_matching": "",
        "step": "apply", "spread": "next", "back": "q=x", "q": "", "collection": "billing", "page": "1",
    },
    "duplicates.resolve": {"resolution": "merge", "survivor_id": "{twin}"},
    "duplicates.reopen": {},
    "reports.nudge_assignee": {},
    "asking.ask": {"q": "refund"},
    "synonyms.add": {"words": "wfh\r\nworking from home", "is_one_way": "1"},
    "synonyms.change": {"words": "wfh\r\nhome office", "is_one_way": "", "version": "1"},
    "synonyms.delete": {},
    "synonyms.dismiss": {"asked": "wfh", "meant": "working from home"},
    "golden.add": {"words": "refund", "card_id": "{other}", "grade": "2"},
    "golden.remove": {},
    "following.change": {"do": "follow", "card": "{card}", "back": "/cards"},
    "notices.read_all": {"last_id": "1"},
    "notices.save": {
        "page": "overdue", "mail_overdue": "at_once", "webhook": "overdue", "with_webhook": "1", "quiet_from": "22",
        "quiet_until": "7", "daily_digest": "1",
    },
    "notices.unsubscribe": {"List-Unsubscribe": "One-Click"},
    "webhooks.add": {
        "name": "Channel", "url": "https://x.example/in", "form": "slack", "events": "flagged",
        "person": "stan@northwind.example", "collection": "1", "is_personal": "",
    },
    "webhooks.pause": {},
    "webhooks.resume": {},
    "webhooks.test": {},
    "webhooks.delete": {},
}  # fmt: skip
QUERIES: dict[str, tuple[str, ...]] = {
    "assets.static_file": (), "search.opensearch": (), "health.healthz": (), "health.readyz": (), "health.metrics": (),
    "search.home": ("q", "collection", "tag", "trust", "updated", "order", "older", "page"),
    "search.preview": ("query_id", "q"), "editing.new": ("collection", "title", "copy"), "editing.edit": (),
    "cards.show": ("replaced", "report", "thanks", "query_id"), "cards.history": (), "cards.compare": ("from", "to"),
    "cards.choose_replacement": ("q",), "cards.media": (),
    "admin_people.people": ("q", "scope"), "admin_people.person": (), "admin_people.groups": ("open",),
    "admin_collections.shelf": ("trust", "page"), "admin_collections.overview": (), "admin_collections.manage": (),
    "people.sign_in_page": ("next",), "people.welcome": (), "people.account": (),
    "verify.show": ("scope", "card"), "duplicates.show": ("page",), "duplicates.compare": (),
    "manager.show": (
        "q", "collection", "tag", "trust", "status", "owner", "assignee", "verifier", "language", "updated_since",
        "sort", "page",
    ),
    "reports.show": ("week",), "reports.download": ("week",),
    "synonyms.show": ("q", "page", "open"), "golden.show": (),
    "webhooks.show": ("open",),
    "notices.show": ("page",), "notices.follow_link": (), "notices.choose": (), "notices.confirm": (),
}  # fmt: skip
NUMBERS = (
    "-1", "0", "1.5", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "0" * 9 + "1",
    "0" * 8 + "1" + "9" * 5000, "9" * 10_000, "\u0663", "NaN", "1e9",
)  # fmt: skip
TEXTS = (
    "", "  ", "a\x00b", "\ud800", "\u202egnp.exe\u2066", "👩‍👩‍👧🇫🇮", "' OR 1=1; DROP TABLE card; --",
    "{{7*7}}{% for x in y %}",
    "<script>alert(1)</script>", "%_\\", "x\r\nX-Evil: 1", "person:0", "person:999999999", "group:999999999", "1:1,x:y",
    "//evil.example", "2026-W99", "0001-01-01", "9999-12-31", "\x7f\x1b[31m", "tag:", '"', "é" * 3000,
)  # fmt: skip
HUGE = "x" * 400_000
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_WORDS = re.compile(r"<h1[ >].*?\w.*?</h1>", re.DOTALL)


_numbers = itertools.count(1)


class Attacker:
    """Somebody with a browser's cookies and no browser: sends bytes as they are."""

    def __init__(self, site: Site, name: str | None) -> None:
        self.site, self.name = site, name
        self.visitor: Visitor = site.page(name)
        page = self.visitor.get("/account" if name else "/sign-in").get_data(as_text=True)
        self.token = _TOKEN.findall(page)[0]

    def post(self, path: str, pairs: Pairs, **kwargs: Any) -> TestResponse:
        """A form, as bytes that no form would make."""
        return self.raw(path, encoded([("csrf_token", self.token), *pairs]), **kwargs)

    def raw(
        self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded", **kwargs: Any
    ) -> TestResponse:
        """Any body; the token goes in a header, lest it is lost with a form that can't be read."""
        headers = {"X-CSRFToken": self.token, **kwargs.pop("headers", {})}
        with time_machine.travel(self.site.world.now, tick=False):
            return self.visitor.client.post(path, data=body, content_type=kind, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Open an address."""
        with time_machine.travel(self.site.world.now, tick=False):
            return self.visitor.client.get(path, **kwargs)


class Places:
    """Fresh things for addresses to name, so that what one request does takes nothing from the next."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.other = world.card("The other card", author="ada")
        self.renew()

    def renew(self, rule: str = "") -> None:
        """Anew what an address of this rule names: a card, a one-time link, a group. Else pages would only grow."""
        if "card_id" in rule or not rule:
            self.card = self.world.card(tags=("refunds",), author="ada")
            self.world.verify(self.card, by="ada")
        if "pair_id" in rule or not rule:
            self.twin, self.pair = self._twins()
        with self.world.transaction() as session:
            self.stan = self.world.person(session, "stan").id
            if "secret" in rule or not rule:
                self.link = issue_link(session, self.world.person(session, "rita"), 24, self.world.now).secret
            if "group_id" in rule or not rule:
                team = add_group(session, system_actor(session), f"Team {next(_numbers)}", self.world.now)
                team.people = [self.world.person(session, "axel")]
                self.group = team.id
            if "synonym_id" in rule or not rule:
                words = ["wfh", f"home office {next(_numbers)}"]
                self.synonym = add_synonyms(session, system_actor(session), words, False, self.world.now).id
            if "golden_id" in rule or not rule:
                words_ = f"refund {next(_numbers)}"
                golden = add_golden_query(session, system_actor(session), words_, self.other, 2, self.world.now)
                self.golden = golden.id
            if "webhook_id" in rule or not rule:
                session.execute(delete(Webhook))
                fields = WebhookFields("Channel", "https://x.example/in", BodyForm.JSON, ["flagged"], self.stan)
                self.webhook = add_webhook(session, system_actor(session), fields, self.world.now).id

    def _twins(self) -> tuple[int, int]:
        """A card with a copy, and the number of the pair."""
        number = next(_numbers)
        body = " ".join(f"word{n} of {number}" for n in range(9))  # like no other pair's
        one, other = (self.world.card(f"{title} {number}", body, author="ada") for title in ("Twin", "Copy of twin"))
        with self.world.transaction() as session:
            check_cards(session, [one, other], self.world.now)
            return one, session.scalars(select(NearDuplicate.id).where(NearDuplicate.card_id == one)).one()

    def path(self, rule: str) -> str:
        """An address of this rule that exists."""
        values = {
            "int:synonym_id": self.synonym, "int:golden_id": self.golden, "int:webhook_id": self.webhook,
            "int:notice_id": 999, "token": "1.digest.00",
            "int:card_id": self.card, "int:person_id": self.stan, "int:group_id": self.group, "int:token_id": 999,
            "int:session_id": 999, "secret": self.link, "sha256": "0" * 64, "extension": "png", "version": "0",
            "path:name": "js/frame.js", "int:pair_id": self.pair,
        }  # fmt: skip
        in_front = rule.startswith("/cards/")
        values["slug"] = "any-words" if in_front else "billing"
        return re.sub(r"<([^>]+)>", lambda found: str(values[found[1]]), rule)

    def filled(self, fields: dict[str, str]) -> dict[str, str]:
        """Good values for a form."""
        return {name: value.format(card=self.card, other=self.other, twin=self.twin) for name, value in fields.items()}


def encoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    """A form's body; lone surrogates go out as the invalid bytes they are."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def rows(world: World) -> dict[str, int]:
    """How many rows each table has. Failed sign-ins are remembered on purpose."""
    with world.database.read() as session:
        names = [name for name in inspect(session.connection()).get_table_names() if name != "sign_in_attempt"]
        counts = ", ".join(f'(SELECT count(*) FROM "{name}") AS "{name}"' for name in names)  # noqa: S608
        return dict(session.execute(text(f"SELECT {counts}")).mappings().one())


def fault(response: TestResponse) -> str:
    """What is wrong with an answer to nonsense; empty if it is a proper page, a way on, or nothing at all."""
    status, body = response.status_code, response.get_data(as_text=True)
    if status >= 500:
        return f"{status}"
    if 300 <= status < 400:
        target = response.headers["Location"]
        return "" if target.startswith("/") and not target.startswith("//") else f"leads to {target!r}"
    if status >= 400 and not _WORDS.search(body):
        return f"{status} without a page"
    if "Somebody else changed the same thing" in body:
        return "blames somebody else"
    return "leaks a traceback" if "Traceback (most recent" in body else ""
