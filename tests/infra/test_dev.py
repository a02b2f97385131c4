"""./dev itself: when it installs and when it doesn't, what it repairs, and what it starts."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
import threading
import venv
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
BENCH_LOCK = "requirements-bench.lock"


@pytest.fixture(scope="module")
def dev() -> ModuleType:
    """The script has no suffix, so its loader must be named."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Checkout:
    """A folder with its locks and a .venv that takes no time: nothing is installed, only counted."""

    def __init__(self, dev: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dev = dev
        self.root = root
        self.created = 0
        self.installed: list[str] = []
        (root / "dev").write_text("")
        for lock in (*LOCKS, BENCH_LOCK):
            (root / lock).write_text(f"# {lock}\n")
        monkeypatch.setattr(dev.Environment, "create", self._create)
        monkeypatch.setattr(dev.Environment, "install", self._install)

    def prepare(self, extra: str | None = None) -> None:
        self.environment().prepare(extra)

    def environment(self) -> Any:
        return self.dev.Environment(self.root)

    def _create(self) -> None:
        self.created += 1
        venv.create(self.root / ".venv", clear=True)

    def _install(self, lock: Path) -> None:
        self.installed.append(lock.name)


@pytest.fixture
def checkout(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(dev, tmp_path, monkeypatch)


def test_the_first_run_installs_what_the_service_needs_and_no_more(checkout: Checkout) -> None:
    checkout.prepare()
    assert (checkout.created, checkout.installed) == (1, ["requirements.lock"])


def test_the_second_run_installs_nothing(checkout: Checkout) -> None:
    checkout.prepare()
    checkout.prepare()
    assert (checkout.created, checkout.installed) == (1, ["requirements.lock"])


def test_the_tests_add_to_what_is_there(checkout: Checkout) -> None:
    checkout.prepare()
    checkout.prepare("dev")
    assert (checkout.created, checkout.installed) == (1, list(LOCKS))


def test_the_service_runs_on_what_the_tests_installed(checkout: Checkout) -> None:
    checkout.prepare("dev")
    checkout.prepare()
    assert checkout.installed == ["requirements-dev.lock"]


def test_benchmarks_and_tests_take_turns_without_installing_again(checkout: Checkout) -> None:
    for extra in ("bench", "dev", "bench", None, "dev"):
        checkout.prepare(extra)
    assert checkout.installed == [BENCH_LOCK, "requirements-dev.lock"]


def test_a_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.prepare("dev")
    (checkout.root / "requirements.lock").write_text("# newer\n")
    checkout.prepare()
    checkout.prepare("dev")
    assert (checkout.created, checkout.installed) == (1, ["requirements-dev.lock", *LOCKS])


def test_a_half_made_environment_is_made_anew(checkout: Checkout) -> None:
    checkout.prepare()
    checkout.environment().half_made.touch()
    checkout.prepare()
    assert (checkout.created, checkout.installed) == (2, ["requirements.lock"] * 2)
    assert not checkout.environment().half_made.exists()


@pytest.mark.parametrize("stamp", ["", "{", "[]", json.dumps({"site": "elsewhere"})])
def test_a_broken_stamp_is_no_stamp(checkout: Checkout, stamp: str) -> None:
    checkout.prepare()
    checkout.environment().stamp.write_text(stamp)
    checkout.prepare()
    assert (checkout.created, checkout.installed) == (1, ["requirements.lock"] * 2)


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.prepare()
    for python in (checkout.root / ".venv" / "bin").glob("python*"):
        python.unlink()
    checkout.prepare()
    assert checkout.created == 2


def test_a_moved_checkout_is_installed_again(checkout: Checkout, tmp_path: Path) -> None:
    checkout.prepare()
    stamp = json.loads(checkout.environment().stamp.read_text())
    checkout.environment().stamp.write_text(json.dumps({**stamp, "root": "/somewhere/else"}))
    checkout.prepare()
    assert len(checkout.installed) == 2


def test_the_command_and_the_path_entry_are_repaired_without_installing(checkout: Checkout) -> None:
    checkout.prepare()
    environment = checkout.environment()
    environment.launcher.write_text("#!/bin/sh\n")
    (environment.site_packages() / "vitrine-checkout.pth").unlink()
    checkout.prepare()
    assert checkout.installed == ["requirements.lock"]
    assert "vitrine.cli" in environment.launcher.read_text()
    assert (environment.site_packages() / "vitrine-checkout.pth").read_text() == f"{checkout.root}\n"


def test_the_command_runs_the_checkout_from_anywhere(checkout: Checkout, tmp_path: Path) -> None:
    checkout.prepare()
    (checkout.root / "vitrine").mkdir()
    (checkout.root / "vitrine" / "cli.py").write_text("def main():\n    print('from the checkout')\n    return 3\n")
    elsewhere = tmp_path / "else where"
    (elsewhere / "vitrine").mkdir(parents=True)
    command = [str(checkout.environment().launcher)]
    said = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert (said.stdout, said.returncode) == ("from the checkout\n", 3)


def test_a_folder_outside_is_never_taken_for_the_environment(checkout: Checkout, dev: ModuleType) -> None:
    python = checkout.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(dev.base_python())
    assert checkout.environment().site_packages() is None


def test_two_at_once_install_once(checkout: Checkout) -> None:
    threads = [threading.Thread(target=checkout.prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (checkout.created, checkout.installed) == (1, ["requirements.lock"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["serve", "--port", "0"], ["-P", "-m", "vitrine", "serve", "--port", "0"]),
        (["demo", "--port", "0"], ["-P", "-m", "vitrine", "serve", "--demo", "--port", "0"]),
        (["import", "cards.csv"], ["-P", "-m", "vitrine", "import", "cards.csv"]),
        (["test"], ["-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal", "--drawn-twins"]),
        (["test", "-k", "trust"], ["-m", "pytest", "-k", "trust"]),
        (["bench", "search", "--json"], ["-m", "benchmarks", "search", "--json"]),
    ],
)
def test_a_command_is_handed_over(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], expected: list[str]
) -> None:
    started: list[list[str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dev.Environment, "prepare", lambda self, extra: None)
    monkeypatch.setattr(dev, "make_frontend", lambda environment: 0)
    monkeypatch.setattr(dev.os, "execv", lambda python, command: started.append(command[1:]))
    dev.main(arguments)
    assert started[0] == expected
    assert Path.cwd() == (ROOT if arguments[0] in ("test", "bench") else tmp_path)


def test_an_installer_that_failed_before_writing_leaves_the_environment_whole(dev: ModuleType, tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "print('Collecting flask'); raise SystemExit(1)"]
    assert dev.install_with(failing) == (False, False)


def test_an_installer_that_failed_while_writing_is_told_apart(dev: ModuleType) -> None:
    failing = [sys.executable, "-c", "print('Installing collected packages: flask'); raise SystemExit(1)"]
    assert dev.install_with(failing) == (False, True)


def test_help_needs_no_environment() -> None:
    said = subprocess.run([str(ROOT / "dev")], capture_output=True, text=True, check=False)
    assert said.returncode == 0
    assert "./dev serve" in said.stdout


def test_where_there_is_no_node_its_package_is_installed_for_the_editor(
    dev: ModuleType, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout.root / "requirements-frontend.lock").write_text("# node\n")
    asked: list[list[str]] = []

    def call(command: list[str]) -> int:
        asked.append(command[2:])
        return int(dev.NO_NODE) if len(asked) == 1 else 0

    monkeypatch.setattr(dev.subprocess, "call", call)
    checkout.prepare()
    assert dev.make_frontend(checkout.environment()) == 0
    assert asked == [["--if-node"], []]
    assert checkout.installed == ["requirements.lock", "requirements-frontend.lock"]


def test_a_bundle_that_is_required_and_fails_stops_the_command(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev.Environment, "prepare", lambda self, extra: None)
    monkeypatch.setattr(dev, "make_frontend", lambda environment: 1)
    monkeypatch.setattr(dev.os, "execv", lambda python, command: pytest.fail("it went on"))
    assert dev.main(["serve"]) == 1
