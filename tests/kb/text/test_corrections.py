"""What counts as a correction: something was taken back. What was only added, moved or dressed up does not."""

import pytest

from kb.text.corrections import is_correction

CORRECTIONS = [
    ("Refund within 30 days.", "Refund within 45 days."),
    ("Refund within 30 days.", "Refund within days."),
    ("Ask Anna in the blue office.", "Ask Berta."),
    ("See [the plan](https://example.com/plan).", "See the plan."),
    ("See https://example.com/plan", "See https://example.com/new-plan"),
    ("Costs 1,000 a year.", "Costs 1,200 a year."),
    ("One two three four.", ""),
]
NONE = [
    ("Refund within 30 days.", "Refund within 30 days."),
    ("Refund within 30 days.", "Refund within 30 days. By transfer, at https://example.com/pay, for 20 euros."),
    ("Refund within 30 days.", "refund, within **30** DAYS!"),
    ("First this.\n\nThen that thing there.", "Then that thing there.\n\nFirst this."),
    ("Costs 1000 a year.", "Costs 1,000 a year."),
    ("1. Open it\n2. Close it", "1. Unpack it\n2. Open it\n3. Close it"),
    ("- Open it", "1. Open it"),
    ("Teh refund is due.", "The refund is due."),
    ("See https://example.com/plan.", "See https://example.com/plan for it."),
    ("", ""),
]


@pytest.mark.parametrize(("old", "new"), CORRECTIONS)
def test_taking_back_words_a_number_or_an_address_corrects(old: str, new: str) -> None:
    assert is_correction("Refunds", old, "Refunds", new)


@pytest.mark.parametrize(("old", "new"), NONE)
def test_adding_moving_and_dressing_up_corrects_nothing(old: str, new: str) -> None:
    assert not is_correction("Refunds", old, "Refunds", new)


def test_the_title_says_something_too() -> None:
    assert is_correction("Prices of 2025", "As they are.", "Prices", "As they are.")
