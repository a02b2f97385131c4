"""Builds the list of notices and the page of choices."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from curator.notices.choices import Choice as Chosen
from curator.notices.choices import Manner
from curator.notices.kinds import EVENTS, HEADINGS, NEWS_EVENTS
from curator.notices.listing import PAGE, Listed, notices_of, unread_count
from curator.notices.pages import ChoiceGroup, ChoiceRow, FollowedRow, NoticeRow, NoticesPage, SettingsPage
from curator.webhooks.outbox import people_with_own
from kb.errors import FieldError
from kb.following.queries import followed_by
from kb.following.shown import follow_button
from kb.people.actor import Actor
from kb.people.models import Person
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.web.parts import Choice, Link, Option, Paging, Problem
from kb.wording import N_, _, decimal, ngettext
from kb.words import Words, span

HERE, SETTINGS = "/notices", "/account/notices"
_FOLLOWED = {"collection": N_("Collection"), "tag": N_("Tag"), "card": N_("Card")}
MAILS = (("digest", N_("In the digest")), ("at_once", N_("At once")), ("none", N_("No mail")))
_ICONS = {
    "asked": "comment", "answered": "check", "mentioned": "comment", "commented": "comment", "resolved": "check",
    "escalated": "arrow_up", "never_verified": "unverified", "requested": "person",
    "assigned": "person", "new_version": "verified", "archived": "archive", "new_card": "plus",
}  # fmt: skip


def notices_page(
    session: Session, actor: Actor, settings: Settings, policy: Policy, now: datetime, number: int
) -> NoticesPage:
    """A page of the list."""
    listed, total = notices_of(session, actor, settings, policy, now, offset=(number - 1) * PAGE)
    unread, words = unread_count(session, actor, settings), Words(now, policy.zone)
    first, last = (number - 1) * PAGE + 1, min(number * PAGE, total)
    paging = Paging(
        span(first, last, total),
        f"{HERE}?page={number - 1}" if number > 1 else "",
        f"{HERE}?page={number + 1}" if last < total else "",
    )
    return NoticesPage(
        summary=_("%(unread)s unread", unread=decimal(unread)) if unread else _("Nothing unread"),
        notices=tuple(_row(each, words) for each in listed),
        read_action=f"{HERE}/read",
        last_id=max((each.notice.id for each in listed), default=0),
        settings_url=SETTINGS,
        has_unread=unread > 0,
        paging=paging if total > PAGE else None,
    )


def _row(each: Listed, words: Words) -> NoticeRow:
    notice = each.notice
    return NoticeRow(
        icon=_ICONS.get(notice.kind, notice.kind),
        heading=_(HEADINGS[notice.kind]),
        title=each.card.title,
        url=f"{HERE}/{notice.id}",
        words=each.words,
        when=words.ago(notice.at),
        exact=words.exact(notice.at),
        is_new=notice.read_at is None,
    )


def settings_page(
    session: Session, actor: Actor, manner: Manner, settings: Settings, errors: tuple[FieldError, ...] = ()
) -> SettingsPage:
    """The choices as they are."""
    person = session.get_one(Person, actor.id)
    wrong = {error.field: error.message for error in errors}
    groups = (
        ChoiceGroup(
            _("What waits for you"), tuple(_choice(name, manner.choices) for name in EVENTS if name not in NEWS_EVENTS)
        ),
        ChoiceGroup(_("What you follow or used"), tuple(_choice(name, manner.choices) for name in NEWS_EVENTS)),
    )
    hour = settings.schedule.digest_hour
    return SettingsPage(
        action=SETTINGS,
        groups=groups,
        has_webhook=person.id in people_with_own(session),
        daily_digest=person.daily_digest,
        digest_words=_(
            "One mail at %(hour)s:00, %(zone)s, if there is anything to tell.",
            hour=hour,
            zone=manner.quiet.zone.key.replace("_", " "),
        ),
        quiet_from=_hours(manner.quiet.quiet_from, wrong.get("quiet_from", "")),
        quiet_until=_hours(manner.quiet.quiet_until, wrong.get("quiet_until", "")),
        limit_words=ngettext(
            "At most %(num)s mail a day; the digest tells the rest.",
            "At most %(num)s mails a day; the digest tells the rest.",
            settings.notices.mails_a_day,
        ),
        followed=_followed(session, actor),
        problems=tuple(Problem(error.field, error.message) for error in errors),
    )


def _choice(name: str, choices: Mapping[str, Chosen]) -> ChoiceRow:
    event, chosen = EVENTS[name], choices[name]
    mail = Choice(tuple(Option(value, _(label), value == chosen.mail) for value, label in MAILS))
    return ChoiceRow(name, _(event.label), _(event.hint), chosen.page, mail, chosen.webhook, not event.kinds)


def _hours(chosen: int | None, error: str) -> Choice:
    none = Option("", _("None"), chosen is None)
    return Choice((none, *(Option(str(hour), f"{hour}:00", hour == chosen) for hour in range(24))), error)


def _followed(session: Session, actor: Actor) -> tuple[FollowedRow, ...]:
    return tuple(
        FollowedRow(
            _(_FOLLOWED[thing.kind]), Link(thing.name, thing.path), follow_button(session, actor, thing.what, SETTINGS)
        )
        for thing in followed_by(session, actor)
    )
