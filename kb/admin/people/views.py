"""Pages for admins: people and groups."""

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.cards.models import Card, CardVerifier, Collection, CollectionVerifier, Status
from kb.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kb.people import commands, tokens
from kb.people.actor import Actor
from kb.people.budgets import set_budget
from kb.people.forms import GroupForm, InviteForm, NameForm, PersonForm
from kb.people.models import Group, Person, Role
from kb.people.queries import active_people, all_groups, all_people
from kb.people.shown import ROLE_WORDS, absence_words, minutes_field, who
from kb.people.tokens_shown import tokens_in_words
from kb.web.admin_pages import GroupRow, GroupsPage, PeoplePage, PersonPage, PersonRow
from kb.web.edge import now, reading, services, writing
from kb.web.forms import read_form
from kb.web.frame import frame, say
from kb.web.parts import Chip, Choice, Field, Link, Option, Problem
from kb.wording import _, decimal, ngettext
from kb.words import Words, count, uncapitalised

blueprint = Blueprint("admin_people", __name__)
_MOVES_SHOWN = 8


@blueprint.get("/admin/people")
def people() -> str:
    """Everybody, and a form to invite."""
    return _people_page()


@blueprint.post("/admin/people")
def invite() -> BaseResponse:
    """Add a person; the answer shows their one-time link."""
    try:
        form = read_form(InviteForm)
        with writing() as (session, actor):
            person = commands.add_person(session, actor, form.email, form.name, form.role, [], now())
            link = _link(session, person)
    except Invalid as error:
        return Response(_people_page(errors=error.errors), 422)
    return Response(_people_page(invited=(form.name, link)), 201)


@blueprint.get("/admin/people/<int:person_id>")
def person(person_id: int) -> str:
    """One person: role, groups, work, and what deactivating them would move."""
    return _person_page(person_id)


@blueprint.post("/admin/people/<int:person_id>")
def change(person_id: int) -> BaseResponse:
    """Save name, role and groups."""
    try:
        form = read_form(PersonForm)
        with writing() as (session, actor):
            found = _person(session, actor, person_id)
            groups = [group for group in all_groups(session) if group.id in form.groups]
            moved = commands.change_person(session, actor, found, form.name, form.role, groups, now())
            set_budget(session, actor, found, form.minutes_per_week, now())
            words = f" {_moved_words(len(moved))}" if moved else ""
    except Invalid as error:
        return Response(_person_page(person_id, errors=error.errors), 422)
    say(_("Saved.") + words)
    return redirect(f"/admin/people/{person_id}", 303)


@blueprint.post("/admin/people/<int:person_id>/link")
def make_link(person_id: int) -> Response:
    """A new one-time link for somebody who can't get in."""
    with writing() as (session, actor):
        link = _link(session, _person(session, actor, person_id))
    return Response(_person_page(person_id, reset_link=link), 201)


@blueprint.post("/admin/people/<int:person_id>/deactivate")
def deactivate(person_id: int) -> BaseResponse:
    """End somebody's access, once the address was typed."""
    try:
        with writing() as (session, actor):
            found = _person(session, actor, person_id)
            if request.form.get("confirm", "").strip().lower() != found.email:
                words = _("Type the e-mail address exactly as it stands above.")
                raise Invalid(words, errors=(FieldError("confirm", words),))
            moved = commands.deactivate_person(session, actor, found, now())
            name, number = found.name, len(moved)
    except Invalid as error:
        return Response(_person_page(person_id, errors=error.errors), 422)
    say(f"{_('Deactivated %(name)s.', name=name)} {_moved_words(number)}")
    return redirect(f"/admin/people/{person_id}", 303)


@blueprint.post("/admin/people/<int:person_id>/reactivate")
def reactivate(person_id: int) -> BaseResponse:
    """Let somebody in again."""
    with writing() as (session, actor):
        commands.reactivate_person(session, actor, _person(session, actor, person_id), now())
    say(_("Reactivated."))
    return redirect(f"/admin/people/{person_id}", 303)


@blueprint.get("/admin/groups")
def groups() -> str:
    """All groups with their members."""
    return _groups_page()


@blueprint.post("/admin/groups")
def add_group() -> BaseResponse:
    """Make a group."""
    try:
        form = read_form(NameForm)
        with writing() as (session, actor):
            made = commands.add_group(session, actor, form.name, now()).id
    except Invalid as error:
        return Response(_groups_page(errors=error.errors), 422)
    say(_("Group created."))
    return redirect(f"/admin/groups?open={made}#group-{made}", 303)


