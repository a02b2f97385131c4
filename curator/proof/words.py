"""What the records of a card say, in words."""

from collections.abc import Mapping
from datetime import datetime

from kb.people.models import AuditEntry
from kb.trust.models import Verification
from kb.words import count

_BASIS = {"undo": "Check undone", "import": "Verified before it was imported", "edited": "Verified with an edit"}
_DONE = {
    "published": "Published", "approved": "Approved by a curator", "archived": "Archived", "restored": "Restored",
    "verifiers": "Verifiers changed",
    "merged": "Another card was merged into it", "kept_both": "Kept beside a card that looks alike",
    "pair_reopened": "A card that looks alike is to be decided about again",
    "changed": "Its collection's readers, authors, steward or contract were saved",
}  # fmt: skip
_HANDED = {"owner": "Owner", "reassigned": "Next to check it", "escalated": "Escalated"}
_MOVED = {"next_check": "Next check moved to", "first_check": "First check planned for"}
_OUTCOMES = {"still_right": "still right", "corrected": "corrected", "archived": "archived"}
_PREFIX = 12


def check_words(record: Verification) -> str:
    """A record of the verification log: what was stated, how it was checked, and how to find it in the log."""
    is_verified = record.verdict == "verified"
    words = _BASIS.get(record.basis, "Verified") if is_verified or record.basis == "undo" else "Un-verified"
    parts = [_OUTCOMES.get(record.outcome or "", "")]
    parts += [f"one of {record.batch_size} at once" if record.batch_size > 1 else ""]
    parts += [f"in {count(record.seconds, 'second')}" if record.seconds is not None else ""]
    parts += ["whole card" if record.whole_card else "", _evidence(record), record.note]
    said = ", ".join(part for part in parts if part)
    return f"{words}{f': {said}' if said else ''} (record {record.id}, {record.hash[:_PREFIX]})"


def change_words(entry: AuditEntry, people: Mapping[int, str]) -> str:
    """An audit entry of the card or its collection. It names no other card: who reads this may not see that one."""
    before, after = entry.detail.get("before"), entry.detail.get("after")
    if entry.action in _HANDED:
        what = _HANDED[entry.action]
        return f"{what}: {_name(before, people)} → {_name(after, people)}"
    if entry.action == "interval":
        return f"Interval: {_days(before)} → {_days(after)}"
    if entry.action in _MOVED and isinstance(after, str):
        return f"{_MOVED[entry.action]} {datetime.fromisoformat(after):%Y-%m-%d}"
    return _DONE.get(entry.action, entry.action.replace("_", " ").capitalize())


def _evidence(record: Verification) -> str:
    opened = sum(bool(piece["opened"]) for piece in record.evidence)
    return f"{opened} of {count(len(record.evidence), 'piece')} of evidence opened" if record.evidence else ""


def _name(number: object, people: Mapping[int, str]) -> str:
    return people.get(number, "nobody") if isinstance(number, int) else "nobody"


def _days(value: object) -> str:
    return count(value, "day") if isinstance(value, int) else "the collection's"
