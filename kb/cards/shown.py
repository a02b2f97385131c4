"""Builds the card's page: everything in words, nothing left to the template."""

from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from kb.card_templates.completeness import template_of
from kb.cards.history import history_events
from kb.cards.models import Card, Status
from kb.cards.permissions import Right, may, needs_review
from kb.cards.queries import card_path, replaced_by_this
from kb.following.commands import Followed
from kb.following.shown import follow_button
from kb.lines.queries import cards_like
from kb.people.actor import Actor
from kb.people.models import Group, Person
from kb.people.shown import who
from kb.reviewing.shown import review_notes
from kb.trust.contract import Standing, standing
from kb.trust.duties import seat_words
from kb.trust.policy import Policy
from kb.trust.queries import trust_of_card
from kb.trust.shown import FLAG_WORDS, badge, caution, strip
from kb.trust.state import Trust, TrustState
from kb.trust.timing import Timing
from kb.use.queries import UseOf, use_of
from kb.web.pages import (
    CardActions,
    CardPage,
    CardTrust,
    LooksLike,
    ReportForm,
    VerifyForm,
)  # fmt: skip
from kb.web.parts import Badge, Choice, Field, Link, Option
from kb.wording import _, day_and_month, decimal, full_day, ngettext
from kb.words import Words, first_name

_FLAG_KINDS = ("reported", "dead_link", "date_passed", "source_changed", "duplicate")


def card_page(
    session: Session, actor: Actor, card: Card, policy: Policy, public_url: str, now: datetime, *,
    arrived_from: str = "", report_open: bool = False, feedback_given: str = "", report_error: str = "",
    query_id: str | None = None,
) -> CardPage:  # fmt: skip
    """The page of a card that this actor may see. `query_id` names the search that led to it."""
    words = Words(now, policy.zone)
    trust = trust_of_card(session, card, policy, now) if card.status == Status.PUBLISHED else None
    ask_url = _ask_url(actor, card)
    stands = standing(card.collection, trust, now) if trust and card.is_servable else Standing()
    is_hidden = card.status == Status.ARCHIVED and not may(actor, Right.ARCHIVE, card)
    return CardPage(
        title=card.title,
        language=card.language,
        html=Markup("" if is_hidden else card.html),  # noqa: S704  (sanitised when it was rendered)
        version=card.version,
        status=Status(card.status).value,
        crumbs=(Link(card.collection.name, f"/collections/{card.collection.slug}"),),
        tags=tuple(Link(tag, f"/cards?tag={tag}") for tag in card.tags),
        strip=strip(card, trust, words, ask_url="" if stands.reason else ask_url) if trust else None,
        trust=card_trust(session, card, trust, policy, words),
        history=history_events(session, card, words)[:6],
        actions=_actions(session, actor, card, trust, public_url, query_id),
        caution=caution(actor, card, stands),
        report=_report_form(actor, card, is_open=report_open, error=report_error),
        verify=_verify_form(actor, card, trust),
        replaced=tuple(Link(old.title, f"/cards/{old.id}/history") for old in replaced_by_this(session, actor, card)),
        looks_like=_looks_like(session, actor, card),
        arrived_from=arrived_from,
        template=template.name if (template := template_of(session, card.template)) is not None else "",
        status_words={Status.DRAFT: _("Draft"), Status.ARCHIVED: _("Archived")}.get(Status(card.status), ""),
        compare_url=f"/cards/{card.id}/history" if card.version > 1 else "",
        feedback_given=feedback_given,
        reviews=review_notes(session, actor, card, words),
        publish_words=_("Send for review") if needs_review(actor, card) else _("Publish"),
    )


def _ask_url(actor: Actor, card: Card) -> str:
    """Where this reader asks whoever checks the card; nothing for that person, and for what is no answer."""
    return f"/questions/new?card={card.id}" if card.is_servable and card.assignee_id not in (None, actor.id) else ""


def _looks_like(session: Session, actor: Actor, card: Card) -> tuple[LooksLike, ...]:
    if not may(actor, Right.EDIT, card):
        return ()
    return tuple(
        LooksLike(like.card.title, card_path(like.card), f"/duplicates/{like.pair_id}")
        for like in cards_like(session, actor, card)
    )


def card_trust(session: Session, card: Card, trust: Trust | None, policy: Policy, words: Words) -> CardTrust:
    """The Trust panel. A card that is not published has no trust; its panel says what is known."""
    use = use_of(session, card.id, words.now.date())
    planned = card.verify_by if trust and card.verified_at is None else None
    due = (trust.verify_by if trust else None) or planned
    return CardTrust(
        badge=badge(trust, words) if trust else Badge("unverified", _("Not published")),
        owner=who(card.owner) if card.owner else None,
        verifiers=verifier_words(session, card),
        assignee=f"{card.assignee.name}{seat_words(session, card)}" if card.assignee else "",
        last_verified=words.full_day(card.verified_at) if card.verified_at else _("Never"),
        next_check=words.full_day(due) if due else "",
        interval=_rhythm(policy.timing_of(card)),
        used=_use_words(use) if use.total else "",
    )


