"""An answer as of an earlier instant is the answer that was given then: replayed over histories of random work."""

import random
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from kb.cards import commands
from kb.cards.models import Card, Status
from kb.lines.models import NearDuplicate
from kb.trust.models import Flag
from kb.use.models import SearchQuery, Sighting
from tests.infra.cases import in_one_world
from tests.site import Program, Site

WORDS = (
    "refund", "invoice", "annual", "plan", "window", "chargeback", "reseller", "hub", "sensor", "battery", "discount",
    "approval", "letter", "payment", "monthly", "term", "customer", "contract", "price", "seat",
)  # fmt: skip
QUERIES = ("refund annual plan", "sensor battery", "discount", "refnud window", "invoice -hub", "pay", "tag:vip refund",
           '"annual plan"', "Rückerstattung")  # fmt: skip
PASSING = {"took_ms", "query_id", "generation", "ask", "no_answer"}


class History:
    """Random work on a site, all over HTTP, with the clock running."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.world, self.chance = site, site.world, random.Random(seed)  # noqa: S311  (a sample, not a secret)
        self.ada = site.api("ada", "admin")
        self.vera = site.page("vera")
        self.cards: list[int] = []
        self.done: list[str] = []

    def step(self) -> None:
        """One act, or the refusal of one."""
        acts = [getattr(self, name) for name in dir(self) if name.startswith("do_")]
        act = self.do_write if len(self.cards) < 4 else self.chance.choice(acts)
        self.world.later(seconds=self.chance.randint(1, 5000), days=self.chance.choice((0, 0, 0, 3, 11, 40)))
        self.done.append(act.__name__)
        act()
        self.site.index()

    def text(self) -> str:
        sentence = " ".join(self.chance.choices(WORDS, k=self.chance.randint(6, 40)))
        return f"{sentence}.\n\n## {self.chance.choice(WORDS)}\n\n{self.chance.choice(WORDS)}"

    def call(self, method: str, path: str, json: Any = None, who: Program | None = None) -> int:
        status: int = (who or self.ada).call(method, path, json).status_code
        assert status < 500, (method, path, status)
        return status

    def some(self) -> int:
        return self.chance.choice(self.cards)

    def version(self, card_id: int) -> int:
        with self.world.read() as session:
            return session.get_one(Card, card_id).version

    def do_write(self) -> None:
        fields = {"title": " ".join(self.chance.sample(WORDS, 3)), "body": self.text(), "publish": True,
                  "collection": self.chance.choice(("billing", "billing", "deals")), "language": "en",
                  "audience": self.chance.choice(([], ["sales"], ["deal-desk"])),
                  "owner": self.chance.choice(("axel", "cora")) + "@northwind.example"}  # fmt: skip
        if self.cards and self.chance.random() < 0.4:
            with self.world.read() as session:
                fields["body"] = session.get_one(Card, self.some()).body + "\n\nAnd more."
        reply = self.ada.call("POST", "/cards", fields)
        assert reply.status_code == 201, reply.get_json()
        self.cards.append(reply.get_json()["id"])

    def do_edit(self) -> None:
        card = self.some()
        body: dict[str, Any] = {"version": self.version(card), "checked": self.chance.random() < 0.3,
                                "is_minor": self.chance.random() < 0.2}  # fmt: skip
        body |= self.chance.choice((
            {"body": self.text()}, {"title": " ".join(self.chance.sample(WORDS, 3))}, {"tags": ["vip", "eu"]},
            {"tags": []}, {"audience": ["deal-desk"]}, {"collection": "deals"}, {"collection": "billing"},
        ))  # fmt: skip
        self.call("PATCH", f"/cards/{card}", body)

    def do_verify(self) -> None:
        card = self.some()
        self.call("POST", f"/cards/{card}/verification", {"version": self.version(card)})

    def do_unverify(self) -> None:
        self.call("DELETE", f"/cards/{self.some()}/verification", {"reason": "Prices changed"})

    def do_flag(self) -> None:
        rita = self.site.api("rita", "read")
        kind = self.chance.choice(("reported", "dead_link", "source_changed"))
        self.call("POST", f"/cards/{self.some()}/flags", {"kind": kind, "detail": self.chance.choice(WORDS)}, rita)

    def do_resolve(self) -> None:
        with self.world.read() as session:
            flags = session.scalars(select(Flag.id).where(Flag.resolved_at.is_(None))).all()
        if flags:
            self.call("PATCH", f"/flags/{self.chance.choice(flags)}", {"resolution": "Checked"})

    def do_shelve(self) -> None:
        self.call(self.chance.choice(("POST", "DELETE", "DELETE")), f"/cards/{self.some()}/archive", {})

    def do_replace(self) -> None:
        self.call("PUT", f"/cards/{self.some()}/replacement", {"card_id": self.some()})

    def do_stand_alone(self) -> None:
        for card in self.cards:
            if self.call("DELETE", f"/cards/{card}/replacement", {}) == 200:
                return

    def do_hand_over(self) -> None:
        self.call("PUT", f"/cards/{self.some()}/owner", {"owner": self.chance.choice(("axel", "cora", "vera"))
                                                         + "@northwind.example"})  # fmt: skip

    def do_move_the_check(self) -> None:
        with time_machine.travel(self.world.now, tick=False), self.world.transaction() as session:
            card = session.get_one(Card, self.some())
            if card.verified_at and not card.unverified_at and card.status == Status.PUBLISHED:
                due = self.world.now + timedelta(days=self.chance.randint(-5, 60))
                commands.apply_interval_now(session, self.world.actor(session, "ada"), card, due, self.world.now)

    def do_check_in_the_queue(self) -> None:
        card = self.some()
        form = {"version": self.version(card), "note": "Asked finance", "scope": "mine"}
        self.vera.post(f"/verify/{card}", form)
        if self.chance.random() < 0.6:
            self.observe()
            self.world.later(seconds=30)
            self.vera.post(f"/verify/{card}/undo", {"scope": "mine"})

    def do_decide_about_a_pair(self) -> None:
        with self.world.read() as session:
            pairs = session.scalars(select(NearDuplicate.id)).all()
        if pairs:
            path = f"/duplicates/{self.chance.choice(pairs)}/resolution"
            wanted = self.chance.choice(("keep", "merge", "replace", ""))
            if wanted:
                self.call("POST", path, {"resolution": wanted, "survivor_id": self.some()})
            else:
                self.call("DELETE", path)

    def do_demand(self) -> None:
        body = self.chance.choice((
            {"contract": "withhold", "min_trust": "verified", "max_age_days": None},
            {"contract": "warn", "min_trust": None, "max_age_days": 30},
            {"contract": "serve", "min_trust": None, "max_age_days": None},
        ))  # fmt: skip
        assert self.call("PATCH", f"/collections/{self.chance.choice(('billing', 'deals'))}", body) == 200

    seen: list[tuple[Any, str, str, Any]]

    def observe(self) -> None:
        """Ask as everybody does, and keep the answers."""
        self.site.index()
        for name in ("ada", "rita"):
            who = self.site.api(name, "read")
            for query in self.chance.sample(QUERIES, 2):
                for path in (f"/lookup?q={query}&limit=4", f"/search?q={query}&limit=3&explain=true"):
                    self.seen.append((self.world.now, name, path, who.get(path).get_json()))


def lasting(answer: Any) -> Any:
    """The answer without what a clock, a log or somebody's job of today adds to it."""
    if isinstance(answer, dict):
        return {key: lasting(value) for key, value in answer.items() if key not in PASSING}
    return [lasting(item) for item in answer] if isinstance(answer, list) else answer


