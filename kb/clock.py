"""The one place that reads the clock. Edges call `now()` once per operation and pass it down."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC, without microseconds finer than the databases keep."""
    return datetime.now(UTC)
