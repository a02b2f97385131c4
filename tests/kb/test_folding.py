"""Which of several near-duplicates is served."""

from datetime import datetime, timedelta
from itertools import combinations

from kb.lines.folding import FADED_DAYS, FRESH_DAYS, LARGEST_FOLD, Member, Pair, fold
from kb.trust.state import TrustState
from tests.world import START


def days(number: float) -> datetime:
    """That many days ago."""
    return START - timedelta(days=number)


def member(
    card_id: int, trust: TrustState = TrustState.UNVERIFIED, *, verified: float | None = None, owner: int = 1,
    updated: float = 100,
) -> Member:  # fmt: skip
    at = None if verified is None else days(verified)
    return Member(card_id, trust, at, owner, days(updated))


def test_without_pairs_every_card_is_served() -> None:
    assert fold([member(1), member(2)], [], START) == {1: 1, 2: 2}
    assert fold([], [Pair(1, 2, 0.9)], START) == {}


def test_the_best_trusted_card_is_served() -> None:
    cards = [member(1, TrustState.UNVERIFIED, updated=1), member(2, TrustState.VERIFIED, verified=30)]
    assert fold(cards, [Pair(1, 2, 0.9)], START) == {1: 2, 2: 2}


def test_of_equals_the_one_checked_last_and_then_the_one_edited_last() -> None:
    checked = [member(1, TrustState.VERIFIED, verified=30), member(2, TrustState.VERIFIED, verified=20)]
    assert fold(checked, [Pair(1, 2, 0.9)], START)[1] == 2
    edited = [member(1, updated=10), member(2, updated=20)]
    assert fold(edited, [Pair(1, 2, 0.9)], START)[2] == 1


def test_a_check_that_is_long_past_says_no_more_than_none() -> None:
    edited = member(2, TrustState.UNVERIFIED, updated=5)
    for verified, served in ((FADED_DAYS, 1), (FADED_DAYS + 0.1, 2)):
        overdue = member(1, TrustState.OVERDUE, verified=verified, updated=verified)
        assert fold([overdue, edited], [Pair(1, 2, 0.9)], START)[1] == served


def test_a_flagged_card_is_served_after_those_that_were_checked_and_before_those_that_never_were() -> None:
    flagged = member(1, TrustState.FLAGGED, verified=1, updated=1)
    assert fold([flagged, member(2, TrustState.OVERDUE, verified=99)], [Pair(1, 2, 0.9)], START)[1] == 2
    assert fold([flagged, member(2, updated=0)], [Pair(1, 2, 0.9)], START)[2] == 1
    assert fold([member(1, TrustState.FLAGGED, updated=5), member(2, updated=1)], [Pair(1, 2, 0.9)], START)[1] == 2


def test_a_fresh_check_by_somebody_else_is_never_folded_away() -> None:
    best = member(1, TrustState.VERIFIED, verified=1, owner=1)
    for verified, owner, served in ((FRESH_DAYS, 2, 1), (FRESH_DAYS - 0.1, 2, 2), (FRESH_DAYS - 0.1, 1, 1)):
        other = member(2, TrustState.DUE_SOON, verified=verified, owner=owner)
        assert fold([best, other], [Pair(1, 2, 0.9)], START)[2] == served


def test_a_chain_does_not_lead_from_a_card_to_its_sibling() -> None:
    cards = [member(n, updated=n) for n in range(1, 5)]
    pairs = [Pair(1, 2, 0.99), Pair(3, 4, 0.98), Pair(2, 3, 0.6)]
    assert fold(cards, pairs, START) == {1: 1, 2: 1, 3: 3, 4: 3}
    assert fold(cards, [*pairs, Pair(1, 3, 0.6)], START) == {1: 1, 2: 1, 3: 1, 4: 1}


def test_a_card_that_was_not_given_joins_nothing() -> None:
    pairs = [Pair(1, 2, 0.9), Pair(2, 3, 0.9)]
    assert fold([member(1), member(3)], pairs, START) == {1: 1, 3: 3}


def test_of_a_hundred_copies_at_most_eight_stand_together() -> None:
    cards = [member(n) for n in range(1, 101)]
    served = fold(cards, [Pair(a, b, 0.99) for a, b in combinations(range(1, 101), 2)], START)
    sizes = [sum(head == one for head in served.values()) for one in set(served.values())]
    assert max(sizes) == LARGEST_FOLD
    assert sum(sizes) == 100


def test_the_order_of_cards_and_pairs_changes_nothing() -> None:
    cards = [member(n, updated=n % 3) for n in range(1, 7)]
    pairs = [Pair(a, b, 0.5 + (a * b % 5) / 10) for a, b in combinations(range(1, 7), 2)]
    assert fold(cards, pairs, START) == fold(cards[::-1], pairs[::-1], START)
