"""The kinds of notices, gravest first, and the events as people choose how to be told of them.

Whoever writes notices names a kind of here. A task waits for the person; news is about what they follow or used.
"""

from dataclasses import dataclass
from typing import Literal

Mail = Literal["none", "digest", "at_once"]

DUE_SOON, OVERDUE, FLAGGED, UNVERIFIED = "due_soon", "overdue", "flagged", "unverified"
NEVER_VERIFIED, REQUESTED, ASSIGNED, ESCALATED, ASKED = "never_verified", "requested", "assigned", "escalated", "asked"
CHECKED = "verified"
"""Told to webhooks only."""
NEW_VERSION, REPLACED, ARCHIVED, NEW_CARD = "new_version", "replaced", "archived", "new_card"
MENTIONED, COMMENTED, RESOLVED = "mentioned", "commented", "resolved"

HEADINGS = {
    ASKED: "Somebody asks you",
    MENTIONED: "You were mentioned",
    ESCALATED: "Waited too long with somebody else",
    FLAGGED: "Flagged",
    OVERDUE: "Overdue",
    UNVERIFIED: "Edited or un-verified since the check",
    NEVER_VERIFIED: "Never verified",
    REQUESTED: "A check was requested",
    ASSIGNED: "New in your queue",
    DUE_SOON: "Due soon",
    NEW_VERSION: "Corrected and verified",
    REPLACED: "Replaced by another card",
    ARCHIVED: "Archived",
    NEW_CARD: "New card",
    COMMENTED: "New comment",
    RESOLVED: "Comment resolved",
}
FOLLOW_THE_CARD = frozenset({DUE_SOON, OVERDUE, FLAGGED, UNVERIFIED, NEVER_VERIFIED, REQUESTED, ASSIGNED})
"""Notices that are for whoever checks the card; the others are for the person they were written to."""
NEWS = frozenset({NEW_VERSION, REPLACED, ARCHIVED, NEW_CARD})
TALK = frozenset({MENTIONED, COMMENTED, RESOLVED})
"""Notices about comments."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the matrix: its kinds, and how people are told of them unless they choose otherwise.

    Without kinds it has a page of its own, and only the mail is chosen.
    """

    label: str
    hint: str
    kinds: tuple[str, ...]
    mail: Mail = "digest"


EVENTS = {
    "due_soon": Event("A check is near", "Before a card of yours falls due.", (DUE_SOON,)),
    "overdue": Event("A check is due", "When a card of yours falls overdue.", (OVERDUE,)),
    "escalated": Event("Escalated to you", "Somebody else left it too long.", (ESCALATED,)),
    "flagged": Event("Reported", "Somebody or something doubts a card of yours.", (FLAGGED,)),
    "unverified": Event("No longer verified", "Edited, un-verified, or never verified.", (UNVERIFIED, NEVER_VERIFIED)),
    "assigned": Event("Given to you", "A card was given to you, or its check was requested.", (ASSIGNED, REQUESTED)),
    "asked": Event("A question to you", "Somebody needs an answer of yours.", (ASKED,), "at_once"),
    "mentioned": Event("You are mentioned", "In a comment on a card.", (MENTIONED,), "at_once"),
    "commented": Event(
        "A comment",
        "On a card you own or follow, or after one of yours; and when it is resolved.",
        (COMMENTED, RESOLVED),
    ),
    "corrected": Event("Corrected after you used it", "What you read or copied was wrong.", (), "at_once"),
    "new_version": Event("A correction in what you follow", "Corrected and verified again.", (NEW_VERSION,)),
    "replaced": Event("A replacement in what you follow", "Another card took its place.", (REPLACED,)),
    "archived": Event("Archived in what you follow", "It is no longer an answer.", (ARCHIVED,)),
    "new_card": Event("A new card in what you follow", "In a collection or with a tag.", (NEW_CARD,)),
}
NEWS_EVENTS = ("commented", "corrected", "new_version", "replaced", "archived", "new_card")
EVENT_OF = {kind: name for name, event in EVENTS.items() for kind in event.kinds}
RANK = {kind: rank for rank, kind in enumerate(HEADINGS)}
