"""Fixtures that every test may use: the databases, the renderer, and the world with its cast."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import curator.tables  # noqa: F401  (loads every table before the first database is made)
import search.tables  # noqa: F401  (likewise)
from kb.db import Database
from kb.installation import Installation, open_installation, secret_key
from kb.settings import Settings
from kb.text.renderer import Renderer
from tests.site import Site
from tests.world import START, World

pytest_plugins = [f"tests.infra.{part}" for part in ("thrift", "postgres", "smtp", "browser", "firefox", "receiver")]


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One Markdown renderer for the whole run."""
    renderer = Renderer()
    yield renderer
    renderer.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, renderer: Renderer) -> Path:
    """An installation on SQLite with the cast in it, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    _prepare({"storage": {"data_dir": folder}}, renderer)
    return folder


@pytest.fixture(scope="session")
def postgres_template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, renderer: Renderer
) -> str:
    """An installation on PostgreSQL with the cast in it, copied for each test."""
    url: str = request.getfixturevalue("postgres_server").fresh_database()
    _prepare({"storage": {"data_dir": tmp_path_factory.mktemp("template")}, "database": {"url": url}}, renderer)
    return url


def _prepare(values: dict[str, Any], renderer: Renderer) -> None:
    installation = open_installation(Settings.model_validate(values), START)
    World(installation, renderer)
    installation.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[str | None]:
    """The URL of a database with the cast on each engine; None is SQLite in the test's data folder."""
    if request.param == "sqlite":
        shutil.copytree(sqlite_template, tmp_path / "data")
        yield None
        return
    server = request.getfixturevalue("postgres_server")
    url = server.fresh_database(template=request.getfixturevalue("postgres_template"))
    yield url
    server.drop(url)


@pytest.fixture
def settings_values() -> dict[str, Any]:
    """Settings that a test wants otherwise; tests override this fixture or its value before `world` is made."""
    return {}


@pytest.fixture
def installation(database_url: str | None, tmp_path: Path, settings_values: dict[str, Any]) -> Iterator[Installation]:
    """An open installation on a fresh database."""
    # No limit of requests unless a test wants one: clocks stand still here, and a minute never passes.
    unlimited = {"api": {"requests_per_minute": 0}}
    values: dict[str, Any] = {"storage": {"data_dir": tmp_path / "data"}, **unlimited, **settings_values}
    if database_url is not None:
        values["database"] = {"url": database_url}
    settings = Settings.model_validate(values)
    settings.storage.data_dir.mkdir(mode=0o700, exist_ok=True)
    # The copy has its tables and its admin already, so nobody has to look whether they are missing.
    opened = Installation(settings, Database(settings.database_url), secret_key(settings))
    yield opened
    opened.close()


@pytest.fixture
def world(installation: Installation, renderer: Renderer) -> World:
    """The cast in a fresh installation, on SQLite and on PostgreSQL in turn."""
    return World(installation, renderer)


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """The whole web application on a fresh installation."""
    site = Site(world)
    yield site
    site.close()
