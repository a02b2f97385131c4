"""The app factory: settings and services in, a Flask app out. No globals, no module-level app."""

from collections.abc import Iterable

from flask import Blueprint, Flask
from jinja2 import FileSystemLoader, StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import curator.absences.views
import curator.capacity.views
import curator.cards.views
import curator.checks.views
import curator.detectors.views
import curator.duplicates.views
import curator.freshness.views
import curator.hooks.views
import curator.notices.views
import curator.owners.views
import curator.proof.views
import curator.questions.views
import curator.queue.views
import curator.recall.views
import curator.reports.mailed.views
import curator.reports.schedules.views
import curator.reports.views
import curator.rules.views
import curator.webhooks.views
import kb.admin.collections.views
import kb.admin.people.views
import kb.card_templates.views
import kb.cards.editing.views
import kb.cards.views
import kb.comments.views
import kb.drafts.views
import kb.extension.views
import kb.following.views
import kb.people.views
import kb.resuming.views
import kb.reviewing.views
import kb.triggers.views
import kb.writing.views
import search.as_of.views
import search.golden.views
import search.synonyms.views
import search.views
from kb import spoken_templates
from kb.paths import resource_root
from kb.settings import Settings
from kb.web import assets, edge, errors, security
from kb.web.edge import Services
from kb.web.routes import Route
from search.answers import SearchService
from search.condition import Condition
from vitrine import health, logs

PAGES: tuple[Blueprint, ...] = (
    search.views.blueprint,
    kb.cards.editing.views.blueprint,
    kb.drafts.views.blueprint,
    kb.writing.views.blueprint,
    kb.resuming.views.blueprint,
    kb.cards.views.blueprint,
    kb.comments.views.blueprint,
    kb.admin.people.views.blueprint,
    kb.admin.collections.views.blueprint,
    kb.card_templates.views.blueprint,
    search.as_of.views.blueprint,
    search.synonyms.views.blueprint,
    search.golden.views.blueprint,
    kb.people.views.blueprint,
    kb.reviewing.views.blueprint,
    kb.following.views.blueprint,
    curator.queue.views.blueprint,
    curator.notices.views.blueprint,
    kb.triggers.views.blueprint,
    kb.extension.views.blueprint,
    curator.checks.views.blueprint,
    curator.questions.views.blueprint,
    curator.cards.views.blueprint,
    curator.detectors.views.blueprint,
    curator.hooks.views.blueprint,
    curator.duplicates.views.blueprint,
    curator.freshness.views.blueprint,
    curator.absences.views.blueprint,
    curator.owners.views.blueprint,
    curator.reports.views.blueprint,
    curator.proof.views.blueprint,
    curator.recall.views.blueprint,
    curator.reports.schedules.views.blueprint,
    curator.reports.mailed.views.blueprint,
    curator.capacity.views.blueprint,
    curator.rules.views.blueprint,
    curator.webhooks.views.blueprint,
    health.blueprint,
)


def create_app(
    services: Services, search_service: SearchService, condition: Condition, apis: Iterable[Blueprint] = ()
) -> Flask:
    """A web application on these services."""
    settings = services.settings
    root = resource_root()
    # Static files are served by kb.web.assets under their hash; the framework's own route would stand in its way.
    app = Flask("vitrine", static_folder=None)
    app.url_rule_class = Route
    app.jinja_loader = FileSystemLoader(root / "templates")
    app.jinja_env.undefined = StrictUndefined
    spoken_templates.install(app.jinja_env)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.secret_key = services.installation.secret_key
    logs.install(app)
    edge.install(app, services)
    security.install(app, settings)
    errors.install(app)
    assets.install(app, root / "static")
    search.views.install(app, search_service)
    curator.freshness.views.install(app)
    curator.detectors.views.install(app)
    curator.queue.views.install(app)
    curator.notices.views.install(app)
    curator.recall.views.install(app)
    curator.absences.views.install(app)
    curator.questions.views.install(app, search_service)
    curator.owners.views.install(app, search_service)
    curator.duplicates.views.install(app, search_service)
    kb.reviewing.views.install(app)
    health.install(app, condition)
    for blueprint in (*PAGES, *apis):
        app.register_blueprint(blueprint)
    _trust_proxies(app, settings)
    return app


def _trust_proxies(app: Flask, settings: Settings) -> None:
    hops = settings.server.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
