"""The edge of every request: one clock reading, who is acting, and the transaction in which a command runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy import update
from sqlalchemy.orm import Session

from kb import clock
from kb.db import Database
from kb.errors import Forbidden, SignInNeeded, TooMany
from kb.installation import Installation
from kb.people.actor import Actor, active_actor
from kb.people.models import ApiToken, Person, WebSession
from kb.people.sign_in import session_of
from kb.people.tokens import api_token
from kb.settings import Settings
from kb.text.renderer import Renderer
from kb.trust.policy import Policy
from kb.use.recorder import UseRecorder
from kb.web import languages
from kb.web.throttle import Throttle, network_of
from kb.wording import _

_EXTENSION = "vitrine"
_THROTTLE = "vitrine.throttle"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Services:
    """What requests share: made once per process, closed when it ends."""

    installation: Installation
    renderer: Renderer
    recorder: UseRecorder
    policy: Policy

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.installation.settings

    @property
    def database(self) -> Database:
        """The database."""
        return self.installation.database


def install(app: Flask, services: Services) -> None:
    """Attach the services to an app and find out, before each request, when it is and who asks."""
    app.extensions[_EXTENSION] = services
    app.extensions[_THROTTLE] = Throttle(services.settings.api.requests_per_minute)
    app.before_request(_begin)
    languages.install(app)


def services() -> Services:
    """The services of the current app."""
    return cast(Services, current_app.extensions[_EXTENSION])


def public(view: View) -> View:
    """Mark a view that needs no sign-in. Everything else does."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def signed(view: View) -> View:
    """Mark a view whose address is its own proof, such as the one-click link in a mail: programs that know no form
    token may post to it, from anywhere. It must need no sign-in and do nothing that the link does not say."""
    view.is_signed = True  # type: ignore[attr-defined]
    return public(view)


def now() -> datetime:
    """The instant of this request: read once."""
    return cast(datetime, g.now)


def is_api() -> bool:
    """Whether this request is for the JSON API, which knows bearer tokens only and ignores cookies."""
    return request.path.startswith("/api/")


def person_id() -> int | None:
    """Who is signed in, or None."""
    return cast("int | None", g.get("person_id"))


@contextmanager
def reading() -> Iterator[tuple[Session, Actor]]:
    """One consistent state of the database, and the person who looks at it."""
    with services().database.read() as session:
        yield session, _actor(session)


@contextmanager
def writing() -> Iterator[tuple[Session, Actor]]:
    """One transaction, and the person who acts in it, with the rights they have in this very transaction."""
    with services().database.transaction() as session:
        yield session, _actor(session)


def demand_scope(scope: str) -> None:
    """Raise Forbidden unless the request's token carries this scope; `admin` includes all, `read` includes `lookup`."""
    scopes = cast("list[str]", g.get("scopes", []))
    enough = {scope, "admin"} | ({"read"} if scope == "lookup" else set())
    if enough.isdisjoint(scopes):
        raise Forbidden(f"This token lacks the scope “{scope}”.")


def cookie_name() -> str:
    """The session cookie: bound to the host by its prefix wherever https allows that."""
    return "__Host-vitrine" if is_https() else "vitrine_session"


def is_https() -> bool:
    """Whether people reach this installation over https."""
    return services().settings.public_url.startswith("https://")


def _actor(session: Session) -> Actor:
    number = person_id()
    actor = active_actor(session, number) if number is not None else None
    if actor is None:
        raise SignInNeeded(_("Sign in to go on."))
    return actor


def _begin() -> None:
    g.now = clock.now()
    g.person_id, g.scopes, g.web_session_id = None, [], None
    if not is_api():
        languages.speak_to(None, services().settings.interface.language)
    view = current_app.view_functions.get(request.endpoint or "")
    is_public = getattr(view, "is_public", False)
    if is_api():
        _begin_with_token(required=not is_public and view is not None and request.method != "OPTIONS")
    elif view is not None and request.endpoint != "static":
        _begin_with_cookie(required=not is_public)


def _begin_with_token(*, required: bool) -> None:
    token = _presented_token()
    if request.method != "OPTIONS":  # browsers ask before they call, and never say in whose name
        _throttle(token.id if token else network_of(request.remote_addr or ""))
    if token is not None:
        g.person_id, g.scopes = token.person_id, token.scopes
        _note_use(ApiToken, token.id, "last_used_at", token.last_used_at)
    elif required:
        raise SignInNeeded("Send a valid token: Authorization: Bearer TOKEN. Make one under Account.")


def _presented_token() -> ApiToken | None:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        return None
    with services().database.read() as session:
        return api_token(session, services().installation.secret_key, secret.strip(), now())


def _throttle(caller: int | str) -> None:
    """A token counts wherever it is used from, and whoever shows none, or a wrong one, by address."""
    seconds = cast(Throttle, current_app.extensions[_THROTTLE]).wait(caller, now())
    if seconds:
        said = f"Too many requests. Wait {seconds} second{'s' if seconds > 1 else ''} and try again."
        raise TooMany(said, extra={"retry_after": seconds})


def _begin_with_cookie(*, required: bool) -> None:
    secret = request.cookies.get(cookie_name())
    if secret:
        limits = services().settings.security
        with services().database.read() as session:
            found = session_of(session, secret, limits, now())
            chosen = session.get_one(Person, found.person_id).language if found is not None else None
        languages.speak_to(chosen, services().settings.interface.language)
        if found is not None:
            g.person_id, g.web_session_id = found.person_id, found.id
            _note_use(WebSession, found.id, "last_seen_at", found.last_seen_at)
    if required and g.person_id is None:
        raise SignInNeeded(_("Sign in to go on."))


def _note_use(table: type[ApiToken | WebSession], row_id: int, column: str, last: datetime | None) -> None:
    """Remember when a token or session was last used, at the grain of a minute so that reads stay reads."""
    if last is None or (now() - last).total_seconds() >= 60:
        with services().database.transaction() as session:
            session.execute(update(table).where(table.id == row_id).values({column: now()}))
