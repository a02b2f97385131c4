"""The page of all rules: what stands there, and the form for one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.rules.applying import preview
from curator.rules.changes import Change, Kind, listed, may_change, may_see
from curator.rules.pages import DoneRow, Fields, RuleForm, RuleRow, RulesPage
from curator.rules.reading import Wanted
from curator.rules.simulator import DEFAULT_WEEKS, When
from curator.rules.terms import policy_cards, servable
from curator.rules.words import about, says
from kb.card_templates.commands import names as template_names
from kb.cards.models import Breach, Collection
from kb.errors import FieldError, Forbidden
from kb.people.actor import Actor
from kb.people.models import Person
from kb.sentences import told
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.trust.rules import Clause, Pace, RuleChange
from kb.web.parts import Choice, Field, Option, Problem
from kb.wording import N_, _, ngettext
from kb.words import Words, count

HERE = "/admin/rules"
_DONE_SHOWN = 8
_PACE = (
    ("", N_("As the collection says")),
    (Pace.FIXED.value, N_("Fixed")),
    (Pace.ADAPTIVE.value, N_("Earlier where the card's history suggests it")),
)
_EXPIRY = (
    ("", N_("As the collection says")),
    (Breach.SERVE.value, N_("Give it")),
    (Breach.WARN.value, N_("Give it with a warning")),
    (Breach.WITHHOLD.value, N_("Withhold it")),
)
_LEDE = N_(
    "The first rule about a card that says something decides it. A card's own interval comes before "
    "all rules; where no rule speaks its collection does, else every %(days)s."
)


def rules_page(
    session: Session, actor: Actor, settings: Settings, now: datetime, *, open_id: int | None = None,
    typed: Mapping[str, str] | None = None, errors: Sequence[FieldError] = (),
) -> RulesPage:  # fmt: skip
    """All rules that this actor sees. `open_id` is the one in the form; `typed` what could not be read."""
    if not actor.is_curator:
        raise Forbidden(_("Only curators and admins may see the rules."))
    names = collection_names(session, actor)
    rules = [(number, clause) for number, clause in listed(session) if may_see(actor, clause.collection_id)]
    opened = {number: clause for number, clause in rules if may_change(actor, clause.collection_id)}.get(open_id or 0)
    slugs = names_to_slugs(session)
    caught_up = preview(session, actor, Change(Kind.CATCH_UP), DEFAULT_WEEKS, settings, now, now).simulation
    pending = caught_up.moves[When.NOW]  # what is overdue stays so, and is nothing to catch up with
    policy = Policy.of(settings)
    return RulesPage(
        lede=_(_LEDE, days=count(policy.interval_days, "day")),
        preview_url=f"{HERE}/preview",
        rules=_rows(session, actor, rules, names, settings, now),
        form=_form(
            session, actor, settings, names, slugs, open_id if opened else None, _typed(opened, slugs, typed), errors
        ),
        pending_words=_pending(len(pending)),
        pending=(("kind", Kind.CATCH_UP.value),) if pending else (),
        done=_done(session, actor, Words(now, policy.zone)),
        problems=tuple(Problem(error.field, _sentence(error)) for error in errors),
    )  # fmt: skip


def collection_names(session: Session, actor: Actor) -> dict[int, str]:
    """The names of the collections that the actor curates."""
    rows = session.execute(
        select(Collection.id, Collection.name).where(Collection.id.in_(actor.curated)).order_by(Collection.name)
    )
    return dict(rows.all())


def names_to_slugs(session: Session) -> dict[int, str]:
    """The slugs of all collections."""
    return dict(session.execute(select(Collection.id, Collection.slug)).all())


def fields_of(wanted: Wanted) -> Fields:
    """A change as the fields of an address or a form."""
    pairs = ((name, getattr(wanted, name)) for name in Wanted.__dataclass_fields__)
    return tuple((name, "1" if value is True else str(value)) for name, value in pairs if value not in (None, False))


def _rows(
    session: Session, actor: Actor, rules: Sequence[tuple[int, Clause]], names: Mapping[int, str],
    settings: Settings, now: datetime,
) -> tuple[RuleRow, ...]:  # fmt: skip
    cards = policy_cards(session, servable(actor.curated), settings.freshness, now) if rules else []
    rows, templates = [], template_names(session)
    for place, (number, clause) in enumerate(rules):
        can = may_change(actor, clause.collection_id)
        above = rules[place - 1][0] if place else None
        below = rules[place + 2][0] if place + 2 < len(rules) else None
        rows.append(RuleRow(
            place + 1, about(clause, names, templates), says(clause),
            count(sum(clause.is_about(card.about) for card in cards), "card"),
            edit_url=f"{HERE}?edit={number}#rule" if can else "",
            up=fields_of(Wanted(Kind.MOVE, number, above)) if can and above else (),
            down=fields_of(Wanted(Kind.MOVE, number, below)) if can and place + 1 < len(rules) else (),
            remove=fields_of(Wanted(Kind.REMOVE, number)) if can else (),
        ))  # fmt: skip
    return tuple(rows)


def _typed(opened: Clause | None, slugs: Mapping[int, str], typed: Mapping[str, str] | None) -> Mapping[str, str]:
    """What stands in the form: what was typed, or the rule that is open."""
    if typed is not None or opened is None:
        return typed or {}
    slug = slugs.get(opened.collection_id) if opened.collection_id is not None else None
    wanted = Wanted(
        Kind.EDIT, None, None, slug, opened.tag, opened.audience, opened.interval_days, opened.check_on,
        opened.is_yearly, opened.pace, opened.expiry, opened.template,
    )  # fmt: skip
    return dict(fields_of(wanted))


def _form(
    session: Session, actor: Actor, settings: Settings, names: Mapping[int, str], slugs: Mapping[int, str],
    rule_id: int | None, typed: Mapping[str, str], errors: Sequence[FieldError],
) -> RuleForm:  # fmt: skip
    wrong = {error.field: _sentence(error) for error in errors}

    def choice(name: str, options: Sequence[tuple[str, str]], hint: str = "") -> Choice:
        chosen = typed.get(name, "")
        found = tuple(Option(value, label, value == chosen) for value, label in options)
        return Choice(found, wrong.get(name, ""), hint)

    kind = Kind.EDIT if rule_id else Kind.ADD
    everywhere = [("", _("All collections"))] if actor.is_admin else []
    audiences = [("", _("Any")), *((each, each.capitalize()) for each in settings.workspace.audiences)]
    return RuleForm(
        heading=_("Change the rule") if rule_id else _("New rule"),
        fields=(("kind", kind.value), *((("rule", str(rule_id)),) if rule_id else ())),
        collection=choice("collection", [*everywhere, *((slugs[number], name) for number, name in names.items())]),
        audience=choice("audience", audiences),
        pace=choice("pace", [(value, _(label)) for value, label in _PACE]),
        expiry=choice("expiry", [(value, _(label)) for value, label in _EXPIRY]),
        template=choice("template", [("", _("Any")), *template_names(session).items()]),
        tag=Field(typed.get("tag", "")[:60], wrong.get("tag", "")),
        interval_days=Field(typed.get("interval_days", "")[:10], wrong.get("interval_days", ""), _("Days.")),
        check_on=Field(typed.get("check_on", "")[:10], wrong.get("check_on", ""), _("Once, or every year.")),
        is_yearly=bool(typed.get("yearly")),
        cancel_url=HERE if rule_id else "",
    )  # fmt: skip


def _pending(number: int) -> str:
    if not number:
        return _("Every pending check has the date that the policy says, or one that somebody chose for it.")
    return ngettext(
        "%(num)s pending check has another date than the policy says today. Nothing moves by itself.",
        "%(num)s pending checks have another date than the policy says today. Nothing moves by itself.",
        number,
    )


def _done(session: Session, actor: Actor, words: Words) -> tuple[DoneRow, ...]:
    """The last changes: all of them for admins, their own for others."""
    query = select(RuleChange, Person.name).outerjoin(Person, Person.id == RuleChange.actor_id)
    if not actor.is_admin:
        query = query.where(RuleChange.actor_id == actor.id)
    rows = session.execute(query.order_by(RuleChange.at.desc()).limit(_DONE_SHOWN))
    return tuple(DoneRow(told(done.words), name or "Vitrine", words.day(done.at)) for done, name in rows)


def _sentence(error: FieldError) -> str:
    message = error.message
    return (
        message
        if message[:1].isupper()
        else _("%(field)s %(problem)s.", field=_(error.field.replace("_", " ").capitalize()), problem=message)
    )
