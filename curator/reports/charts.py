"""The geometry of the report's charts: from numbers to whole pixels. Pure; the templates draw what comes out.

Two sizes are drawn, because a scaled chart has unreadable words: wide with twelve weeks, narrow with six.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kb.wording import N_, _, decimal

PartKind = Literal["verified", "due_soon", "overdue", "flagged", "unverified"]
DrawnKind = Literal["verified", "due_soon", "overdue", "flagged", "unverified", "expected"]
ORDER: tuple[PartKind, ...] = ("verified", "due_soon", "overdue", "flagged", "unverified")

WIDE, NARROW = 640, 340
WEEKS_WIDE, WEEKS_NARROW = 12, 6
_HEIGHT = {WIDE: 260, NARROW: 250}
_LEFT, _TOP, _BOTTOM = 36, 14, 26
_GAP = 2
_LINES = 3.2
_NAMES: dict[PartKind, str] = {
    "verified": N_("verified"),
    "due_soon": N_("due soon"),
    "overdue": N_("overdue"),
    "flagged": N_("flagged"),
    "unverified": N_("not verified yet"),
}


@dataclass(frozen=True, slots=True)
class WeekMix:
    """How many cards were in which state at the end of a week."""

    label: str
    verified: int
    due_soon: int
    overdue: int
    flagged: int
    unverified: int = 0

    def count(self, kind: PartKind) -> int:
        counts: dict[PartKind, int] = {
            "verified": self.verified,
            "due_soon": self.due_soon,
            "overdue": self.overdue,
            "flagged": self.flagged,
            "unverified": self.unverified,
        }
        return counts[kind]

    @property
    def total(self) -> int:
        return sum(self.count(kind) for kind in ORDER)


@dataclass(frozen=True, slots=True)
class Part:
    """One coloured piece of a bar."""

    kind: DrawnKind
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One week; `label` is empty where it would not fit."""

    parts: tuple[Part, ...]
    label: str
    middle: int
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid."""

    y: int
    label: str


@dataclass(frozen=True, slots=True)
class StackChart:
    """Everything the template draws."""

    width: int
    height: int
    left: int
    baseline: int
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    description: str


@dataclass(frozen=True, slots=True)
class MixBar:
    """A single flat bar, 100 wide, and the same in words."""

    parts: tuple[Part, ...]
    words: str


def stacked_bars(weeks: Sequence[WeekMix], width: int = WIDE) -> StackChart:
    """The last weeks as stacked bars, oldest first; labels are counted back from the last week."""
    shown = list(weeks)[-(WEEKS_WIDE if width == WIDE else WEEKS_NARROW) :]
    height = _HEIGHT.get(width, 260)
    baseline = height - _BOTTOM
    top = max([week.total for week in shown] + [1])
    scale = (baseline - _TOP) / top
    ticks = tuple(Tick(baseline - round(n * scale), decimal(n)) for n in range(0, top + 1, _nice_step(top)))
    pitch = (width - _LEFT - 4) / max(len(shown), 1)
    bars = tuple(_bar(week, i, len(shown), pitch, baseline, scale) for i, week in enumerate(shown))
    return StackChart(width, height, _LEFT, baseline, ticks, bars, _describe(shown))


def columns(weeks: Sequence[tuple[str, float | None]], width: int = WIDE) -> StackChart:
    """One number a week as plain columns, oldest first; a week that nobody knows of stays empty."""
    shown = list(weeks)[-(WEEKS_WIDE if width == WIDE else WEEKS_NARROW) :]
    height = _HEIGHT.get(width, 260)
    baseline = height - _BOTTOM
    top = max([round(value or 0) for _, value in shown] + [1])
    scale = (baseline - _TOP) / top
    ticks = tuple(Tick(baseline - round(n * scale), decimal(n)) for n in range(0, top + 1, _nice_step(top)))
    pitch = (width - _LEFT - 4) / max(len(shown), 1)
    bars = tuple(_column(week, i, len(shown), pitch, baseline, scale) for i, week in enumerate(shown))
    known = [f"{label}: {decimal(round(value))}" for label, value in shown if value is not None]
    described = (
        _("From %(first)s to %(last)s.", first=known[0], last=known[-1])
        if len(known) > 1
        else f"{known[0]}."
        if known
        else _("No weeks yet.")
    )
    return StackChart(width, height, _LEFT, baseline, ticks, bars, described)


def mix_bar(week: WeekMix) -> MixBar:
    """One row's mix, 100 units wide. A state that exists is never drawn thinner than a unit and a half."""
    total = max(week.total, 1)
    kinds = [kind for kind in ORDER if week.count(kind)]
    widths = {kind: max(2, round(100 * week.count(kind) / total)) for kind in kinds}
    if kinds:
        widest = max(kinds, key=lambda kind: widths[kind])
        widths[widest] += 100 - sum(widths.values())
    parts, x = [], 0
    for kind in kinds:
        parts.append(Part(kind, x, 0, max(1, widths[kind] - (1 if kind != kinds[-1] else 0)), 1))
        x += widths[kind]
    return MixBar(tuple(parts), _words(week))


def percent_of(count: int, longest: int) -> int:
    """The length of a bar beside the longest one; what is not nothing shows at least a little."""
    if count <= 0 or longest <= 0:
        return 0
    return max(2, round(100 * count / longest))


def _bar(week: WeekMix, index: int, count: int, pitch: float, baseline: int, scale: float) -> Bar:
    width = max(4, round(pitch * 0.78))
    x = round(_LEFT + 4 + pitch * index)
    parts, below, bottom = [], 0, baseline
    for kind in ORDER:
        number = week.count(kind)
        if not number:
            continue
        below += number
        # A single card among thousands is less than a pixel: it still gets one, and pushes the rest up.
        top = min(baseline - round(below * scale), bottom - _GAP - 1)
        parts.append(Part(kind, x, top, width, bottom - top - _GAP))
        bottom = top
    every = 1 if count <= WEEKS_NARROW else 2
    label = week.label if (count - 1 - index) % every == 0 else ""
    return Bar(tuple(parts), label, x + width // 2, f"{week.label}: {_words(week)}")


def _column(week: tuple[str, float | None], index: int, count: int, pitch: float, baseline: int, scale: float) -> Bar:
    label, value = week
    width, x = max(4, round(pitch * 0.78)), round(_LEFT + 4 + pitch * index)
    height = max(1, round((value or 0) * scale)) if value is not None else 0
    parts = (Part("expected", x, baseline - height, width, height),) if height else ()
    every = 1 if count <= WEEKS_NARROW else 2
    words = decimal(round(value)) if value is not None else _("not known")
    shown = label if (count - 1 - index) % every == 0 else ""
    return Bar(parts, shown, x + width // 2, f"{label}: {words}")


def _nice_step(most: int) -> int:
    """A round distance between grid lines, so that about three of them are drawn."""
    need = max(1.0, most / _LINES)
    power = 1
    while power * 10 <= need:
        power *= 10
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= need)


def _words(week: WeekMix) -> str:
    return ", ".join(f"{decimal(week.count(kind))} {_(_NAMES[kind])}" for kind in ORDER if week.count(kind)) or _(
        "no cards"
    )


def _describe(weeks: Sequence[WeekMix]) -> str:
    if not weeks:
        return _("No weeks yet.")
    first, last = weeks[0], weeks[-1]
    if first is last:
        return f"{last.label}: {_words(last)}."
    return _(
        "From %(first)s: %(before)s. To %(last)s: %(after)s.",
        first=first.label,
        before=_words(first),
        last=last.label,
        after=_words(last),
    )
