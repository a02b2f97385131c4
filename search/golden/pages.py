"""What the page of golden queries shows."""

from dataclasses import dataclass

from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Choice, Field, Link, Problem


@dataclass(frozen=True, slots=True)
class ClickRow:
    """Words and the card people open from them. Adding posts words, card_id and grade to the page."""

    words: str
    card: Link
    card_id: int
    times: str


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """A golden query and where its card stands now."""

    words: str
    search_url: str
    card: Link
    grade: str
    rank: str
    origin: str
    remove_action: str


@dataclass(frozen=True, slots=True)
class GoldenPage:
    """/admin/golden-queries. Add: POST words, card_id and grade to `action`."""

    action: str
    figures: tuple[tuple[str, str], ...]
    queries: tuple[GoldenRow, ...]
    clicks: tuple[ClickRow, ...]
    words: Field = BLANK
    card: Field = BLANK
    grade: Choice = NOTHING_TO_CHOOSE
    problems: tuple[Problem, ...] = ()
