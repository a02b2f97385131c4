"""Each engine in turn, for the tests that every one of them must pass."""

from collections.abc import Iterator

import pytest

from tests.search.engine_world import EmbeddedEngine, Engine, PostgresEngine


@pytest.fixture(scope="module", params=["whoosh", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Whoosh, then PostgreSQL."""
    chosen: Engine
    if request.param == "whoosh":
        chosen = EmbeddedEngine(tmp_path_factory.mktemp("engine"))
    else:
        chosen = PostgresEngine(request.getfixturevalue("postgres_server"))
    yield chosen
    chosen.close()
