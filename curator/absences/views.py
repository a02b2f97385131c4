"""Pages about absences: one's own under /account, anybody's for admins."""

from contextlib import suppress

from flask import Blueprint, Flask, Response, redirect, render_template, request
from pydantic import Field as Limit
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from curator.absences import away
from curator.absences.away import Leave, Watch
from curator.absences.shown import absences_page
from kb.cards.fields import RowId
from kb.errors import FieldError, Invalid, NotFound, Unavailable
from kb.people.models import Person
from kb.people.shown import days_away
from kb.web import edge
from kb.web.api_models import Day
from kb.web.edge import is_api, now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.wording import _

blueprint = Blueprint("absences", __name__)


class AbsenceForm(Form):
    """The days and who stands in."""

    first_day: Day = Limit(alias="from")
    last_day: Day = Limit(alias="to")
    stand_in: RowId | None = None

    def leave(self) -> Leave:
        """What the commands take."""
        return Leave(self.first_day, self.last_day, self.stand_in)


def install(app: Flask) -> None:
    """Before anybody looks at a page or asks the API, the cards are with whoever is there."""
    with app.app_context():
        watch = Watch(services().database, services().policy)

    @app.before_request
    def follow() -> None:
        if edge.person_id() is not None or is_api():
            with suppress(Unavailable):  # what can't be written now is written by the next request, or by the job
                watch.look(now())


@blueprint.get("/account/absences")
def own() -> str:
    """One's own absences."""
    return _show(edge.person_id() or 0)


@blueprint.post("/account/absences")
def add_own() -> BaseResponse:
    """Plan an absence of one's own."""
    return _save(edge.person_id() or 0)


@blueprint.post("/account/absences/<int:absence_id>")
def change_own(absence_id: int) -> BaseResponse:
    """Change one."""
    return _save(edge.person_id() or 0, absence_id)


@blueprint.post("/account/absences/<int:absence_id>/end")
def end_own(absence_id: int) -> BaseResponse:
    """Take one back, or return early."""
    return _end(edge.person_id() or 0, absence_id)


@blueprint.get("/admin/people/<int:person_id>/absences")
def of_person(person_id: int) -> str:
    """Somebody's absences."""
    return _show(person_id)


@blueprint.post("/admin/people/<int:person_id>/absences")
def add(person_id: int) -> BaseResponse:
    """Plan an absence of somebody."""
    return _save(person_id)


@blueprint.post("/admin/people/<int:person_id>/absences/<int:absence_id>")
def change(person_id: int, absence_id: int) -> BaseResponse:
    """Change one."""
    return _save(person_id, absence_id)


@blueprint.post("/admin/people/<int:person_id>/absences/<int:absence_id>/end")
def end(person_id: int, absence_id: int) -> BaseResponse:
    """Take one back, or let the person return early."""
    return _end(person_id, absence_id)


def _show(number: int, errors: tuple[FieldError, ...] = (), absence_id: int | None = None) -> str:
    with reading() as (session, actor):
        away.demand_absences(actor, number)
        person = _person(session, number)
        wanted = absence_id or request.args.get("edit", type=int)
        editing = away.absence_visible_to(session, actor, number, wanted) if wanted is not None else None
        typed = request.form if errors else None
        page = absences_page(
            session, actor, person, services().policy, now(), editing=editing, typed=typed, errors=errors
        )  # fmt: skip
    return render_template("curator/absences.html", page=page, frame=frame("account" if page.is_own else "admin"))


def _save(number: int, absence_id: int | None = None) -> BaseResponse:
    try:
        with writing() as (session, actor):
            away.demand_absences(actor, number)
            leave, policy = read_form(AbsenceForm).leave(), services().policy
            if absence_id is None:
                absence = away.plan_absence(session, actor, _person(session, number), leave, policy, now())
            else:
                absence = away.absence_visible_to(session, actor, number, absence_id)
                away.change_absence(session, actor, absence, leave, policy, now())
            words, home = days_away(absence), _home(number)
    except Invalid as error:
        return Response(_show(number, error.errors, absence_id), 422)
    say(_("Saved: %(days)s.", days=words))
    return redirect(home, 303)


def _end(number: int, absence_id: int) -> BaseResponse:
    with writing() as (session, actor):
        absence = away.absence_visible_to(session, actor, number, absence_id)
        away.end_absence(session, actor, absence, services().policy, now())
    say(_("The absence is taken back."))
    return redirect(_home(number), 303)


def _home(number: int) -> str:
    return "/account/absences" if number == edge.person_id() else f"/admin/people/{number}/absences"


def _person(session: Session, number: int) -> Person:
    found = session.get(Person, number) if 0 < number < 2**31 else None
    if found is None:
        raise NotFound(_("There is no such person."))
    return found
