"""What surrounds every page: who is signed in, what waits for them, and what just happened."""

from collections.abc import Callable
from typing import cast

from flask import current_app, g, request, session
from sqlalchemy.orm import Session

from kb.people.actor import Actor, actor_for
from kb.people.models import Person, Role
from kb.people.shown import who
from kb.web.edge import person_id, services
from kb.web.parts import Frame, Place, Theme, Toast

_COUNTER = "vitrine.queue_counter"
_QUESTIONS = "vitrine.question_counter"
_REVIEWS = "vitrine.review_counter"
_WARNING = "vitrine.warning"
_NOTICES = "vitrine.notice_counter"
_CORRECTION = "vitrine.correction"
QueueCounter = Callable[[Session, Actor], int]


def count_queue_with(counter: QueueCounter) -> None:
    """Say how the number beside "Verify" is counted; the room that keeps the queue knows."""
    current_app.extensions[_COUNTER] = counter


def count_notices_with(counter: QueueCounter) -> None:
    """Say how the number beside the bell is counted; the room that keeps notices knows."""
    current_app.extensions[_NOTICES] = counter


def tell_with(correction: Callable[[Session, Actor], str]) -> None:
    """Say what everybody reads on every page of a correction that concerns them; "" is nothing."""
    current_app.extensions[_CORRECTION] = correction


def count_questions_with(counter: QueueCounter) -> None:
    """Say how the number beside "Questions" in a person's menu is counted."""
    current_app.extensions[_QUESTIONS] = counter


def count_reviews_with(counter: QueueCounter) -> None:
    """Say how the number beside "Reviews" in a curator's menu is counted."""
    current_app.extensions[_REVIEWS] = counter


def warn_with(warning: Callable[[], str]) -> None:
    """Say what those who look after the installation read on every page while something is wrong; "" is nothing."""
    current_app.extensions[_WARNING] = warning


def frame(active: Place = "", query: str = "") -> Frame:
    """The frame for the current request. Signed out, or after an error without a database, it is bare."""
    name = services().settings.workspace.name
    bare = Frame(name, name[:1].upper(), None)
    if person_id() is None:
        return bare
    with services().database.read() as db:
        person = db.get(Person, person_id())
        if person is None:
            return bare
        actor = actor_for(db, person)
        warning = cast("Callable[[], str] | None", current_app.extensions.get(_WARNING))
        correction = cast("Callable[[Session, Actor], str] | None", current_app.extensions.get(_CORRECTION))
        counter = cast("QueueCounter | None", current_app.extensions.get(_COUNTER))
        notices = cast("QueueCounter | None", current_app.extensions.get(_NOTICES))
        unread = notices(db, actor) if notices else 0
        questions = cast("QueueCounter | None", current_app.extensions.get(_QUESTIONS))
        reviews = cast("QueueCounter | None", current_app.extensions.get(_REVIEWS))
        return Frame(
            workspace_name=name,
            workspace_initial=name[:1].upper(),
            person=who(person),
            queue_count=counter(db, actor) if counter and actor.role is not Role.REP else 0,
            question_count=questions(db, actor) if questions and actor.role is not Role.REP else 0,
            review_count=reviews(db, actor) if reviews and actor.is_curator else 0,
            can_write=bool(actor.writable) or actor.is_curator,
            is_admin=actor.is_admin,
            admin_url="/admin/people" if actor.is_admin else "/admin/collections" if actor.is_curator else "",
            active=active,
            theme=cast(Theme, person.theme),
            shortcuts_on=person.shortcuts,
            toasts=_take_toasts(),
            query=query or request.args.get("q", ""),
            notice_count=("" if not unread else f"{unread}" if unread < 100 else "99+"),
            warning=warning() if warning and actor.is_curator else "",
            correction=correction(db, actor) if correction else "",
        )


def say(text: str, *, undo_url: str = "", undo_fields: tuple[tuple[str, str], ...] = ()) -> None:
    """Leave a toast for the next page that is shown."""
    session.setdefault("toasts", []).append([text, undo_url, [list(pair) for pair in undo_fields]])
    session.modified = True


def _take_toasts() -> tuple[Toast, ...]:
    if "toasts" not in session or g.get("error_page"):
        return ()
    kept = session.pop("toasts")
    return tuple(Toast(text, url, tuple((name, value) for name, value in fields)) for text, url, fields in kept)
