"""Search tells nothing about cards its reader may not see: with many such cards or without, the answers are the same.

Every byte counts: hits, order, scores with their parts, totals, menus, snippets, suggestions, corrections, alike ones.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import Session

from kb.cards import commands, replacements
from kb.cards.collections import CollectionFields, change_collection
from kb.cards.models import Card
from kb.installation import open_installation
from kb.people.commands import set_members
from kb.settings import Settings, Storage
from kb.text.renderer import Renderer
from kb.use.recorder import UseRecorder, add_use
from search.synonyms.commands import add_synonyms
from tests.site import Site
from tests.vitrine.test_leaks import shown
from tests.world import START, World

_WORDS = """refund window annual plan chargeback discount invoice payment renewal shipping warranty password webhook
    export report customer account trial reseller contract price travel incident release onboarding support"""
_GERMAN = "Mitarbeiter Kündigungsfrist Rechnung Erstattung Versandkosten Vertragslaufzeit Preisliste Urlaub"
# Words that only the cards out of sight have; many are one letter away from how the others are misspelled below.
_SECRET = "refunt invoize zanzibar warantee passwort webhoop chargebuck renewel shippinq kundigung merger layoff"
WORDS, GERMAN, SECRET = _WORDS.split(), _GERMAN.split(), _SECRET.split()
QUERIES, FEW_QUERIES = 42, 14
FILTERS = ("", "&trust=verified", "&collection=deals", "&tag=refund", "&language=en", "&tag=zanzibar", "&trust=flagged")
Change = Callable[[World, Session], object]


@pytest.fixture(autouse=True)
def _uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking is noted and changes what is used; here each installation is asked other things."""
    monkeypatch.setattr(UseRecorder, "record", lambda _self, _use: None)
    monkeypatch.setattr(UseRecorder, "record_search", lambda _self, _asked: None)


@pytest.fixture
def made(tmp_path: Path, sqlite_template: Path, renderer: Renderer) -> Iterator[Callable[..., Site]]:
    """Makes an installation with the open cards, and closes it at the end."""
    sites: list[Site] = []

    def make(*changes: Change) -> Site:
        folder = tmp_path / f"data{len(sites)}"
        shutil.copytree(sqlite_template, folder)
        world = World(open_installation(Settings(storage=Storage(data_dir=folder)), START), renderer)
        for change in changes:
            changed(world, change)
        sites.append(Site(world))
        open_cards(world)
        return sites[-1]

    yield make
    for site in sites:
        site.close()
        site.world.installation.close()


def changed(world: World, change: Change) -> None:
    """Carry out a change of who may read what."""
    with world.transaction() as session:
        change(world, session)


def titled(chance: random.Random, words: list[str], count: int) -> str:
    """So many words, the first in upper case."""
    return " ".join(chance.choices(words, k=count)).capitalize()


def open_cards(world: World) -> None:
    """Billing and Deals: what is asked about. The same in every installation."""
    chance = random.Random(1)  # noqa: S311
    world.now = START - timedelta(days=60)
    with world.transaction() as session:
        add_synonyms(session, world.actor(session, "cora"), ["refund", "money back"], False, world.now)
    ids = []
    for number in range(36):
        is_german = number % 6 == 0
        words = GERMAN if is_german else WORDS
        ids.append(
            world.card(
                titled(chance, words, chance.randrange(2, 6)), titled(chance, words, 40) + ".",
                collection="deals" if number % 4 == 3 else "billing", language="de" if is_german else "en",
                tags=tuple(chance.sample(WORDS, 2)), verified=number % 3 == 0, interval_days=20 + number,
            )
        )  # fmt: skip
    world.flag(ids[0], "Wrong", by="rita")
    with world.transaction() as session:
        for card_id in ids[:10]:
            add_use(session, card_id, START.date(), {"views": card_id % 5, "impressions": 9})
    world.now = START


