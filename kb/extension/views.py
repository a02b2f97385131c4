"""Pages of the browser extension: how to install it, its package, and the page that connects it."""

from typing import Annotated

from flask import Blueprint, Response, render_template
from pydantic import Field as Limits

from kb.cards.fields import Line
from kb.errors import invalid
from kb.extension import package
from kb.extension.connecting import VALID_FOR, give_code, is_challenge
from kb.extension.pages import ConnectPage, InstallPage
from kb.web.edge import now, reading, services, writing
from kb.web.forms import Form, read_form, read_query
from kb.web.frame import frame
from kb.wording import _

blueprint = Blueprint("extension", __name__)


class ConnectForm(Form):
    """What the extension's options page sends along."""

    challenge: Annotated[Line, Limits(max_length=100)] = ""
    name: Annotated[Line, Limits(max_length=80)] = ""


@blueprint.get("/extension")
def install() -> str:
    """How to install it."""
    with reading():
        page = InstallPage(services().settings.public_url, package.version(), "/extension/vitrine.zip")
    return render_template("kb/extension.html", page=page, frame=frame())


@blueprint.get("/extension/vitrine.zip")
def download() -> Response:
    """The package."""
    with reading():
        data = package.archive(services().settings.public_url)
    headers = {"Content-Disposition": f'attachment; filename="vitrine-extension-{package.version()}.zip"'}
    return Response(data, mimetype="application/zip", headers=headers)


@blueprint.get("/extension/connect")
def ask() -> str:
    """Says what the extension may do, and asks."""
    form = read_query(ConnectForm)
    if not is_challenge(form.challenge):
        raise invalid("challenge", _("Begin in the extension: its options page leads here."))
    with reading() as (_session, actor):
        page = ConnectPage(actor.name, form.challenge, form.name or _("Browser extension"), "/extension/connect")
    return render_template("kb/extension_connect.html", page=page, frame=frame())


@blueprint.post("/extension/connect")
def connect() -> str:
    """The one-time code, shown once."""
    form = read_form(ConnectForm)
    with writing() as (session, actor):
        code = give_code(session, actor, form.challenge, form.name, now())
        page = ConnectPage(
            actor.name, form.challenge, form.name or _("Browser extension"), "/extension/connect", code,
            int(VALID_FOR.total_seconds()) // 60,
        )  # fmt: skip
    return render_template("kb/extension_connect.html", page=page, frame=frame())
