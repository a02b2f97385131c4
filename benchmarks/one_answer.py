"""One answer: a handbook with up to five versions of each page, imported blind, then asked as a reader would.

The cards say nothing of what belongs together. They go through the import, the comparison of near-duplicates and the
search of the product, and only the figures are taken with the truth at hand.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import process_time
from typing import Any

from sqlalchemy import select

from curator.jobs import JobContext, near_duplicates
from kb import clock
from kb.cards.models import Card
from kb.importing.report import Outcome
from kb.importing.request import Format, ImportRequest
from kb.importing.run import run_import
from kb.lines.folding import fold
from kb.lines.models import NearDuplicate
from kb.lines.queries import undecided_of
from kb.paths import resource_root
from kb.people.actor import actor_for, system_actor
from kb.people.commands import add_person
from kb.people.models import Person, Role
from kb.settings import Settings
from kb.trust.queries import trust_by_card
from search.answers import SearchService
from search.folds import member
from vitrine.runtime import Runtime, running

TOP = 10
Pair = tuple[str, str]
# name: (label, bar, whether more is better, the reference's figure on the same set)
FIGURES: dict[str, tuple[str, float, bool, float]] = {
    "several_versions": ("queries with more than one version in the first ten", 0.06, False, 0.090),
    "outdated_first": ("queries with an outdated version first", 0.02, False, 0.028),
    "current_first": ("queries with the current version first", 0.78, True, 0.777),
    "precision": ("near-duplicate pairs: precision", 0.95, True, 0.954),
    "recall": ("near-duplicate pairs: recall", 0.0, True, 0.887),
    "f1": ("near-duplicate pairs: F1", 0.93, True, 0.920),
    "current_hidden": ("current cards hidden behind another", 0.01, False, 0.013),
}


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The set: its cards as a file, and the truth, which the product never sees."""

    cards: Path
    groups: list[dict[str, Any]]
    ignored: frozenset[Pair]
    queries: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> "Yardstick":
        """Raises OSError when a file is missing."""
        ignored = frozenset(_pair(*pair) for pair in _lines(folder / "ignore.jsonl"))
        return cls(folder / "cards.jsonl", _lines(folder / "groups.jsonl"), ignored, _lines(folder / "queries.jsonl"))


