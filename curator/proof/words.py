"""What the records of a card say, in words."""

from collections.abc import Mapping
from datetime import datetime

from kb.people.models import AuditEntry
from kb.trust.models import Verification
from kb.trust.notes import note_words
from kb.wording import N_, _, ngettext
from kb.words import count

_BASIS = {
    "undo": N_("Check undone"),
    "import": N_("Verified before it was imported"),
    "edited": N_("Verified with an edit"),
}
_DONE = {
    "published": N_("Published"),
    "approved": N_("Approved by a curator"),
    "archived": N_("Archived"),
    "restored": N_("Restored"),
    "verifiers": N_("Verifiers changed"),
    "merged": N_("Another card was merged into it"),
    "kept_both": N_("Kept beside a card that looks alike"),
    "pair_reopened": N_("A card that looks alike is to be decided about again"),
    "changed": N_("Its collection's readers, authors, steward or contract were saved"),
}
_HANDED = {"owner": N_("Owner"), "reassigned": N_("Next to check it"), "escalated": N_("Escalated")}
_MOVED = {"next_check": N_("Next check moved to"), "first_check": N_("First check planned for")}
_OUTCOMES = {"still_right": N_("still right"), "corrected": N_("corrected"), "archived": N_("archived")}
_PREFIX = 12


def check_words(record: Verification) -> str:
    """A record of the verification log: what was stated, how it was checked, and how to find it in the log."""
    is_verified = record.verdict == "verified"
    is_stated = is_verified or record.basis == "undo"
    words = _(_BASIS.get(record.basis, "Verified")) if is_stated else _("Un-verified")
    parts = [_(_OUTCOMES.get(record.outcome or "", ""))]
    parts += [_("one of %(number)s at once", number=record.batch_size) if record.batch_size > 1 else ""]
    parts += [ngettext("in %(num)s second", "in %(num)s seconds", record.seconds) if record.seconds is not None else ""]
    parts += [_("whole card") if record.whole_card else "", _evidence(record), note_words(record.note)]
    said = ", ".join(part for part in parts if part)
    place = _("record %(id)s, %(hash)s", id=record.id, hash=record.hash[:_PREFIX])
    return f"{words}{f': {said}' if said else ''} ({place})"


def change_words(entry: AuditEntry, people: Mapping[int, str]) -> str:
    """An audit entry of the card or its collection. It names no other card: who reads this may not see that one."""
    before, after = entry.detail.get("before"), entry.detail.get("after")
    if entry.action in _HANDED:
        what = _(_HANDED[entry.action])
        return f"{what}: {_name(before, people)} → {_name(after, people)}"
    if entry.action == "interval":
        return f"{_('Interval')}: {_days(before)} → {_days(after)}"
    if entry.action in _MOVED and isinstance(after, str):
        return f"{_(_MOVED[entry.action])} {datetime.fromisoformat(after):%Y-%m-%d}"
    return _(_DONE.get(entry.action, "")) or entry.action.replace("_", " ").capitalize()


def _evidence(record: Verification) -> str:
    opened = sum(bool(piece["opened"]) for piece in record.evidence)
    if not record.evidence:
        return ""
    return ngettext(
        "%(opened)s of %(num)s piece of evidence opened", "%(opened)s of %(num)s pieces of evidence opened",
        len(record.evidence), opened=opened,
    )  # fmt: skip


def _name(number: object, people: Mapping[int, str]) -> str:
    return (people.get(number) if isinstance(number, int) else None) or _("nobody")


def _days(value: object) -> str:
    return count(value, "day") if isinstance(value, int) else _("the collection's")