def hidden_cards(world: World) -> None:
    """Cards that Stan must not notice: in Deals, drafts, archived ones; full of his words, or nearly, and much used."""
    chance = random.Random(2)  # noqa: S311
    world.now = START - timedelta(days=50)
    ids = []
    for number in range(40):
        kind = ("deals", "deals", "draft", "archived")[number % 4]
        words = WORDS + SECRET * 3
        ids.append(
            world.card(
                titled(chance, words, chance.randrange(1, 6)), titled(chance, words, 60) + ".",
                collection="deals" if kind == "deals" else "billing", publish=kind != "draft",
                owner="cora", author="cora", tags=(chance.choice(SECRET), chance.choice(WORDS)),
                verified=kind == "deals",
            )
        )  # fmt: skip
        if kind == "archived":
            with world.transaction() as session:
                cora = world.actor(session, "cora")
                commands.archive_card(session, cora, session.get_one(Card, ids[-1]), world.now)
    world.flag(ids[0], "Wrong since the merger", by="rita")
    with world.transaction() as session:
        cora = world.actor(session, "cora")
        add_synonyms(session, cora, ["merger", "zanzibar"], False, world.now)
        older, newer = session.get_one(Card, ids[4]), session.get_one(Card, ids[5])
        replacements.replace_card(session, cora, older, newer, world.now)
        for card_id in ids:
            add_use(session, card_id, START.date(), {"views": 500, "copies": 300, "impressions": 900})
    # Nearly what is open, word for word.
    with world.read() as session:
        twins = [(card.title, card.body, card.language) for card in session.query(Card).order_by(Card.id).limit(12)]
    for title, body, language in twins:
        world.card(title, body, collection="deals", language=language, owner="cora", tags=("zanzibar",))
    world.now = START


def misspelt(chance: random.Random, word: str) -> str:
    """One letter lost, doubled, changed, or two swapped."""
    at = chance.randrange(1, len(word) - 1)
    letters = [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]]
    letters += [word[:at] + chance.choice("aeioutnz") + word[at + 1 :], word[: at - 1] + word[at] + word[at - 1]]
    return letters[0] if chance.random() < 0.3 else chance.choice(letters[:3]) if at else word


def questions(seed: int, count: int) -> Iterator[str]:
    """Words, beginnings, phrases, typos, exclusions, tags, secrets, and mixtures of them."""
    chance = random.Random(seed)  # noqa: S311
    kinds: list[Callable[[], str]] = [
        lambda: chance.choice(WORDS),
        lambda: chance.choice(WORDS + GERMAN)[: chance.randrange(1, 6)],
        lambda: f"{chance.choice(WORDS)} {chance.choice(WORDS)}",
        lambda: f'"{chance.choice(WORDS)} {chance.choice(WORDS)}"',
        lambda: misspelt(chance, chance.choice(WORDS)) + " ",
        lambda: f"{misspelt(chance, chance.choice(GERMAN))} {chance.choice(GERMAN)}",
        lambda: f"{chance.choice(WORDS)} -{chance.choice(WORDS)}",
        lambda: f"tag:{chance.choice(WORDS)} {chance.choice(WORDS)[:3]}",
        lambda: chance.choice(SECRET),
        lambda: chance.choice(SECRET)[:4],
        lambda: f"tag:{chance.choice(SECRET)}",
        lambda: f"collection:deals {chance.choice(WORDS)}",
        lambda: f"money back {chance.choice(SECRET)}",
        lambda: f"how do I get a {chance.choice(WORDS)} for {chance.choice(SECRET)}",
    ]
    for number in range(count):
        yield kinds[number % len(kinds)]()


def requests(seed: int, count: int) -> Iterator[tuple[str, bool]]:
    """Addresses, and whether each is a page's. Filters rotate."""
    for number, text in enumerate(questions(seed, count)):
        asked, more = urlencode({"q": text}), FILTERS[number % len(FILTERS)]
        yield f"/api/v1/search?{asked}&explain=true&limit=20{more}", False
        yield f"/api/v1/lookup?{asked}" + ("&min_trust=verified" if number % 3 == 0 else ""), False
        yield f"/api/v1/suggest?{asked}", False
        yield f"/?{asked}" + more.replace("&language=en", "&updated=30"), True
    for card_id in range(1, 12):
        yield f"/api/v1/cards/{card_id}/similar", False
        yield f"/preview/{card_id}", True
    yield "/", True


