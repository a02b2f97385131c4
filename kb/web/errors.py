"""One handler for everything that goes wrong: a page for people, application/problem+json for programs."""

import secrets

import structlog
from flask import Flask, Response, g, jsonify, redirect, render_template, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import VitrineError
from kb.web.edge import is_api
from kb.web.frame import frame
from kb.web.pages import ErrorPage
from kb.web.parts import Link
from kb.wording import N_, _

log = structlog.get_logger("vitrine.web")
_HEADINGS = {
    400: N_("The request could not be read"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("This address does not take that"),
    409: N_("This changed meanwhile"),
    410: N_("This link is no longer valid"),
    413: N_("This is too large"),
    422: N_("Some fields need attention"),
    429: N_("Too many tries"),
    500: N_("Something went wrong here"),
    503: N_("Not available right now"),
}
_HAPPENED = {
    400: N_("The browser sent something Vitrine can't read."),
    404: N_("The page does not exist, or you may not see it."),
    413: N_("What was sent is larger than the limit."),
    500: N_("The error was logged. Nothing that was saved before is lost."),
}


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(VitrineError, expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _collision)
    app.register_error_handler(Exception, _unexpected)


def problem(error: VitrineError) -> Response:
    """RFC 9457."""
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
    if error.errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in error.errors]
    body.update(error.extra)
    response = jsonify(body)
    response.status_code, response.mimetype = error.status, "application/problem+json"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after"])
    return response


def expected(error: VitrineError) -> BaseResponse:
    """What went wrong on purpose, in words."""
    if is_api():
        return problem(error)
    if error.status == 401 and request.method == "GET" and not request.headers.get("X-Fragment"):
        here = request.full_path.rstrip("?")
        return redirect("/sign-in" if here == "/" else f"/sign-in?next={_quoted(here)}", 303)
    response = _page(error.status, error.detail)
    if "retry_after" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after"])
    return response


def _http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    words = _(_HAPPENED.get(status, "")) or error.description or ""
    if not is_api():
        return _page(status, words)
    answer = VitrineError(words)
    answer.status, answer.title = status, _(_HEADINGS.get(status, "")) or error.name
    response = problem(answer)
    if status == 405 and (allowed := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _collision(error: IntegrityError) -> BaseResponse:
    """Two did the same at the same time, and the database kept one: the other is told to look again."""
    log.warning("collision", error=str(error.orig))
    collided = VitrineError(_("Somebody else changed the same thing at the same time. Load it again and repeat."))
    collided.status, collided.title = 409, _(_HEADINGS[409])
    return expected(collided)


def _unexpected(error: Exception) -> BaseResponse:
    reference = secrets.token_hex(4)
    log.error("unexpected error", reference=reference, endpoint=request.endpoint, exc_info=error)
    if is_api():
        broken = VitrineError(_(_HAPPENED[500]), extra={"reference": reference})
        return problem(broken)
    return _page(500, _(_HAPPENED[500]), reference)


def _page(status: int, happened: str, reference: str = "") -> Response:
    page = ErrorPage(
        status=status,
        heading=_(_HEADINGS.get(status, N_("Something went wrong"))),
        happened=happened,
        kept=_("What you typed is still there when you go back.") if request.method == "POST" else "",
        ways_out=(Link(_("Go to search"), "/"),),
        reference=reference,
    )
    g.error_page = True
    return Response(render_template("kb/error.html", page=page, frame=frame()), status)


def _quoted(path: str) -> str:
    return "".join(c if c.isalnum() or c in "/-_.~" else "".join(f"%{b:02X}" for b in c.encode()) for c in path)
