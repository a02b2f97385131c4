"""What the pages of recalls show."""

from dataclasses import dataclass

from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Choice, Field, Link


@dataclass(frozen=True, slots=True)
class ReachedRow:
    """Somebody who saw a wrong version."""

    name: str
    words: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class RecallRow:
    """A recall that was made, with its receipts."""

    heading: str
    words: str
    summary: str
    receipts: tuple[ReachedRow, ...]
    remind_action: str = ""
    reminded: str = ""


@dataclass(frozen=True, slots=True)
class RecallPage:
    """/cards/{id}/recall: choose what was wrong (GET), then tell who saw it: POST `fields`, words."""

    title: str
    card_url: str
    crumbs: tuple[Link, ...]
    action: str
    sentence: str
    since: Field = BLANK
    zone: str = ""
    first: Choice = NOTHING_TO_CHOOSE
    last: Choice = NOTHING_TO_CHOOSE
    numbers: tuple[tuple[str, str], ...] = ()
    people: tuple[ReachedRow, ...] = ()
    more_words: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    words: Field = BLANK
    step: str = ""
    recalls: tuple[RecallRow, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A correction that the reader was told of. POST to `seen_action`; empty once it was."""

    title: str
    url: str
    words: str
    when: str
    seen: str = ""
    seen_action: str = ""


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """/recalls"""

    rows: tuple[NoticeRow, ...]
