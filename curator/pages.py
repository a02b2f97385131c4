"""One frozen dataclass per page of the curator: the queue, the card manager, bulk actions.

The weekly report has its own: curator/reports/pages.py.
"""

from dataclasses import dataclass

from markupsafe import Markup

from kb.text.diff import DiffLine
from kb.web.parts import (
    BLANK,
    Badge,
    Chip,
    Choice,
    Field,
    FilterMenu,
    FollowButton,
    Link,
    Option,
    Paging,
    Strip,
    TrustState,
)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A card to check. `done` rows carry no link to act on."""

    title: str
    url: str
    state: TrustState
    reason: str
    views: str
    minutes: str = ""
    is_current: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """Cards that wait for the same kind of reason."""

    label: str
    count: str
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A box above the card: "Reported by Tom Okafor", then the words or the link. `key` names it when it is opened."""

    key: str
    kind: str
    label: str
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What a source says now beside what it said at the last check."""

    key: str
    label: str
    url: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class ReadyPanel:
    """Beside the text in the editor: what is thought of the card, and the evidence, each piece with a tick "looked at".
    A piece is ticked if its key is in `opened`."""

    band: str
    why: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    changes_heading: str
    changes: tuple[DiffLine, ...]
    sources: tuple[Source, ...]
    opened: frozenset[str]


@dataclass(frozen=True, slots=True)
class QueueCard:
    """The open card. Every POST carries version, `scope` and `after`, where to go on.

    verify and archive: `reading`, the note of what was read, `opened` for each evidence that was looked into, note
    (to verify, needed while reports are open). reassign: to. later: days.
    """

    title: str
    url: str
    crumbs: tuple[Link, ...]
    language: str
    html: Markup
    strip: Strip
    version: int
    reading: str
    band: str
    why: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    changes_heading: str
    changes: tuple[DiffLine, ...]
    verify_action: str
    edit_url: str
    reassign_action: str
    reassign_to: Choice
    later_action: str
    later: tuple[Option, ...]
    archive_action: str = ""
    changes_url: str = ""
    sources: tuple[Source, ...] = ()
    after: str = ""
    note_needed: bool = False
    note: Field = BLANK
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """/verify?scope=&card="""

    heading: str
    summary: str
    scope: str
    scopes: tuple[Chip, ...]
    pairs: Chip | None
    incomplete: Chip | None
    quick: Chip | None
    groups: tuple[QueueGroup, ...]
    card: QueueCard | None
    done_words: str = ""
    done_percent: int = 0
    score_words: str = ""
    empty_words: str = ""
    empty_more: str = ""


@dataclass(frozen=True, slots=True)
class ManagedCard:
    """A row of the card manager; `id` is what a tick posts as `card`."""

    id: int
    title: str
    url: str
    collection: str
    badge: Badge | None
    owner: str
    next_check: str
    views: str
    updated: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A head cell; with an address it sorts."""

    label: str
    url: str = ""
    sorted: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class CardsPage:
    """/cards. Filter: GET q plus `kept`. Bulk: POST card (ids) or all_matching=1 with `matching`, and do=…"""

    summary: str
    query: str
    kept: tuple[tuple[str, str], ...]
    views: tuple[Chip, ...]
    filters: tuple[FilterMenu, ...]
    columns: tuple[Column, ...]
    cards: tuple[ManagedCard, ...]
    paging: Paging
    bulk_action: str = ""
    bulk_choices: tuple[Option, ...] = ()
    matching: tuple[tuple[str, str], ...] = ()
    matching_words: str = ""
    export_url: str = ""
    clear_url: str = ""
    follow: FollowButton | None = None
    follow_tag: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cards a bulk action does not touch, and why."""

    reason: str
    cards: tuple[Link, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class BulkPage:
    """A bulk action before it is done. POST `fields`, the value and step=show or step=apply to `action`."""

    heading: str
    sentence: str
    action: str
    fields: tuple[tuple[str, str], ...]
    apply_label: str
    back_url: str
    cards: tuple[Link, ...]
    cards_more: str = ""
    left_out: tuple[LeftOut, ...] = ()
    left_out_words: str = ""
    value_name: str = ""
    value_label: str = ""
    choice: Choice | None = None
    value: Field | None = None
    effect: str = ""
    spread: Choice | None = None
    can_apply: bool = True


@dataclass(frozen=True, slots=True)
class BulkFailure:
    """A card the action could not be done on."""

    card: Link
    why: str


@dataclass(frozen=True, slots=True)
class BulkDonePage:
    """What a bulk action did."""

    heading: str
    sentence: str
    back_url: str
    failures: tuple[BulkFailure, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    undo_action: str = ""
    undo_fields: tuple[tuple[str, str], ...] = ()
