"""One frozen dataclass per page about whose the cards are."""

from dataclasses import dataclass

from kb.web.parts import Choice, Link, Problem, Who


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody suggested, and why; `value` is what is posted."""

    value: str
    who: Who
    reason: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """/cards/{id}/owner. POST owner (a number) and suggested (those shown) to `action`; none=1: nobody fits."""

    title: str
    card: Link
    owner: str
    warning: str
    action: str
    suggested: tuple[Named, ...]
    suggested_ids: str
    everybody: Choice
    back_url: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadWeek:
    """Minutes of one week after the handover; `words` says all of it."""

    minutes: str
    words: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class LoadRow:
    """What one taker gets, and their twelve weeks; `spread`: the weeks if the checks are spread, where that differs."""

    name: str
    gets: str
    words: str
    weeks: tuple[LoadWeek, ...]
    spread: tuple[LoadWeek, ...] = ()


@dataclass(frozen=True, slots=True)
class Stays:
    """Cards that stay, for one reason."""

    reason: str
    cards: tuple[Link, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """/people/{id}/handover. GET duty, collection, to (numbers) shows what it makes; POST of the same does it."""

    heading: str
    sentence: str
    back: Link
    action: str
    duty: Choice
    shelf: Choice
    suggested: tuple[Named, ...]
    others: tuple[Choice, ...]
    notes: tuple[tuple[str, Link], ...] = ()
    summary: str = ""
    week_labels: tuple[str, ...] = ()
    loads: tuple[LoadRow, ...] = ()
    spread_words: str = ""
    moves: tuple[tuple[Link, str], ...] = ()
    moves_more: str = ""
    cards: tuple[tuple[Link, str], ...] = ()
    cards_more: str = ""
    stays: tuple[Stays, ...] = ()
    apply_fields: tuple[tuple[str, str], ...] = ()
    apply_label: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class HandedPage:
    """What a handover did."""

    heading: str
    sentence: str
    back: Link
    cards: tuple[tuple[Link, str], ...]
    stays: tuple[Stays, ...]
    next_step: Link | None = None


@dataclass(frozen=True, slots=True)
class IllRow:
    """A card that is ill owned, whom it waits for, and who could own it."""

    card: Link
    collection: str
    why: str
    waits_for: str
    suggested: str
    owner_url: str


@dataclass(frozen=True, slots=True)
class IllSection:
    """Cards with one and the same fault."""

    heading: str
    count: str
    sentence: str
    rows: tuple[IllRow, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """Somebody who should hand over."""

    name: str
    words: str
    handover_url: str


@dataclass(frozen=True, slots=True)
class OwnersPage:
    """/reports/owners"""

    sentence: str
    invariant: str
    is_whole: bool
    sections: tuple[IllSection, ...]
    people: tuple[OwnerLine, ...]
