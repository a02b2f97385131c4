"""Owners: is whoever wrote a card among the three names that would have been suggested the moment before?

The set names one author per card, the last one, and when: so a card's own history can't be measured with it, only what
the shelf, similar cards and everybody say of a card that is about to be written. The cards are written through the
product in the order of their dates, and before every few of them the product is asked.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from curator.owners.suggest import MOST_SIMILAR, NAMES, edits_everywhere, suggest_for
from kb.cards.collections import CollectionFields, create_collection
from kb.cards.commands import CardPolicy, create_card, publish_card
from kb.cards.editing.drafting import compose
from kb.cards.models import Collection
from kb.paths import resource_root
from kb.people.actor import actor_for, system_actor
from kb.people.commands import add_person
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.text.slugs import slug
from search.answers import SearchService
from vitrine.runtime import Runtime, running

WARM_UP = 200
"""So many cards are written before the first question: nobody can be suggested in an empty house."""


@dataclass(slots=True)
class Tally:
    """How often the author was first, and among three, by method."""

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
                for method in ("blend", "shelf", "all")
            },
        }


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
    figures = measure(rows[: options.limit], options.every)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(_lines(figures)))
    return 0


def measure(rows: list[dict[str, Any]], every: int, warm_up: int = WARM_UP) -> dict[str, Any]:
    """Write the cards one after another, and ask before every few of them."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"storage": {"data_dir": folder}})
        with running(settings) as runtime:
            people, shelves = _prepare(runtime, rows)
            for part in _parts(rows, every):
                if part[0] >= warm_up:
                    _ask(runtime, rows[part[0]], people, shelves, tally)
                _write(runtime, [rows[place] for place in part], people, shelves)
                runtime.indexer.apply_pending()
    return tally.figures()


def _ask(
    runtime: Runtime, row: dict[str, Any], people: Mapping[str, int], shelves: Mapping[str, int], tally: Tally
) -> None:
    now, shelf = _at(row), shelves[row["collection"]]
    service = SearchService(runtime.backend, runtime.services.policy, runtime.services.settings.search)
    with runtime.services.database.read() as session:
        actor = system_actor(session)
        found = service.search(session, actor, row["title"], now, limit=MOST_SIMILAR, folds=False).results
        everywhere = edits_everywhere(session, actor, now)
        similar = [result.card.id for result in found]
        names = suggest_for(session, actor, [], {shelf: 1}, similar, everywhere, now)
    author = people[row["author"]]
    tally.cases += 1
    tally.note("blend", [each.person.id for each in names], author)
    for method, weights in (("shelf", everywhere.by_shelf.get(shelf, {})), ("all", everywhere.in_all)):
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
    runtime: Runtime, rows: list[dict[str, Any]], people: Mapping[str, int], shelves: Mapping[str, int]
) -> None:  # fmt: skip
    services = runtime.services
    texts = [
        compose(services.renderer, services.settings.workspace, row["title"][:200], row["body"], language="en",
                tags=[], audience=[])
        for row in rows
    ]  # fmt: skip
    with services.database.transaction() as session:
        for row, text in zip(rows, texts, strict=True):
            actor = actor_for(session, session.get_one(Person, people[row["author"]]))
            shelf = _shelf(session, shelves[row["collection"]])
            card = create_card(session, actor, shelf, text, CardPolicy(), _at(row))
            publish_card(session, actor, card, _at(row))


def _shelf(session: Session, number: int) -> Collection:
    return session.get_one(Collection, number)


def _parts(rows: list[dict[str, Any]], every: int) -> Iterator[list[int]]:
    for start in range(0, len(rows), every):
        yield list(range(start, min(start + every, len(rows))))


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return row["updated_at"], row["id"]


def _at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["updated_at"])


def _lines(figures: dict[str, Any]) -> list[str]:
    words = {"blend": "three names as suggested", "shelf": "the collection's authors", "all": "everybody's edits"}
    lines = [f"{figures['cases']} cards about to be written; their author is", f"{'':26} first  among three"]
    return lines + [
        f"{words[method]:26} {each['acc@1']:5.1%}  {each['acc@3']:5.1%}" for method, each in figures["methods"].items()
    ]
