"""Is the process alive, can it serve, and how is it doing: /healthz, /readyz, /metrics."""

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select, text

from kb import migrations
from kb.cards.models import Card, Status
from kb.mail.models import OutgoingMail
from kb.schedule.models import JobState
from kb.trust.orphans import without_assignee
from kb.trust.queries import in_state
from kb.trust.state import TrustState
from kb.web.edge import now, public, services
from kb.web.frame import warn_with
from kb.wording import ENGLISH, speak
from kb.words import count
from search.condition import Condition, Trouble
from search.indexer import Indexer
from search.views import search_service

blueprint = Blueprint("health", __name__)
REGISTRY = CollectorRegistry()
REQUESTS = Counter("vitrine_requests_total", "HTTP requests", ["method", "endpoint", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "vitrine_request_seconds", "Time to answer", ["endpoint"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
CARDS = Gauge("vitrine_cards", "Published cards by trust", ["trust"], registry=REGISTRY)
INDEX_LAG = Gauge("vitrine_index_lag", "Outbox rows that wait for the indexer", registry=REGISTRY)
UNASSIGNED = Gauge("vitrine_cards_unassigned", "Published cards that nobody able checks: always 0", registry=REGISTRY)
MAILS = Gauge("vitrine_mails", "Mails in the outbox by state", ["state"], registry=REGISTRY)
BEHIND = Gauge("vitrine_index_behind_seconds", "Since when indexing fails; 0 while it works", registry=REGISTRY)
_LARGEST_LAG = 1000
_WORTH_SAYING = timedelta(minutes=1)
_EXTENSION = "vitrine.condition"


def install(app: Flask, condition: Condition) -> None:
    """Give the app the condition of its index, and the pages of curators and admins a warning while it is behind."""
    app.extensions[_EXTENSION] = condition
    with app.app_context():
        warn_with(_warning)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Database, schema, index and scheduler: 200 when all serve, else 503. Reasons only for this machine.

    An index that is merely behind is "degraded" and still 200: to take the process away would take search away too.
    """
    speak(ENGLISH)  # whoever looks after a server searches for these words
    checks = {name: _outcome(check) for name, check in _CHECKS.items()}
    is_ready = all(outcome == "ok" for outcome in checks.values())
    lags = _outcome(_index_lag) if is_ready else "ok"
    body: dict[str, Any] = {"status": "not ready" if not is_ready else "ok" if lags == "ok" else "degraded"}
    if request.remote_addr in ("127.0.0.1", "::1"):
        body["checks"] = checks | ({"index": lags} if lags != "ok" else {})
    return jsonify(body), 200 if is_ready else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus text: numbers only, no titles, no names."""
    _measure()
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def observe(endpoint: str | None, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(method, endpoint or "none", str(status)).inc()
    SECONDS.labels(endpoint or "none").observe(seconds)


def _outcome(check: Any) -> str:
    try:
        return str(check() or "ok")
    except Exception as error:  # a health check reports whatever is broken instead of breaking
        return type(error).__name__


def _database() -> str:
    with services().database.read() as session:
        session.execute(text("SELECT 1"))
    return ""


def _schema() -> str:
    found = migrations.current_revision(services().database)
    return "" if found == migrations.head_revision() else f"schema is at {found}"


def _index() -> str:
    search_service().backend.health()
    return ""


def _index_lag() -> str:
    """How far the index is behind, why and since when; nothing while that is a matter of moments."""
    lag, trouble = Indexer(services().database, search_service().backend).lag(), _trouble()
    if trouble is not None:
        return f"behind since {trouble.since.isoformat()}: {trouble.reason}; {count(lag, 'change')} waiting"
    return "" if lag < _LARGEST_LAG else f"{count(lag, 'change')} waiting"


def _trouble() -> Trouble | None:
    return cast(Condition, current_app.extensions[_EXTENSION]).trouble()


def _warning() -> str:
    trouble = _trouble()
    return trouble.in_words(now()) if trouble is not None and now() - trouble.since >= _WORTH_SAYING else ""


def _scheduler() -> str:
    """Only once a scheduler has ever run here can it be missed."""
    with services().database.read() as session:
        last = session.scalar(select(func.max(JobState.last_started_at)))
    if last is None or not services().settings.schedule.enabled:
        return ""
    return "" if now() - last < timedelta(minutes=5) else "no job ran for five minutes"


_CHECKS = {"database": _database, "schema": _schema, "index": _index, "scheduler": _scheduler}


def _measure() -> None:
    with services().database.read() as session:
        for state in TrustState:
            served = (Card.status == Status.PUBLISHED, Card.replaced_by_id.is_(None))
            query = select(func.count()).select_from(Card).where(*served, in_state(state, services().policy, now()))
            CARDS.labels(state.value).set(session.scalar(query) or 0)
        for state_name, number in session.execute(
            select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
        ):
            MAILS.labels(state_name).set(number)
    with services().database.read() as session:
        UNASSIGNED.set(len(without_assignee(session)))
    trouble = _trouble()
    BEHIND.set((now() - trouble.since).total_seconds() if trouble is not None else 0)
    INDEX_LAG.set(Indexer(services().database, search_service().backend).lag())
