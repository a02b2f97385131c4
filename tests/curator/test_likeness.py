"""Which two texts are near-duplicates: copies and versions are, siblings made after one pattern are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.duplicates.likeness import FOLD_FROM, likeness
from curator.duplicates.reading import MOST_WORDS, read_card
from curator.duplicates.sketches import FEWEST, MOST, candidates, sketch

STEPS = (
    "Open {0}. Choose Settings, then Network. On {0} the sensor asks for the password twice. Restart {0} when it is"
    " done and wait two minutes until the light is green. If the light stays red, call support and name the serial"
    " number of the sensor. Support for {0} answers within four hours on working days."
)
REFUND = (
    "Annual plans are refunded in full within thirty days of the purchase. After that the customer keeps the plan until"
    " the end of the term. Refunds go back to the card that was charged and take up to ten days to arrive. Resellers"
    " refund their own customers. Ask the deal desk about anything above five thousand euros."
)


def alike(title: str, text: str, other_title: str, other_text: str) -> bool:
    one, other = read_card(title, text), read_card(other_title, other_text)
    assert likeness(one, other) == likeness(other, one)
    return likeness(one, other) >= FOLD_FROM


@pytest.mark.parametrize(
    "title", ["Refunds for annual plans", "Copy of Refunds for annual plans", "Refunds for annual plans (old)",
              "Refunds for annual plans 2025", "OLD: refunds for annual plans v2", "Money back"],
)  # fmt: skip
def test_a_copy_is_a_duplicate_whatever_its_title(title: str) -> None:
    assert alike("Refunds for annual plans", REFUND, title, REFUND)


def test_a_later_version_is_a_duplicate() -> None:
    later = REFUND.replace("thirty days", "fourteen days").replace("Resellers refund", "Partners never refund")
    assert alike(
        "Refunds for annual plans", REFUND, "Refunds for annual plans", later + " Since May this holds for all."
    )


def test_another_answer_is_none() -> None:
    assert not alike("Refunds for annual plans", REFUND, "Set up a sensor", STEPS.format("the hub"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Windows", "Mac"), ("EMEA", "APAC"), ("Frankfurt", "Dublin"), ("5.1.7", "5.1.8"), ("Hub 1", "Hub 2"),
     ("v2", "v3"), ("iPhone", "Android"), ("Russland", "Polen"), ("Москва", "Казань")],
)  # fmt: skip
def test_siblings_that_differ_in_a_version_a_region_or_a_product_are_none(one: str, other: str) -> None:
    titles = [f"Connect the sensor on {name}" for name in (one, other)]
    assert not alike(titles[0], STEPS.format(one), titles[1], STEPS.format(other))


def test_siblings_that_point_at_one_another_are_none() -> None:
    texts = [STEPS.format(one) + f" Do you have {other}? See Connect the sensor on {other}."
             for one, other in (("Windows", "Mac"), ("Mac", "Windows"))]  # fmt: skip
    assert not alike("Connect the sensor on Windows", texts[0], "Connect the sensor on Mac", texts[1])


def test_short_answers_to_different_questions_are_none() -> None:
    assert not alike("Do we support SSO?", "Yes, on all plans.", "Do we support SAML?", "Yes, on all plans.")
    assert not alike("Is there an SLA?", "Yes.", "Can I pay by invoice?", "Yes.")


def test_the_same_short_answer_twice_is_one() -> None:
    assert alike("Do we support SSO?", "Yes, on all plans.", "Do we support SSO", "Yes, on all plans. Ask sales.")


def test_texts_of_different_years_are_none_when_they_speak_of_them() -> None:
    text = "The office is closed on all bank holidays of {0}. In {0} we also close on 27 December. " + REFUND
    assert not alike("Holidays 2025", text.format(2025), "Holidays 2026", text.format(2026))


def test_an_onboarding_is_not_another_teams_onboarding() -> None:
    assert not alike("Onboarding", REFUND, "Onboarding", STEPS.format("the hub"))


@pytest.mark.parametrize("text", ["", " ", "-", "a", "\x00", "<<<<" * 50, "𝕏" * 1000, "ab " * 50_000, "漢字" * 9000])
def test_any_text_can_be_compared(text: str) -> None:
    for other in ("", REFUND, text):
        assert 0 <= likeness(read_card(text[:200], text), read_card("Refunds", other)) <= 1
    assert len(read_card("Refunds", text).words) <= MOST_WORDS


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.text(max_size=400), st.text(max_size=60), st.text(max_size=400))
def test_likeness_is_a_share_and_the_same_both_ways(title: str, text: str, other_title: str, other_text: str) -> None:
    one, other = read_card(title, text), read_card(other_title, other_text)
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1


def test_a_sketch_is_never_large_and_of_a_short_text_never_empty() -> None:
    words = " ".join(f"word{n}" for n in range(MOST_WORDS))
    assert len(sketch(read_card("Long", words))) == MOST + 1
    assert 10 < len(sketch(read_card("Short", "one two three four five six seven eight nine ten eleven"))) <= FEWEST + 1


def test_what_few_cards_share_weighs_more_than_what_many_do() -> None:
    borne = {1: {7, 8}, 2: {7, *range(20, 60)}, 3: {7, 8, *range(20, 60)}, 4: {7, 99}, -5: {7, 98}}
    assert candidates(7, [1, 2, 3, 4, -5], borne, 4) == [8, 98, 20, 21]
