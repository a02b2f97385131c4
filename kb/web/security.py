"""What every response carries and every unsafe request must show: headers, CSP, host check, CSRF."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.routing import IntegerConverter

from kb.errors import Forbidden, NotFound
from kb.settings import Settings
from kb.web.edge import is_api, is_https
from kb.wording import _

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What browsers obey in a page means nothing in these, and would travel a dozen times with the editor.
_NEVER_PAGES = ("text/javascript", "text/css")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_REQUEST = 12 * 1024 * 1024
_LARGEST_FORM = 1024 * 1024
LARGEST_WITH_FILE = 32 * 1024 * 1024
"""Where text comes along with a file, one that is too large is read too, so that the page can keep the text."""
csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


class FormExpired(Forbidden):
    """The form's token is not the browser's: it is from before somebody signed out, or from another site."""


def with_file(view: View) -> View:
    """Mark a view whose form carries a file beside text that must not be lost when the file is too large."""
    view.is_with_file = True  # type: ignore[attr-defined]
    return view


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: at most nine digits, which every database takes; int() fails on thousands of them."""

    regex = r"[0-9]{1,9}"


def install(app: Flask, settings: Settings) -> None:
    """Configure an app so that nothing unsafe gets through and nothing leaves without its headers."""
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=_LARGEST_FORM,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="vitrine_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        TRUSTED_HOSTS=_hosts(settings),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.converters["int"] = RowNumber
    csrf.init_app(app)
    app.url_value_preprocessor(_make_room)
    app.before_request(_refuse_nul_in_address)
    app.before_request(_refuse_foreign_writes)
    app.after_request(_add_headers)


def _hosts(settings: Settings) -> list[str] | None:
    """With a public URL, only that host and this machine's own names are answered."""
    if settings.server.public_url is None:
        return None
    return [urlsplit(settings.public_url).hostname or "", "localhost", "127.0.0.1", "[::1]", settings.server.host]


def _refuse_nul_in_address() -> None:
    """No slug holds one, and PostgreSQL can't even be asked."""
    if "\x00" in request.path:
        raise NotFound(_("The page does not exist, or you may not see it."))


def is_from_here() -> bool:
    """Whether the browser says that the form was sent from a page of this very site, or its token does."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if _is_foreign():
        return False
    if site == "same-origin" or origin is not None:
        return True
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _refuse_foreign_writes() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in _SAFE or is_api() or getattr(view, "is_signed", False):
        return
    if _is_foreign():
        raise Forbidden(_("This form was sent from another site."))
    try:
        csrf.protect()
    except CSRFError:
        raise FormExpired(
            _("The form has expired or was sent from elsewhere. Load the page again and repeat.")
        ) from None


def _is_foreign() -> bool:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    return origin is not None and origin.partition("://")[2] != request.host


def _make_room(endpoint: str | None, _values: object) -> None:
    """Before anything of the form is read, also by whoever refuses it."""
    if getattr(current_app.view_functions.get(endpoint or ""), "is_with_file", False):
        request.max_content_length = LARGEST_WITH_FILE


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    if response.mimetype not in _NEVER_PAGES:
        headers.setdefault("Content-Security-Policy", CSP)
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers.setdefault("Cache-Control", "no-store")
    if is_https():
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if is_api():
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
        headers["Access-Control-Expose-Headers"] = "Location, Retry-After"
        headers["Access-Control-Max-Age"] = "7200"
    return response
