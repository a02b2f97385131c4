"""Structured logs: one line per event, JSON for machines, colours for a terminal; secrets never enter them."""

import logging
import sys
import time

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, WrappedLogger

from kb.settings import Log
from vitrine import health

_SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie")
_SECRET_PATHS = ("/welcome/", "/check/")
access = structlog.get_logger("vitrine.access")


def configure(settings: Log) -> None:
    """Set structlog and the standard library's logging up as the settings say."""
    is_console = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = console if is_console else structlog.processors.JSONRenderer(ensure_ascii=True)
    level = getattr(logging, settings.level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s", force=True)


def install(app: Flask) -> None:
    """Log and count every request: never its query, which may be confidential, nor its headers."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    health.observe(request.endpoint, request.method, response.status_code, seconds)
    if request.blueprint not in ("assets", "health"):
        access.info(
            "request", method=request.method, path=_path(), status=response.status_code,
            ms=round(seconds * 1000, 1), person=g.get("person_id"),
        )  # fmt: skip
    return response


def _path() -> str:
    """The path without one-time secrets."""
    return next((f"{path}…" for path in _SECRET_PATHS if request.path.startswith(path)), request.path)


def _hide_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "…"
    return event
