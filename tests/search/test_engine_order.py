"""Filters are exact, trust moves with the clock alone, and boosts are bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.trust.state import TrustState
from search import ranking
from search.backend import CardDoc, Hits, Narrowing, SearchBackend
from search.boosts import TRUST_ORDER, Boosts, use_factors
from search.query import parse
from tests.search.engine_world import EVERYTHING, Engine, doc, index_of

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TRUST = dict(zip(TRUST_ORDER, (1.0, 0.98, 0.85, 0.8, 0.75), strict=True))
BOOSTS = Boosts(NOW, timedelta(days=14), TRUST)
DAY = timedelta(days=1)


def verified(card: CardDoc, days: float, *, is_flagged: bool = False) -> CardDoc:
    return replace(card, is_verified=True, verify_by=NOW + days * DAY, is_flagged=is_flagged)


@pytest.fixture
def five_states(engine: Engine) -> SearchBackend:
    """The same words five times, the worst first."""
    cards = [
        doc(1, "refund"),
        verified(doc(2, "refund"), 60, is_flagged=True),
        verified(doc(3, "refund"), -1),
        verified(doc(4, "refund"), 3),
        verified(doc(5, "refund"), 60),
    ]
    return index_of(engine, cards)


def ids(hits: Hits) -> list[int]:
    return [hit.card_id for hit in hits.hits]


def test_of_equal_words_the_better_trusted_card_comes_first(five_states: SearchBackend) -> None:
    assert ids(five_states.search(parse("refund "), EVERYTHING, 10, boosts=BOOSTS)) == [5, 4, 3, 2, 1]
    assert ids(five_states.search(parse("refund "), EVERYTHING, 10)) == [1, 2, 3, 4, 5]


def test_trust_changes_with_the_second_and_nothing_is_indexed_again(five_states: SearchBackend) -> None:
    def in_state(state: TrustState, at: datetime) -> list[int]:
        only = Narrowing(trust=(state,))
        found = five_states.search(parse("refund "), EVERYTHING, 10, only=only, boosts=replace(BOOSTS, now=at))
        assert found.total == len(found.hits)
        return ids(found)

    due = NOW + 3 * DAY
    assert in_state(TrustState.OVERDUE, due - timedelta(microseconds=1)) == [3]
    assert in_state(TrustState.OVERDUE, due) == [3, 4]
    assert in_state(TrustState.DUE_SOON, due) == []
    assert in_state(TrustState.DUE_SOON, NOW + 46 * DAY) == [5]
    assert in_state(TrustState.VERIFIED, NOW) == [5]
    assert in_state(TrustState.FLAGGED, NOW + 900 * DAY) == [2]
    assert in_state(TrustState.UNVERIFIED, NOW) == [1]


def test_filters_narrow_to_exactly_what_they_name(engine: Engine) -> None:
    cards = [
        replace(doc(1, "refund", tags=("money",)), owner_id=7, updated_at=NOW),
        replace(doc(2, "refund", language="de"), owner_id=8, updated_at=NOW - DAY),
        replace(doc(3, "refund", tags=("money", "vip"), language="de"), owner_id=7, updated_at=NOW - 9 * DAY),
    ]
    backend = index_of(engine, cards)

    def of(only: Narrowing) -> list[int]:
        found = backend.search(parse("refund "), EVERYTHING, 10, only=only)
        assert found.total == len(found.hits)
        return sorted(ids(found))

    assert of(Narrowing(tags=("Money",))) == [1, 3]
    assert of(Narrowing(tags=("money", "vip"))) == [3]
    assert of(Narrowing(owner_id=7)) == [1, 3]
    assert of(Narrowing(language="de")) == [2, 3]
    assert of(Narrowing(updated_since=NOW - DAY)) == [1, 2]
    assert of(Narrowing(owner_id=7, language="de", tags=("vip",))) == [3]
    assert of(Narrowing(owner_id=99)) == []


def test_another_name_finds_a_card_as_a_heading_would(engine: Engine) -> None:
    cards = [replace(doc(1, "Money back"), aliases=("Refund window",)), doc(2, "x", "a refund window somewhere")]
    backend = index_of(engine, cards)
    assert ids(backend.search(parse("refund window "), EVERYTHING, 10)) == [1, 2]
    assert ids(backend.suggest("refu", EVERYTHING, 10)) == [1]


def test_a_card_for_the_readers_audience_comes_first_among_equals(engine: Engine) -> None:
    cards = [doc(1, "refund"), replace(doc(2, "refund"), audience=("sales",))]
    backend = index_of(engine, cards)
    for audiences, order in ((frozenset({"sales"}), [2, 1]), (frozenset({"support"}), [1, 2]), (frozenset(), [1, 2])):
        boosts = replace(BOOSTS, audiences=audiences, audience=1.05)
        assert ids(backend.search(parse("refund "), EVERYTHING, 10, boosts=boosts)) == order


def test_use_lifts_a_card_by_a_bounded_factor(engine: Engine) -> None:
    backend = index_of(engine, [doc(number, "refund") for number in (1, 2, 3)])
    use = use_factors({3: 10_000_000.0, 2: 3.0}, 0.1)
    hits = backend.search(parse("refund "), EVERYTHING, 10, boosts=replace(BOOSTS, use=use)).hits
    assert [hit.card_id for hit in hits] == [3, 2, 1]
    assert hits[0].score == pytest.approx(1.1 * hits[2].score)


@pytest.mark.parametrize("boosts", [None, BOOSTS, replace(BOOSTS, use=use_factors({2: 9.0, 5: 90.0}, 0.25))])
def test_the_parts_of_a_score_sum_to_it(five_states: SearchBackend, boosts: Boosts | None) -> None:
    for hit in five_states.search(parse("refund "), EVERYTHING, 10, boosts=boosts).hits:
        assert abs(sum(hit.parts) - hit.score) < 1e-9


FACTOR = st.floats(1.0, 1.25)


@given(
    st.lists(st.tuples(st.floats(0.1, 20.0), st.sampled_from([1.0, 0.98, 0.85, 0.8, 0.75]), FACTOR, FACTOR), min_size=1)
)
def test_popularity_never_pushes_the_best_match_out_of_the_first_three(
    cards: list[tuple[float, float, float, float]],
) -> None:
    found = ranking.Candidates(np.arange(1, len(cards) + 1), np.array(cards).T)
    order, head = ranking.first_order(found)
    found = found.taken(order)
    nothing = np.zeros(len(cards))
    hits = ranking.page(found, nothing, nothing, head, 0, len(cards))
    best = min(enumerate(cards, 1), key=lambda card: (-(card[1][0] * card[1][1]), card[0]))[0]
    assert best in [hit.card_id for hit in hits[: ranking.KEPT_PLACE]]
    for hit in hits:
        assert abs(sum(hit.parts) - hit.score) < 1e-9


def test_the_formula_is_what_its_docstring_says() -> None:
    """One word once in a title of four words, in headings of 25, in a text of 400: each field saturates to 1."""
    counts = np.array([[1], [0], [0], [0]])
    lengths = np.array([[4], [21], [0], [396]])
    assert ranking.impacts(counts, lengths)[0] == pytest.approx(1.0 + 0.5 + 1.0, rel=1e-6)
