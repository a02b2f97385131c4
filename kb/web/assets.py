"""Static files under one content hash: cached for ever, never stale, compressed, one style sheet made of its parts."""

import gzip
import hashlib
import json
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request
from lightningcss import process_stylesheet

from kb.web.edge import public

# Comments are for us; a line of a script that begins like one is nothing else.
_COMMENT_LINE = re.compile(rb"^[ \t]*(?://.*|/\*\*.*\*/)\n", re.MULTILINE)
_MANIFEST = "dist/manifest.json"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Assets:
    """All static files in memory, addressed as /static/<hash>/<path>."""

    def __init__(self, folder: Path) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        parts = [content for name, content in files.items() if name.startswith("css/")]
        files = {name: content for name, content in files.items() if not name.startswith("css/")}
        files["css/vitrine.css"] = _packed(b"\n".join(parts))
        files |= {n: _COMMENT_LINE.sub(b"", c) for n, c in files.items() if n.startswith("js/")}
        self.files = files
        self.bundles = self._whole_bundles()
        self._compressed: dict[str, bytes] = {}
        self.version = hashlib.sha256(b"".join(n.encode() + c for n, c in sorted(files.items()))).hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; KeyError for one that doesn't exist, so that a typo fails in tests."""
        if name not in self.files:
            raise KeyError(f"There is no static file {name}.")
        return f"/static/{self.version}/{name}"

    def bundle_url(self, name: str) -> str:
        """The address of a bundle that was built (frontend/), or "" where it was not: the page does without."""
        return self.url(self.bundles[name]) if name in self.bundles else ""

    def _whole_bundles(self) -> dict[str, str]:
        """The bundles by name, if the build came to its end: the file is the one that the manifest speaks of."""
        try:
            made = json.loads(self.files[_MANIFEST])
            file, digest = f"dist/{made['editor']}", made["sha256"]
        except (KeyError, ValueError, TypeError):
            return {}
        is_whole = hashlib.sha256(self.files.get(file, b"")).hexdigest() == digest
        return {"editor": file} if is_whole else {}

    def response(self, version: str, name: str) -> Response:
        """The file; an old page that asks with another hash gets the current file, uncached."""
        if name not in self.files:
            abort(404)
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(self.files[name], mimetype=kind)
        if kind.startswith("text/"):
            # Pages are left as they are: what is compressed beside a secret lets a listener guess the secret.
            response.vary.add("Accept-Encoding")
            if request.accept_encodings["gzip"]:
                response.set_data(self._gzipped(name))
                response.content_encoding = "gzip"
        if version == self.version:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    def _gzipped(self, name: str) -> bytes:
        if name not in self._compressed:
            self._compressed[name] = gzip.compress(self.files[name], mtime=0)
        return self._compressed[name]


@cache
def _packed(style: bytes) -> bytes:
    """Without comments and blanks. What is no style sheet raises here, not in a reader's browser."""
    return str(process_stylesheet(style.decode(), minify=True)).encode()


def install(app: Flask, folder: Path) -> None:
    """Serve the folder and give templates `asset()` and `bundle()`."""
    assets = Assets(folder)
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/<version>/<path:name>")
    @public
    def static_file(version: str, name: str) -> Response:
        return assets.response(version, name)

    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = assets.url
    app.jinja_env.globals["bundle"] = assets.bundle_url
