"""The repository as a whole names no machine and no registry, its locks fit, its dependencies have their reasons."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
BENCH_LOCK = ROOT / "requirements-bench.lock"
FRONTEND_LOCK = ROOT / "requirements-frontend.lock"
LOCKS = (RUNTIME_LOCK, DEV_LOCK, BENCH_LOCK, FRONTEND_LOCK)
EXTRAS = {DEV_LOCK: "dev", BENCH_LOCK: "bench", FRONTEND_LOCK: "frontend"}
# Bracketed, so that this file doesn't contain what it looks for.
REGISTRIES = re.compile(r"[p]ypi\.org|[p]ythonhosted\.|[r]egistry\.npm|[d]eb\.debian\.")
MACHINE_PATHS = re.compile(r"(?<![\w.])/([w]ork|[f]arm|[r]oot|[h]ome/[a-z]+|[U]sers/[A-Za-z]+)/")
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))?(?: \\)?$", re.MULTILINE)


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    faults = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in tracked_text_files(ROOT)
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if REGISTRIES.search(line) or MACHINE_PATHS.search(line)
    ]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.parametrize(
    "line", ["see https://{}.org/simple".format("pypi"), "host files.{}hosted.org".format("python")]
)
def test_a_planted_registry_is_seen(line: str) -> None:
    assert REGISTRIES.search(line)


@pytest.mark.parametrize("folder", ["work/main", "home/sam/vitrine", "root/.cache"])
def test_a_planted_machine_path_is_seen(folder: str) -> None:
    assert MACHINE_PATHS.search(f"cd /{folder}/x")


@pytest.mark.parametrize("text", ["src='/static/{}/x.js'", "https://example.com/{}/today", "a home/office thing"])
def test_an_ordinary_path_is_no_machine_path(text: str) -> None:
    assert not MACHINE_PATHS.search(text.format("work"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_contains_no_address_and_no_option(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_each_package_with_a_hash(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert blocks
    assert not [block.splitlines()[0] for block in blocks if not PIN.match(block) or "--hash=sha256:" not in block]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_satisfies_pyproject(lock: Path) -> None:
    """`./dev lock` makes them again."""
    pinned = pins(lock)
    faults = [
        f"{requirement} (locked: {', '.join(found) or 'nothing'})"
        for requirement in requirements_of(lock)
        if not (found := pinned.get(canonicalize_name(requirement.name), []))
        or not all(requirement.specifier.contains(Version(version), prereleases=True) for version in found)
    ]
    assert not faults


@pytest.mark.parametrize("lock", EXTRAS, ids=lambda path: path.name)
def test_the_lock_of_an_extra_contains_the_runtime_lock(lock: Path) -> None:
    """`./dev serve` relies on it: whoever has the development packages has all that runs the service."""
    pinned = pins(lock)
    assert {name: versions for name, versions in pins(RUNTIME_LOCK).items() if pinned.get(name) != versions} == {}


@pytest.mark.parametrize("python", ["3.11.2", "3.11.7", "3.12.1", "3.13.0", "3.14.0"])
@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_one_pin_of_each_requirement_for_every_python(lock: Path, python: str) -> None:
    """Debian 12 has 3.11.2, which some packages no longer take: the lock must hold an older pin for it."""
    environment = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    markers = [(canonicalize_name(match["name"]), match["marker"]) for match in PIN.finditer(lock.read_text())]
    fitting = [name for name, marker in markers if not marker or Marker(marker).evaluate(environment)]
    for requirement in requirements_of(lock):
        assert fitting.count(canonicalize_name(requirement.name)) == 1, requirement


@pytest.mark.parametrize(
    ("section", "extra"),
    [("Runtime", None), ("Development", "dev"), ("Benchmarks", "bench"), ("Building the editor", "frontend")],
)
def test_every_dependency_has_its_reason_and_every_reason_its_dependency(section: str, extra: str | None) -> None:
    declared = extra_requirements(extra) if extra else runtime_requirements()
    assert documented(section).keys() == {canonicalize_name(requirement.name) for requirement in declared}
    assert not [name for name, reason in documented(section).items() if len(reason) < 10]


def test_every_part_of_the_bundle_has_its_reason_and_all_of_tiptap_one_version() -> None:
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    declared = {**package["dependencies"], **package["devDependencies"]}
    page = (ROOT / "docs" / "dependencies.md").read_text().partition("## In the editor's bundle\n")[2]
    assert set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == set(declared)
    assert len({version for name, version in declared.items() if name.startswith("@tiptap/")}) == 1
    assert all(re.fullmatch(r"[\d.]+", version) for version in declared.values())


def test_the_lock_of_the_bundle_pins_each_package_by_its_hash_and_names_no_address() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    parts = {name: part for name, part in lock["packages"].items() if name}
    assert not [name for name, part in parts.items() if not part.get("integrity", "").startswith("sha512-")]
    assert not [name for name, part in parts.items() if "resolved" in part]


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_a_script_may_be_executed(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def tracked_text_files(root: Path) -> list[Path]:
    """What git has or would take; without git, all but the folders that are never taken."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(root)) for path in root.rglob("*") if not _is_passing(path.relative_to(root))]
    return [Path(name) for name in listed if name and (root / name).is_file() and _is_text(root / name)]


def pins(lock: Path) -> dict[str, list[str]]:
    """A universal lock may pin a package once for each range of Pythons."""
    found: dict[str, list[str]] = {}
    for match in PIN.finditer(lock.read_text()):
        found.setdefault(canonicalize_name(match["name"]), []).append(match["version"])
    return found


def runtime_requirements() -> list[Requirement]:
    return [Requirement(text) for text in _project()["dependencies"]]


def extra_requirements(extra: str) -> list[Requirement]:
    return [Requirement(text) for text in _project()["optional-dependencies"][extra]]


def requirements_of(lock: Path) -> list[Requirement]:
    """What pyproject.toml wants of a lock: an extra's comes on top of the runtime's."""
    return runtime_requirements() + (extra_requirements(EXTRAS[lock]) if lock in EXTRAS else [])


def documented(section: str) -> dict[str, str]:
    """The names and reasons in one table of docs/dependencies.md."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    part = page.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.-]+)` \| (.*?) \|", part, re.MULTILINE)
    return {canonicalize_name(name): reason for name, reason in rows}


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def _is_passing(path: Path) -> bool:
    never_taken = {"__pycache__", "data", "dist", "build", "test-results", "node_modules"}
    return any(part in never_taken or (part.startswith(".") and part != ".ci") for part in path.parts)


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    try:
        head[:-4].decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