def replayed(site: Site, history: History, name: str) -> int:
    who, answered = site.api(name, "read"), 0
    for at, asker, path, answer in history.seen:
        if asker == name:
            reply = who.get(f"{path}&as_of={at.isoformat().replace('+00:00', 'Z')}").get_json()
            for list_name in ("items", "results"):
                for item in answer.get(list_name, ()):
                    assert "trust" in item
            reply.pop("next_cursor", None), answer.pop("next_cursor", None)
            assert lasting(reply) == lasting(answer), (at, path, history.done)
            answered += bool(answer.get("results") or answer.get("items"))
    return answered


def watch_the_overlay(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each question, whether the live index could be laid over."""
    used: list[bool] = []
    overlaid = site.runtime.backend.overlaid

    def watched(*arguments: Any) -> Any:
        used.append((found := overlaid(*arguments)) is not None)
        return found

    monkeypatch.setattr(site.runtime.backend, "overlaid", watched)
    return used


@pytest.mark.parametrize("settings_values", [{"workspace": {"audiences": ["sales", "deal-desk"]}}])
@pytest.mark.parametrize(
    ("database_url", "seed"),
    [("sqlite", 1), pytest.param("postgresql", 2, marks=pytest.mark.postgres), ("sqlite", 3)],
    indirect=["database_url"],
)
def test_replaying_a_history_gives_the_answers_that_were_given(
    site: Site, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(site, seed)
    history.seen = []
    for _ in range(30):
        history.step()
        history.observe()
    site.world.later(days=50)
    used = watch_the_overlay(site, monkeypatch)
    assert replayed(site, history, "ada") > 40
    assert used.count(True) > 60
    for card in history.cards:  # what is archived now shows a rep no text of the past either
        history.call("DELETE", f"/cards/{card}/archive", {})
    site.world.later(seconds=1)
    monkeypatch.setattr(site.runtime.backend, "overlaid", lambda *_: None)  # everything is indexed anew
    assert replayed(site, history, "rita") > 40


@pytest.fixture
def changed(site: Site) -> int:
    """A card that said 30 days for ten days, verified, and says 14 since; it was found each time."""
    world, ada = site.world, site.api("ada", "admin")
    card = world.card("Refund window", "Full refund within thirty days.", verified=True)
    site.index()
    world.later(days=10)
    assert ada.call("PATCH", f"/cards/{card}", {"version": 1, "body": "Within fourteen days."}).status_code == 200
    site.index()
    world.later(days=1)
    return card


def days_ago(site: Site, days: float) -> str:
    return (site.world.now - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def test_what_was_said_and_how_far_it_was_trusted_then(site: Site, changed: int) -> None:
    rita = site.api("rita")
    now, then = (rita.get(f"/lookup?q=refund+window{more}").get_json()["answer"]
                 for more in ("", f"&as_of={days_ago(site, 5)}"))  # fmt: skip
    assert (now["version"], now["trust"]["state"], then["version"], then["trust"]["state"]) == (
        2, "unverified", 1, "verified")  # fmt: skip
    assert "fourteen" in str(now["snippet"])
    assert "thirty" in str(then["snippet"])
    assert then["trust"]["verified_by"]["name"] == "Cora"
    assert rita.get(f"/search?q=fourteen&as_of={days_ago(site, 5)}").get_json()["items"] == []
    assert rita.get(f"/search?q=thirty&as_of={days_ago(site, 1)}").get_json()["items"] == []


@in_one_world(("instant", "words"), [
    ("2199-01-01T00:00Z", "It lies in the future"), ("1999-01-01", "before this installation"), ("soon", "instant"),
    ("1066-01-01", "instant"), ("2026-13-01", "instant"),
])  # fmt: skip
def test_an_instant_of_which_nothing_can_be_known_is_a_clear_problem(site: Site, instant: str, words: str) -> None:
    for path in ("/lookup?q=refund", "/search?q=refund"):
        reply = site.api("rita").get(f"{path}&as_of={instant}")
        assert (reply.status_code, [error["field"] for error in reply.get_json()["errors"]]) == (422, ["as_of"])
        assert words in reply.text


def test_looking_back_counts_and_notes_nothing(site: Site, changed: int) -> None:
    rita = site.api("rita")
    assert rita.get(f"/lookup?q=refund&as_of={days_ago(site, 5)}").get_json()["query_id"] is None
    assert rita.get(f"/search?q=refund&as_of={days_ago(site, 5)}").get_json()["query_id"] is None
    site.page("rita").get("/as-of", query_string={"q": "refund", "at": days_ago(site, 5)})
    site.runtime.services.recorder.flush()
    with site.world.read() as session:
        assert not session.scalars(select(Sighting)).all()
        assert not session.scalars(select(SearchQuery)).all()


def test_nobody_learns_more_of_the_past_than_they_may_read_today(site: Site, changed: int) -> None:
    world, ada, instant = site.world, site.api("ada", "admin"), days_ago(site, 5)
    path = f"/lookup?q=refund+thirty&as_of={instant}"
    assert site.api("stan").get(path).get_json()["answer"]["id"] == changed
    assert ada.call("POST", f"/cards/{changed}/archive", {}).status_code == 200
    world.later(seconds=1)
    for name, sees in (("stan", False), ("rita", False), ("axel", True), ("cora", True), ("ada", True)):
        assert bool(site.api(name).get(path).get_json()["answer"]) is sees, name
    ada.call("DELETE", f"/cards/{changed}/archive", {})
    world.later(seconds=1)
    moved = {"version": 2, "collection": "deals"}
    assert ada.call("PATCH", f"/cards/{changed}", moved).status_code == 200
    reply = site.api("stan").get(path)
    assert reply.get_json()["results"] == []
    assert site.api("rita").get(path).get_json()["answer"]["collection"]["slug"] == "billing", "where it stood then"


def test_what_stood_on_a_closed_shelf_does_not_name_it(site: Site) -> None:
    world, ada = site.world, site.api("ada", "admin")
    card = world.card("Discount floor", "Never below list price.", collection="deals")
    then = (world.now + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    world.later(days=2)
    assert ada.call("PATCH", f"/cards/{card}", {"version": 1, "collection": "billing"}).status_code == 200
    world.later(days=1)
    reply = site.api("stan").get(f"/lookup?q=discount+floor&as_of={then}")
    assert reply.get_json()["answer"]["collection"]["slug"] == "billing"
    assert "eals" not in reply.text


def test_a_replaced_answer_stays_replaced_in_the_past_when_its_replacement_is_deleted(site: Site) -> None:
    world, ada = site.world, site.api("ada", "admin")
    old = world.card("Refund window", "Thirty days.")
    new = world.card("Refund window now", "Fourteen days.")
    ada.call("PUT", f"/cards/{old}/replacement", {"card_id": new})
    world.later(days=1)
    instant = world.now.isoformat().replace("+00:00", "Z")
    world.later(days=1)
    for method, path in (("POST", f"/cards/{new}/archive"), ("DELETE", f"/cards/{new}")):
        assert ada.call(method, path, {} if method == "POST" else None).status_code in (200, 204)
    world.later(days=1)
    assert ada.get(f"/search?q=refund+window&as_of={instant}").get_json()["items"] == []


def test_too_many_cards_are_refused_with_the_way_out(site: Site, changed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        site.world.card(f"Price {number}", collection="deals")
    site.world.later(days=1)
    monkeypatch.setattr("kb.past.cards.MOST_CARDS", 2)
    path = f"/lookup?q=refund&as_of={days_ago(site, 0.5)}"
    reply = site.api("rita").get(path)
    assert reply.status_code == 422
    assert "Name a collection" in reply.text
    assert site.api("rita").get(f"{path}&collection=billing").get_json()["answer"]["id"] == changed


def test_the_contract_of_then_withholds_what_it_withheld(site: Site, changed: int) -> None:
    world, ada, path = site.world, site.api("ada", "admin"), "/lookup?q=refund"
    ada.call("PATCH", "/collections/billing", {"contract": "withhold", "min_trust": "verified"})
    world.later(days=1)
    instant = world.now.isoformat().replace("+00:00", "Z")
    given = site.api("rita").get(path).get_json()
    world.later(days=1)
    ada.call("PATCH", "/collections/billing", {"contract": "serve", "min_trust": None})
    assert site.api("rita").get(path).get_json()["answer"]
    past = site.api("rita").get(f"{path}&as_of={instant}").get_json()
    assert (past["answer"], past["withheld"], past["no_answer"]) == (None, 1, given["no_answer"])


def test_the_page_shows_the_text_of_then_beside_todays(site: Site, changed: int) -> None:
    rita, at = site.page("rita"), (site.world.now - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    page = rita.get("/as-of", query_string={"q": "refund window", "at": at})
    assert page.status_code == 200
    assert "within thirty days" in page.text
    assert "fourteen" not in page.text
    assert f"/cards/{changed}/diff?from=1&amp;to=2" in page.text
    assert rita.get("/as-of").status_code == 200
    wrong = rita.get("/as-of", query_string={"q": "refund", "at": "yesterday"})
    assert wrong.status_code == 422
    assert "Give a day and a time" in wrong.text
    late = rita.get("/as-of", query_string={"q": "refund", "at": "2198-01-01T00:00"})
    assert late.status_code == 422
    assert "future" in late.text
