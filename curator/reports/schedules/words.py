"""When a report comes, in words."""

from datetime import datetime, timedelta

from kb.schedule.subscriptions import ReportSchedule, weekday_of
from kb.settings import Schedule as Defaults
from kb.wording import _, day_and_month
from kb.wording import weekday as day_name

_WEEK = timedelta(days=7)


def time_words(schedule: ReportSchedule, defaults: Defaults) -> str:
    """ "every Monday at 08:00 (Europe/Berlin)"."""
    weekday, hour = hour_of(schedule, defaults)
    return _(
        "every %(day)s at %(time)s (%(zone)s)",
        day=day_name(weekday),
        time=f"{hour:02}:00",
        zone=schedule.zone(defaults).key,
    )


def hour_of(schedule: ReportSchedule, defaults: Defaults) -> tuple[int, int]:
    """Its weekday and hour, or the installation's."""
    if schedule.weekday is None or schedule.hour is None:
        return weekday_of(defaults), defaults.report_hour
    return schedule.weekday, schedule.hour


def next_words(schedule: ReportSchedule, defaults: Defaults, now: datetime) -> str:
    """ "next on 23 Nov at 08:00", by the clocks of the schedule's zone."""
    due = schedule.slot_at(now + _WEEK, defaults).due.astimezone(schedule.zone(defaults))
    return _("next on %(day)s at %(time)s", day=day_and_month(due), time=f"{due:%H:%M}")
