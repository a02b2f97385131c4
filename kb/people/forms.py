"""Forms of signing in, the account and the administration of people."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kb.cards.fields import Email, Line
from kb.people.budgets import Minutes
from kb.people.models import Role
from kb.people.zones import time_zones
from kb.web.forms import Form
from kb.wording import LANGUAGES, _

Name = Annotated[Line, Field(min_length=1, max_length=120)]


def _known_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError(_("is not known; choose one from the list"))
    return name


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(_("is not known; choose one from the list"))
    return code


Language = Annotated[str, Field(max_length=8), AfterValidator(_known_language)]
TimeZone = Annotated[str, Field(max_length=40), AfterValidator(_known_zone)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]


class SignInForm(Form):
    """E-mail and password."""

    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: Password
    next: Annotated[str, Field(max_length=2000)] = ""


class ResumeForm(Form):
    """The same beside a text; what is missing is simply wrong."""

    email: Annotated[str, Field(max_length=254)] = ""
    password: Annotated[str, Field(max_length=1000)] = ""


class SetupForm(Form):
    """The first admin, or whoever follows a one-time link (then name and e-mail are known already)."""

    name: Annotated[Line, Field(max_length=120)] = ""
    email: Email | None = None
    password: Annotated[str, Field(max_length=1000)] = ""
    step: Annotated[str, Field(pattern="^(set|skip)$")] = "set"


class ProfileForm(Form):
    """What people decide about themselves."""

    name: Name
    theme: Literal["system", "light", "dark"] = "system"
    shortcuts: bool = False
    weekly_report: bool = False
    time_zone: TimeZone | None = None
    language: Language | None = None
    minutes_per_week: Minutes | None = None


class ThemeForm(Form):
    """The theme alone."""

    theme: Literal["system", "light", "dark"]


class PasswordForm(Form):
    """A new password, and the current one as proof."""

    current_password: Annotated[str, Field(max_length=1000)] = ""
    new_password: Password


class TokenForm(Form):
    """A new API token."""

    token_name: Annotated[Line, Field(min_length=1, max_length=80)]
    scopes: list[str] = Field(default_factory=list)
    token_expiry: Literal["30", "90", "365", "never"] = "90"  # noqa: S105 (no password)

    @property
    def days(self) -> int | None:
        """How long it is valid; None is for ever."""
        return None if self.token_expiry == "never" else int(self.token_expiry)  # noqa: S105


class InviteForm(Form):
    """A new person."""

    name: Name
    email: Email
    role: Role


class PersonForm(Form):
    """What an admin changes of a person."""

    name: Name
    role: Role
    groups: list[int] = Field(default_factory=list)
    minutes_per_week: Minutes | None = None


class NameForm(Form):
    """A name alone."""

    name: Name


class GroupForm(Form):
    """A group's name and members."""

    name: Name
    members: list[int] = Field(default_factory=list)
