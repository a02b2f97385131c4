"""The home page: search as you type, and what to see before anything is asked."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, cast
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, render_template, request
from markupsafe import Markup
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.cards.answers import AnswerCard
from kb.cards.collections import collection_names_readable_by, collections_readable_by
from kb.cards.models import Card
from kb.cards.permissions import servable_to
from kb.cards.queries import card_path, card_visible_to
from kb.errors import NotFound
from kb.people.actor import Actor
from kb.trust.contract import standing
from kb.trust.queries import trust_by_card, trust_of_card
from kb.trust.shown import badge, state_name
from kb.trust.state import Trust, TrustState
from kb.use.queries import impressions_by_card, recently_used
from kb.use.recorder import Use
from kb.use.searches import as_query_id
from kb.web.edge import now, person_id, public, reading, services
from kb.web.forms import Form, parse
from kb.web.frame import frame
from kb.web.pages import CardRow
from kb.web.parts import Chip, FilterMenu, Link, Paging
from kb.wording import N_, _, decimal, ngettext
from kb.words import Words, count
from search.answers import Answers, Filters, SearchService
from search.asking import asked
from search.pages import Home, Preview, Results, SearchPage, Shelf
from search.shown import Asking, correction, hit
from search.shown import preview as preview_of
from search.snippets import Pieces, html_of
from search.suggesting import MEDIA_TYPE, Suggestion, short_name, spelt, suggestions

blueprint = Blueprint("search", __name__)
_EXTENSION = "vitrine.search"
_PAGE = 10
_QUERY_LIMIT = 200
_TAGS = 12
_UPDATED = {"7": N_("Last week"), "30": N_("Last month"), "365": N_("Last year")}


class SearchForm(Form):
    """The search page's address."""

    q: Annotated[str, Field(max_length=2000)] = ""
    collection: Annotated[str, Field(max_length=60)] = ""
    tag: Annotated[str, Field(max_length=60)] = ""
    trust: Annotated[str, Field(max_length=20)] = ""
    updated: Annotated[str, Field(max_length=4)] = ""
    order: Annotated[str, Field(max_length=10)] = ""
    older: Annotated[str, Field(max_length=1)] = ""
    page: Annotated[int, Field(ge=1, le=50)] = 1


def install(app: Flask, service: SearchService) -> None:
    """Give the app its search."""
    app.extensions[_EXTENSION] = service
    app.jinja_env.filters["marked"] = _marked


def _marked(pieces: Pieces) -> Markup:
    return Markup(html_of(pieces))  # noqa: S704


def search_service() -> SearchService:
    """The search of the current app."""
    return cast(SearchService, current_app.extensions[_EXTENSION])


@blueprint.get("/")
def home() -> str:
    """Search, or what stands there before one searches."""
    form = parse(SearchForm, request.args)
    is_fragment = bool(request.headers.get("X-Fragment"))
    with reading() as (session, actor):
        if form.q.strip():
            page = _found(session, actor, form)
        else:
            page = SearchPage("", _kept(form), home=_home(session, actor))
    if not is_fragment:
        return render_template("search/home.html", page=page, frame=frame("search", form.q))
    if page.results is not None:
        return render_template("search/_results.html", results=page.results)
    return render_template("search/_home.html", home=page.home)


@blueprint.get("/preview/<int:card_id>")
def preview(card_id: int) -> str:
    """The selected answer, as a fragment beside the results."""
    with reading() as (session, actor):
        card = card_visible_to(session, actor, card_id)
        if not card.is_servable:
            raise NotFound(_("There is no such answer."))
        trust = trust_of_card(session, card, services().policy, now())
        query = request.args.get("q", "").replace("\x00", "")
        shown = preview_of(card, trust, _asking(actor, as_query_id(request.args.get("query_id")), query))
        _note_shown(actor, card, trust)
    return render_template("search/_preview.html", preview=shown)


@blueprint.get("/opensearch.xml")
@public
def opensearch() -> Response:
    """Lets the browser's address bar search here. It names nothing but the installation."""
    url, name = services().settings.public_url, services().settings.workspace.name
    about = _("Search %(name)s", name=name)
    body = render_template("search/opensearch.xml", about=about, short_name=short_name(name), url=url)
    return Response(body, mimetype="application/opensearchdescription+xml")


