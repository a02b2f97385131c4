"""Tries links politely: each at most once a day, one for each host at a time, HEAD first, through the address guard.

What failed is tried again on the next day, what works a week later. A link is claimed for the day before it is tried,
so a process that dies over one does not come back to it at once, and two processes never try the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from curator.detectors.links import forget_orphans, is_dead
from curator.detectors.look_again import look_again
from curator.detectors.models import CardExternalLink, ExternalLink
from kb.db import Database
from kb.outbound.client import Answer, fetch
from kb.outbound.errors import NoSuchHost, Refused, Unreachable
from kb.sentences import sentence
from kb.settings import Outbound

AT_ONCE = 20
_LOOKED_AT = 500
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_A_BIT = 1024
_ASKS_WHO = frozenset({401, 402, 403, 407, 429, 451})


@dataclass(frozen=True, slots=True)
class Tried:
    """How a link answered: "ok", "moved", "gone", "silent", or "unknown" where it was not for us to ask."""

    outcome: str
    detail: str = ""
    moved_to: str | None = None


def check_links(database: Database, rules: Outbound, clock: Callable[[], datetime]) -> int:
    """Try those that are due, one for each host. Returns how many were tried."""
    now = clock()
    with database.transaction() as session:
        forget_orphans(session)
        due = session.scalars(
            select(ExternalLink)
            .where(ExternalLink.next_try_at <= now)
            .order_by(ExternalLink.next_try_at, ExternalLink.id)
            .limit(_LOOKED_AT)
            .with_for_update(skip_locked=True)
        ).all()
        claimed = _one_for_each_host(due)
        for link in claimed:
            link.next_try_at = now + _DAY
        urls = [(link.id, link.url) for link in claimed]
    for link_id, url in urls:
        _record(database, link_id, try_link(url, rules), clock())
    return len(urls)


def try_link(url: str, rules: Outbound) -> Tried:
    """Ask once: the head, and the page itself only where the head is refused, as some servers do."""
    try:
        answer = fetch(url, rules, method="HEAD", most_bytes=_A_BIT)
        if not answer.is_success:
            answer = fetch(url, rules, most_bytes=_A_BIT)
    except Refused as error:
        return Tried("unknown", error.why)
    except NoSuchHost:
        return Tried("gone", sentence("Its server does not exist."))
    except Unreachable as error:
        return Tried("silent", error.why)
    return judge(url, answer)


def judge(url: str, answer: Answer) -> Tried:
    """What an answer says about a link."""
    if answer.status in (404, 410):
        return Tried("gone", sentence("It answers %(status)s: there is no such page.", status=answer.status))
    if answer.status >= 500:
        return Tried("silent", sentence("It answers %(status)s: the server fails.", status=answer.status))
    if answer.is_success and answer.moved_for_good and _is_elsewhere(url, answer.url):
        return Tried("moved", moved_to=answer.url)
    if answer.is_success or answer.status in _ASKS_WHO:
        return Tried("ok")
    return Tried("unknown", sentence("It answers %(status)s.", status=answer.status))


def note_try(link: ExternalLink, tried: Tried, now: datetime) -> None:
    """Count days in a row. A second try on the same day counts for nothing."""
    is_new_day = link.tried_on != now.date()
    if tried.outcome == "unknown":
        link.tried_on, link.outcome, link.detail, link.next_try_at = (
            now.date(),
            tried.outcome,
            tried.detail,
            now + _WEEK,
        )
        link.days_failing = link.days_moved = 0
        return
    is_failing, has_moved = tried.outcome in ("gone", "silent"), tried.outcome == "moved"
    same_place = link.moved_to == tried.moved_to
    link.days_failing = link.days_failing + is_new_day if is_failing else 0
    link.days_moved = (link.days_moved if same_place else 0) + (is_new_day or not same_place) if has_moved else 0
    link.tried_on, link.outcome, link.detail, link.moved_to = now.date(), tried.outcome, tried.detail, tried.moved_to
    is_settled = tried.outcome == "ok" or link.days_moved > 1
    link.next_try_at = now + (_WEEK if is_settled else _DAY)


def _one_for_each_host(due: Sequence[ExternalLink]) -> list[ExternalLink]:
    first: dict[str, ExternalLink] = {}
    for link in due:
        first.setdefault(link.host, link)
    return list(first.values())[:AT_ONCE]


def _record(database: Database, link_id: int, tried: Tried, now: datetime) -> None:
    with database.transaction() as session:
        link = session.get(ExternalLink, link_id, with_for_update=True)
        if link is None:
            return  # the last card that had it dropped it meanwhile
        before = (is_dead(link), link.outcome, link.days_moved > 1)
        note_try(link, tried, now)
        if before != (is_dead(link), link.outcome, link.days_moved > 1):
            cards = session.scalars(select(CardExternalLink.card_id).where(CardExternalLink.link_id == link_id))
            look_again(session, list(cards))


def _is_elsewhere(url: str, final: str) -> bool:
    """Not just from http to https, to or from www, or to the same path with a slash."""
    one, other = (_plain(each) for each in (url, final))
    return one != other


def _plain(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query
