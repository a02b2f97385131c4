"""The browser extension as a file to install: the folder's files, with this installation's address filled in."""

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from kb.paths import resource_root

_WHEN = (2026, 1, 1, 0, 0, 0)  # the same files make the same archive


def folder() -> Path:
    """Where the extension's files lie."""
    return resource_root() / "extension"


@cache
def version() -> str:
    """Its version, from the manifest."""
    return str(_manifest()["version"])


@cache
def archive(server: str) -> bytes:
    """All files in a zip; its options page proposes this installation's address."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder().rglob("*")):
            if path.is_file():
                _put(out, path.relative_to(folder()).as_posix(), path.read_bytes())
        _put(out, "server.json", json.dumps({"server": server}).encode())
    return packed.getvalue()


def _put(out: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.external_attr = 0o644 << 16
    out.writestr(entry, data, zipfile.ZIP_DEFLATED)


def _manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))
    return found
