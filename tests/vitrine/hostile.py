"""What an attacker and a clumsy user send: every page's form and address with its fields, and values nobody expects.

An endpoint that is not in these tables fails `test_every_page_is_known`, so a new page is attacked from its first day.
"""

import itertools
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import time_machine
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curator.absences.away import Leave, plan_absence
from curator.detectors.models import Finding, RegistryKind
from curator.detectors.registry import add_entry
from curator.detectors.sources import watch
from curator.duplicates.checking import check_cards
from curator.hooks.commands import make_hook
from curator.questions.models import Asker, Question
from curator.recall.models import Recall
from curator.reports.mailed.links import CheckLink, sign
from curator.webhooks.commands import WebhookFields, add_webhook
from curator.webhooks.models import BodyForm, Webhook
from kb.card_templates.commands import PartFields, TemplateFields, make_template
from kb.cards.models import Card
from kb.comments.models import Comment
from kb.lines.models import NearDuplicate
from kb.people.actor import system_actor
from kb.people.commands import add_group
from kb.people.tokens import issue_link
from kb.reviewing.models import Proposal
from kb.schedule.subscriptions import ReportSchedule
from kb.triggers.commands import make_trigger
from kb.triggers.rule import Rule
from search.golden.commands import add_golden_query
from search.synonyms.commands import add_synonyms
from tests.site import Site, Visitor
from tests.world import World

