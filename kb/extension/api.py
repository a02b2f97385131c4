"""Connect an extension over HTTP: a code for a token."""

from datetime import datetime
from typing import Annotated

from flask import request
from pydantic import Field

from kb.errors import Invalid, invalid
from kb.extension import connecting
from kb.people.shapes import PersonShape, person_shape
from kb.web.api import Api
from kb.web.api_models import JsonBody, Shape
from kb.web.edge import now, services

api = Api("extension_api", "Extension")
Verifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{43,128}$", description="RFC 7636: the code verifier.")]


class Exchange(JsonBody):
    """The code that the page showed, and the answer to the challenge that asked for it."""

    code: Annotated[str, Field(min_length=8, max_length=12)]
    verifier: Verifier


class TokenShape(Shape):
    """A token that can only look things up. It is shown once."""

    token: str
    scopes: list[str]
    expires_at: datetime
    person: PersonShape
    workspace: str


@api.operation("POST", "/tokens/exchange", {200: TokenShape}, scope=None)
def exchange_code(body: Exchange) -> TokenShape:
    """Turn a one-time code into a token. The code is valid for five minutes and for one try."""
    address = request.remote_addr or ""
    with services().database.transaction() as session:
        connecting.refuse_guessing(session, address, now())
        found = connecting.exchange(session, services().installation.secret_key, body.code, body.verifier, now())
        if found is None:
            connecting.note_wrong(session, address, now())
        else:
            shape = TokenShape(
                token=found.token, scopes=["lookup"], expires_at=found.expires_at, person=person_shape(found.person),
                workspace=services().settings.workspace.name,
            )  # fmt: skip
    if found is None:
        error: Invalid = invalid("code", "This code is wrong, was used or has expired. Get a new one.")
        raise error
    return shape
