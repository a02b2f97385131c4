"""What the pages of notices and the mails about them say: ready words."""

from dataclasses import dataclass

from curator.reports.pages import DigestGroup
from kb.web.parts import Choice, FollowButton, Link, Paging, Problem


@dataclass(frozen=True, slots=True)
class NoticeMail:
    """What one person is told: cards in groups, or a sentence. `url` is behind the button, `why` the small print."""

    workspace_name: str
    subject: str
    greeting: str
    sentence: str
    groups: tuple[DigestGroup, ...]
    button: str
    url: str
    why: str
    stop: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice in the list. `url` opens the card and marks it as read."""

    icon: str
    heading: str
    title: str
    url: str
    words: str
    when: str
    exact: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """/notices. Mark all as read: POST `last_id` to `read_action`."""

    summary: str
    notices: tuple[NoticeRow, ...]
    read_action: str
    last_id: int
    settings_url: str
    has_unread: bool
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A row of the matrix. Fields: `page` and `webhook` (ticks with the event as value), `mail_<event>` (a select)."""

    event: str
    label: str
    hint: str
    page: bool
    mail: Choice
    webhook: bool
    is_mail_only: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Rows of the matrix under a heading."""

    heading: str
    rows: tuple[ChoiceRow, ...]


@dataclass(frozen=True, slots=True)
class FollowedRow:
    """Something that is followed, and the button that ends it."""

    kind: str
    link: Link
    button: FollowButton


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """/account/notices. POST the matrix, `daily_digest`, `quiet_from` and `quiet_until` to `action`."""

    action: str
    groups: tuple[ChoiceGroup, ...]
    has_webhook: bool
    daily_digest: bool
    digest_words: str
    quiet_from: Choice
    quiet_until: Choice
    limit_words: str
    followed: tuple[FollowedRow, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    """/unsubscribe/…: what is stopped; POST nothing to `action`. `is_done` says that it was."""

    action: str
    heading: str
    sentence: str
    button: str
    is_done: bool
    settings_url: str
