"""What the mails about notices say: ready words."""

from dataclasses import dataclass

from curator.reports.pages import DigestGroup


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