def main(arguments: Sequence[str]) -> int:
    """Measure and print. The exit code is 1 if a bar is missed."""
    parser = argparse.ArgumentParser("bench one-answer", description=__doc__)
    default = resource_root().parent / "shared" / "yardsticks" / "oneanswer"
    parser.add_argument("--folder", type=Path, default=default, help="where the set lies (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    try:
        yardstick = Yardstick.read(chosen.folder)
    except OSError as error:
        print(f"The set can't be read: {error}. Name its folder with --folder.", file=sys.stderr)
        return 2
    figures = measure(yardstick)
    print(json.dumps(figures, indent=2) if chosen.json else table(figures))
    return 0 if all(_passes(name, figures[name]) for name in FIGURES) else 1


def measure(yardstick: Yardstick) -> dict[str, float]:
    """All figures of one run in a fresh installation."""
    with tempfile.TemporaryDirectory() as folder, _filled(Path(folder), yardstick) as (runtime, names):
        began = process_time()
        near_duplicates(JobContext.of(runtime.services))
        seconds = process_time() - began
        runtime.indexer.apply_pending()
        found = _found_pairs(runtime, names)
        figures = pair_figures(found, yardstick) | _query_figures(runtime, names, yardstick)
        comparing = 1000 * seconds / max(1, len(names))
        figures |= {"cards": len(names), "queries": len(yardstick.queries), "comparing_ms_a_card": comparing}
    return {name: round(value, 4) for name, value in figures.items()}


def pair_figures(found: set[Pair], yardstick: Yardstick) -> dict[str, float]:
    """Precision, recall and F1 of the pairs that were found."""
    truth = {_pair(a, b) for group in yardstick.groups for a, b in combinations(group["cards"], 2)} - yardstick.ignored
    found = found - yardstick.ignored
    right = len(found & truth)
    precision, recall = right / max(1, len(found)), right / max(1, len(truth))
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def table(figures: dict[str, float]) -> str:
    """The figures beside the reference's and the bars."""
    lines = [f"{'':54}{'Vitrine':>9}{'reference':>11}{'bar':>9}"]
    for name, (label, bar, more, reference) in FIGURES.items():
        wanted = f"{'≥' if more else '≤'} {bar:.2f}" if bar else ""
        missed = "" if _passes(name, figures[name]) else "  missed"
        lines.append(f"{label:54}{figures[name]:>9.3f}{reference:>11.3f}{wanted:>9}{missed}")
    lines.append(
        f"{figures['cards']:.0f} cards, {figures['queries']:.0f} queries; "
        f"{figures['comparing_ms_a_card']:.1f} ms of CPU a card to compare all of them."
    )
    return "\n".join(lines)


@contextmanager
def _filled(folder: Path, yardstick: Yardstick) -> Iterator[tuple[Runtime, dict[int, str]]]:
    """A service with the cards in it, and which card is which of the set."""
    settings = Settings.model_validate({"storage": {"data_dir": folder}})
    with running(settings) as runtime:
        source = _importable(runtime, yardstick.cards, folder / "cards.jsonl")
        request = ImportRequest(source, "handbook", Format.JSONL, publish=True)
        services = runtime.services
        report = run_import(services.database, services.renderer, request, services.policy, clock.now())
        for item in report.items:  # what the import refuses is missing from the answers, and so from the figures
            if item.outcome is Outcome.FAILED:
                print(f"not imported: {item.where}: {item.reason}", file=sys.stderr)
        with services.database.read() as session:
            names = {card_id: name or "" for card_id, name in session.execute(select(Card.id, Card.external_id))}
        yield runtime, names


def _importable(runtime: Runtime, cards: Path, target: Path) -> Path:
    """The same cards, each owned and verified by its author, who must exist for that."""
    items = _lines(cards)
    with runtime.services.database.transaction() as session:
        system = system_actor(session)
        for author in sorted({item["author"] for item in items}):
            add_person(session, system, _email(author), author, Role.AUTHOR, [], clock.now())
        add_person(session, system, _email("reader"), "Reader", Role.REP, [], clock.now())
    with target.open("w", encoding="utf-8") as file:
        for item in items:
            email = _email(item["author"])
            record = {**item, "external_id": item["id"], "owner": email, "verified_by": email}
            file.write(json.dumps(record) + "\n")
    return target


def _found_pairs(runtime: Runtime, names: dict[int, str]) -> set[Pair]:
    with runtime.services.database.read() as session:
        rows = session.execute(select(NearDuplicate.card_id, NearDuplicate.other_id))
        return {_pair(names[one], names[other]) for one, other in rows}


def _query_figures(runtime: Runtime, names: dict[int, str], yardstick: Yardstick) -> dict[str, float]:
    several = outdated = current = 0
    service = SearchService(runtime.backend, runtime.services.policy)
    with runtime.services.database.read() as session:
        reader = actor_for(session, session.scalars(select(Person).where(Person.email == _email("reader"))).one())
        for query in yardstick.queries:
            found = service.search(session, reader, query["query"], clock.now(), limit=TOP)
            shown = [names[result.card.id] for result in found.results]
            several += sum(name in query["versions"] for name in shown) > 1
            current += shown[:1] == [query["current"]]
            outdated += bool(shown) and shown[0] in query["versions"] and shown[0] != query["current"]
    asked = max(1, len(yardstick.queries))
    hidden = _hidden_currents(runtime, names, yardstick) / max(1, len(yardstick.groups))
    return {"several_versions": several / asked, "outdated_first": outdated / asked, "current_first": current / asked,
            "current_hidden": hidden}  # fmt: skip


def _hidden_currents(runtime: Runtime, names: dict[int, str], yardstick: Yardstick) -> int:
    """How many pages' current cards are folded away wherever all cards are found together."""
    current = {group["current"] for group in yardstick.groups}
    policy, now = runtime.services.policy, clock.now()
    with runtime.services.database.read() as session:
        cards = session.scalars(select(Card)).all()
        trusts = trust_by_card(session, cards, policy, now)
        members = [member(card, trusts[card.id]) for card in cards]
        served = fold(members, undecided_of(session, list(names)), now)
    return sum(names[card_id] in current and served[card_id] != card_id for card_id in served)


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _pair(one: str, other: str) -> Pair:
    return min(one, other), max(one, other)


def _passes(name: str, value: float) -> bool:
    _, bar, more, _ = FIGURES[name]
    return value >= bar if more else value <= bar


def _email(name: str) -> str:
    return f"{name}@one-answer.example"
