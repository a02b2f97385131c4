"""What happened to a sample card, as dated events that lead to the state its story names. Pure and repeatable."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from vitrine.demo.company import SampleCard

EventKind = Literal["write", "edit", "verify", "flag", "replace"]
_PAST_DAYS = 300
_SITTING = 0.03
_LATELY = 0.5


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `facts` say what: the earlier text to undo, the flag, the edit's note."""

    at: datetime
    kind: EventKind
    card: SampleCard
    facts: dict[str, Any]


def events_of(card: SampleCard, default_interval: int, now: datetime) -> list[Event]:
    """The card's life in order of time. The last events give exactly the state of `card.story` at `now`."""
    chance = random.Random(card.external_id)  # noqa: S311  (a sample, not a secret)
    interval = int(card.facts.get("interval_days") or default_interval)
    last_check = _last_check(card, interval)
    born = card.days if last_check is None else last_check + chance.randint(8, max(9, int(_PAST_DAYS - last_check)))
    events = [Event(_at(now, born, chance), "write", card, {})]
    checks: list[float] = []
    if last_check is not None:
        checks = [last_check, *_earlier_checks(last_check, interval, born, chance)]
        events += [Event(_at(now, days, chance), "verify", card, {}) for days in checks]
    events += _edits(card, checks, born, now, chance)
    events += [Event(now - timedelta(days=card.days, hours=2 + i), "flag", card, f) for i, f in enumerate(_flags(card))]
    if card.story == "replaced":
        events.append(Event(now - timedelta(days=card.days), "replace", card, {"by": card.facts["replaced_by"]}))
    return sorted(events, key=lambda event: event.at)


def _last_check(card: SampleCard, interval: int) -> float | None:
    """Days since the last verification; None when there never was one."""
    if card.story == "never_verified":
        return None
    if card.story == "due_soon":
        return interval - card.days
    if card.story == "overdue":
        return interval + card.days
    if card.story == "verified":
        return card.days * 0.7
    return card.days + max(1.0, min(20.0, (interval - card.days) * 0.6))


def _earlier_checks(last: float, interval: int, born: float, chance: random.Random) -> list[float]:
    """Most checks were made in time; a third were up to five weeks late, as before anybody looked at the report."""
    checks: list[float] = []
    days = last
    while True:
        days += interval + (chance.randint(3, 35) if chance.random() < 0.35 else chance.randint(-8, 2))
        if days >= born - 1:
            return checks
        checks.append(days)


def _edits(card: SampleCard, checks: list[float], born: float, now: datetime, chance: random.Random) -> list[Event]:
    """The last edit of an "edited" story came after the last check; every other shortly before a check, in which it was
    found. The oldest edit goes with the oldest of these checks."""
    edits = list(card.facts.get("edits", []))
    events = []
    if card.story == "edited" and edits:
        events.append(Event(now - timedelta(days=card.days), "edit", card, edits.pop()))
    found_at = sorted(chance.sample(checks, min(len(edits), len(checks))))
    if found_at and chance.random() < _LATELY:
        found_at[0] = checks[0]
    for place, edit in enumerate(reversed(edits)):
        days = found_at[place] + _SITTING if place < len(found_at) else born - 0.5 + 0.1 * place
        events.append(Event(_at(now, min(days, born - 0.1), chance), "edit", card, edit))
    return events


def _flags(card: SampleCard) -> list[dict[str, Any]]:
    return list(card.facts.get("flags", [])) if card.story == "flagged" else []


def _at(now: datetime, days: float, chance: random.Random) -> datetime:
    """So many days ago. The part of a day varies, but never reaches past the day that the story counts."""
    return now - timedelta(days=days, minutes=chance.randint(0, 9))
