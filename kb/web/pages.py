"""One frozen dataclass per page about cards, and the error page; the templates take them as `page`.

Addresses (`…_url`) are for links and GET, `…_action` for POST. An empty address means: not allowed, not shown.
"""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from kb.text.diff import DiffLine
from kb.web.parts import (
    BLANK,
    Badge,
    Caution,
    Chip,
    Choice,
    DraftOffer,
    Field,
    FilterMenu,
    FollowButton,
    Frame,
    Link,
    Paging,
    Problem,
    Strip,
    Who,
)
from kb.writing.pages import WritingAids

__all__ = [
    "CardActions",
    "CardPage",
    "CardRow",
    "CardTrust",
    "CollectionPage",
    "ConflictPage",
    "DiffPage",
    "EditorPage",
    "EditorSide",
    "ErrorPage",
    "EventRow",
    "Frame",
    "HistoryEntry",
    "HistoryPage",
    "ReportForm",
    "VerifyForm",
]

EventKind = Literal[
    "verified", "unverified", "edit", "flag", "source", "archive", "move", "person", "replaced", "comment"
]
Status = Literal["published", "draft", "archived"]
HOME = Link("Go to search", "/")


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card in any list of cards."""

    title: str
    url: str
    badge: Badge | None
    collection: str = ""
    meta: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of a card's history; `strong` is set before `words` in bold ("Version 7")."""

    kind: EventKind
    words: str
    by: str
    strong: str = ""
    diff_url: str = ""


@dataclass(frozen=True, slots=True)
class CardTrust:
    """The Trust panel beside a card."""

    badge: Badge
    owner: Who | None
    verifiers: str
    assignee: str
    last_verified: str
    next_check: str
    interval: str
    used: str


@dataclass(frozen=True, slots=True)
class VerifyForm:
    """Shown in the strip to those who may verify: POST version, note. `note_needed` while reports are open."""

    action: str
    version: int
    note_needed: bool = False


@dataclass(frozen=True, slots=True)
class ReportForm:
    """Report a problem: POST kind, detail."""

    action: str
    kinds: Choice
    detail: Field = BLANK
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class CardActions:
    """What this reader may do with this card. POSTs carry only the version, if anything."""

    link: str
    copied_action: str
    copied_words: str
    edit_url: str = ""
    history_url: str = ""
    audit_url: str = ""
    recall_url: str = ""
    duplicate_url: str = ""
    move_url: str = ""
    owner_url: str = ""
    replace_url: str = ""
    publish_action: str = ""
    archive_action: str = ""
    restore_action: str = ""
    unverify_action: str = ""
    ask_url: str = ""
    feedback_action: str = ""
    follow: FollowButton | None = None


@dataclass(frozen=True, slots=True)
class LooksLike:
    """A near-duplicate of the card, told to whoever may do something about it."""

    title: str
    url: str
    compare_url: str


@dataclass(frozen=True, slots=True)
class ReviewNote:
    """A line above the card about a text that waits beside it. A URL or an action that is "" is not offered."""

    words: str
    url: str
    label: str
    edit_url: str = ""
    edit_label: str = ""
    withdraw_action: str = ""
    withdraw_label: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class CardPage:
    """/cards/{id}/{slug}"""

    title: str
    language: str
    html: Markup
    version: int
    status: Status
    crumbs: tuple[Link, ...]
    tags: tuple[Link, ...]
    strip: Strip | None
    trust: CardTrust
    history: tuple[EventRow, ...]
    actions: CardActions
    report: ReportForm | None
    verify: VerifyForm | None = None
    replaced: tuple[Link, ...] = ()
    looks_like: tuple[LooksLike, ...] = ()
    arrived_from: str = ""
    status_words: str = ""
    template: str = ""
    compare_url: str = ""
    feedback_given: str = ""
    caution: Caution | None = None
    reviews: tuple[ReviewNote, ...] = ()
    publish_words: str = "Publish"

    @property
    def is_doubted(self) -> bool:
        """A doubted answer can be copied, but the button loses its fill."""
        return (
            self.strip is None or self.caution is not None or self.strip.state in ("overdue", "flagged", "unverified")
        )


@dataclass(frozen=True, slots=True)
class EditorSide:
    """The fields beside the text."""

    owner: Choice
    verifiers: tuple[Choice, ...]
    collection: Choice
    tags: Field
    language: Choice
    audience: Choice
    interval: Choice
    check_on: Field


@dataclass(frozen=True, slots=True)
class EditorPage:
    """/cards/new and /cards/{id}/edit. One form: POST every field to `action`, the button says `step`."""

    heading: str
    action: str
    preview_action: str
    cancel_url: str
    title: Field
    body: Field
    side: EditorSide
    picture: Field = BLANK
    picture_action: str = ""
    version: int = 0
    is_new: bool = True
    is_published: bool = False
    preview: Markup | None = None
    can_publish: bool = False
    can_verify: bool = False
    can_mark_minor: bool = False
    what_changed: Field = BLANK
    whole_card_checked: bool = False
    is_minor: bool = False
    saved_words: str = ""
    owner_url: str = ""
    problems: tuple[Problem, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    script_words: str = "{}"
    draft_url: str = ""
    draft_number: int = 0
    draft_shelf: str = ""
    draft_offer: DraftOffer | None = None
    page_url: str = ""
    author_key: str = ""
    review_words: str = ""
    is_reviewed: bool = False
    aids: WritingAids | None = None

    @property
    def mode(self) -> Literal["write", "preview"]:
        """Which view it shows."""
        return "write" if self.preview is None else "preview"


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """409: somebody saved in between. "Keep editing mine" posts all of `mine_fields` to `edit_action`."""

    card_title: str
    theirs_words: str
    theirs_title: str
    theirs_body: str
    mine_title: str
    mine_body: str
    diff: tuple[DiffLine, ...]
    edit_action: str
    mine_fields: tuple[tuple[str, str], ...]
    card_url: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One revision or event in the whole history."""

    kind: EventKind
    words: str
    by: str
    at: str
    at_exact: str
    strong: str = ""
    note: str = ""
    url: str = ""
    diff_url: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """/cards/{id}/history"""

    title: str
    card_url: str
    crumbs: tuple[Link, ...]
    scopes: tuple[Chip, ...]
    entries: tuple[HistoryEntry, ...]
    compare_url: str
    compare_from: Choice
    compare_to: Choice
    paging: Paging | None = None
    audit_url: str = ""


@dataclass(frozen=True, slots=True)
class DiffPage:
    """Two revisions side by line. Restore: POST version (the current one), revision."""

    title: str
    card_url: str
    history_url: str
    crumbs: tuple[Link, ...]
    from_words: str
    to_words: str
    summary: str
    lines: tuple[DiffLine, ...]
    restore_action: str = ""
    restore_words: str = ""
    revision: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """/collections/{slug}"""

    name: str
    about: str
    count_words: str
    cards: tuple[CardRow, ...]
    contract_words: str = ""
    filters: tuple[FilterMenu, ...] = ()
    steward: str = ""
    new_url: str = ""
    manage_url: str = ""
    follow: FollowButton | None = None
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Any error: what happened, what was kept, what to do, and a code to quote."""

    status: int
    heading: str
    happened: str
    kept: str = ""
    ways_out: tuple[Link, ...] = (HOME,)
    reference: str = ""
