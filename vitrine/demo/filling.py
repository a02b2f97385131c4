"""Plays the sample's stories through the product's own commands, each at the instant it happened."""

import math
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from curator.absences.away import Leave, plan_absence
from curator.detectors.models import RegistryKind
from curator.detectors.registry import add_entry
from curator.reports.facts import CardFacts, load_cards
from curator.reports.history import state_at
from kb.card_templates.choosing import choose
from kb.cards import commands, replacements
from kb.cards.collections import CollectionFields, create_collection
from kb.cards.commands import CardPolicy, CardText, Edit
from kb.cards.editing.drafting import compose
from kb.cards.fields import VerifierRef
from kb.cards.models import Card, Collection
from kb.people.actor import Actor, actor_for, system_actor
from kb.people.commands import add_group, add_person, deactivate_person
from kb.people.models import Group, Person, Role
from kb.people.sign_in import ensure_first_admin
from kb.schedule.subscriptions import set_weekly_report
from kb.trust import commands as trust_commands
from kb.trust.models import FlagKind
from kb.trust.state import GOOD
from kb.use.models import CardUse, Feedback, RecentUse
from kb.web.edge import Services
from kb.words import Words
from vitrine.demo.asked import add_questions, add_triggers
from vitrine.demo.comments import add_comments
from vitrine.demo.company import Company, SampleCard
from vitrine.demo.searches import add_searches
from vitrine.demo.seen import add_sightings
from vitrine.demo.sources import add_changed_source
from vitrine.demo.stories import Event, events_of
from vitrine.demo.upkeep import add_rules, check_at_a_glance, give_before_leaving

_WEEKS = 12
_JOINED_DAYS_AGO = 400
_LEFT_DAYS_AGO = 35
_WEEKDAYS = (1.25, 1.3, 1.2, 1.15, 1.0, 0.3, 0.25)


