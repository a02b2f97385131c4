"""The kinds of notices, gravest first, and the events as people choose how to be told of them.

Whoever writes notices names a kind of here. A task waits for the person; news is about what they follow or used.
"""

from dataclasses import dataclass
from typing import Literal

from kb.wording import N_

Mail = Literal["none", "digest", "at_once"]

DUE_SOON, OVERDUE, FLAGGED, UNVERIFIED = "due_soon", "overdue", "flagged", "unverified"
NEVER_VERIFIED, REQUESTED, ASSIGNED, ESCALATED, ASKED = "never_verified", "requested", "assigned", "escalated", "asked"
CHECKED = "verified"
"""Told to webhooks only."""
NEW_VERSION, REPLACED, ARCHIVED, NEW_CARD = "new_version", "replaced", "archived", "new_card"
MENTIONED, COMMENTED, RESOLVED, ANSWERED = "mentioned", "commented", "resolved", "answered"

HEADINGS = {
    ASKED: N_("Somebody asks you"),
    MENTIONED: N_("You were mentioned"),
    ANSWERED: N_("Your question was answered"),
    ESCALATED: N_("Waited too long with somebody else"),
    FLAGGED: N_("Flagged"),
    OVERDUE: N_("Overdue"),
    UNVERIFIED: N_("Edited or un-verified since the check"),
    NEVER_VERIFIED: N_("Never verified"),
    REQUESTED: N_("A check was requested"),
    ASSIGNED: N_("New in your queue"),
    DUE_SOON: N_("Due soon"),
    NEW_VERSION: N_("Corrected and verified"),
    REPLACED: N_("Replaced by another card"),
    ARCHIVED: N_("Archived"),
    NEW_CARD: N_("New card"),
    COMMENTED: N_("New comment"),
    RESOLVED: N_("Comment resolved"),
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
    "due_soon": Event(N_("A check is near"), N_("Before a card of yours falls due."), (DUE_SOON,)),
    "overdue": Event(N_("A check is due"), N_("When a card of yours falls overdue."), (OVERDUE,)),
    "escalated": Event(N_("Escalated to you"), N_("Somebody else left it too long."), (ESCALATED,)),
    "flagged": Event(N_("Reported"), N_("Somebody or something doubts a card of yours."), (FLAGGED,)),
    "unverified": Event(
        N_("No longer verified"), N_("Edited, un-verified, or never verified."), (UNVERIFIED, NEVER_VERIFIED)
    ),
    "assigned": Event(
        N_("Given to you"), N_("A card was given to you, or its check was requested."), (ASSIGNED, REQUESTED)
    ),
    "asked": Event(N_("A question to you"), N_("Somebody needs an answer of yours."), (ASKED,), "at_once"),
    "answered": Event(N_("An answer to you"), N_("A card answers what you asked."), (ANSWERED,), "at_once"),
    "mentioned": Event(N_("You are mentioned"), N_("In a comment on a card."), (MENTIONED,), "at_once"),
    "commented": Event(
        N_("A comment"),
        N_("On a card you own or follow, or after one of yours; and when it is resolved."),
        (COMMENTED, RESOLVED),
    ),
    "corrected": Event(N_("Corrected after you used it"), N_("What you read or copied was wrong."), (), "at_once"),
    "new_version": Event(N_("A correction in what you follow"), N_("Corrected and verified again."), (NEW_VERSION,)),
    "replaced": Event(N_("A replacement in what you follow"), N_("Another card took its place."), (REPLACED,)),
    "archived": Event(N_("Archived in what you follow"), N_("It is no longer an answer."), (ARCHIVED,)),
    "new_card": Event(N_("A new card in what you follow"), N_("In a collection or with a tag."), (NEW_CARD,)),
}
NEWS_EVENTS = ("commented", "corrected", "new_version", "replaced", "archived", "new_card")
EVENT_OF = {kind: name for name, event in EVENTS.items() for kind in event.kinds}
RANK = {kind: rank for rank, kind in enumerate(HEADINGS)}
