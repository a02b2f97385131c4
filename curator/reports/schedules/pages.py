"""Who gets the weekly report, in ready words."""

from dataclasses import dataclass

from kb.web.parts import NOTHING_TO_CHOOSE, Choice, Field, Problem


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """POST about, weekday, hour, time_zone, channel (and to) to `action`."""

    action: str
    about: Choice
    weekday: Choice
    hour: Choice
    time_zone: Field
    channel: Choice
    to: Choice = NOTHING_TO_CHOOSE


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One schedule. POST to pause or resume (only one of them has an address) and to remove."""

    id: int
    who: str
    about: str
    words: str
    form: ScheduleForm
    pause_action: str
    resume_action: str
    remove_action: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class SchedulesPage:
    """/reports/schedules?open="""

    report_url: str
    yours: tuple[ScheduleRow, ...]
    others: tuple[ScheduleRow, ...]
    new: ScheduleForm
    zones: tuple[str, ...]
    may_add_others: bool
    problems: tuple[Problem, ...] = ()
