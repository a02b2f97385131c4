"""A running service for real browsers: the app behind waitress on a free port, its indexer, and a clock to turn."""

import socket
import threading
from dataclasses import replace

import waitress
from playwright.sync_api import BrowserContext
from waitress import wasyncore

from curator import jobs
from curator.jobs import JobContext
from kb.people.sign_in import start_session
from search.indexer_thread import IndexerThread
from tests.site import Site
from tests.world import World


class LiveSite(Site):
    """The service, listening. `url` is where; `sign_in` puts one of the cast into a browser."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = waitress.create_server(self.app, sockets=[self._socket], threads=6)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._is_stopping = False
        self._indexer = IndexerThread(self.runtime.indexer, self.runtime.condition, lambda: world.now)
        world.database.after_commit.append(self._indexer.wake)

    def start(self) -> None:
        """Begin to listen and to index."""
        self._thread.start()
        self._indexer.start()

    def _serve(self) -> None:
        try:
            self._server.run()
        except OSError:  # the loop was waiting for a socket that `stop` has closed
            if not self._is_stopping:
                raise

    def stop(self) -> None:
        """End both."""
        self._is_stopping = True
        self._indexer.stop()
        self._server.close()
        self._thread.join(timeout=30)
        wasyncore.close_all(self._server._map)  # connections that the browser keeps open

    def sign_in(self, context: BrowserContext, name: str) -> None:
        """Let this browser be one of the cast's."""
        with self.world.transaction() as session:
            person = self.world.person(session, name)
            limits = self.world.settings.security
            secret = start_session(session, person, limits, "Chromium", self.world.now).secret
        context.clear_cookies()
        context.add_cookies([{"name": "vitrine_session", "value": secret, "url": self.url, "httpOnly": True}])

    def run_job(self, name: str) -> str:
        """Run one of the curator's jobs at the world's instant."""
        world = self.world
        context = replace(JobContext.of(world), clock=lambda: world.now)
        outcome: str = getattr(jobs, name)(context)
        return outcome