class Reader:
    """One of the cast with a browser and a token in one installation."""

    def __init__(self, site: Site, name: str) -> None:
        self.visitor = site.page(name)
        self.token = {"Authorization": f"Bearer {site.token(name, 'read')}"}
        self.visitor.get("/api/v1/me", headers=self.token)
        self.visitor.get("/account")

    def answers(self, seed: int, count: int = QUERIES) -> dict[str, str]:
        """Every answer by its address."""
        found: dict[str, str] = {}
        for path, is_page in requests(seed, count):
            headers: dict[str, Any] = ({"X-Fragment": "1"} if len(found) % 3 else {}) if is_page else self.token
            response = self.visitor.get(path, headers=headers)
            found[path] = f"{response.status_code}\n{shown(response.get_data(as_text=True))}"
        return found


def differing(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """The addresses that answer differently."""
    assert ours.keys() == theirs.keys()
    return [path for path, answer in ours.items() if answer != theirs[path]]


@pytest.mark.slow
def test_no_answer_depends_on_cards_that_its_reader_may_not_see(made: Callable[..., Site]) -> None:
    bare, full = made(), made()
    bare.index()
    full.index()
    before = Reader(bare, "stan").answers(1)
    hidden_cards(full.world)
    full.index()
    stan = Reader(full, "stan")
    assert differing(before, stan.answers(1)) == []
    full.runtime.indexer.rebuild()  # other segments, other numbers of documents
    assert differing(before, stan.answers(1)) == []
    assert sum('"did_you_mean":"' in answer.replace(" ", "") for answer in before.values()) > 5
    seen = Reader(full, "cora").answers(1)
    assert len(differing(before, seen)) > QUERIES  # who may see them does


def rewritten(**changes: Any) -> Change:
    """The collection Deals with other readers."""

    def change(world: World, session: Session) -> None:
        shelf, cora = world.collection(session, "deals"), world.person(session, "cora")
        fields = {"is_open": False, "reader_ids": (world.group(session, "deal-desk").id,), **changes}
        change_collection(
            session, world.actor(session, "system"), shelf,
            CollectionFields("Deals", slug="deals", steward_id=cora.id, **fields), world.now,
        )  # fmt: skip

    return change


def members(*names: str) -> Change:
    """The deal desk with these members."""

    def change(world: World, session: Session) -> None:
        people = [world.person(session, name) for name in names]
        set_members(
            session, world.actor(session, "system"), world.group(session, "deal-desk"), "Deal desk", people, world.now
        )

    return change


OPENED, CLOSED = rewritten(is_open=True), rewritten()
CHANGES: dict[str, tuple[str, tuple[Change, ...], Change]] = {
    "a collection is opened": ("stan", (), OPENED),
    "a collection is closed": ("stan", (OPENED,), CLOSED),
    "a group is emptied": ("rita", (), members("vera")),
    "a person joins a group": ("stan", (), members("rita", "vera", "stan")),
    "a collection gets other readers": ("rita", (), rewritten(reader_ids=())),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_the_very_next_answer_is_that_of_an_installation_where_it_always_was_so(
    made: Callable[..., Site], name: str
) -> None:
    who, first, change = CHANGES[name]
    turning, always = made(*first), made(*first, change)
    turning.index()
    always.index()
    reader = Reader(turning, who)
    earlier = reader.answers(3, FEW_QUERIES)
    changed(turning.world, change)
    now = reader.answers(3, FEW_QUERIES)
    assert differing(now, Reader(always, who).answers(3, FEW_QUERIES)) == []
    assert len(differing(now, earlier)) > FEW_QUERIES / 2