def _use_words(use: UseOf) -> str:
    return _(
        "%(views)s opened, %(copies)s copied, %(shown)s shown as the answer",
        views=decimal(use.views), copies=decimal(use.copies), shown=decimal(use.shown),
    )  # fmt: skip


def _rhythm(timing: Timing) -> str:
    """How often the card is checked, in a few words."""
    if timing.own_day is not None:
        return _("On %(day)s", day=full_day(timing.own_day))
    if timing.check_on is not None:
        if timing.is_yearly:
            return _("Every %(day)s", day=day_and_month(timing.check_on))
        return _("On %(day)s", day=full_day(timing.check_on))
    days = timing.interval_days
    if timing.is_adaptive:
        return ngettext("Every %(num)s days, or earlier", "Every %(num)s days, or earlier", days)
    return ngettext("Every %(num)s days", "Every %(num)s days", days)


def verifier_words(session: Session, card: Card) -> str:
    """The verifiers in order: people by name, groups with how many they are."""
    names = []
    for row in card.verifiers:
        if row.person_id is not None:
            names.append(session.get_one(Person, row.person_id).name)
        else:
            group = session.get_one(Group, row.group_id)
            names.append(f"{group.name} ({len(group.people)})")
    return ", ".join(names)


def _actions(
    session: Session, actor: Actor, card: Card, trust: Trust | None, public_url: str, query_id: str | None
) -> CardActions:
    base = f"/cards/{card.id}"
    edit = f"{base}/edit" if may(actor, Right.EDIT, card) else ""
    can_curate = may(actor, Right.CURATE, card)
    can_archive = may(actor, Right.ARCHIVE, card)
    can_take_back = trust is not None and may(actor, Right.VERIFY, card) and card.unverified_at is None
    return CardActions(
        link=f"{public_url}{card_path(card)}",
        copied_action=f"{base}/copied?version={card.version}{f'&query_id={query_id}' if query_id else ''}",
        copied_words=copied_words(card, trust),
        edit_url=edit,
        history_url=f"{base}/history",
        audit_url=f"{base}/audit" if may(actor, Right.AUDIT, card) else "",
        recall_url=f"{base}/recall" if may(actor, Right.RECALL, card) else "",
        duplicate_url=f"/cards/new?copy={card.id}" if card.collection_id in actor.writable else "",
        move_url=f"{edit}#f-collection" if edit else "",
        owner_url=f"{base}/owner" if can_curate else "",
        replace_url=f"{base}/replace" if may(actor, Right.REPLACE, card) else "",
        publish_action=f"{base}/publish" if may(actor, Right.PUBLISH, card) else "",
        archive_action=f"{base}/archive" if can_archive and card.status != Status.ARCHIVED else "",
        restore_action=f"{base}/unarchive" if can_archive and card.status == Status.ARCHIVED else "",
        unverify_action=f"{base}/unverify" if can_take_back and card.verified_at is not None else "",
        ask_url=_ask_url(actor, card),
        feedback_action=f"{base}/feedback" if card.status == Status.PUBLISHED else "",
        follow=None
        if card.status == Status.DRAFT
        else follow_button(session, actor, Followed(card.id), card_path(card)),
    )


def copied_words(card: Card, trust: Trust | None) -> str:
    """The toast after copying: a doubted answer can be copied, but not without a word."""
    expert = card.assignee or card.owner
    if trust is None or trust.is_good or expert is None:
        return _("Answer copied.")
    state = {TrustState.FLAGGED: _("flagged"), TrustState.OVERDUE: _("overdue")}.get(trust.state, _("not verified"))
    name = first_name(expert.name)
    return _("Copied. This answer is %(state)s: check with %(name)s first.", state=state, name=name)


def _verify_form(actor: Actor, card: Card, trust: Trust | None) -> VerifyForm | None:
    if trust is None or not may(actor, Right.VERIFY, card):
        return None
    return VerifyForm(f"/cards/{card.id}/verify", card.version, note_needed=trust.state is TrustState.FLAGGED)


def _report_form(actor: Actor, card: Card, *, is_open: bool, error: str) -> ReportForm | None:
    if not may(actor, Right.FLAG, card):
        return None
    kinds = tuple(Option(kind, _(FLAG_WORDS[kind]), kind == "reported") for kind in _FLAG_KINDS)
    return ReportForm(f"/cards/{card.id}/flags", Choice(kinds), Field(error=error), is_open=is_open or bool(error))
