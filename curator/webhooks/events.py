"""What a webhook can be told. The names are part of the wire format and never change their meaning."""

TEST = "test"
EVENTS = {
    "due_soon": "Due soon",
    "overdue": "Overdue",
    "escalated": "Escalated",
    "flagged": "Reported",
    "unverified": "No longer verified",
    "verified": "Verified",
    "corrected": "Corrected and verified",
    "published": "New card",
    "replaced": "Replaced",
    "archived": "Archived",
    "assigned": "Given to somebody to check",
    "question": "A question",
    "weekly_report": "Weekly report",
}


def words_of(event: str) -> str:
    """The event in words."""
    return EVENTS.get(event, event.replace("_", " ").capitalize())