@blueprint.get("/suggestions")
@public
def suggest() -> Response:
    """What the address bar offers while somebody types. Whoever is signed out, and every other site, gets nothing."""
    typed, found = request.args.get("q", "").replace("\x00", "")[:_QUERY_LIMIT], list[Suggestion]()
    if person_id() is not None and request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        with reading() as (session, actor):
            url = services().settings.public_url
            found = suggestions(session, actor, search_service(), typed, services().policy, url, now())
    return Response(spelt(typed, found), mimetype=MEDIA_TYPE)


def _found(session: Session, actor: Actor, form: SearchForm) -> SearchPage:
    offset = (form.page - 1) * _PAGE
    answers = search_service().search(
        session, actor, form.q, now(), filters=_filters(form), limit=_PAGE, offset=offset,
        trust_counts=form.order != "text", folds=not form.older,
    )  # fmt: skip
    if answers.results:
        _note_shown(actor, answers.results[0].card, answers.results[0].trust)
    noted = asked(services().installation.secret_key, actor, answers, now())
    if noted is not None:
        services().recorder.record_search(noted)
    query_id = noted.query_id if noted is not None else None
    return SearchPage(form.q, _kept(form), results=_results(session, actor, form, answers, offset, query_id))


def _results(
    session: Session, actor: Actor, form: SearchForm, answers: Answers, offset: int, query_id: str | None
) -> Results:
    asking = _asking(actor, query_id, form.q)
    used = impressions_by_card(session, [r.card.id for r in answers.results], now().date())
    has_filters = bool(form.collection or form.tag or form.trust or form.updated)
    nothing = "" if answers.results else _("No card answers “%(query)s”.", query=answers.query)
    older = answers.hidden
    return Results(
        query=form.q,
        count_words=count(answers.total, "card") if answers.results else _("No cards"),
        verified_first=Chip(
            _("Verified first"), _url(form, order="" if form.order == "text" else "text"), form.order != "text"
        ),
        filters=_menus(session, actor, form, answers),
        hits=tuple(hit(answers, result, used, asking) for result in answers.results),
        preview=_first_preview(session, answers, asking),
        hidden_words=ngettext("%(num)s older answer hidden.", "%(num)s older answers hidden.", older) if older else "",
        hidden_url=_hidden_url(form, answers) if older else "",
        nothing=nothing,
        did_you_mean=Link(answers.did_you_mean, _url(form, q=answers.did_you_mean)) if answers.did_you_mean else None,
        correction=correction(answers, _url(form, q=answers.did_you_mean or ""), is_narrowed=bool(form.collection)),
        write_url=f"/cards/new?{urlencode({'title': answers.query})}" if actor.writable else "",
        ask_url=f"/questions/new?{urlencode({'q': answers.query})}",
        drop_filters_url=f"/?{urlencode({'q': form.q})}" if has_filters and not answers.results else "",
        paging=_paging(form, answers, offset),
        notice=_("No card has all of these words; these have some of them.")
        if answers.is_relaxed and not nothing
        else "",
    )


def _hidden_url(form: SearchForm, answers: Answers) -> str:
    """Near-duplicates are shown where they were found; what was replaced is no answer and stands in the table."""
    if answers.folded:
        return _url(form, older="1", page=1)
    return f"/cards?{urlencode({'status': 'replaced', 'q': answers.older[0].title})}"


def _home(session: Session, actor: Actor) -> Home:
    words = Words(now(), services().policy.zone)
    recent = [card for card, _at in recently_used(session, actor)]
    week = now() - timedelta(days=7)
    fresh = session.scalars(
        select(Card).where(servable_to(actor), Card.updated_at >= week).order_by(Card.updated_at.desc()).limit(6)
    ).all()
    trusts = trust_by_card(session, [*recent, *fresh], services().policy, now())
    waiting = frame_count(session, actor)
    return Home(
        used=tuple(_row(card, trusts[card.id], words) for card in recent),
        fresh=tuple(_row(card, trusts[card.id], words) for card in fresh),
        shelves=_shelves(session, actor),
        check_words=ngettext("%(num)s of your cards needs a check", "%(num)s of your cards need a check", waiting)
        if waiting
        else "",
        check_url="/verify",
        start=_start(actor),
    )


def _start(actor: Actor) -> Link | None:
    """What to do first in an installation without cards."""
    if actor.writable:
        return Link(_("New card"), "/cards/new")
    return Link(_("Make the first collection"), "/admin/collections") if actor.is_curator else None


