"""Remove rows that nobody needs any more: old sign-in attempts and sessions, sent mails, job runs, ended
snoozes, drafts that nobody went on with.

Searches lose their person after a month and go after half a year; sightings lose theirs after the term in the settings.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, delete, update
from sqlalchemy.orm import Session

from curator.detectors.models import Finding
from curator.notices.kinds import ASKED, CHECKED, NEWS
from curator.notices.models import Notice
from curator.queue.models import Snooze
from curator.webhooks.models import DeliveryState, WebhookDelivery
from kb.drafts.models import EditDraft, Upload
from kb.mail.models import OutgoingMail
from kb.people.models import SignInAttempt, SignInLink, WebSession
from kb.schedule.models import JobRun
from kb.settings import Privacy
from kb.use.models import SearchQuery
from kb.use.sightings import forget_persons

ATTEMPTS = timedelta(days=1)
JOB_RUNS = timedelta(days=400)
SENT_MAILS = timedelta(days=90)
LINKS = timedelta(days=30)
SNOOZES = timedelta(days=30)
DELIVERIES = timedelta(days=14)
NEWS_TERM = timedelta(days=90)
GONE_FINDINGS = timedelta(days=180)
DRAFTS = timedelta(days=90)
UPLOADS = timedelta(days=90)  # no draft that could still show one is older
SEARCHERS = timedelta(days=30)
SEARCHES = timedelta(days=180)


def remove_old(session: Session, privacy: Privacy, now: datetime) -> int:
    """Remove what is older than its term. Returns how many rows went. An ended snooze counts for 30 days more."""
    is_done = WebhookDelivery.state.not_in((DeliveryState.NEW, DeliveryState.SENDING))
    is_sent = OutgoingMail.state == "sent"
    rules: tuple[tuple[type[object], ColumnElement[bool]], ...] = (
        (SignInAttempt, SignInAttempt.at < now - ATTEMPTS),
        (WebSession, WebSession.expires_at <= now),
        (SignInLink, SignInLink.expires_at < now - LINKS),
        (JobRun, JobRun.at < now - JOB_RUNS),
        (OutgoingMail, is_sent & (OutgoingMail.sent_at < now - SENT_MAILS)),
        (WebhookDelivery, is_done & (WebhookDelivery.created_at < now - DELIVERIES)),
        (Notice, Notice.kind.in_([*NEWS, ASKED, CHECKED]) & (Notice.at < now - NEWS_TERM)),
        (Finding, Finding.dismissed_at.is_(None) & (Finding.gone_at < now - GONE_FINDINGS)),
        (EditDraft, EditDraft.saved_at < now - DRAFTS),
        (Upload, Upload.created_at < now - UPLOADS),
        (Snooze, Snooze.until < now - SNOOZES),
        (SearchQuery, SearchQuery.last_at < now - SEARCHES),
    )
    removed = 0
    for table, is_old in rules:
        result = session.execute(delete(table).where(is_old).execution_options(synchronize_session=False))
        removed += result.rowcount if isinstance(result, CursorResult) else 0
    _forget_searchers(session, now)
    forget_persons(session, privacy.sighting_days, now)
    return removed


def _forget_searchers(session: Session, now: datetime) -> None:
    """What was asked stays for a while, who asked it does not."""
    is_old = (SearchQuery.last_at < now - SEARCHERS) & SearchQuery.person_id.is_not(None)
    session.execute(
        update(SearchQuery).where(is_old).values(person_id=None).execution_options(synchronize_session=False)
    )
