"""The labelled texts of `fixtures/`, and how well the detectors find what is marked there.

A line is one text; «…» marks what is to be found, a line without marks holds nothing. Lines with @ tell the registry.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from curator.detectors.dates import dates_in
from curator.detectors.library import Known, Library
from curator.detectors.link_checks import Tried, judge, note_try
from curator.detectors.links import is_dead
from curator.detectors.models import ExternalLink
from curator.detectors.names import people_in, tools_in
from curator.detectors.phrases import PhraseBook
from curator.detectors.registry_words import contradictions
from curator.detectors.values import Values
from curator.detectors.versions import Versions
from kb.outbound.client import Answer

FOLDER = Path(__file__).parent / "fixtures"
_MARKED = re.compile("«(.*?)»")
_SETTING = re.compile(r"@(\w+) (.+?)(?: = (.+)| <(.+)>)?")
Finder = Callable[[str, Library], list[str]]


@dataclass(frozen=True, slots=True)
class Score:
    """What a detector found right, found wrong and missed, and the texts where it went wrong."""

    right: int
    wrong: int
    missed: int
    negatives: int
    faults: tuple[str, ...]

    @property
    def labelled(self) -> int:
        """How many spans and empty lines were labelled."""
        return self.right + self.missed + self.negatives

    @property
    def precision(self) -> float:
        """Of what it found, how much is right."""
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of what is there, how much it found."""
        return self.right / (self.right + self.missed)


def scores() -> dict[str, Score]:
    """Each detector that reads words, and the link checker, on its fixture."""
    found = {name: _score(name, finder) for name, finder in _FINDERS.items()}
    return {**found, "links": _links()}


def _dates(text: str, _library: Library) -> list[str]:
    """The date alone: whether "until" stands before it is marked by nobody."""
    return [text[each.end - len(each.words) : each.end] for each in dates_in(text)]


def _people(text: str, library: Library) -> list[str]:
    return [words for words, person in people_in(text, library).items() if person.left_at is not None]


_FINDERS: dict[str, Finder] = {
    "dates": _dates,
    "tools": tools_in,
    "people": _people,
    "versions": lambda text, library: [each.words for each in contradictions(1, text, library)],
    "values": lambda text, library: [each.words for each in contradictions(1, text, library)],
}


def _score(name: str, finder: Finder) -> Score:
    lines = [line for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    library = _library([line for line in lines if line.startswith("@")])
    right = wrong = missed = negatives = 0
    faults = []
    for line in lines:
        if line.startswith("@") or not line:
            continue
        marked, text = _MARKED.findall(line), line.replace("«", "").replace("»", "")
        found = finder(text, library)
        good = [words for words in found if any(_is_same(words, mark) for mark in marked)]
        unseen = [mark for mark in marked if not any(_is_same(words, mark) for words in found)]
        right, wrong, missed = right + len(good), wrong + len(found) - len(good), missed + len(unseen)
        negatives += not marked
        if len(good) != len(found) or unseen:
            faults.append(f"{line} found {found}")
    return Score(right, wrong, missed, negatives, tuple(faults))


def _is_same(found: str, marked: str) -> bool:
    """The words agree but for a small word before, or capitals."""
    return found.casefold().endswith(marked.casefold()) and len(found) - len(marked) <= len("bis einschließlich the ")


def _library(settings: list[str]) -> Library:
    rows: dict[str, list[tuple[str, str]]] = {}
    people: list[Known] = []
    for line in settings:
        setting = _SETTING.fullmatch(line)
        assert setting is not None, line
        kind, name, current, email = setting.groups()
        rows.setdefault(kind, []).append((name, current or name))
        if kind in ("left", "here"):
            people.append(Known(name, email, datetime(2026, 1, 1, tzinfo=UTC) if kind == "left" else None))
    here = {person.name for person in people if person.left_at is None}
    return Library(
        tools=PhraseBook(rows.get("tool", [])),
        renamed=PhraseBook(rows.get("renamed", []), any_case=True),
        versions=Versions(rows.get("version", [])),
        values=Values(rows.get("value", [])),
        people=PhraseBook([(each.name, each) for each in people if each.left_at is None or each.name not in here]),
        emails={each.email: each for each in people},
    )


def _links() -> Score:
    right = wrong = missed = negatives = 0
    faults = []
    for line in (FOLDER / "links.txt").read_text(encoding="utf-8").splitlines():
        if line[:1] == "#" or not line:
            continue
        days, expected = line.split(" -> ")
        said = _state_after(days.split())
        right += said == expected != "fine"
        wrong += said not in (expected, "fine")
        missed += said != expected != "fine"
        negatives += expected == "fine"
        if said != expected:
            faults.append(f"{line} said {said}")
    return Score(right, wrong, missed, negatives, tuple(faults))


def _state_after(days: list[str]) -> str:
    link = ExternalLink(url="http://a.example/x", days_failing=0, days_moved=0, outcome="", moved_to=None)
    now = datetime(2026, 11, 16, 9, tzinfo=UTC)
    for day in days:
        now += timedelta(days=1)
        if day != "-":
            note_try(link, _tried(day), now)
    if is_dead(link):
        return "dead"
    return "moved" if link.outcome == "moved" and link.days_moved > 1 else "fine"


def _tried(day: str) -> Tried:
    known = {"timeout": Tried("silent"), "nohost": Tried("gone"), "private": Tried("unknown")}
    if day in known:
        return known[day]
    url = "http://a.example/x"
    if day == "moved":
        return judge(url, Answer(200, {}, b"", False, "http://b.example/x", 1, True))
    return judge(url, Answer(int(day), {}, b"", False, url))
