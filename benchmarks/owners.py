"""Owners: is whoever edits or writes a card among the three names that would have been suggested the moment before?

Of some pages the set holds up to six versions, each with its author and date: here they are versions of one card, so
that the card's own history counts. The other pages are one version each: of a card that is about to be written only
the shelf, similar cards and everybody's edits speak. All are written through the product in the order of their dates.
Pages with a history are told in two halves; whatever was chosen by looking was chosen on the first.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from curator.owners.suggest import MOST_SIMILAR, NAMES, edits_everywhere, suggest_for
from kb.cards.collections import CollectionFields, create_collection
from kb.cards.commands import CardPolicy, Edit, create_card, edit_card, publish_card
from kb.cards.editing.drafting import compose
from kb.cards.models import Card, Collection
from kb.paths import resource_root
from kb.people.actor import actor_for, system_actor
from kb.people.commands import add_person
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.text.slugs import slug
from search.answers import SearchService
from vitrine.runtime import Runtime, running

_AT_ONCE = 4
WARM_UP = 200
"""So many cards are written before the first question: nobody can be suggested in an empty house."""


METHODS = {
    "edited": ("blend", "last", "creator", "shelf", "all"),
    "new": ("blend", "shelf", "all"),
}


Known = tuple[int, list[int]]
"""The card of a page, and who wrote its versions so far."""


@dataclass(slots=True)
class Tally:
    """How often the author was first, and among three, by method."""

    methods: tuple[str, ...]
    cases: int = 0
    first: Counter[str] = field(default_factory=Counter)
    among: Counter[str] = field(default_factory=Counter)

    def note(self, method: str, names: list[int], author: int) -> None:
        """One answer of one method."""
        self.first[method] += names[:1] == [author]
        self.among[method] += author in names[:NAMES]

    def figures(self) -> dict[str, Any]:
        """Shares, for people and for JSON."""
        return {
            "cases": self.cases,
            "methods": {
                method: {"acc@1": self.first[method] / self.cases, "acc@3": self.among[method] / self.cases}
                for method in self.methods
            },
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """A card that somebody is about to edit (`card_id`) or to write, and who."""

    row: dict[str, Any]
    card_id: int | None
    authors: list[int]
    tally: Tally


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench owners", description=__doc__)
    default = resource_root().parent / "shared/yardsticks/oneanswer/cards.jsonl"
    parser.add_argument("--cards", type=Path, default=default, help="the set (JSON lines)")
    parser.add_argument("--every", type=int, default=4, help="ask before every so many cards")
    parser.add_argument("--limit", type=int, default=100_000, help="stop after so many cards")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    options = parser.parse_args(arguments)
    if not options.cards.is_file():
        print(f"There is no set at {options.cards}.", file=sys.stderr)
        return 2
    rows = sorted(map(json.loads, options.cards.read_text(encoding="utf-8").splitlines()), key=_order)
    groups = options.cards.with_name("groups.jsonl")
    pages = _pages(groups.read_text(encoding="utf-8").splitlines()) if groups.is_file() else {}
    figures = measure(rows[: options.limit], pages, options.every)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(_lines(figures)))
    return 0


def measure(
    rows: list[dict[str, Any]], pages: Mapping[str, str], every: int, warm_up: int = WARM_UP
) -> dict[str, Any]:  # fmt: skip
    """Write the versions one after another; ask before each edit, and before every few new cards."""
    halves = [Tally(METHODS["edited"]), Tally(METHODS["edited"])]
    new = Tally(METHODS["new"])
    history: dict[str, Known] = {}
    waiting: list[dict[str, Any]] = []
    begun: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"storage": {"data_dir": folder}})
        with running(settings) as runtime:
            people, shelves = _prepare(runtime, rows)
            for place, row in enumerate(rows):
                page = pages.get(row["id"])
                is_edit = page in begun
                is_asked = place >= warm_up and (is_edit or place % every == 0)
                if is_edit or is_asked or len(waiting) >= _AT_ONCE:
                    _write(runtime, waiting, pages, history, people, shelves)
                    waiting.clear()
                    runtime.indexer.apply_pending()
                if is_asked and page is not None and is_edit:
                    _ask(runtime, Asked(row, *history[page], halves[_half_of(page)]), people, shelves)
                elif is_asked:
                    _ask(runtime, Asked(row, None, [], new), people, shelves)
                waiting.append(row)
                begun |= {page} if page is not None else set()
    return {"edited": [tally.figures() for tally in halves if tally.cases], "new": new.figures() if new.cases else None}


def _ask(runtime: Runtime, asked: Asked, people: Mapping[str, int], shelves: Mapping[str, int]) -> None:
    row, tally = asked.row, asked.tally
    now, shelf = _at(row), shelves[row["collection"]]
    service = SearchService(runtime.backend, runtime.services.policy, runtime.services.settings.search)
    with runtime.services.database.read() as session:
        actor = system_actor(session)
        card = session.get(Card, asked.card_id) if asked.card_id is not None else None
        title, here = (card.title, card.collection_id) if card is not None else (row["title"], shelf)
        found = service.search(session, actor, title, now, limit=MOST_SIMILAR + 1, folds=False).results
        everywhere = edits_everywhere(session, actor, now)
        similar = [result.card.id for result in found if result.card.id != asked.card_id][:MOST_SIMILAR]
        own = [asked.card_id] if asked.card_id is not None else []
        names = suggest_for(session, actor, own, {here: 1}, similar, everywhere, now)
    author = people[row["author"]]
    tally.cases += 1
    tally.note("blend", [each.person.id for each in names], author)
    tally.note("last", asked.authors[-1:], author)
    tally.note("creator", asked.authors[:1], author)
    for method, weights in (("shelf", everywhere.by_shelf.get(here, {})), ("all", everywhere.in_all)):
        tally.note(method, sorted(weights, key=lambda person: (-weights[person], person)), author)


def _prepare(runtime: Runtime, rows: list[dict[str, Any]]) -> tuple[dict[str, int], dict[str, int]]:
    begin = _at(rows[0])
    with runtime.services.database.transaction() as session:
        system = system_actor(session)
        people = {
            name: add_person(session, system, f"{name}@example.com", name, Role.AUTHOR, [], begin).id
            for name in sorted({row["author"] for row in rows})
        }
        shelves = {
            name: create_collection(session, system, CollectionFields(name[:120], slug(name)[:60]), begin).id
            for name in sorted({row["collection"] for row in rows})
        }
    return people, shelves


def _write(
    runtime: Runtime, rows: list[dict[str, Any]], pages: Mapping[str, str],
    history: dict[str, Known], people: Mapping[str, int], shelves: Mapping[str, int],
) -> None:  # fmt: skip
    services = runtime.services
    texts = [
        compose(services.renderer, services.settings.workspace, row["title"][:200], row["body"], language="en",
                tags=[], audience=[])
        for row in rows
    ]  # fmt: skip
    with services.database.transaction() as session:
        for row, text in zip(rows, texts, strict=True):
            person_id, now = people[row["author"]], _at(row)
            actor = actor_for(session, session.get_one(Person, person_id))
            page = pages.get(row["id"])
            known = history.get(page) if page is not None else None
            if known is not None:
                card = session.get_one(Card, known[0])
                edit_card(session, actor, card, text, Edit(card.version), services.policy, now)
            else:
                card = create_card(session, actor, _shelf(session, shelves[row["collection"]]), text, CardPolicy(), now)
                publish_card(session, actor, card, now)
            if page is not None:
                history[page] = (card.id, [*(known[1] if known else []), person_id])


def _shelf(session: Session, number: int) -> Collection:
    return session.get_one(Collection, number)


def _pages(lines: list[str]) -> dict[str, str]:
    """The page of each version that shares one with others."""
    return {card: group["page"] for group in map(json.loads, lines) for card in group["cards"]}


def _half_of(page: str) -> int:
    return hashlib.sha256(page.encode()).digest()[-1] % 2


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return row["updated_at"], row["id"]


def _at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["updated_at"])


def _lines(figures: dict[str, Any]) -> list[str]:
    words = {"blend": "three names as suggested", "last": "the last editor", "creator": "the creator",
             "shelf": "the collection's authors", "all": "everybody's edits"}  # fmt: skip
    parts = [(f"edits of half {number}", each) for number, each in enumerate(figures["edited"], 1)]
    parts += [("cards about to be written", figures["new"])] if figures["new"] else []
    lines = []
    for title, part in parts:
        lines += [f"{part['cases']} {title}; their author is", f"{'':26} first  among three"]
        lines += [
            f"{words[method]:26} {each['acc@1']:5.1%}  {each['acc@3']:5.1%}" for method, each in part["methods"].items()
        ]
    return lines
