"""The record of scheduled work."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base


class JobRun(Base):
    """A job did a slot. The row is the claim: whoever inserts it does the work, in the same transaction."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(500), default="")


class JobState(Base):
    """How a job last went, for `vitrine jobs` and the health checks."""

    __tablename__ = "job_state"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_started_at: Mapped[datetime]
    last_finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(500), default="")
    failures: Mapped[int] = mapped_column(default=0)
