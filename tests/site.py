"""The whole web application on a world, driven as people and programs drive it: pages with forms, API with tokens."""

import re
from html import unescape
from typing import Any, cast

import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.people.sign_in import start_session
from kb.people.tokens import issue_api_token
from tests.world import World
from vitrine.runtime import Runtime, assemble

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Site:
    """One app; its clock is the world's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runtime: Runtime = assemble(world.installation, world.renderer)
        self.app = self.runtime.app
        self.app.testing = False  # errors are answered, as in production

    def close(self) -> None:
        """Write what was counted, so that no timer is left to look for a database that is gone; let go of the index."""
        self.runtime.services.recorder.flush()
        self.runtime.backend.close()

    def page(self, name: str | None) -> "Visitor":
        """A browser in which one of the cast is signed in, or (None) nobody is."""
        return Visitor(self, name)

    def token(self, name: str, *scopes: str) -> str:
        """A fresh API token of one of the cast."""
        with self.world.transaction() as session:
            person = self.world.person(session, name)
            key = self.world.installation.secret_key
            return issue_api_token(session, key, person, "test", scopes or ("read",), self.world.now).secret

    def api(self, name: str | None, *scopes: str) -> "Program":
        """A program that calls the API with a token of one of the cast, or (None) without."""
        return Program(self, self.token(name, *scopes) if name else None)

    def index(self) -> None:
        """Let the indexer catch up, as it does within moments in a running service."""
        self.runtime.indexer.apply_pending()


class Answer(TestResponse):
    """What the application answered. Its JSON is whatever the test expects, or the test fails."""

    json: Any


class Visitor:
    """A person with a browser that keeps cookies and sends forms with their token."""

    def __init__(self, site: Site, name: str | None) -> None:
        self.site = site
        self.client: FlaskClient = site.app.test_client()
        self._csrf = ""
        if name is not None:
            with site.world.transaction() as session:
                person = site.world.person(session, name)
                limits = site.world.settings.security
                secret = start_session(session, person, limits, "Firefox on Linux", site.world.now).secret
            self.client.set_cookie("vitrine_session", secret)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Open an address, at the world's instant."""
        with time_machine.travel(self.site.world.now, tick=False):
            response = self.client.get(path, **kwargs)
        if found := _TOKEN.search(response.get_data().decode(errors="replace")):
            self._csrf = unescape(found[1])
        return response

    def post(self, path: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Send a form. A page with a form must have been opened before, as people do."""
        if not self._csrf:
            self.get("/account" if self.client.get_cookie("vitrine_session") else "/sign-in")
        data = {"csrf_token": self._csrf, **(fields or {})}
        with time_machine.travel(self.site.world.now, tick=False):
            return self.client.post(path, data=data, **kwargs)


class Program:
    """A program with a bearer token."""

    def __init__(self, site: Site, token: str | None) -> None:
        self.site = site
        self.client = site.app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, json: Any = None, **kwargs: Any) -> Answer:
        """Call the API, at the world's instant; `path` follows /api/v1."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        with time_machine.travel(self.site.world.now, tick=False):
            response = self.client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **kwargs)
        return cast(Answer, response)

    def get(self, path: str, **kwargs: Any) -> Answer:
        """GET."""
        return self.call("GET", path, **kwargs)