@blueprint.post("/admin/groups/<int:group_id>")
def change_group(group_id: int) -> BaseResponse:
    """Save a group's name and members."""
    try:
        form = read_form(GroupForm)
        with writing() as (session, actor):
            group = _group(session, actor, group_id)
            members = [p for p in all_people(session) if p.id in form.members]
            moved = commands.set_members(session, actor, group, form.name, members, now())
            words = f" {_moved_words(len(moved))}" if moved else ""
    except Invalid as error:
        return Response(_groups_page(errors=error.errors, open_id=group_id), 422)
    say(_("Saved.") + words)
    return redirect(f"/admin/groups?open={group_id}#group-{group_id}", 303)


@blueprint.post("/admin/groups/<int:group_id>/delete")
def delete_group(group_id: int) -> BaseResponse:
    """Delete a group that nobody is in and nothing refers to."""
    with writing() as (session, actor):
        commands.delete_group(session, actor, _group(session, actor, group_id), now())
    say(_("Group deleted."))
    return redirect("/admin/groups", 303)


def _demand_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden(_("Only admins may see this page."))


def _person(session: Session, actor: Actor, person_id: int) -> Person:
    _demand_admin(actor)
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def _group(session: Session, actor: Actor, group_id: int) -> Group:
    _demand_admin(actor)
    found = session.get(Group, group_id)
    if found is None:
        raise NotFound(_("There is no such group."))
    return found


def _link(session: Session, person: Person) -> str:
    hours = services().settings.security.setup_link_hours
    return f"{services().settings.public_url}/welcome/{tokens.issue_link(session, person, hours, now()).secret}"


def _people_page(*, errors: tuple[FieldError, ...] = (), invited: tuple[str, str] = ("", "")) -> str:
    wanted, scope = request.args.get("q", "").strip().lower(), request.args.get("scope", "")
    wrong = {e.field: e.message for e in errors}
    with reading() as (session, actor):
        _demand_admin(actor)
        words = Words(now(), services().policy.zone)
        everybody = all_people(session)
        shown = [p for p in everybody if wanted in p.name.lower() or wanted in p.email]
        shown = [p for p in shown if p.is_active == (scope != "deactivated")]
        owned = _owned(session)
        page = PeoplePage(
            count_words=f"{count(sum(p.is_active for p in everybody), 'active person', 'active people')}.",
            people=tuple(_person_row(p, owned.get(p.id, 0), words) for p in shown),
            scopes=(
                Chip(_("Active"), "/admin/people", scope != "deactivated"),
                Chip(_("Deactivated"), "/admin/people?scope=deactivated", scope == "deactivated"),
            ),
            query=wanted,
            invite_action="/admin/people",
            name=Field(request.form.get("name", "") if errors else "", _sentence(_("Name"), wrong.get("name", ""))),
            email=Field(request.form.get("email", "") if errors else "", _sentence("E-mail", wrong.get("email", ""))),
            role=_roles(request.form.get("role", Role.REP)),
            problems=_problems(errors),
            invited_name=invited[0],
            invite_link=invited[1],
        )
    return render_template("kb/admin_people.html", page=page, frame=frame("admin"))


def _person_row(person: Person, owns: int, words: Words) -> PersonRow:
    return PersonRow(
        who=who(person),
        email=person.email,
        url=f"/admin/people/{person.id}",
        groups=", ".join(group.name for group in person.groups),
        owns=decimal(owns) if owns else "",
        last_seen=words.ago(person.last_seen_at) if person.last_seen_at else "",
        is_active=person.is_active,
    )


def _person_page(person_id: int, *, errors: tuple[FieldError, ...] = (), reset_link: str = "") -> str:
    wrong = {e.field: e.message for e in errors}
    base = f"/admin/people/{person_id}"
    with reading() as (session, actor):
        found = _person(session, actor, person_id)
        mine = {group.id for group in found.groups}
        moves = _moves(session, found) if found.is_active else []
        page = PersonPage(
            who=who(found),
            email=found.email,
            action=base,
            name=Field(found.name, _sentence(_("Name"), wrong.get("name", ""))),
            role=_roles(found.role),
            groups=Choice(tuple(Option(str(g.id), g.name, g.id in mine) for g in all_groups(session))),
            minutes=minutes_field(
                found, services().settings, _sentence(_("Minutes"), wrong.get("minutes_per_week", ""))
            ),
            facts=_facts(session, found),
            is_active=found.is_active,
            moves=tuple(moves[:_MOVES_SHOWN]),
            moves_more=_("and %(number)s more", number=len(moves) - _MOVES_SHOWN) if len(moves) > _MOVES_SHOWN else "",
            deactivate_action=f"{base}/deactivate" if found.is_active and found.id != actor.id else "",
            confirm=Field(error=wrong.get("confirm", "")),
            reactivate_action="" if found.is_active else f"{base}/reactivate",
            reset_action=f"{base}/link" if found.is_active else "",
            reset_link=reset_link,
            absences_url=f"{base}/absences" if found.is_active else "",
            handover_url=f"/people/{found.id}/handover",
            problems=_problems(errors),
        )
    return render_template("kb/admin_person.html", page=page, frame=frame("admin"))


