"""Sign in, one-time links, sign out, and the account page."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from flask import session as browser
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import FieldError, Gone, Invalid
from kb.people import audit, sign_in, tokens
from kb.people.budgets import set_budget
from kb.people.forms import PasswordForm, ProfileForm, SetupForm, SignInForm, ThemeForm, TokenForm
from kb.people.languages import language_choice
from kb.people.models import Person, Role, WebSession
from kb.people.passwords import matches, new_hash
from kb.people.shown import absence_words, minutes_field, who
from kb.people.tokens_shown import expiries_to_choose, scopes_to_choose, token_rows
from kb.people.zones import zone_choice
from kb.schedule.subscriptions import set_weekly_report, wants_weekly_report
from kb.web import languages
from kb.web.account_pages import AccountPage, SessionRow, SetPasswordPage, SetupPage, SignInPage
from kb.web.edge import cookie_name, is_https, now, person_id, public, reading, services, writing
from kb.web.forms import read_form
from kb.web.frame import frame, say
from kb.web.parts import Choice, Field, Option, Problem
from kb.web.targets import safe_next
from kb.wording import _
from kb.words import Words

blueprint = Blueprint("people", __name__)


@blueprint.get("/sign-in")
@public
def sign_in_page() -> BaseResponse | str:
    """The form; somebody who is signed in already goes on."""
    if person_id() is not None:
        return redirect(safe_next(request.args.get("next", "")), 303)
    return _sign_in_page(next_url=request.args.get("next", ""))


@blueprint.post("/sign-in")
@public
def do_sign_in() -> BaseResponse:
    """Check the password and start a session. Unknown, disabled and wrong look the same."""
    form = read_form(SignInForm)
    if (person := person_let_in(form.email, form.password)) is not None:
        return remember(person, redirect(safe_next(form.next), 303))
    page = _sign_in_page(form.email, form.next, _("The e-mail address or the password is wrong."))
    return Response(page, 401)


def person_let_in(email: str, password: str) -> Person | None:
    """Whose address and password these are, or None, which is remembered. Raises TooMany after too many of those."""
    address = request.remote_addr or ""
    with services().database.transaction() as session:
        person = sign_in.person_for_sign_in(session, email, address, now())
    if person is not None and matches(person.password_hash, password):
        return person
    if person is None:
        matches(None, password)  # unknown takes as long as wrong
    with services().database.transaction() as session:
        sign_in.note_failure(session, email, address, now())
    return None


def remember(person: Person, response: BaseResponse) -> BaseResponse:
    """Start a session for the person, whose cookie goes with the response."""
    with services().database.transaction() as session:
        return _signed_in(session, session.get_one(Person, person.id), response)


@blueprint.post("/sign-out")
@public
def sign_out() -> BaseResponse:
    """End the session, everywhere its cookie may be."""
    with services().database.transaction() as session:
        sign_in.end_session(session, request.cookies.get(cookie_name(), ""))
    browser.clear()
    response = redirect("/sign-in", 303)
    response.delete_cookie(cookie_name(), path="/", secure=is_https(), httponly=True)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/welcome/<secret>")
@public
def welcome(secret: str) -> str:
    """Through a one-time link: set up the first admin, or set a password. Looking at it does not use it up."""
    return _welcome_page(secret, ())


@blueprint.post("/welcome/<secret>")
@public
def do_welcome(secret: str) -> BaseResponse:
    """Use the link."""
    limits = services().settings.security
    try:
        form = read_form(SetupForm)
        with services().database.transaction() as session:
            holder = sign_in.holder_of_link(session, secret, now())
            about = [holder.name, holder.email, form.name, form.email or ""]
        chosen = None if form.step == "skip" else new_hash(form.password, limits.password_min_length, about)
        with services().database.transaction() as session:
            person = sign_in.use_link(
                session, secret, now(), password_hash=chosen, name=form.name, email=form.email or ""
            )
            say(_("Welcome. You are signed in."))
            return _signed_in(session, person, redirect("/", 303))
    except Invalid as error:
        return Response(_welcome_page(secret, error.errors), 422)


@blueprint.get("/account")
def account() -> str:
    """The person's own settings, sessions and tokens."""
    return _account_page()


