"""The pieces of which every page is made: ready words, ready addresses, booleans.

Templates only print these. Whatever has to be decided, counted, dated or fetched is done before.
"""

from dataclasses import dataclass, field
from typing import Literal

from kb.wording import language

TrustState = Literal["verified", "due_soon", "overdue", "flagged", "unverified"]
ReasonKind = Literal["person", "source", "date", "edit", "link", "duplicate", "rating", "never"]
Place = Literal["search", "verify", "cards", "reports", "admin", "account", "notices", ""]
Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Who:
    """A person as shown beside a thing."""

    name: str
    initials: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Badge:
    """Trust in two words: "Verified" and "3 Nov"."""

    state: TrustState
    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card is doubted, with the way to the evidence."""

    kind: ReasonKind
    text: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """Trust as a sentence on top of a card; `ask` is the way out of a warning."""

    state: TrustState
    sentence: str
    detail: str = ""
    ask: Link | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Caution:
    """Why an answer is below its collection's freshness contract. Ask: POST `ask_fields` to `ask_action`."""

    sentence: str
    reason: str
    is_withheld: bool
    ask: str = ""
    ask_action: str = ""
    ask_fields: tuple[tuple[str, str], ...] = ()
    check: Link | None = None


@dataclass(frozen=True, slots=True)
class FollowButton:
    """POST `fields` to /follow. `is_on`: it is followed already, so the button ends that."""

    label: str
    is_on: bool
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Toast:
    """What just happened; with `undo_url` it can be taken back (POST with `undo_fields`)."""

    text: str
    undo_url: str = ""
    undo_fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a select, or one tick."""

    value: str
    label: str
    selected: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """What stands in a text field, and what is wrong with it."""

    value: str = ""
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen in a select or a list of ticks."""

    options: tuple[Option, ...]
    error: str = ""
    hint: str = ""


BLANK = Field()
NOTHING_TO_CHOOSE = Choice(())


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the error summary; `field` is the name of the field it is about."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class DraftOffer:
    """A draft that the editor does not show: go on with it at `url`, or discard that save of it."""

    sentence: str
    go_on: str
    url: str
    number: int
    at: str
    moved_on: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is either on or off, or a scope; `count` is shown in bold."""

    label: str
    url: str
    on: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True)
class FilterMenu:
    """A filter with several values. `clear_url` is set while one is chosen."""

    label: str
    value: str
    choices: tuple[Chip, ...]
    clear_url: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list one is: "51 to 100 of 312"."""

    words: str
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page."""

    workspace_name: str
    workspace_initial: str
    person: Who | None
    queue_count: int = 0
    question_count: int = 0
    review_count: int = 0
    can_write: bool = False
    is_admin: bool = False
    admin_url: str = ""
    active: Place = ""
    theme: Theme = "system"
    shortcuts_on: bool = True
    toasts: tuple[Toast, ...] = ()
    query: str = ""
    help_url: str = ""
    language: str = field(default_factory=language)
    warning: str = ""
    notice_count: str = ""
    correction: str = ""
