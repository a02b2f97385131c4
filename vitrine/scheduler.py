"""APScheduler only ticks; what is due, and that it is done once, is decided in the database by each job."""

import signal
import threading
from types import FrameType

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from kb import clock
from search.indexer_thread import IndexerThread
from vitrine.jobs import JOBS, Job, run_now
from vitrine.runtime import Runtime

log = structlog.get_logger("vitrine.scheduler")


class SchedulerThread:
    """Ticks every job in this process. Any number of processes may tick: slots are claimed in the database."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for job in JOBS:
            self._scheduler.add_job(self._tick, "interval", seconds=job.every_seconds, args=[job], id=job.name)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the job at hand and end."""
        self._scheduler.shutdown(wait=True)

    def _tick(self, job: Job) -> None:
        try:
            run_now(self._runtime, job)
        except Exception:
            log.exception("job failed; it is tried again at its next tick", job=job.name)


def run_alone(runtime: Runtime) -> None:
    """Tick and index until SIGTERM or Ctrl+C, without a web server."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler = SchedulerThread(runtime)
    indexer = IndexerThread(runtime.indexer, runtime.condition, clock.now)
    runtime.services.database.after_commit.append(indexer.wake)
    indexer.start()
    scheduler.start()
    stopped.wait()
    scheduler.stop()
    indexer.stop()