def _moves(session: Session, person: Person) -> list[tuple[Link, str]]:
    """Which cards would go to whom."""
    try:
        found = commands.preview_deactivation(session, person, now())
    except Conflict:
        return []
    names = {each.id: each.name for each in all_people(session)}
    return [(Link(card.title, f"/cards/{card.id}"), names.get(taker or 0, "nobody")) for card, taker in found]


def _facts(session: Session, person: Person) -> tuple[tuple[str, str], ...]:
    assigned = session.scalar(
        select(func.count()).select_from(Card).where(Card.assignee_id == person.id, Card.status == Status.PUBLISHED)
    )
    words = Words(now(), services().policy.zone)
    return (
        (_("Owns"), count(_owned(session).get(person.id, 0), "card")),
        (_("Next in line for"), count(assigned or 0, "card")),
        (_("Away"), absence_words(session, person, now())),
        (_("API tokens"), tokens_in_words(session, person, words)),
        (_("Joined"), words.full_day(person.created_at)),
    )


def _owned(session: Session) -> dict[int, int]:
    rows = session.execute(
        select(Card.owner_id, func.count()).where(Card.status == Status.PUBLISHED).group_by(Card.owner_id)
    )
    return {owner_id: number for owner_id, number in rows if owner_id is not None}


def _groups_page(*, errors: tuple[FieldError, ...] = (), open_id: int | None = None) -> str:
    opened = open_id or request.args.get("open", type=int)
    wrong = {e.field: e.message for e in errors}
    with reading() as (session, actor):
        _demand_admin(actor)
        people = active_people(session)
        page = GroupsPage(
            groups=tuple(_group_row(session, group, people, opened, wrong) for group in all_groups(session)),
            create_action="/admin/groups",
            name=Field(error=_sentence(_("Name"), wrong.get("name", "")) if open_id is None else ""),
            problems=_problems(errors),
        )
    return render_template("kb/admin_groups.html", page=page, frame=frame("admin"))


def _group_row(session: Session, group: Group, people: object, opened: int | None, wrong: dict[str, str]) -> GroupRow:
    mine = {person.id for person in group.people}
    options = tuple(Option(str(p.id), p.name, p.id in mine, _(ROLE_WORDS[Role(p.role)])) for p in people)  # type: ignore[attr-defined]
    used = _uses(session, group)
    is_open = group.id == opened
    return GroupRow(
        id=group.id,
        name=group.name,
        members_words=count(len(mine), "member"),
        action=f"/admin/groups/{group.id}",
        members=Choice(options),
        used_words=used,
        delete_action="" if mine or used else f"/admin/groups/{group.id}/delete",
        is_open=is_open,
        name_field=Field(group.name, _sentence(_("Name"), wrong.get("name", "")) if is_open else ""),
    )


def _uses(session: Session, group: Group) -> str:
    cards = session.scalar(select(func.count()).where(CardVerifier.group_id == group.id)) or 0
    shelves = session.scalar(
        select(func.count()).select_from(Collection).where(
            Collection.readers.any(Group.id == group.id) | Collection.authors.any(Group.id == group.id)
            | Collection.verifiers.any(CollectionVerifier.group_id == group.id)
        )
    ) or 0  # fmt: skip
    parts = ([ngettext("verifies %(num)s card", "verifies %(num)s cards", cards)] if cards else []) + (
        [ngettext("in %(num)s collection", "in %(num)s collections", shelves)] if shelves else []
    )
    return ", ".join(parts)


def _roles(chosen: str) -> Choice:
    hints = {Role.REP: _("Reads"), Role.AUTHOR: _("Writes"), Role.CURATOR: _("Curates"), Role.ADMIN: _("Everything")}
    return Choice(
        tuple(Option(r.value, f"{_(ROLE_WORDS[r])}: {uncapitalised(hints[r])}", r.value == chosen) for r in Role)
    )


def _problems(errors: tuple[FieldError, ...]) -> tuple[Problem, ...]:
    return tuple(Problem(e.field, _sentence(e.field.capitalize(), e.message)) for e in errors)


def _sentence(label: str, message: str) -> str:
    is_sentence = not message or message[:1].isupper()
    return message if is_sentence else _("%(field)s %(problem)s.", field=_(label), problem=message)


def _moved_words(number: int) -> str:
    return ngettext("%(num)s card went to the next in line.", "%(num)s cards went to the next in line.", number)
