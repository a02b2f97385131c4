"""How long a check takes: half a minute to decide, and attentive reading at 150 words a minute."""

from math import ceil

WORDS_A_MINUTE = 150
CHARACTERS_A_WORD = 6


def minutes_to_check(characters: int) -> int:
    """Whole minutes to check a text of so many characters; never less than one."""
    words = characters / CHARACTERS_A_WORD
    return max(1, ceil(0.5 + words / WORDS_A_MINUTE))