def frame_count(session: Session, actor: Actor) -> int:
    """How many of the actor's cards wait for a check, as the frame counts them."""
    counter = current_app.extensions.get("vitrine.queue_counter")
    return cast(int, counter(session, actor)) if counter is not None else 0


def _row(card: Card, trust: Trust, words: Words) -> CardRow:
    return CardRow(card.title, card_path(card), badge(trust, words), card.collection.name, words.ago(card.updated_at))


def _shelves(session: Session, actor: Actor) -> tuple[Shelf, ...]:
    query = select(Card.collection_id, func.count()).where(servable_to(actor)).group_by(Card.collection_id)
    counts: dict[int, int] = dict(session.execute(query).all())
    return tuple(
        Shelf(shelf.name, f"/collections/{shelf.slug}", count(counts.get(shelf.id, 0), "card"))
        for shelf in collections_readable_by(session, actor)
        if counts.get(shelf.id) or shelf.id in actor.writable
    )


def _first_preview(session: Session, answers: Answers, asking: Asking) -> Preview | None:
    if not answers.results:
        return None
    first = answers.results[0]
    return preview_of(card_visible_to(session, asking.actor, first.card.id), first.trust, asking)


def _asking(actor: Actor, query_id: str | None, query: str) -> Asking:
    words = Words(now(), services().policy.zone)
    return Asking(actor, words, services().settings.public_url, query_id, " ".join(query.split())[:_QUERY_LIMIT])


def _note_shown(actor: Actor, card: Card | AnswerCard, trust: Trust) -> None:
    """What is withheld was not shown."""
    if standing(card.collection, trust, now()).is_given:
        services().recorder.record(Use(card.id, card.version, "shown", not trust.is_good, actor.id, now()))


def _filters(form: SearchForm) -> Filters:
    states = tuple(state for state in TrustState if state.value == form.trust)
    since = now() - timedelta(days=int(form.updated)) if form.updated in _UPDATED else None
    return Filters(
        collections=(form.collection,) if form.collection else (),
        tags=(form.tag,) if form.tag else (),
        trust=states,
        updated_since=since,
    )


def _menus(session: Session, actor: Actor, form: SearchForm, answers: Answers) -> tuple[FilterMenu, ...]:
    """Tags are those of the cards shown: the tags of everything would say nothing of what was asked."""
    shelves = collection_names_readable_by(session, actor)
    states = [(state.value, state_name(state)) for state in TrustState]
    shown = Counter(tag for result in answers.results for tag in result.card.tags)
    tags = sorted(shown, key=lambda tag: (-shown[tag], tag))[:_TAGS]
    menus = (
        _menu(form, _("Collection"), "collection", shelves),
        _menu(form, _("Trust"), "trust", states),
        _menu(form, _("Tag"), "tag", [(tag, tag) for tag in tags]),
        _menu(form, _("Updated"), "updated", [(value, _(label)) for value, label in _UPDATED.items()]),
    )
    return tuple(menu for menu in menus if menu.choices or menu.clear_url)


def _menu(form: SearchForm, label: str, name: str, options: list[tuple[str, str]]) -> FilterMenu:
    chosen = getattr(form, name)
    labels = dict(options)
    anything = _("Any time") if name == "updated" else _("Any")
    chips = tuple(Chip(words, _url(form, **{name: value}), value == chosen) for value, words in options)
    clear = _url(form, **{name: ""}) if chosen else ""
    return FilterMenu(label, labels.get(chosen, chosen) or anything, chips, clear)


def _paging(form: SearchForm, answers: Answers, offset: int) -> Paging | None:
    if answers.total <= _PAGE or not answers.results:
        return None
    last = offset + len(answers.results)
    return Paging(
        _("%(first)s to %(last)s of %(total)s", first=offset + 1, last=last, total=decimal(answers.total)),
        _url(form, page=form.page - 1) if offset else "",
        _url(form, page=form.page + 1) if last < answers.total and form.page < 20 else "",
    )


def _kept(form: SearchForm) -> tuple[tuple[str, str], ...]:
    names = ("collection", "tag", "trust", "updated", "order", "older")
    return tuple((name, getattr(form, name)) for name in names if getattr(form, name))


def _url(form: SearchForm, **changes: str | int) -> str:
    fields = {"q": form.q, **dict(_kept(form)), **changes}
    return f"/?{urlencode({name: value for name, value in fields.items() if value not in ('', 1)})}"
