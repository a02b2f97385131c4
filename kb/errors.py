"""What can go wrong on purpose: one exception per HTTP status, each with words for the person who caused it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: its name as the form or JSON spells it, and what to do about it."""

    field: str
    message: str


class VitrineError(Exception):
    """Base of all expected errors. `status` is the HTTP status, `title` the short name, `detail` the remedy."""

    status = 500
    title = "Something went wrong"

    def __init__(
        self, detail: str, *, errors: tuple[FieldError, ...] = (), extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.extra = extra or {}


class Malformed(VitrineError):
    """The request can't be read at all."""

    status, title = 400, "The request could not be read"


class SignInNeeded(VitrineError):
    """Nobody is signed in, or the token isn't valid."""

    status, title = 401, "Sign in first"


class Forbidden(VitrineError):
    """The person may know the thing exists but may not do this with it."""

    status, title = 403, "Not allowed"


class NotFound(VitrineError):
    """Missing, or invisible to this person: the two are never told apart."""

    status, title = 404, "Not found"


class Conflict(VitrineError):
    """The thing changed meanwhile, or its state does not allow this."""

    status, title = 409, "Conflict"


class Gone(VitrineError):
    """A one-time link that was used or has expired."""

    status, title = 410, "No longer valid"


class TooLarge(VitrineError):
    """The body is larger than the limit."""

    status, title = 413, "Too large"


class Invalid(VitrineError):
    """One or more fields are wrong; `errors` names each with its remedy."""

    status, title = 422, "Some fields need attention"


class TooMany(VitrineError):
    """Too many tries; `extra["retry_after"]` says how many seconds to wait."""

    status, title = 429, "Too many requests"


class Unavailable(VitrineError):
    """A part that is needed (database, index) does not answer right now."""

    status, title = 503, "Not available right now"


def invalid(field: str, message: str) -> Invalid:
    """An `Invalid` for a single field."""
    return Invalid(message, errors=(FieldError(field, message),))
