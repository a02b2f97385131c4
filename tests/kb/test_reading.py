"""The note of what lay before a person: it can be neither made up, nor changed, nor used for another decision."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.trust.reading import LONGEST, MOST_PIECES, NOTHING_SEEN, Piece, Seen, read_note, write_note
from tests.world import START

KEY = b"k" * 32
PIECES = (Piece("report-3", "reported", "“It is 14 days” – ü"), Piece("changes", "changes", "1 line added, 1 removed"))
NOTE = write_note(KEY, 7, 21, 3, PIECES, 3, START)


def read(note: str = NOTE, *, key: bytes = KEY, person: int = 7, card: int = 21, version: int = 3,
         opened: tuple[str, ...] = (), seconds: float = 41) -> Seen:  # fmt: skip
    return read_note(key, note, opened, person, card, version, START + timedelta(seconds=seconds))


def test_a_note_tells_the_time_that_passed_what_was_shown_and_what_was_opened() -> None:
    seen = read(opened=("changes", "something else"))
    assert (seen.seconds, seen.last_flag) == (41, 3)
    assert seen.evidence == (
        {"kind": "reported", "words": "“It is 14 days” – ü", "opened": False},
        {"kind": "changes", "words": "1 line added, 1 removed", "opened": True},
    )


def test_a_note_of_another_person_card_version_or_installation_says_nothing() -> None:
    for other in (read(person=8), read(card=22), read(version=4), read(key=b"x" * 32), read(seconds=-1)):
        assert other == NOTHING_SEEN


@pytest.mark.parametrize(("minutes", "kept"), [(29, 29), (30, 30), (31, 30), (60 * 24 * 400, 30)])
def test_a_page_that_was_left_open_counts_for_half_an_hour_at_most(minutes: int, kept: int) -> None:
    assert read(seconds=60 * minutes).seconds == 60 * kept
    assert timedelta(minutes=30) == LONGEST


def test_what_was_shown_is_kept_within_bounds() -> None:
    many = [Piece(f"report-{n}", "reported", "w" * 500) for n in range(40)]
    seen = read(write_note(KEY, 7, 21, 3, many, 40, START))
    assert (len(seen.evidence), seen.last_flag) == (MOST_PIECES, 40)
    assert {len(each["words"]) for each in seen.evidence} == {160}


@given(st.text(max_size=400))
def test_nothing_that_was_not_written_here_is_believed(text: str) -> None:
    assert read(text) == NOTHING_SEEN


@given(st.integers(0, len(NOTE) - 1), st.sampled_from("ABCabc019-_=~"))
def test_no_letter_of_a_note_can_be_changed(place: int, letter: str) -> None:
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    seen = read(changed)
    assert seen in (NOTHING_SEEN, read())  # the last letter of base64 has bits that stand for nothing
