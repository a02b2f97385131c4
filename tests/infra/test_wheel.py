"""The wheel carries all it needs: installed alone, far from the checkout, it answers, serves and stops cleanly."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.infra.requirement import require

ROOT = Path(__file__).parent.parent.parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
LONGEST_START = 60
LONGEST_STOP = 20

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel's files, the locked packages beside it, and a folder off the checkout."""

    python: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("VITRINE_", "PYTHON"))}
        # Unbuffered: the test reads the line with the address while the server runs.
        return own | {"VITRINE_STORAGE_DATA_DIR": str(self.folder / "data"), "PYTHONUNBUFFERED": "1"}

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python.with_name("vitrine")), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_START,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without isolation, so that nothing is fetched: hatchling is one of the development packages, and the editor's
    bundle is there already, or is not wanted."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check"]
    environment = {**os.environ, "SKIP_FRONTEND": "1"}
    built = subprocess.run(
        [*command, "--outdir", str(folder), str(ROOT)], env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("venv")
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    # The packages of this run, without the .pth files among them: a path named in a .pth is not searched for more.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installation(python, folder)


@pytest.fixture(scope="module")
def served(installation: Installation) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server and its address; its log is a file, so that it never waits for a reader."""
    log_path = installation.folder / "serve.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            installation.command("serve", "--port", "0"),
            cwd=installation.folder,
            env=installation.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield process, wait_for_address(process, log_path)
    finally:
        process.kill()
        process.wait()


def test_the_wheel_carries_every_template_static_file_and_migration(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("templates", "static", "migrations"):
        files = [path for path in (ROOT / kind).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        expected = {f"kb/_bundled/{path.relative_to(ROOT).as_posix()}" for path in files}
        assert expected
        assert expected <= inside, expected - inside
    assert "kb/_bundled/config.toml" in inside


def test_the_wheel_carries_the_rich_editor_and_the_licences_of_its_parts(wheel: Path) -> None:
    manifest = ROOT / "static" / "dist" / "manifest.json"
    reason = "the rich editor is not built (run ./dev frontend; it needs node with npm)"
    require(manifest if manifest.is_file() else None, reason=reason, required_by="REQUIRE_FRONTEND")
    with zipfile.ZipFile(wheel) as archive:
        made = json.loads(archive.read("kb/_bundled/static/dist/manifest.json"))
        script = archive.read(f"kb/_bundled/static/dist/{made['editor']}")
        notices = archive.read("kb/_bundled/static/dist/THIRD-PARTY-NOTICES.txt").decode()
    assert hashlib.sha256(script).hexdigest() == made["sha256"]
    assert "@tiptap/core" in notices
    assert "Permission is hereby granted" in notices


def test_the_wheel_carries_every_module_and_its_data(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for room in ("kb", "search", "curator", "vitrine"):
        files = [path for path in (ROOT / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        missing = {path.relative_to(ROOT).as_posix() for path in files if "_bundled" not in path.parts} - inside
        assert not missing


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    rooms = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in rooms if not name.endswith(".dist-info")} == {"kb", "search", "curator", "vitrine"}


def test_the_wheel_asks_for_its_dependencies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
    assert "Requires-Dist: flask" in text
    assert "Requires-Dist: sqlalchemy" in text


def test_the_installed_code_is_the_wheels_own(installation: Installation) -> None:
    question = (
        "import kb, search, curator, vitrine as v; print(kb.__file__, search.__file__, curator.__file__, v.__file__)"
    )
    command = [str(installation.python), "-c", question]
    options: dict[str, Any] = {"cwd": installation.folder, "env": installation.environment}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert answer.returncode == 0, answer.stderr
    home = installation.python.parent.parent
    assert all(Path(line).is_relative_to(home) for line in answer.stdout.split())


def test_the_installed_command_knows_its_version(installation: Installation) -> None:
    said = installation.run("--version")
    assert said.returncode == 0, said.stderr
    assert re.search(r"\d+\.\d+", said.stdout)


def test_the_installed_command_shows_its_settings(installation: Installation) -> None:
    said = installation.run("config")
    assert said.returncode == 0, said.stderr
    assert str(installation.folder / "data") in said.stdout


def test_the_installed_service_answers_and_stops_cleanly(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    assert get(f"{address}/healthz").status == 200
    home = get(f"{address}/")
    assert home.status in (302, 303)
    entrance = get(address + urlsplit(home.headers["Location"]).path)
    assert entrance.status == 200
    style = re.search(r'"(/static/[^"]+\.css[^"]*)"', entrance.text)
    assert style
    assert get(address + style[1]).status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONGEST_STOP) == 0


def wait_for_address(process: subprocess.Popen[str], log: Path) -> str:
    """The address is printed when the server listens, but asking is surer than reading."""
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline:
        found = ADDRESS.search(log.read_text())
        if found and answers(found[0]):
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    pytest.fail(f"the service did not answer within {LONGEST_START} s:\n{log.read_text()}")


def answers(address: str) -> bool:
    try:
        return get(f"{address}/healthz").status == 200
    except OSError:
        return False


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


class Answer(NamedTuple):
    """An answer that was read to its end."""

    status: int
    headers: Message
    text: str


def get(url: str) -> Answer:
    """The answer as it came: an error or a redirect is an answer too. Proxies are for the world outside."""
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
    try:
        response = opener.open(url, timeout=10)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return Answer(response.status, response.headers, response.read().decode(errors="replace"))
