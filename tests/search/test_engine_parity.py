"""Both engines give the same cards, the same scores and the same corrections, after any history of changes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kb.trust.state import TrustState
from search.backend import ANYTHING, CardDoc, Change, Delete, Narrowing, Scope, SearchBackend, Upsert
from search.boosts import Boosts, use_factors
from search.postgres_index import spelling
from search.postgres_index.backend import PostgresBackend
from search.query import parse
from search.whoosh_index import WhooshBackend
from tests.infra.postgres import PostgresServer

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
_WORDS = """refund refunds refunding invoice billing terms of service trial store warranty sensor gateway customer
    zespół zespołu zwroty клиент клиентами возврат Kündigung Kündigungsfrist Frist Mitarbeiter asiakas asiakkaan
    unohduskäyrä C++ 24/7 5 GB ERR-1042 self-service e-mail anna@firma.pl § 312g reimbursement reimbursing the how"""
WORDS = _WORDS.split()
SYNONYMS = (("refund", ("money back", "reimbursement")), ("terms of", ("invoice",)))
TAGS = ["billing", "two words", "vip", "Größe"]
PIECES = [*WORDS, "reimb", "kund", "refnud", "Kündigugn", "asiaks", "tag:vip", '"terms of service"', '"refund invoice"',
          "-trial", '-"of service"', "ste", "w", 'tag:"two words"', "customre", "warrantx"]  # fmt: skip


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[tuple[WhooshBackend, PostgresBackend]]:
    """The same history in both: a rebuild, then batches of edits and deletions."""
    url = postgres_server.fresh_database()
    whoosh, postgres = WhooshBackend(tmp_path_factory.mktemp("parity") / "index"), PostgresBackend(url)
    pick = random.Random(23)  # noqa: S311
    cards = [_card(pick, number) for number in range(1, 2600, 3)]
    whoosh.rebuild(cards, 1)
    postgres.rebuild(cards, 1)
    for seq in range(2, 9):
        numbers = pick.sample(range(1, 2600), k=60)
        batch: list[Change] = [Upsert(_card(pick, number)) for number in numbers[:50]]
        batch += [Delete(number) for number in numbers[50:]]
        whoosh.apply(batch, seq)
        postgres.apply(batch, seq)
    yield whoosh, postgres
    whoosh.close()
    postgres.close()
    postgres_server.drop(url)


def _card(pick: random.Random, number: int) -> CardDoc:
    def some(most: int) -> str:
        return " ".join(pick.choices(WORDS, k=pick.randrange(1, most)))

    headings = [some(4) for _ in range(pick.randrange(3))]
    body = "\n".join([*headings, *(some(30) for _ in range(pick.randrange(1, 5)))])
    verify_by = NOW + timedelta(days=pick.randrange(-60, 90)) if pick.random() < 0.7 else None
    return CardDoc(
        number, pick.choice([1, 2, 3]), pick.choice(["en", "de", "fi", "pl", "ru"]), some(6), "\n".join(headings), body,
        tuple(pick.sample(TAGS, k=pick.randrange(3))), audience=tuple(pick.sample(["sales", "support"], k=1)),
        owner_id=pick.choice([None, 7, 8]), updated_at=NOW - timedelta(days=pick.randrange(900)),
        is_verified=pick.random() < 0.8, is_flagged=pick.random() < 0.1, verify_by=verify_by,
    )  # fmt: skip


def _boosts(pick: random.Random) -> Boosts | None:
    if pick.random() < 0.2:
        return None
    trust = {TrustState.OVERDUE: 0.85, TrustState.FLAGGED: 0.8, TrustState.UNVERIFIED: 0.75}
    use = use_factors({pick.randrange(1, 2600): pick.randrange(1, 500) for _ in range(40)}, 0.2)
    return Boosts(NOW, timedelta(days=14), trust, use, frozenset({"sales"}), pick.choice([1.0, 1.05]))


def _narrowing(pick: random.Random) -> Narrowing:
    if pick.random() < 0.6:
        return ANYTHING
    return Narrowing(
        tags=tuple(pick.sample(TAGS, k=pick.randrange(2))),
        trust=tuple(pick.sample(list(TrustState), k=pick.randrange(3))),
        owner_id=pick.choice([None, None, 7]),
        language=pick.choice([None, None, "de"]),
        updated_since=pick.choice([None, None, NOW - timedelta(days=300)]),
    )


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(40))
def test_both_engines_answer_the_same(pair: tuple[SearchBackend, SearchBackend], seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311
    for _ in range(12):
        text = " ".join(pick.choices(PIECES, k=pick.randrange(1, 5))) + pick.choice(["", " "])
        query = parse(text)._replace(synonyms=pick.choice([(), SYNONYMS]))
        scope = Scope(frozenset(pick.sample([1, 2, 3], k=pick.randrange(1, 4))))
        only, boosts, offset = _narrowing(pick), _boosts(pick), pick.choice([0, 0, 7, 60])
        first, second = (each.search(query, scope, 10, offset, only=only, boosts=boosts) for each in pair)
        assert first == second, text
        suggested = [each.suggest(text, scope, 20, boosts=boosts) for each in pair]
        assert suggested[0] == suggested[1], text
        corrected = [each.correct(text.split(), scope) for each in pair]
        assert corrected[0] == corrected[1], text


@pytest.mark.postgres
def test_both_engines_hold_the_same_cards(pair: tuple[SearchBackend, SearchBackend]) -> None:
    whoosh, postgres = pair
    assert whoosh.card_ids() == postgres.card_ids()
    assert whoosh.health().docs == postgres.health().docs
    assert whoosh.applied_seq() == postgres.applied_seq() == 8


def test_words_one_or_two_edits_away_share_a_key() -> None:
    pick = random.Random(31)  # noqa: S311
    for _ in range(20_000):
        word = "".join(pick.choices("abcde", k=pick.randrange(4, 14)))
        keys, once = set(spelling.keys_of(word)), _edited(pick, word)
        twice = _edited(pick, once)
        if 4 <= len(once) < 8:
            assert keys & spelling.first_keys(once), (word, once)
            assert keys & spelling.last_keys(once), (word, once)
        if len(twice) >= 8:
            assert keys & (spelling.first_keys(twice) | spelling.last_keys(twice)), (word, twice)


def _edited(pick: random.Random, word: str) -> str:
    place = pick.randrange(len(word))
    letter = pick.choice("abcde")
    swapped = word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]
    return pick.choice(
        [word[:place] + word[place + 1 :], word[:place] + letter + word[place:],
         word[:place] + letter + word[place + 1 :], swapped]
    )  # fmt: skip
