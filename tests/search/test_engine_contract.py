"""What every search engine must do, asked of each of them. What it must survive: `test_engine_changes`."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.backend import CardDoc, Scope, SearchBackend
from search.query import parse
from tests.search.engine_world import EVERYTHING, Engine, brute_force, doc, first, found, index_of
from tests.search.test_query_parsing import HOSTILE

WORDS = ["refund", "refunds", "invoice", "billing", "trial", "zespół", "zespołu", "клиент", "клиентами", "store"]
TAGS = ["billing", "two words", "vip"]
QUERY = st.lists(
    st.sampled_from([*WORDS, '"refund invoice"', '"billing trial"', "-trial", "-store", "tag:vip", 'tag:"two words"']),
    min_size=1,
    max_size=4,
)


def random_cards(seed: int, count: int = 60) -> list[CardDoc]:
    pick = random.Random(seed)  # noqa: S311
    return [
        doc(
            number,
            " ".join(pick.choices(WORDS, k=2)),
            " ".join(pick.choices(WORDS, k=pick.randrange(4))),
            collection=pick.choice([1, 2, 3]),
            language=pick.choice(["en", "pl", "ru"]),
            tags=tuple(pick.sample(TAGS, k=pick.randrange(2))),
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture(scope="module")
def random_backend(engine: Engine) -> SearchBackend:
    return index_of(engine, random_cards(7))


@given(QUERY, st.frozensets(st.sampled_from([1, 2, 3])))
@settings(max_examples=150, deadline=None)
def test_finds_what_reading_every_card_finds(
    random_backend: SearchBackend, tokens: list[str], collections: frozenset[int]
) -> None:
    query, scope = parse(" ".join(tokens) + " "), Scope(collections)
    hits = random_backend.search(query, scope, 1000)
    expected = brute_force(random_cards(7), query, scope)
    assert {hit.card_id for hit in hits.hits} == expected
    assert hits.total == len(expected)


@given(QUERY, st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_pages_are_pieces_of_one_list(
    random_backend: SearchBackend, tokens: list[str], limit: int, offset: int
) -> None:
    query = parse(" ".join(tokens) + " ")
    everything = random_backend.search(query, EVERYTHING, 1000)
    page = random_backend.search(query, EVERYTHING, limit, offset)
    assert page.hits == everything.hits[offset : offset + limit]
    assert page.total == everything.total
    assert [hit.score for hit in everything.hits] == sorted((hit.score for hit in everything.hits), reverse=True)


@given(
    st.lists(st.sampled_from([*WORDS, "canary", "canaries", "cana"]), min_size=1, max_size=3).map(" ".join),
    st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_invisible_cards_change_nothing(
    random_pair: tuple[SearchBackend, SearchBackend], text: str, typed: bool
) -> None:
    """Neither hits nor order nor scores nor totals nor corrections differ from an index without them."""
    alone, with_canaries = random_pair
    query, scope = parse(text if typed else text + " "), Scope(frozenset({1, 2}))
    assert with_canaries.search(query, scope, 1000) == alone.search(query, scope, 1000)
    assert with_canaries.suggest(text, scope, 1000) == alone.suggest(text, scope, 1000)
    misspelt = [word[:-1] + "x" for word in text.split()]
    assert with_canaries.correct(misspelt, scope) == alone.correct(misspelt, scope)


@pytest.fixture(scope="module")
def random_pair(engine: Engine) -> tuple[SearchBackend, SearchBackend]:
    visible = [card for card in random_cards(8) if card.collection_id != 3]
    canaries = [
        doc(1000 + number, "refund canary invoicf", "canaries " * number, collection=3, tags=("vip",))
        for number in range(1, 30)
    ]
    return index_of(engine, visible), index_of(engine, visible + canaries)


def test_an_empty_scope_finds_nothing(random_backend: SearchBackend) -> None:
    nobody = Scope(frozenset())
    assert random_backend.search(parse("refund "), nobody, 10).total == 0
    assert random_backend.suggest("ref", nobody, 10).total == 0
    assert random_backend.correct(["refnud"], nobody) == [None]


def test_an_empty_query_finds_nothing_but_a_tag_alone_does(random_backend: SearchBackend) -> None:
    assert found(random_backend, "") == set()
    assert found(random_backend, "-trial") == set()
    assert found(random_backend, "tag:vip") == {card.card_id for card in random_cards(7) if "vip" in card.tags}


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "How we refunded the customers", "refunding customer"),
        ("de", "Die Kündigungen der Mitarbeiter", "Kündigung Mitarbeitern"),
        ("ru", "Возврат для клиентов", "клиентами"),
        ("pl", "Zwroty dla zespołu", "zespołów"),
        ("pl", "Zwroty dla zespołu", "zespolu"),
        ("fi", "Unohduskäyrän merkitys", "unohduskäyrä"),
        ("fr", "Remboursement des clients", "remboursement"),
    ],
)
def test_other_forms_of_a_word_are_found(engine: Engine, language: str, text: str, query: str) -> None:
    backend = index_of(engine, [doc(1, "Title", text, language=language), doc(2, "Other", "words")])
    assert found(backend, query) == {1}


CODES = ["C++", "C#", ".NET", "§ 312g", "anna.kowalska@firma.pl", "5GB", "24/7", "ERR-1042", "v2.3.1", "R&D", "Node.js"]


@pytest.mark.parametrize("code", CODES)
def test_codes_are_found_as_typed_and_nothing_else_is(engine: Engine, code: str) -> None:
    cards = [doc(number, "Card", f"It says ({each}), here.") for number, each in enumerate(CODES, 1)]
    noise = doc(99, "Vitamin C and net 312 kowalska", "5 of 24 in 7 days, err, v2 r d node js c c c")
    backend = index_of(engine, [*cards, noise])
    assert found(backend, code) == {CODES.index(code) + 1}
    assert found(backend, code.lower()) == {CODES.index(code) + 1}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("up to 5 GB", "5GB"),
        ("up to 5GB", "5 GB"),
        ("self-service portal", "selfservice"),
        ("self service portal", "self-service"),
        ("our e-mail address", "email"),
        ("write to anna@firma.pl", "firma.pl"),
        ("error ERR 1042", "ERR-1042"),
        ("see § 312g BGB", "312g"),
        ("the customer’s plan", "customer's"),
    ],
)
def test_other_spellings_of_a_code_are_found(engine: Engine, text: str, query: str) -> None:
    assert found(index_of(engine, [doc(1, "Card", text)]), query) == {1}


def test_the_last_word_is_a_prefix_while_it_is_typed_first_of_titles_then_of_tags_then_of_texts(engine: Engine) -> None:
    cards = [doc(3, "Third", "reimbursement"), doc(2, "Other", tags=("reimburse",)), doc(1, "Reimbursement of travel")]
    backend = index_of(engine, cards)
    typed = backend.search(parse("reimb"), EVERYTHING, 10)
    assert [hit.card_id for hit in typed.hits] == [1, 2, 3]
    assert [hit.card_id for hit in backend.search(parse("r"), EVERYTHING, 10).hits] == [1, 2]
    assert {hit.card_id for hit in backend.suggest("travel reimb", EVERYTHING, 10).hits} == {1}
    assert found(backend, "reimb") == set()


def test_a_title_outranks_a_tag_outranks_a_heading_outranks_a_body(engine: Engine) -> None:
    filler = "some other words that stand here"
    cards = [
        doc(1, filler, f"{filler} refund"),
        doc(2, filler, f"{filler} refund", headings="refund"),
        doc(3, filler, filler, tags=("refund",)),
        doc(4, f"{filler} refund", filler),
        doc(5, filler, filler),
    ]
    hits = index_of(engine, cards).search(parse("refund "), EVERYTHING, 10).hits
    assert [hit.card_id for hit in hits] == [4, 3, 2, 1]


def test_each_further_word_counts_and_side_by_side_counts_more(engine: Engine) -> None:
    cards = [
        doc(1, "x", "refund of the order"),
        doc(2, "x", "refund invoice for the order"),
        doc(3, "x", "invoice then some words and then a refund"),
        doc(4, "unrelated"),
    ]
    hits = index_of(engine, cards).search(parse("refund invoice "), EVERYTHING, 10)
    assert [hit.card_id for hit in hits.hits] == [2, 3, 1]
    assert not hits.relaxed


def test_half_of_the_words_is_enough_for_the_first_hit(engine: Engine) -> None:
    backend = index_of(engine, [doc(1, "refund of orders"), doc(2, "invoice")])
    enough = ["refund", "refund warehouse", "the refund of the warehouse", "refund order customs", "customs"]
    few = ["refund warehouse customs", "invoice warehouse customs Norway order"]
    found = {words: backend.search(parse(f"{words} "), EVERYTHING, 10).has_few for words in (*enough, *few)}
    assert found == dict.fromkeys(enough, False) | dict.fromkeys(few, True)


def test_hits_are_relaxed_when_no_card_has_all_words(engine: Engine) -> None:
    backend = index_of(engine, [doc(1, "refund of orders"), doc(2, "invoice")])
    assert backend.search(parse("refund orders invoice "), EVERYTHING, 10).relaxed
    assert first(backend, "refund orders invoice") == 1
    assert not backend.search(parse("absent missing "), EVERYTHING, 10).relaxed


def test_question_words_need_not_occur(engine: Engine) -> None:
    backend = index_of(engine, [doc(1, "Reset a password"), doc(2, "How do you do")])
    assert found(backend, "how do I reset my password") == {1}
    assert first(backend, "how do you") == 2


def test_a_phrase_does_not_reach_from_the_title_into_the_body(engine: Engine) -> None:
    backend = index_of(engine, [doc(1, "annual", "plan"), doc(2, "x", "the annual plan")])
    assert found(backend, '"annual plan"') == {2}
    assert found(backend, '-"annual plan" plan') == {1}
    assert found(backend, '"plan annual"') == set()


@pytest.mark.parametrize(
    ("typed", "repaired"),
    [
        ("refnud", "refund"),
        ("refun", "refund"),
        ("zespol", None),
        ("zespolv", "zespół"),
        ("subscirptoin", "subscription"),
        *[(fine, None) for fine in ("xyz", "refund", "refunds", "qwertyuiop", "C++", "rfd")],
    ],
)
def test_typos_are_repaired_to_words_that_occur(engine: Engine, typed: str, repaired: str | None) -> None:
    cards = [doc(1, "refund subscription"), doc(2, "zespół", language="pl")]
    assert index_of(engine, cards).correct([typed], EVERYTHING) == [repaired]


def test_the_word_of_more_cards_is_the_likelier_one_and_a_nearer_one_likelier_still(engine: Engine) -> None:
    cards = [doc(1, "boat"), doc(2, "coat"), doc(3, "coat"), doc(4, "documentation"), doc(5, "documentations")]
    backend = index_of(engine, cards)
    assert backend.correct(["moat", "documentatoin"], EVERYTHING) == ["coat", "documentation"]


@pytest.fixture(scope="module")
def big_backend(engine: Engine) -> SearchBackend:
    pick = random.Random(3)  # noqa: S311
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(pick.choices(letters, k=pick.randrange(1, 9))) for _ in range(3000)] + list(letters)
    cards = [
        doc(number, " ".join(pick.choices(vocabulary, k=5)), " ".join(pick.choices(vocabulary, k=60)))
        for number in range(1, 1501)
    ]
    return index_of(engine, cards)


@pytest.mark.parametrize(
    "text", [*HOSTILE, '"a b" "c d" "e f" "g h" "i j" "k l"', "a b c d e f g h i j k l", "-a -b -c d"]
)
def test_hostile_queries_are_answered(big_backend: SearchBackend, text: str) -> None:
    hits = big_backend.search(parse(text), EVERYTHING, 20)
    assert 0 <= len(hits.hits) <= 20 <= max(20, hits.total) <= 1500
    assert len(big_backend.suggest(text, EVERYTHING, 8).hits) <= 8
    assert len(big_backend.correct(text.split(), EVERYTHING)) == len(text.split())
