"""One card behind a link in a mail, in ready words."""

from dataclasses import dataclass

from markupsafe import Markup

from curator.pages import Evidence
from kb.text.diff import DiffLine
from kb.web.parts import BLANK, Field, Strip


@dataclass(frozen=True, slots=True)
class MailedCard:
    """What the link's person has to read before they say anything. POST note and reading to `action`."""

    title: str
    collection: str
    html: Markup
    strip: Strip
    evidence: tuple[Evidence, ...]
    changes: tuple[DiffLine, ...]
    action: str
    reading: str
    until: str
    note_needed: bool = False
    note: Field = BLANK


@dataclass(frozen=True, slots=True)
class CheckPage:
    """/check/{signed}: a card with its button, or (without one) why there is none."""

    heading: str
    sentence: str
    queue_url: str
    card: MailedCard | None = None