class Filling:
    """One run. Texts are rendered first, so that nothing slow happens inside the transaction."""

    def __init__(self, company: Company, services: Services, now: datetime) -> None:
        self._company, self._services, self._now = company, services, now
        self._people: dict[str, Person] = {}
        self._groups: dict[str, Group] = {}
        self._shelves: dict[str, Collection] = {}
        self._cards: dict[str, Card] = {}
        self._texts: dict[tuple[str, int], CardText] = {}
        intervals = {shelf["slug"]: shelf["interval_days"] for shelf in company.collections}
        events = [event for card in company.cards for event in events_of(card, intervals[card.collection], now)]
        self._events = sorted(events, key=lambda event: (event.at, event.card.external_id))
        born = [event.card for event in self._events if event.kind == "write"]
        self._ids = {card.external_id: number for number, card in enumerate(born, start=1)}

    def render_texts(self) -> None:
        """Render every state of every text, two at a time."""
        cards = self._company.cards
        wanted = [(card, step) for card in cards for step in range(len(card.facts.get("edits", [])) + 1)]
        with ThreadPoolExecutor(2) as pool:
            texts = list(pool.map(lambda pair: self._compose(*pair), wanted))
        self._texts = {(card.external_id, step): text for (card, step), text in zip(wanted, texts, strict=True)}

    def run(self, session: Session) -> None:
        """Everything, in one transaction."""
        self._add_people(session)
        self._add_collections(session)
        for event in self._events:
            self._play(session, event)
        session.flush()
        self._add_upkeep(session)
        self._remove_leavers(session)
        self._plan_absences(session)
        self._add_comments(session)
        self._add_questions(session)
        self._add_use(session)
        add_searches(session, self._services.installation.secret_key, self._people, self._now)
        # A price that went up: the card that still says the old one is found within the minute.
        add_entry(session, system_actor(session), RegistryKind.VALUE, "antenna extension", "€35", self._now)

    def _compose(self, card: SampleCard, step: int) -> CardText:
        """The text after `step` of its edits: the file holds the last state, earlier ones are won by undoing edits."""
        body = card.body
        for edit in reversed(card.facts.get("edits", [])[step:]):
            body = body.replace(edit["find"], edit["was"], 1)
        stepped = SampleCard(card.external_id, card.collection, card.title, body, card.story, card.days, card.facts)
        return compose(
            self._services.renderer, self._services.settings.workspace, card.title, stepped.body_with(self._ids),
            language=card.facts.get("language"), tags=card.facts.get("tags", []),
            audience=card.facts.get("audience", []),
        )  # fmt: skip

    def _add_people(self, session: Session) -> None:
        joined = self._now - timedelta(days=_JOINED_DAYS_AGO)
        system = system_actor(session)
        self._groups = {
            group["slug"]: add_group(session, system, group["name"], joined, slug_=group["slug"])
            for group in self._company.groups
        }
        first_admin = ensure_first_admin(session, joined)
        for about in self._company.people:
            groups = [self._groups[slug] for slug in about["groups"]]
            if about["role"] == Role.ADMIN and first_admin.email not in self._people:
                first_admin.email, first_admin.name, first_admin.groups = about["email"], about["name"], groups
                person = first_admin
            else:
                person = add_person(session, system, about["email"], about["name"], Role(about["role"]), groups, joined)
            person.minutes_per_week = about.get("minutes_a_week")
            set_weekly_report(session, person.id, about["role"] in (Role.CURATOR, Role.ADMIN), self._now)
            self._people[about["email"]] = person

    def _add_collections(self, session: Session) -> None:
        system, made = system_actor(session), self._now - timedelta(days=_JOINED_DAYS_AGO)
        for about in self._company.collections:
            fields = CollectionFields(
                name=about["name"], slug=about["slug"], description=about["description"], is_open=about["open"],
                reader_ids=tuple(self._groups[slug].id for slug in about["readers"]),
                author_ids=tuple(self._groups[slug].id for slug in about["authors"]),
                steward_id=self._people[about["steward"]].id, interval_days=about["interval_days"],
                verifiers=tuple(self._ref(name) for name in about["verifiers"]),
            )  # fmt: skip
            self._shelves[about["slug"]] = create_collection(session, system, fields, made)

    def _play(self, session: Session, event: Event) -> None:
        play = {"write": self._write, "edit": self._edit, "verify": self._verify, "flag": self._flag,
                "replace": self._replace}[event.kind]  # fmt: skip
        play(session, event)

    def _write(self, session: Session, event: Event) -> None:
        facts, external_id = event.card.facts, event.card.external_id
        owner = self._people[facts["owner"]]
        shelf = self._shelves[event.card.collection]
        days = facts.get("interval_days")
        own = days if days != shelf.interval_days else None
        policy = CardPolicy(owner.id, tuple(self._ref(name) for name in facts["verifiers"]), own)
        text = self._texts[external_id, 0]
        actor = actor_for(session, owner)
        card = commands.create_card(session, actor, shelf, text, policy, event.at, external_id=external_id)
        if card.id != self._ids[external_id]:
            raise RuntimeError("The demo needs a database in which no card was ever written.")
        commands.publish_card(session, actor, card, event.at)
        # Chosen afterwards, as where cards are older than their template: one of the battle cards lacks a part.
        choose(session, actor, card, facts.get("template"), event.at)
        self._cards[external_id] = card

    def _edit(self, session: Session, event: Event) -> None:
        card = self._cards[event.card.external_id]
        actor = self._able_actor(session, card, event.facts["by"])
        text = self._texts[event.card.external_id, card.version]
        step = Edit(card.version, event.facts["note"])
        commands.edit_card(session, actor, card, text, step, self._services.policy, event.at)

    def _verify(self, session: Session, event: Event) -> None:
        card = self._cards[event.card.external_id]
        actor = actor_for(session, session.get_one(Person, card.assignee_id))
        policy, outcome = self._services.policy, trust_commands.outcome_of(card)
        trust_commands.verify(session, actor, card, card.version, policy, event.at, outcome=outcome)

    def _flag(self, session: Session, event: Event) -> None:
        card = self._cards[event.card.external_id]
        by = event.facts.get("by")
        actor = actor_for(session, self._people[by]) if by else system_actor(session)
        kind, detail, url = FlagKind(event.facts["kind"]), event.facts["detail"], event.facts.get("url")
        flag = trust_commands.raise_flag(session, actor, card, kind, detail, event.at, url=url)
        if "seen" in event.facts:
            words = Words(self._now, self._services.policy.zone)
            add_changed_source(session, flag, event.facts, card.verified_at or event.at, words)

    def _replace(self, session: Session, event: Event) -> None:
        card, by = self._cards[event.card.external_id], self._cards[event.facts["by"]]
        replacements.replace_card(session, system_actor(session), card, by, event.at)

    def _add_upkeep(self, session: Session) -> None:
        add_rules(session, self._company.rules, self._shelves, self._now)
        for about in self._company.people:
            person = self._people[about["email"]]
            if glanced := about.get("glanced"):
                check_at_a_glance(session, person, glanced, self._cards, self._services.policy, self._now)
            give_before_leaving(session, person, about.get("owned", []), self._cards, self._now)

    def _remove_leavers(self, session: Session) -> None:
        for about in self._company.people:
            if about.get("active") is False:
                left = self._now - timedelta(days=_LEFT_DAYS_AGO)
                deactivate_person(session, system_actor(session), self._people[about["email"]], left)

    def _plan_absences(self, session: Session) -> None:
        today = self._now.astimezone(self._services.policy.zone).date()
        for about in self._company.people:
            if away := about.get("away"):
                first = today + timedelta(days=away["in_days"])
                leave = Leave(first, first + timedelta(days=away["days"] - 1), self._people[away["stand_in"]].id)
                person, policy = self._people[about["email"]], self._services.policy
                plan_absence(session, system_actor(session), person, leave, policy, self._now)

    def _add_comments(self, session: Session) -> None:
        for card in self._company.cards:
            if threads := card.facts.get("comments"):
                add_comments(session, self._cards[card.external_id], threads, self._people, self._now)

    def _add_questions(self, session: Session) -> None:
        company, settings = self._company, self._services.settings
        add_questions(session, company.questions, self._people, self._cards, settings, self._now)
        curator = self._people["priya.nair@northwind.example"]
        add_triggers(session, company.triggers, curator, self._cards, self._groups, self._now)

    def _add_use(self, session: Session) -> None:
        """Twelve weeks of readers; an impression is stale where the card's replayed state was not good that day."""
        history = {facts.id: facts for facts in load_cards(session, system_actor(session))}
        rows = [row for card in self._company.cards for row in self._use_of(card, history[self._ids[card.external_id]])]
        session.execute(insert(CardUse), rows)
        self._add_favourites(session)
        used = sorted(self._company.cards, key=lambda card: -card.facts.get("weekly_views", 0))[:60]
        cards = [self._cards[card.external_id] for card in used if card.story != "replaced"]
        add_sightings(session, cards, self._people.values(), self._now)

    def _add_favourites(self, session: Session) -> None:
        """Everybody opened the most used cards lately, each beginning with another."""
        open_to_all = [card for card in self._company.cards if card.collection != "sales" and card.story != "replaced"]
        popular = sorted(open_to_all, key=lambda card: -card.facts.get("weekly_views", 0))[:12]
        for place, person in enumerate(self._people.values()):
            for hours, card in enumerate((popular[place % 12 :] + popular)[:5], start=1):
                card_id, at = self._ids[card.external_id], self._now - timedelta(hours=5 * hours)
                session.add(RecentUse(person_id=person.id, card_id=card_id, at=at))
                session.add(Feedback(card_id=card_id, person_id=person.id, version=1, is_helpful=True, at=at))

    def _use_of(self, card: SampleCard, facts: CardFacts) -> Iterator[dict[str, Any]]:
        chance = random.Random(card.external_id + "use")  # noqa: S311  (a sample, not a secret)
        soon = timedelta(days=self._services.policy.due_soon_days)
        for days_ago in range(_WEEKS * 7):
            at = self._now - timedelta(days=days_ago)
            state = state_at(facts.history, at, soon)
            views = _poisson(chance, card.facts.get("weekly_views", 5) / 7 * _WEEKDAYS[at.weekday()])
            if state is None or not views:
                continue
            copies = sum(chance.random() < 0.3 for _ in range(views))
            shown = views + copies
            stale = 0 if state in GOOD else shown
            numbers = {"impressions": shown, "stale_impressions": stale, "views": views, "copies": copies}
            yield {"card_id": facts.id, "day": at.date(), **numbers}

    def _able_actor(self, session: Session, card: Card, email: str) -> Actor:
        """The editor that the sample names, or the card's assignee where that person may not write here."""
        actor = actor_for(session, self._people[email])
        if card.collection_id in actor.writable or actor.id == card.owner_id:
            return actor
        return actor_for(session, session.get_one(Person, card.assignee_id))

    def _ref(self, name: Any) -> VerifierRef:
        if name.startswith("group:"):
            return VerifierRef(group_id=self._groups[name.removeprefix("group:")].id)
        return VerifierRef(person_id=self._people[name].id)


def _poisson(chance: random.Random, mean: float) -> int:
    """A Poisson number by Knuth's product of uniforms (The Art of Computer Programming, 3.4.1)."""
    limit, number, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        number, product = number + 1, product * chance.random()
    return number