Pairs = list[tuple[str, str]]
CARD_FORM = {
    "title": "A title", "body": "Some words.", "collection": "billing", "version": "1", "tags": "a, b",
    "language": "en", "audience": "", "owner": "3", "verifiers": "person:4", "interval_days": "30", "check_on": "",
    "template": "battle-card", "what_changed": "Words", "whole_card_checked": "", "is_minor": "", "step": "save",
    "reading": "", "opened": "changes", "back": "/verify",
}  # fmt: skip
SCOPED = {"scope": "all"}
SCHEDULE = {
    "about": "collection:1", "weekday": "0", "hour": "8", "time_zone": "Europe/Berlin", "channel": "mail", "to": "",
}  # fmt: skip
ABSENCE = {"from": "2027-03-01", "to": "2027-03-05", "stand_in": "3"}
TRIGGER = {
    "site": "crm.example", "path": "/deals", "texts": "Pro\r\nScale", "label": "Plan", "cards": "/cards/{other}",
    "groups": "1",
}  # fmt: skip
TEMPLATE = {
    "name": "Recipe", "about": "How to cook it", "most_words": "300", "place": "1", "heading": "Steps",
    "hint": "One at a time", "required": "1",
}  # fmt: skip
FORMS: dict[str, dict[str, str]] = {
    "editing.create": CARD_FORM,
    "editing.save": {**CARD_FORM, "author": "0", "picture": ""},
    "editing.preview": {**CARD_FORM, "mode": "preview"},
    "editing.same": {"body": "Some *words*.", "again": "Some _words_."},
    "drafts.keep": {**CARD_FORM, "draft": "0", "draft_shelf": "billing"},
    "drafts.discard": {"draft": "1", "draft_shelf": "billing"},
    "drafts.add_picture": {},
    "resuming.resume": {**CARD_FORM, "author": "1", "email": "stan@northwind.example", "password": "wrong"},
    "drafts.add_picture_plainly": CARD_FORM,
    "writing.check": {**CARD_FORM, "start": "how-to", "parts": "1"},
    "card_templates.make": TEMPLATE,
    "card_templates.change": {**TEMPLATE, "version": "1"},
    "card_templates.delete": {},
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
    "comments.add": {"text": "Look, @stan", "thread": ""},
    "comments.edit": {"text": "Look again"},
    "comments.delete": {},
    "comments.resolve": {},
    "comments.reopen": {},
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
        "interval_days": "60", "verifiers": "person:4", "adaptive": "1", "contract": "withhold",
        "min_trust": "verified", "max_age_days": "180", "review": "",
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
    "verify.still_correct": {
        "version": "1", "note": "Read it", "reading": "", "opened": "changes", "after": "{other}", **SCOPED
    },
    "verify.archive": {"version": "1", "note": "Nobody needs it", "after": "{other}", **SCOPED},
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
    "checks.fine": {"record": "1"},
    "checks.again": {"record": "1", "reason": "Read it once more"},
    "reports.nudge_assignee": {},
    "reports.dismiss": {"words": "holiday in May", "do": "dismiss", "back": "/reports/gaps"},
    "rules.change": {
        "kind": "add", "collection": "billing", "tag": "pricing", "audience": "sales", "interval_days": "60",
        "check_on": "2027-01-01", "yearly": "1", "pace": "adaptive", "expiry": "warn", "rule": "1", "before": "1",
        "template": "policy",
        "weeks": "4", "when": "next", "token": "0" * 64, "at": "2026-11-16T09:00:00+00:00",
    },
    "schedules.add": SCHEDULE,
    "schedules.change": SCHEDULE,
    "schedules.pause": {},
    "schedules.resume": {},
    "schedules.remove": {},
    "mailed.still_correct": {"note": "Read it", "reading": ""},
    "questions.ask": {"text": "Who knows?", "detail": "A customer asks", "card": "{card}"},
    "questions.ask_about": {"q": "refund"},
    "questions.link": {"card_id": "{other}", "card_url": "/cards/1"},
    "questions.write": {"title": "Answer", "body": "Forty-two.", "collection": "billing", "checked": "1"},
    "questions.hand_on": {"to": "3"},
    "questions.take_back": {},
    "triggers.make": TRIGGER,
    "triggers.change": {**TRIGGER, "version": "1", "is_on": "1"},
    "triggers.delete": {},
    "extension.connect": {"challenge": "a" * 43, "name": "Chromium"},
    **dict.fromkeys(("absences.add_own", "absences.add", "absences.change_own", "absences.change"), ABSENCE),
    "absences.end_own": {},
    "reviewing.approve": {"version": "1", "checked": "1"},
    "reviewing.send_back": {"words": "Say since when"},
    "reviewing.withdraw": {},
    "owners.set_owner": {"owner": "3", "suggested": "3,4", "none": ""},
    "owners.do_handover": {"duty": "both", "collection": "billing", "to": "3", "spread": "1"},
    "absences.end": {},
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
    "detectors.dismiss": {"reason": "It is right"},
    "detectors.restore": {},
    "detectors.add_source": {"place": "https://example.com/prices"},
    "detectors.remove_source": {},
    "detectors.add_entry": {"kind": "value", "name": "Pro plan", "current": "€49"},
    "detectors.change_entry": {"kind": "tool", "name": "Okta", "current": "", "version": "1"},
    "detectors.delete_entry": {"kind": "tool"},
    "hooks.make": {"name": "Releases"},
    "hooks.delete": {},
    "webhooks.add": {
        "name": "Channel", "url": "https://x.example/in", "form": "slack", "events": "flagged",
        "person": "stan@northwind.example", "collection": "1", "is_personal": "",
    },
    "webhooks.pause": {},
    "webhooks.resume": {},
    "webhooks.test": {},
    "webhooks.delete": {},
    "recall.tell": {"words": "It is 14 days", "first": "1", "last": "1", "since": "2026-11-16T09:00"},
    "recall.remind": {},
    "recall.seen": {},
}  # fmt: skip
QUERIES: dict[str, tuple[str, ...]] = {
    "assets.static_file": (), "search.opensearch": (), "search.suggest": ("q",),
    "health.healthz": (), "health.readyz": (), "health.metrics": (),
    "search.home": ("q", "collection", "tag", "trust", "updated", "order", "older", "page"),
    "search.preview": ("query_id", "q"), "editing.new": ("collection", "title", "copy", "template", "draft"),
    "editing.edit": ("reading", "opened", "back", "draft"),
    "cards.show": ("replaced", "report", "thanks", "query_id", "comments"),
    "comments.mentions": ("q",), "cards.history": (), "cards.compare": ("from", "to"),
    "cards.choose_replacement": ("q",), "cards.media": (),
    "admin_people.people": ("q", "scope"), "admin_people.person": (), "admin_people.groups": ("open",),
    "admin_collections.shelf": ("trust", "page"), "admin_collections.overview": (), "admin_collections.manage": (),
    "people.sign_in_page": ("next",), "people.welcome": (), "people.account": (),
    "verify.show": ("scope", "card", "after"), "checks.show": (),
    "duplicates.show": ("page",), "duplicates.compare": (),
    "manager.show": (
        "q", "collection", "tag", "trust", "status", "owner", "assignee", "verifier", "language", "updated_since",
        "template", "incomplete", "sort", "page",
    ),
    "reports.show": ("week", "collection", "person"), "reports.download": ("week", "collection", "person"),
    "reports.gaps": ("week", "collection", "dismissed"), "schedules.show": ("open", "about"), "mailed.show": (),
    "owners.show_owner": (), "owners.show_report": (), "owners.show_handover": ("duty", "collection", "to"),
    "synonyms.show": ("q", "page", "open"), "golden.show": (),
    "questions.show": ("scope", "state", "page"), "questions.new": ("q", "card"), "questions.read": (),
    "card_templates.show": ("open",),
    "triggers.show": ("q", "page", "open"), "extension.install": (), "extension.download": (),
    "extension.ask": ("challenge", "name"),
    "reviewing.show": ("scope", "page"), "reviewing.read": (),
    "detectors.show_registry": ("kind",), "hooks.show": (),
    "as_of.show": ("q", "at"), "recall.show": ("first", "last", "since"), "recall.notices": (),
    "proof.show": ("person", "since", "until", "scope", "page"),
    "proof.download": ("person", "since", "until", "scope"),
    "absences.own": ("edit",), "absences.of_person": ("edit",),
    "webhooks.show": ("open",),
    "notices.show": ("page",), "notices.follow_link": (), "notices.choose": (), "notices.confirm": (),
    "rules.look": (
        "kind", "rule", "before", "collection", "tag", "audience", "interval_days", "check_on", "yearly", "pace",
        "expiry", "template", "weeks",
    ),
    "rules.overview": ("edit",), "workload.show": (), "workload.download": (), "freshness.show": (),
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
# A person may be called by an emoji alone: a heading has anything but blanks.
_WORDS = re.compile(r"<h1[^>]*>(?:\s|<[^>]*>)*[^\s<]")


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
        if "signed" in rule or not rule:
            self.signed = self._signed()
        with self.world.transaction() as session:
            self.stan = self.world.person(session, "stan").id
            if "secret" in rule or not rule:
                self.link = issue_link(session, self.world.person(session, "rita"), 24, self.world.now).secret
            if "schedule_id" in rule or not rule:
                ada = self.world.person(session, "ada").id
                schedule = ReportSchedule(person_id=ada, scope="all", channel="mail", since=self.world.now)
                session.add(schedule)
                session.flush()
                self.schedule = schedule.id
            if "group_id" in rule or not rule:
                team = add_group(session, system_actor(session), f"Team {next(_numbers)}", self.world.now)
                team.people = [self.world.person(session, "axel")]
                self.group = team.id
            if "synonym_id" in rule or not rule:
                words = ["wfh", f"home office {next(_numbers)}"]
                self.synonym = add_synonyms(session, system_actor(session), words, False, self.world.now).id
            self._renew_evidence(session, rule)
            if "golden_id" in rule or not rule:
                words_ = f"refund {next(_numbers)}"
                golden = add_golden_query(session, system_actor(session), words_, self.other, 2, self.world.now)
                self.golden = golden.id
            if "recall_id" in rule or not rule:
                since = self.world.now - timedelta(seconds=next(_numbers))
                recall = Recall(
                    card_id=self.card, first_version=1, last_version=1, since=since, words="Wrong", at=since
                )
                session.add(recall)
                session.flush()
                self.recall = recall.id
            if "webhook_id" in rule or not rule:
                session.execute(delete(Webhook))
                fields = WebhookFields("Channel", "https://x.example/in", BodyForm.JSON, ["flagged"], self.stan)
                self.webhook = add_webhook(session, system_actor(session), fields, self.world.now).id

            if "question_id" in rule or not rule:
                self.question = self._question(session)
            if "comment_id" in rule or not rule:
                ada = self.world.person(session, "ada").id
                comment = Comment(card_id=self.card, author_id=ada, text="Look", at=self.world.now)
                session.add(comment)
                session.flush()
                self.comment = comment.id
            if "proposal_id" in rule or not rule:
                self.proposal = self._proposal(session)
            if "<template>" in rule or not rule:
                recipe = TemplateFields(f"Recipe {next(_numbers)}", parts=(PartFields("Steps"),))
                self.template = make_template(session, system_actor(session), recipe, self.world.now).slug
            if "trigger_id" in rule or not rule:
                trigger = make_trigger(
                    session, system_actor(session), Rule(f"s{next(_numbers)}.example"), [self.other], (), self.world.now
                )
                self.trigger = trigger.id
            if "absence_id" in rule or not rule:
                self.absence = self._absence(session)

    def _absence(self, session: Session) -> int:
        day = date(2030, 1, 1) + timedelta(days=next(_numbers))
        absence = plan_absence(
            session, system_actor(session), self.world.person(session, "stan"), Leave(day, day), self.world.policy,
            self.world.now,
        )  # fmt: skip
        session.flush()
        return absence.id

    def _question(self, session: Session) -> int:
        """One that the admin asked."""
        question = Question(
            text=f"What of topic {next(_numbers)}?", asked_at=self.world.now, assignee_id=self.stan,
            assigned_at=self.world.now,
            askers=[Asker(person_id=self.world.person(session, "ada").id, at=self.world.now)],
        )  # fmt: skip
        session.add(question)
        session.flush()
        return question.id

    def _proposal(self, session: Session) -> int:
        """One that waits for the admin, who wrote it as well."""
        proposal = Proposal(
            card_id=self.card, base_version=1, title="Better", body="Better words.", tags=[], language="en",
            audience=[], author_id=self.world.person(session, "ada").id, at=self.world.now,
        )  # fmt: skip
        session.add(proposal)
        session.flush()
        return proposal.id

    def _signed(self) -> str:
        """A link from a mail to the admin, about a card that nobody has verified."""
        card = self.world.card(author="ada")
        with self.world.read() as session:
            link = CheckLink(self.world.person(session, "ada").id, card, 1, self.world.now, 24)
        return sign(self.world.installation.secret_key, link)

    def _renew_evidence(self, session: Session, rule: str) -> None:
        system, now = system_actor(session), self.world.now
        if "finding_id" in rule or not rule:
            row = Finding(
                card_id=self.card, detector="names_tool", fingerprint=str(next(_numbers)), words="Okta",
                detail="A tool", version=1, found_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            self.finding = row.id
        if "source_id" in rule or not rule:
            card, place = session.get_one(Card, self.card), f"https://example.com/{next(_numbers)}"
            self.source = watch(session, system, card, place, self.world.settings.outbound, now).id
        if "entry_id" in rule or not rule:
            self.entry = add_entry(session, system, RegistryKind.TOOL, f"Tool {next(_numbers)}", "", now).id
        if "hook_id" in rule or not rule:
            self.hook = make_hook(session, system, f"Hook {next(_numbers)}", b"key", now)[0].id

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
            "int:finding_id": self.finding, "int:source_id": self.source, "int:entry_id": self.entry,
            "int:hook_id": self.hook,
            "int:synonym_id": self.synonym, "int:golden_id": self.golden, "int:webhook_id": self.webhook,
            "int:notice_id": 999, "token": "1.digest.00",
            "int:card_id": self.card, "int:person_id": self.stan, "int:group_id": self.group, "int:token_id": 999,
            "int:session_id": 999, "secret": self.link, "signed": self.signed,
            "int:schedule_id": self.schedule, "sha256": "0" * 64, "extension": "png", "version": "0",
            "int:absence_id": self.absence,
            "path:name": "js/frame.js", "template": self.template, "int:pair_id": self.pair,
            "int:proposal_id": self.proposal, "int:comment_id": self.comment,
            "int:question_id": self.question, "int:trigger_id": self.trigger, "int:recall_id": self.recall,
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
    status, body = response.status_code, response.get_data().decode(errors="replace")
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