@blueprint.post("/account")
def save_profile() -> BaseResponse:
    """Save name, theme, shortcuts and subscriptions."""
    try:
        form = read_form(ProfileForm)
    except Invalid as error:
        return Response(_account_page(errors=error.errors), 422)
    with writing() as (session, actor):
        person = session.get_one(Person, actor.id)
        person.name, person.theme = form.name, form.theme
        person.shortcuts, person.time_zone = form.shortcuts, form.time_zone
        person.language = form.language
        set_weekly_report(session, person.id, form.weekly_report, now())
        set_budget(session, actor, person, form.minutes_per_week, now())
    languages.speak_to(form.language, services().settings.interface.language)
    say(_("Saved."))
    return redirect("/account", 303)


@blueprint.post("/account/theme")
def save_theme() -> BaseResponse:
    """Save the theme alone, from the menu."""
    theme = read_form(ThemeForm).theme
    with writing() as (session, actor):
        session.get_one(Person, actor.id).theme = theme
    return redirect(_same_site_referrer(), 303)


@blueprint.post("/account/password")
def save_password() -> BaseResponse:
    """Change the password; every other session ends."""
    form = read_form(PasswordForm)
    limits = services().settings.security
    with reading() as (session, actor):
        stored = session.get_one(Person, actor.id).password_hash
        about = [actor.name, actor.email]
    errors: tuple[FieldError, ...] = ()
    if stored is not None and not matches(stored, form.current_password):
        errors = (FieldError("current_password", _("This is not your current password.")),)
    else:
        try:
            chosen = new_hash(form.new_password, limits.password_min_length, about)
            with writing() as (session, actor):
                person = session.get_one(Person, actor.id)
                sign_in.change_password(session, person, chosen, now(), keep=request.cookies.get(cookie_name(), ""))
        except Invalid as error:
            errors = tuple(FieldError("new_password", e.message) for e in error.errors)
    if errors:
        return Response(_account_page(errors=errors), 422)
    say(_("Password changed. Other sessions were ended."))
    return redirect("/account", 303)


@blueprint.post("/account/tokens")
def make_token() -> BaseResponse:
    """Make an API token; it is shown on this answer and never again."""
    try:
        form = read_form(TokenForm)
        with writing() as (session, actor):
            person = session.get_one(Person, actor.id)
            issued = tokens.issue_api_token(
                session, services().installation.secret_key, person, form.token_name, form.scopes, now(), days=form.days
            )
            audit.record(session, actor, "issued", "token", issued.row_id, now(), scopes=form.scopes, days=form.days)
    except Invalid as error:
        names = {"scope": "scopes"}
        errors = tuple(FieldError(names.get(e.field, e.field), e.message) for e in error.errors)
        return Response(_account_page(errors=errors), 422)
    return Response(_account_page(new_token=issued.secret), 201)


