"""Static files under one content hash: cached for ever, never stale, one style sheet made of its parts."""

import hashlib
import mimetypes
from pathlib import Path

from flask import Blueprint, Flask, Response, abort

from kb.web.edge import public

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Assets:
    """All static files in memory, addressed as /static/<hash>/<path>."""

    def __init__(self, folder: Path) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        parts = [content for name, content in files.items() if name.startswith("css/")]
        files = {name: content for name, content in files.items() if not name.startswith("css/")}
        files["css/vitrine.css"] = b"\n".join(parts)
        self.files = files
        self.version = hashlib.sha256(b"".join(n.encode() + c for n, c in sorted(files.items()))).hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; KeyError for one that doesn't exist, so that a typo fails in tests."""
        if name not in self.files:
            raise KeyError(f"There is no static file {name}.")
        return f"/static/{self.version}/{name}"

    def response(self, version: str, name: str) -> Response:
        """The file; an old page that asks with another hash gets the current file, uncached."""
        if name not in self.files:
            abort(404)
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(self.files[name], mimetype=kind)
        if version == self.version:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install(app: Flask, folder: Path) -> None:
    """Serve the folder and give templates `asset()`."""
    assets = Assets(folder)
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/<version>/<path:name>")
    @public
    def static_file(version: str, name: str) -> Response:
        return assets.response(version, name)

    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = assets.url
