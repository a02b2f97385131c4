"""The labelled fixtures of detectors that follow rules on facts: each line is played on a card of its own.

A line is what happened, "->" and what a curator would call it; the first label of a file is what is to be found. Words
in brackets after it are for whoever reads the file.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from curator.detectors import activity, linked_cards, readers, young_cards
from curator.detectors.batch import Batch
from curator.detectors.evidence import Evidence
from curator.detectors.library import library_of
from curator.detectors.near_duplicates import LEAST_SCORE
from curator.detectors.reading import read_card
from curator.detectors.source_text import text_of
from curator.duplicates.likeness import likeness
from curator.duplicates.reading import read_card as read_words
from kb.cards import commands
from kb.cards.commands import Edit
from kb.cards.models import Card
from kb.people.absences import Absence
from kb.people.actor import Actor, actor_for
from kb.people.commands import add_person, deactivate_person
from kb.people.models import ApiToken, Person, Role
from kb.text.corrections import is_correction
from kb.trust import commands as trust_commands
from kb.use.models import Feedback, RecentUse, SearchClick, SearchQuery
from tests.curator.detectors.labelled import FOLDER, Score
from tests.world import START, World

NOW = START + timedelta(days=500)
_PEOPLE = {"a": "ada", "c": "cora", "x": "axel", "v": "vera", "r": "rita", "s": "stan"}
_EVENT = re.compile(r"(.+?)(?: (?:since|for))? (\d+)")
_DAY = timedelta(days=1)
Lines = Sequence[tuple[str, str]]


def score_of(name: str, said: Callable[[Lines], Iterable[bool]]) -> Score:
    """How often what is said of the lines of this fixture agrees with their labels."""
    lines = [
        (line.rpartition(" -> ")[0].replace("\\n", "\n"), line.rpartition(" -> ")[2].partition(" (")[0])
        for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    wanted = lines[0][1]
    right = wrong = missed = negatives = 0
    faults = []
    for (line, label), is_found in zip(lines, said(lines), strict=True):
        is_wanted = label == wanted
        right, wrong = right + (is_found and is_wanted), wrong + (is_found and not is_wanted)
        missed, negatives = missed + (is_wanted and not is_found), negatives + (not is_wanted)
        if is_found != is_wanted:
            faults.append(f"{name}: {line} -> {label}, but {'found' if is_found else 'not found'}")
    return Score(right, wrong, missed, negatives, tuple(faults))


def pure_scores() -> dict[str, Score]:
    """Those that compare two texts."""
    return {
        "corrections": score_of("corrections", lambda lines: [_is_corrected(line) for line, _ in lines]),
        "sources": score_of("sources", lambda lines: [_is_changed(line) for line, _ in lines]),
        "alike": score_of("alike", lambda lines: [_is_alike(line) for line, _ in lines]),
    }


def played_scores(world: World) -> dict[str, Score]:
    """Those that need cards, people and their traces."""
    player = Player(world)
    return {
        "card_links": score_of("card_links", player.links),
        "ratings": score_of("ratings", player.ratings),
        "unopened": score_of("unopened", player.searches),
        "young": score_of("young", player.lives),
        "inactive": score_of("inactive", player.owners),
    }


def _is_corrected(line: str) -> bool:
    old, new = line.split(" => ")
    return is_correction("A card", old, "A card", new)


def _is_changed(line: str) -> bool:
    old, new = (text_of(page.encode(), "text/html; charset=utf-8") for page in line.split(" => "))
    return old != new


def _is_alike(line: str) -> bool:
    one, other = (read_words(*card.split(": ", 1)) for card in line.split(" | "))
    return likeness(one, other) >= LEAST_SCORE


@dataclass
class Player:
    """Plays the lines of a fixture in a world, all of them before one look of the detector."""

    world: World
    cards: list[int] = field(default_factory=list)

    def links(self, lines: Lines) -> list[bool]:
        """Each line is the text of a card."""
        world, days = self.world, timedelta(days=400)
        world.now = NOW - days
        to = {"answer": world.card(verified=True), "draft": world.card(publish=False),
              "closed": world.card(collection="deals"), "archived": world.card(), "replaced": world.card()}  # fmt: skip
        with world.transaction() as session:
            cora = world.actor(session, "cora")
            commands.archive_card(session, cora, session.get_one(Card, to["archived"]), world.now)
            session.get_one(Card, to["replaced"]).replaced_by_id = to["answer"]
        self.cards = [world.card(body=line.format(**to), verified=True) for line, _ in lines]
        return self._found(linked_cards.found)

    def ratings(self, lines: Lines) -> list[bool]:
        """Each word is a verdict, a check or an edit, a day after the one before."""
        self.cards = []
        for line, _ in lines:
            self.world.now = NOW - timedelta(days=100)
            self.cards.append(self.world.card(verified=True))
            for word in line.split():
                self.world.later(days=1)
                self._rate(self.cards[-1], word)
        return self._found(readers.found)

    def _rate(self, card_id: int, word: str) -> None:
        if word == "check":
            self.world.verify(card_id)
            return
        with self.world.transaction() as session:
            card = session.get_one(Card, card_id)
            if word == "edit":
                _edit(self.world, session, card, self.world.actor(session, "cora"), self.world.now)
                return
            who, sign, comment = word[0], word[1], word[3:].replace("_", " ")
            person = self.world.person(session, _PEOPLE[who]).id if who != "?" else None
            session.add(Feedback(card_id=card_id, person_id=person, version=card.version, is_helpful=sign == "+",
                                 comment=comment, at=self.world.now))  # fmt: skip

    def searches(self, lines: Lines) -> list[bool]:
        """Each word is a person's search that got the card first."""
        self.world.now, self.cards = NOW - timedelta(days=100), []
        for number, (line, _) in enumerate(lines):
            card = self.world.card(verified=True)
            self.cards.append(card)
            with self.world.transaction() as session:
                for place, word in enumerate(line.split()):
                    who, words, *ago = word.rstrip("!").split(":")
                    at = NOW - timedelta(days=int(ago[0]) if ago else 1, minutes=5)
                    session.add(SearchQuery(
                        id=f"{number}/{place}", words=words.replace("_", " "), at=at, last_at=at, results=3,
                        person_id=self.world.person(session, _PEOPLE[who]).id, first_card_id=card,
                        best_trust="verified",
                    ))  # fmt: skip
                    session.flush()
                    if word.endswith("!"):
                        session.add(SearchClick(query_id=f"{number}/{place}", card_id=card, kind="view", at=at))
        return self._found(readers.found)

    def lives(self, lines: Lines) -> list[bool]:
        """Each part is an event in a card's life, so many days ago."""
        self.cards = [self._life(dict(_events(line))) for line, _ in lines]
        return self._found(young_cards.found)

    def _life(self, ago: dict[str, int]) -> int:
        world = self.world
        world.now = NOW - timedelta(days=ago.get("written", ago.get("imported", ago.get("published", 0))))
        card_id = world.card(publish="written" not in ago)
        with world.transaction() as session:
            card, cora = session.get_one(Card, card_id), world.actor(session, "cora")
            if "elsewhere" in ago:
                card.updated_at = NOW - timedelta(days=ago["elsewhere"])
            for event, days in sorted(ago.items(), key=lambda pair: -pair[1]):
                world.now = NOW - timedelta(days=days)
                if event == "published" and "written" in ago:
                    commands.publish_card(session, cora, card, world.now)
                elif event == "edited":
                    _edit(world, session, card, cora, world.now)
                elif event == "verified":
                    trust_commands.verify(session, cora, card, card.version, world.policy, world.now)
                elif event in ("archived", "restored"):
                    change = commands.archive_card if event == "archived" else commands.restore_card
                    change(session, cora, card, world.now)
        return card_id

    def owners(self, lines: Lines) -> list[bool]:
        """Each part is a trace that the card's owner left, so many days ago."""
        self.cards = []
        for number, (line, _) in enumerate(lines):
            ago = dict(_events(line))
            with self.world.transaction() as session:
                system = self.world.actor(session, "system")
                joined = NOW - timedelta(days=ago.get("joined", 400))
                address, name = f"owner{number}@northwind.example", f"Owner {number}"
                owner = add_person(session, system, address, name, Role.AUTHOR, [], joined)
                session.flush()
                owner_id = owner.id
            self.world.now = NOW - timedelta(days=30)
            card = self.world.card(owner=None)
            self.cards.append(card)
            with self.world.transaction() as session:
                self._trace(session, session.get_one(Card, card), session.get_one(Person, owner_id), ago)
        return self._found(activity.found)

    def _trace(self, session: Session, card: Card, owner: Person, ago: dict[str, int]) -> None:
        card.owner_id = owner.id
        for event, days in ago.items():
            at = NOW - timedelta(days=days)
            if event == "signed in":
                owner.last_seen_at = at
            elif event == "left":
                deactivate_person(session, self.world.actor(session, "system"), owner, at)
            elif event == "edited":
                _edit(self.world, session, card, actor_for(session, owner), at)
            elif event == "verified":
                trust_commands.verify(session, actor_for(session, owner), card, card.version, self.world.policy, at)
            elif event == "stand-in":
                session.add(Absence(
                    person_id=owner.id, first_day=at.date(), last_day=NOW.date(), starts_at=at, ends_at=NOW + _DAY,
                    stand_in_id=self.world.person(session, "vera").id, created_at=at,
                ))  # fmt: skip
            elif event == "token used":
                session.add(ApiToken(
                    person_id=owner.id, name="t", token_hash=f"{owner.id}", last4="abcd", scopes=["read"],
                    created_at=owner.created_at, last_used_at=at,
                ))  # fmt: skip
            elif event == "opened a card":
                session.add(RecentUse(person_id=owner.id, card_id=card.id, at=at))

    def _found(self, detector: Callable[[Batch], Iterator[Evidence]]) -> list[bool]:
        world = self.world
        with world.read() as session:
            cards = [read_card(session.get_one(Card, card_id)) for card_id in self.cards]
            batch = Batch(session, cards, library_of(session), world.policy, world.settings.public_url, NOW)
            named = {each.card_id for each in detector(batch)}
        return [card_id in named for card_id in self.cards]


def _events(line: str) -> Iterator[tuple[str, int]]:
    for part in line.split(", "):
        event = _EVENT.fullmatch(part)
        assert event is not None, part
        yield event[1], int(event[2])


def _edit(world: World, session: Session, card: Card, actor: Actor, at: datetime) -> None:
    text = world.text(card.title, f"{card.body} And more, {card.version}.")
    commands.edit_card(session, actor, card, text, Edit(card.version), world.policy, at)
