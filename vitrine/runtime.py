"""One running process: installation, renderer, recorder, index and app, opened together and closed together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from flask import Flask

from curator.duplicates.checking import check_saved
from kb import clock
from kb.installation import Installation, open_installation
from kb.settings import Settings
from kb.text.renderer import Renderer
from kb.trust.policy import Policy
from kb.use.recorder import UseRecorder
from kb.web.edge import Services
from search.answers import SearchService
from search.backend import SearchBackend
from search.condition import Condition
from search.engines import open_backend
from search.indexer import Indexer
from vitrine.apis import BLUEPRINTS
from vitrine.app import create_app


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a command or a server works with."""

    services: Services
    backend: SearchBackend
    indexer: Indexer
    condition: Condition
    app: Flask

    @property
    def installation(self) -> Installation:
        """The installation that is open."""
        return self.services.installation


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """The installation alone, for commands that need no index."""
    installation = open_installation(settings, clock.now())
    try:
        yield installation
    finally:
        installation.close()


@contextmanager
def running(settings: Settings, progress: Callable[[int], None] = lambda _done: None) -> Iterator[Runtime]:
    """Everything; the index is made ready first."""
    with opened(settings) as installation, Renderer() as renderer:
        runtime = assemble(installation, renderer)
        runtime.indexer.make_ready(progress)
        try:
            yield runtime
        finally:
            runtime.services.recorder.flush()
            runtime.backend.close()


def assemble(installation: Installation, renderer: Renderer) -> Runtime:
    """The parts, put together. Nothing is started."""
    recorder = UseRecorder(installation.database)
    policy = Policy.of(installation.settings)
    services = Services(installation, renderer, recorder, policy)
    installation.database.after_save.append(partial(check_saved, installation.database, clock.now))
    backend = open_backend(installation)
    condition = Condition(installation.index_dir / "CONDITION")
    app = create_app(services, SearchService(backend, policy, installation.settings.search), condition, BLUEPRINTS)
    return Runtime(services, backend, Indexer(installation.database, backend), condition, app)
