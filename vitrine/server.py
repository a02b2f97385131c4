"""The embedded service: web server, indexer and scheduler in one process, which ends cleanly on SIGTERM."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

import waitress

from kb import clock
from kb.process import settle
from kb.settings import Settings
from kb.web.security import LARGEST_WITH_FILE
from search.indexer_thread import IndexerThread
from vitrine.runtime import Runtime
from vitrine.scheduler import SchedulerThread


def serve(runtime: Runtime, bound: socket.socket, listening: Callable[[], None]) -> None:
    """Serve on a bound socket until SIGTERM or Ctrl+C. `listening` is called when requests are about to be taken."""
    settings = runtime.services.settings
    indexer = IndexerThread(runtime.indexer, runtime.condition, clock.now)
    scheduler = SchedulerThread(runtime) if settings.schedule.enabled else None
    server = waitress.create_server(
        runtime.app, sockets=[bound], threads=settings.server.threads, max_request_body_size=LARGEST_WITH_FILE,
        ident=None, clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    runtime.services.database.after_commit.append(indexer.wake)
    signal.signal(signal.SIGTERM, _stop)
    indexer.start()
    if scheduler is not None:
        scheduler.start()
    try:
        settle()
        listening()
        server.run()
    finally:
        if scheduler is not None:
            scheduler.stop()
        indexer.stop()
        server.close()


def bind(settings: Settings) -> tuple[socket.socket, Settings]:
    """Bind before anything else is opened, so that a port that is taken is one clear line.

    Returns the settings with the port that was really bound, for port 0.
    """
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.server.host, settings.server.port))
    except OSError:
        bound.close()
        raise
    server = settings.server.model_copy(update={"port": bound.getsockname()[1]})
    return bound, settings.model_copy(update={"server": server})


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Requests that are being answered are finished: the server drains on SystemExit, not on the bare signal."""
    raise SystemExit(0)
