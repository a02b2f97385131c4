"""How fast is too fast: a run of checks, each decided in a fraction of the time that reading the card takes. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_RUN = 5
WORDS_A_MINUTE = 240
# Nobody reads five times as fast as people read; a glance at the shortest card takes two seconds.
FASTEST = 0.2
GLANCE_SECONDS = 2.0
# Words that the same person checked before are read over, not read.
KNOWN_WORDS_COUNT = 0.5
SITTING = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: `seconds` from page to decision, if known; `words` of the card, of which the person knew `known`."""

    record_id: int
    card_id: int
    person_id: int
    at: datetime
    seconds: int | None
    words: int
    known: int = 0


@dataclass(frozen=True, slots=True)
class Timed:
    """A check with the seconds it took at most, and those that reading takes."""

    check: Checked
    taken: float | None
    reading: float

    @property
    def is_implausible(self) -> bool:
        """Whether the card can't have been read in that time. Without a time nobody can tell."""
        return self.taken is not None and self.taken < max(GLANCE_SECONDS, FASTEST * self.reading)


def reading_seconds(words: int, known: int = 0) -> float:
    """How long a person reads a card of so many words."""
    return 60.0 * (words - known + KNOWN_WORDS_COUNT * known) / WORDS_A_MINUTE


def timed(checks: Iterable[Checked]) -> Iterator[Timed]:
    """One person's checks in order of time, with what each took: nobody reads two cards at once, so the time since
    the decision before is the most it can have been, whatever an old page says."""
    before: datetime | None = None
    for check in checks:
        gap = None if before is None else (check.at - before).total_seconds()
        known = [float(value) for value in (check.seconds, gap) if value is not None]
        yield Timed(check, min(known, default=None), reading_seconds(check.words, check.known))
        before = check.at


def runs(checks: Iterable[Checked]) -> list[tuple[Timed, ...]]:
    """The implausibly fast runs among one person's checks, in order of time; one careful check ends a run."""
    found: list[tuple[Timed, ...]] = []
    run: list[Timed] = []
    for each in timed(checks):
        if run and each.check.at - run[-1].check.at > SITTING:
            found, run = _with(found, run), []
        if each.is_implausible:
            run.append(each)
        else:
            found, run = _with(found, run), []
    return _with(found, run)


def _with(found: list[tuple[Timed, ...]], run: Sequence[Timed]) -> list[tuple[Timed, ...]]:
    return [*found, tuple(run)] if len(run) >= SHORTEST_RUN else found
