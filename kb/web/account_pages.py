"""One frozen dataclass per page about signing in and one's own account."""

from dataclasses import dataclass

from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Choice, Field, Problem


@dataclass(frozen=True, slots=True)
class SignInPage:
    """/sign-in: POST email, password, next; `needs_code` asks for the second factor: POST code."""

    action: str
    email: Field = BLANK
    password: Field = BLANK
    next_url: str = ""
    needs_code: bool = False
    code: Field = BLANK
    problems: tuple[Problem, ...] = ()
    reset_url: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class SetupPage:
    """First start, through the one-time link: POST name, email, password."""

    action: str
    workspace: Field = BLANK
    name: Field = BLANK
    email: Field = BLANK
    password: Field = BLANK
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A text whose form was not taken. POST `fields` to `action`, with email and password where `needs_sign_in`."""

    heading: str
    sentence: str
    action: str
    fields: tuple[tuple[str, str], ...]
    title: str
    body: str
    needs_sign_in: bool = False
    email: Field = BLANK
    password: Field = BLANK
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SetPasswordPage:
    """Through an invitation or a reset link: POST password."""

    action: str
    heading: str
    email: str
    password: Field = BLANK
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Somewhere this person is signed in. POST to `end_action` ends it; empty for the one in use."""

    device: str
    words: str
    end_action: str = ""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token. POST to `revoke_action` ends it."""

    name: str
    scopes: str
    words: str
    expiry: str
    is_expired: bool
    revoke_action: str


@dataclass(frozen=True, slots=True)
class AccountPage:
    """/account"""

    profile_action: str
    name: Field
    email: str
    role: str
    theme: Choice
    shortcuts_on: bool
    weekly_report_on: bool
    time_zone: Choice
    language: Choice
    notices_url: str
    minutes: Field | None
    sessions: tuple[SessionRow, ...]
    tokens: tuple[TokenRow, ...]
    password_action: str
    token_action: str = ""
    token_name: Field = BLANK
    token_scopes: Choice = NOTHING_TO_CHOOSE
    token_expiry: Choice = NOTHING_TO_CHOOSE
    new_token: str = ""
    current_password: Field = BLANK
    new_password: Field = BLANK
    end_others_action: str = ""
    absences_url: str = ""
    absences_words: str = ""
    problems: tuple[Problem, ...] = ()
