"""The language of a request: the API speaks English, a page its reader's.

That is the one they chose under Account, else what their browser asks for, else the installation's.
"""

from flask import Flask, request

from kb.wording import LANGUAGES, speak


def install(app: Flask) -> None:
    """End every request in silence: the thread serves others next."""
    app.teardown_request(_hush)


def speak_to(chosen: str | None, default: str) -> None:
    """Speak to a reader who chose that language, or none: whoever isn't known yet can't have."""
    speak(chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default))


def _hush(_error: BaseException | None) -> None:
    speak(None)
