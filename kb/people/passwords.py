"""Passwords: Argon2id, at most four hashes at a time, and a strength check that names the remedy."""

import re
import threading

import argon2
from zxcvbn import zxcvbn

from kb.errors import invalid
from kb.wording import _

_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)
_DUMMY = _HASHER.hash("nobody has this password")
_LONGEST = 128


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def new_hash(password: str, min_length: int, about: list[str]) -> str:
    """The hash of a new password, once it is found strong enough. Slow on purpose: never inside a transaction."""
    check_strength(password, min_length, about)
    return hash_password(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. Somebody without a password costs the same time as a wrong one."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _DUMMY, password[:_LONGEST]) and stored is not None
        except argon2.exceptions.VerificationError:
            return False


def check_strength(password: str, min_length: int, about: list[str]) -> None:
    """Raise Invalid when the password is short, long, or easily guessed (also from `about`: name, e-mail)."""
    if len(password) < min_length:
        raise invalid(
            "password", _("Use at least %(least)s characters; a few unrelated words are fine.", least=min_length)
        )
    if len(password) > _LONGEST:
        raise invalid("password", _("Use at most %(most)s characters.", most=_LONGEST))
    known = [*about, *(word for text in about for word in re.split(r"[\W_]+", text) if word)]
    if zxcvbn(password[:100], user_inputs=known)["score"] < 2:
        raise invalid("password", _("This is easy to guess. Use a few unrelated words instead."))
