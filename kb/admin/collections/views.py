"""Pages of collections: the shelf itself, and for its curators readers, authors, steward and policy."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from pydantic import Field as Limit
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from kb.admin.collections.contracts import contract_fields
from kb.admin.collections.targets import target_options
from kb.cards import collections as shelves
from kb.cards.collections import CollectionFields
from kb.cards.editing.forms import verifier_ref
from kb.cards.editing.page import interval_options, ref_value, verifier_rows
from kb.cards.fields import EscalateDays, IntervalDays, Line, RowId
from kb.cards.models import Breach, Card, Collection, Status
from kb.cards.permissions import servable_to
from kb.cards.queries import card_path, with_people
from kb.errors import FieldError, Forbidden, Invalid
from kb.following.commands import Followed
from kb.following.shown import follow_button
from kb.people.actor import Actor
from kb.people.forms import Name, NameForm
from kb.people.models import Role
from kb.people.queries import active_people, all_groups
from kb.trust.contract import contract_words
from kb.trust.queries import falling_short, in_state, trust_by_card
from kb.trust.shown import badge, state_name
from kb.trust.state import GOOD, TrustState
from kb.web.admin_pages import CollectionsPage, ShelfPage, ShelfRow
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form
from kb.web.frame import frame, say
from kb.web.pages import CardRow, CollectionPage
from kb.web.parts import Chip, Choice, Field, FilterMenu, Option, Paging, Problem
from kb.wording import N_, _, decimal, ngettext, percentage
from kb.words import Words, count, span

blueprint = Blueprint("admin_collections", __name__)
_PAGE = 50
_LAST_PAGE = 10_000


class ShelfForm(Form):
    """Everything about a collection on its page."""

    name: Name
    about: Annotated[Line, Limit(max_length=500)] = ""
    is_open: bool = False
    readers: list[RowId] = Limit(default_factory=list)
    authors: list[RowId] = Limit(default_factory=list)
    steward: RowId | None = None
    interval_days: IntervalDays | None = None
    verifiers: list[str] = Limit(default_factory=list, max_length=10)
    contract: Breach = Breach.SERVE
    min_trust: TrustState | None = None
    max_age_days: IntervalDays | None = None
    escalate_days: EscalateDays | None = None
    adaptive: bool = False
    stale_target: Annotated[float, Limit(ge=0.01, le=0.9)] | None = None
    review: bool = False

    def fields(self) -> CollectionFields:
        """What the command takes."""
        refs = tuple(dict.fromkeys(verifier_ref(value) for value in self.verifiers))
        return CollectionFields(
            self.name, None, self.about, self.is_open, tuple(self.readers), tuple(self.authors), self.steward,
            self.interval_days, refs, self.contract, self.min_trust, self.max_age_days,
            self.escalate_days, self.adaptive, self.stale_target, self.review,
        )  # fmt: skip


@blueprint.get("/collections/<slug>")
def shelf(slug: str) -> str:
    """The cards of a collection that this reader may be served, by title."""
    page_number = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    state = next((s for s in TrustState if s.value == request.args.get("trust")), None)
    with reading() as (session, actor):
        found = shelves.collection_named(session, actor, slug)
        page = _shelf_page(session, actor, found, state, page_number)
    return render_template("kb/collection.html", page=page, frame=frame("cards"))


@blueprint.get("/admin/collections")
def overview() -> str:
    """All collections the curator may manage."""
    return _overview_page()


@blueprint.post("/admin/collections")
def create() -> BaseResponse:
    """Make a collection."""
    try:
        form = read_form(NameForm)
        with writing() as (session, actor):
            slug = shelves.create_collection(session, actor, CollectionFields(form.name), now()).slug
    except Invalid as error:
        return Response(_overview_page(error.errors), 422)
    say(_("Collection created."))
    return redirect(f"/admin/collections/{slug}", 303)


@blueprint.get("/admin/collections/<slug>")
def manage(slug: str) -> str:
    """Readers, authors, steward and policy of one collection."""
    return _manage_page(slug)


@blueprint.post("/admin/collections/<slug>")
def change(slug: str) -> BaseResponse:
    """Save all but another interval or pace: what that does to pending checks is shown before it counts."""
    try:
        form = read_form(ShelfForm)
        with writing() as (session, actor):
            found = shelves.collection_named(session, actor, slug)
            shelves.demand_curate(actor, found)
            fields, kept = form.fields(), (found.interval_days, found.is_adaptive)
            is_other = kept != (fields.interval_days, fields.is_adaptive) and shelves.has_pending_checks(session, found)
            if is_other:
                fields = replace(fields, interval_days=kept[0], is_adaptive=kept[1])
            shelves.change_collection(session, actor, found, fields, now())
    except Invalid as error:
        return Response(_manage_page(slug, errors=error.errors), 422)
    if is_other:
        return redirect(_effect_url(slug, form), 303)
    say(_("Saved."))
    return redirect(f"/admin/collections/{slug}", 303)


@blueprint.post("/admin/collections/<slug>/delete")
def delete(slug: str) -> BaseResponse:
    """Delete an empty collection, once its name was typed."""
    try:
        with writing() as (session, actor):
            found = shelves.collection_named(session, actor, slug)
            shelves.demand_curate(actor, found)
            if request.form.get("confirm", "").strip() != found.name:
                words = _("Type the name exactly as it stands above.")
                raise Invalid(words, errors=(FieldError("confirm", words),))
            shelves.delete_collection(session, actor, found, now())
    except Invalid as error:
        return Response(_manage_page(slug, errors=error.errors), 422)
    say(_("Collection deleted."))
    return redirect("/admin/collections", 303)


def _shelf_page(
    session: Session, actor: Actor, found: Collection, state: TrustState | None, page_number: int
) -> CollectionPage:
    words = Words(now(), services().policy.zone)
    where = [servable_to(actor), Card.collection_id == found.id]
    if state is not None:
        where.append(in_state(state, services().policy, now()))
    total = session.scalar(select(func.count()).select_from(Card).where(*where)) or 0
    rows = session.scalars(
        select(Card).where(*where).options(*with_people()).order_by(Card.title, Card.id)  # type: ignore[arg-type]
        .limit(_PAGE).offset((page_number - 1) * _PAGE)
    ).unique().all()  # fmt: skip
    trusts = trust_by_card(session, list(rows), services().policy, now())
    here = f"/collections/{found.slug}"
    chips = tuple(Chip(state_name(s), f"{here}?trust={s.value}", s is state) for s in TrustState)
    return CollectionPage(
        name=found.name,
        about=found.description,
        count_words=f"{count(total, 'card')}",
        contract_words="" if found.contract == Breach.SERVE else contract_words(found),
        cards=tuple(
            CardRow(c.title, card_path(c), badge(trusts[c.id], words), meta=c.owner.name if c.owner else _("No owner"))
            for c in rows
        ),
        filters=(FilterMenu(_("Trust"), state_name(state) if state else _("Any"), chips, here if state else ""),),
        steward=found.steward.name if found.steward else "",
        new_url=f"/cards/new?collection={found.slug}" if found.id in actor.writable else "",
        manage_url=f"/admin/collections/{found.slug}" if found.id in actor.curated else "",
        follow=follow_button(session, actor, Followed(collection_id=found.id), here),
        paging=_paging(here, state, page_number, total),
    )


def _paging(here: str, state: TrustState | None, number: int, total: int) -> Paging | None:
    if total <= _PAGE:
        return None
    first, last = (number - 1) * _PAGE + 1, min(number * _PAGE, total)
    query = f"trust={state.value}&" if state else ""
    return Paging(
        span(first, last, total),
        f"{here}?{query}page={number - 1}" if number > 1 else "",
        f"{here}?{query}page={number + 1}" if last < total else "",
    )


def _overview_page(errors: tuple[FieldError, ...] = ()) -> str:
    with reading() as (session, actor):
        if not actor.is_curator:
            raise Forbidden(_("Only curators and admins may see this page."))
        rows = tuple(
            _shelf_row(session, found)
            for found in shelves.collections_readable_by(session, actor)
            if found.id in actor.curated
        )
        wrong = {e.field: e.message for e in errors}
        message = wrong.get("name") or wrong.get("slug") or ""
        page = CollectionsPage(rows, "/admin/collections", Field(error=_sentence(message)), _problems(errors))
    return render_template("kb/admin_collections.html", page=page, frame=frame("admin"))


def _shelf_row(session: Session, found: Collection) -> ShelfRow:
    servable = (Card.collection_id == found.id, Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))
    total = session.scalar(select(func.count()).select_from(Card).where(*servable)) or 0
    good = sum(
        session.scalar(select(func.count()).select_from(Card).where(*servable, in_state(s, services().policy, now())))
        or 0
        for s in GOOD
    )
    return ShelfRow(
        name=found.name,
        url=f"/admin/collections/{found.slug}",
        cards=decimal(total),
        steward=found.steward.name if found.steward else _("Nobody"),
        interval=_interval_words(found),
        readers=_("Everybody")
        if found.is_open
        else ", ".join(group.name for group in found.readers) or _("Nobody yet"),
        trust=percentage(round(100 * good / total)) if total else "",
    )


def _interval_words(found: Collection) -> str:
    days = found.interval_days or services().policy.interval_days
    if found.is_adaptive:
        return ngettext("%(num)s days, or earlier", "%(num)s days, or earlier", days)
    return ngettext("%(num)s days", "%(num)s days", days)


def _manage_page(slug: str, *, errors: tuple[FieldError, ...] = ()) -> str:
    wrong = {e.field.split(".")[0]: e.message for e in errors}
    with reading() as (session, actor):
        found = shelves.collection_named(session, actor, slug)
        shelves.demand_curate(actor, found)
        readers, authors = ({group.id for group in groups} for groups in (found.readers, found.authors))
        every = all_groups(session)
        cards = session.scalar(select(func.count()).select_from(Card).where(Card.collection_id == found.id)) or 0
        days = str(found.interval_days or "")
        page = ShelfPage(
            heading=found.name,
            action=f"/admin/collections/{slug}",
            shelf_url=f"/collections/{slug}",
            name=Field(found.name, _sentence(wrong.get("name", ""))),
            about=Field(found.description, wrong.get("about", "")),
            readers=Choice(tuple(Option(str(g.id), g.name, g.id in readers) for g in every)),
            authors=Choice(
                tuple(Option(str(g.id), g.name, g.id in authors) for g in every),
                hint=_("With none ticked, every author who can read it may write."),
            ),
            steward=_stewards(session, found, wrong.get("steward", "")),
            interval=Choice(
                tuple(
                    Option(value, label, value == days)
                    for value, label in interval_options(days, services().policy.interval_days, N_("the installation"))
                ),
                wrong.get("interval_days", ""),
            ),
            verifiers=verifier_rows(session, [ref_value(row) for row in found.verifiers], wrong.get("verifiers", "")),
            contract=contract_fields(
                found, falling_short(session, found, services().policy, now()), request.form if errors else {}, wrong
            ),
            is_open=found.is_open,
            escalate=_escalate(found, wrong.get("escalate_days", "")),
            is_adaptive=found.is_adaptive,
            is_reviewed=found.is_reviewed,
            stale_target=target_options(
                found.stale_target, services().settings.freshness.stale_target, wrong.get("stale_target", "")
            ),
            delete_action="" if cards else f"/admin/collections/{slug}/delete",
            delete_words=_("The collection is empty. Deleting it can't be undone."),
            confirm=Field(error=wrong.get("confirm", "")),
            problems=_problems(errors),
        )
    return render_template("kb/admin_collection.html", page=page, frame=frame("admin"))


def _stewards(session: Session, found: Collection, error: str) -> Choice:
    people = active_people(session, at_least=Role.AUTHOR)
    options = [Option("", _("Nobody"), found.steward_id is None)]
    options += [Option(str(p.id), p.name, p.id == found.steward_id) for p in people]
    return Choice(tuple(options), error, _("Gets what nobody else can check."))


def _escalate(found: Collection, error: str) -> Field:
    usual = services().settings.freshness.escalate_days
    hint = _(
        "Days overdue or flagged with nobody acting. 0 is never; empty is the installation's %(usual)s.", usual=usual
    )
    return Field("" if found.escalate_days is None else str(found.escalate_days), _sentence(error), hint)


def _effect_url(slug: str, form: ShelfForm) -> str:
    """Where the effect of another interval is shown, and applied."""
    fields = {"kind": "collection", "collection": slug, "interval_days": form.interval_days or "",
              "pace": "adaptive" if form.adaptive else "fixed"}  # fmt: skip
    return f"/admin/rules/preview?{urlencode(fields)}"


def _problems(errors: tuple[FieldError, ...]) -> tuple[Problem, ...]:
    return tuple(Problem(e.field.split(".")[0], _sentence(e.message)) for e in errors)


def _sentence(message: str) -> str:
    return message if not message or message[:1].isupper() else _("This field %(message)s.", message=message)
