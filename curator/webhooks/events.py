"""What a webhook can be told. The names are part of the wire format and never change their meaning."""

from kb.wording import N_

TEST = "test"
EVENTS = {
    "due_soon": N_("Due soon"),
    "overdue": N_("Overdue"),
    "escalated": N_("Escalated"),
    "flagged": N_("Reported"),
    "unverified": N_("No longer verified"),
    "verified": N_("Verified"),
    "corrected": N_("Corrected and verified"),
    "published": N_("New card"),
    "replaced": N_("Replaced"),
    "archived": N_("Archived"),
    "assigned": N_("Given to somebody to check"),
    "question": N_("A question"),
    "weekly_report": N_("Weekly report"),
}


def words_of(event: str) -> str:
    """The event in words, in English as all that a webhook is told; a page looks them up."""
    return EVENTS.get(event, event.replace("_", " ").capitalize())