@blueprint.post("/account/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> BaseResponse:
    """End one of the person's tokens."""
    with writing() as (session, actor):
        tokens.revoke_api_token(session, actor.id or 0, token_id, now())
        audit.record(session, actor, "revoked", "token", token_id, now())
    say(_("Token revoked."))
    return redirect("/account", 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
def end_session(session_id: int) -> BaseResponse:
    """Sign out elsewhere."""
    with writing() as (session, actor):
        sign_in.end_sessions_of(session, actor.id or 0, session_id=session_id)
    say(_("Session ended."))
    return redirect("/account", 303)


@blueprint.post("/account/sessions/end-others")
def end_other_sessions() -> BaseResponse:
    """Sign out everywhere but here."""
    with writing() as (session, actor):
        sign_in.end_sessions_of(session, actor.id or 0, keep=request.cookies.get(cookie_name(), ""))
    say(_("All other sessions ended."))
    return redirect("/account", 303)


def _same_site_referrer() -> str:
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    return safe_next(f"{parts.path}?{parts.query}".rstrip("?")) if parts.netloc == request.host else "/"


def _signed_in(session: Session, person: Person, response: BaseResponse) -> BaseResponse:
    limits = services().settings.security
    opened = sign_in.start_session(session, person, limits, request.headers.get("User-Agent", ""), now())
    response.set_cookie(
        cookie_name(), opened.secret, max_age=limits.session_days * 86400, path="/", secure=is_https(),
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


def _sign_in_page(email: str = "", next_url: str = "", wrong: str = "") -> str:
    problems = (Problem("email", wrong),) if wrong else ()
    page = SignInPage("/sign-in", email=Field(email), next_url=safe_next(next_url), problems=problems)
    return render_template("kb/sign_in.html", page=page, frame=frame())


def _welcome_page(secret: str, errors: tuple[FieldError, ...]) -> str:
    with services().database.transaction() as session:
        link = tokens.valid_link(session, secret, now())
        person = session.get(Person, link.person_id)
        if person is None or not person.is_active:
            raise Gone(_("This link was used already or has expired. Ask an admin for a new one."))
        email, is_first = person.email, person.email == sign_in.FIRST_ADMIN_EMAIL
    wrong = {e.field: _sentence(e) for e in errors}
    problems = tuple(Problem(e.field, _sentence(e)) for e in errors)
    hint = _("At least %(least)s characters.", least=services().settings.security.password_min_length)
    password = Field(error=wrong.get("password", ""), hint=hint)
    if not is_first:
        heading = _("Set your password")
        page = SetPasswordPage(f"/welcome/{secret}", heading, email, password, problems)
        return render_template("kb/set_password.html", page=page, frame=frame())
    setup = SetupPage(
        f"/welcome/{secret}",
        name=Field(request.form.get("name", ""), wrong.get("name", "")),
        email=Field(request.form.get("email", ""), wrong.get("email", "")),
        password=password,
        problems=problems,
    )
    return render_template("kb/setup.html", page=setup, frame=frame())


def _account_page(*, new_token: str = "", errors: tuple[FieldError, ...] = ()) -> str:
    wrong = {e.field.split(".")[0]: _sentence(e) for e in errors}
    with reading() as (session, actor):
        words = Words(now(), services().policy.zone)
        person = session.get_one(Person, actor.id)
        themes = (("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark")))
        page = AccountPage(
            profile_action="/account",
            name=Field(person.name, wrong.get("name", "")),
            email=person.email,
            role=who(person).role,
            minutes=minutes_field(person, services().settings, wrong.get("minutes_per_week", "")),
            theme=Choice(tuple(Option(value, label, value == person.theme) for value, label in themes)),
            shortcuts_on=person.shortcuts,
            time_zone=zone_choice(person.time_zone, services().settings.schedule.time_zone),
            language=language_choice(person.language),
            notices_url="/account/notices",
            weekly_report_on=wants_weekly_report(session, person.id),
            sessions=_session_rows(session, person, words),
            tokens=token_rows(session, person, words),
            password_action="/account/password",  # noqa: S106
            token_action="/account/tokens",  # noqa: S106
            token_name=Field(error=wrong.get("token_name", "")),
            token_scopes=scopes_to_choose(wrong.get("scopes", "")),
            token_expiry=expiries_to_choose(wrong.get("token_expiry", "")),
            new_token=new_token,
            current_password=Field(error=wrong.get("current_password", "")),
            new_password=Field(error=wrong.get("new_password", "")),
            end_others_action="/account/sessions/end-others",
            absences_url="/account/absences" if actor.role is not Role.REP else "",
            absences_words=absence_words(session, person, now()),
            problems=tuple(Problem(e.field.split(".")[0], _sentence(e)) for e in errors),
        )
    return render_template("kb/account.html", page=page, frame=frame("account"))


def _session_rows(session: Session, person: Person, words: Words) -> tuple[SessionRow, ...]:
    rows = session.scalars(
        select(WebSession).where(WebSession.person_id == person.id, WebSession.expires_at > now())
        .order_by(WebSession.last_seen_at.desc())
    )  # fmt: skip
    return tuple(
        SessionRow(
            _device(row.user_agent),
            _("This browser")
            if row.id == g.web_session_id
            else _("Last used %(when)s", when=words.ago(row.last_seen_at)),
            "" if row.id == g.web_session_id else f"/account/sessions/{row.id}/end",
        )
        for row in rows
    )


def _device(user_agent: str) -> str:
    browsers = ("Firefox", "Edg", "Chrome", "Safari")
    marks = {
        "Windows": "Windows",
        "Android": "Android",
        "iPhone": "iPhone",
        "Mac OS": "macOS",
        "Linux": "Linux",
    }
    browser = next((name for name in browsers if name in user_agent), _("A browser"))
    system = next((name for mark, name in marks.items() if mark in user_agent), "")
    browser = _("Edge") if browser == "Edg" else browser
    return _("%(browser)s on %(system)s", browser=browser, system=system) if system else browser


def _sentence(error: FieldError) -> str:
    if error.message[:1].isupper():
        return error.message
    label = error.field.split(".")[0].replace("_", " ").capitalize()
    return _("%(field)s %(problem)s.", field=_(label), problem=error.message)
