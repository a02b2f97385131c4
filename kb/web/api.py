"""What all API modules share: documented operations, strict input, cursors and answers.

An operation's view takes the models it names: `body` is read from JSON, `query` from the query string. What its
decorator says (scope, answers, errors) is what the OpenAPI document says.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn, TypeVar, get_origin, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from kb.errors import Invalid, Malformed, invalid
from kb.web.api_models import Listing, Shape
from kb.web.edge import demand_scope, public, services
from kb.web.forms import field_errors, summary

PREFIX = "/api/v1"
LARGEST_BODY = 1024 * 1024
_MOST_ERRORS = 20
_LONGEST_NAME = 80
_MAC_BYTES = 8
View = Callable[..., Any]
Item = TypeVar("Item")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not plainly 200: its status and headers."""

    content: Shape | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation. Its view's docstring is its summary and description."""

    method: str
    rule: str
    view: View
    tag: str
    scope: str | None
    answers: Mapping[int, type[Shape] | str | None]
    errors: tuple[int, ...]
    body: type[BaseModel] | None
    query: type[BaseModel] | None

    @property
    def statuses(self) -> list[int]:
        """Every error it can answer: those it names and those that follow from what it takes."""
        found = {429, 503, *self.errors}
        found |= {401, 403} if self.scope else set()
        found |= {404} if "<" in self.rule else set()
        found |= {409} if self.method != "GET" else set()
        found |= {400, 413, 415, 422} if self.body else set()
        found |= {422} if self.query else set()
        return sorted(found)


class Api(Blueprint):
    """A blueprint whose routes are documented operations below `/api/v1`."""

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(name, __name__, url_prefix=PREFIX)
        self.tag = tag
        self.operations: list[Operation] = []

    def operation(
        self, method: str, rule: str, answers: Mapping[int, type[Shape] | str | None], *,
        scope: str | None, errors: Sequence[int] = (),
    ) -> Callable[[View], View]:  # fmt: skip
        """Route and document a view. `answers` maps a status to its model, its media type, or nothing.

        Without a scope the operation is public. `errors` names only what does not follow from its input.
        """

        def decorate(view: View) -> View:
            hints = get_type_hints(view)
            done = Operation(
                method, rule, view, self.tag, scope, answers, tuple(errors), hints.get("body"), hints.get("query")
            )
            self.operations.append(done)
            self.add_url_rule(rule, view.__name__, _runner(done), methods=[method])
            return view

        return decorate


def shown(shape: Shape) -> Any:
    """The shape as JSON values."""
    return shape.model_dump(mode="json", by_alias=True)


def sliced(items: Sequence[Item], query: Listing) -> tuple[list[Item], str | None]:
    """One page of a list that is short enough to be loaded whole, and the cursor of the next page."""
    start = position(query.cursor)
    end = start + query.limit
    return list(items[start:end]), cursor_to(end) if end < len(items) else None


def cursor_to(place: int) -> str:
    """An opaque cursor for this path and this place in its list."""
    raw = place.to_bytes(8, "big")
    return base64.urlsafe_b64encode(raw + _mac(raw)).decode().rstrip("=")


def position(cursor: str) -> int:
    """The place that a cursor stands for; 0 without one. Raises Invalid for one that was not made here."""
    if not cursor:
        return 0
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        data = b""
    raw, mac = data[:8], data[8:]
    if len(raw) != 8 or not hmac.compare_digest(mac, _mac(raw)):
        raise invalid("cursor", "is not a cursor of this list; begin without one")
    return int.from_bytes(raw, "big")


def read_body(model: type[Model]) -> Model:
    """The request's JSON as a model. An empty body counts as an empty object."""
    request.max_content_length = LARGEST_BODY
    raw = request.get_data()  # kept, for a view that checks a signature over it
    if raw and not request.is_json:
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    return _validated(model, _parsed(raw) if raw else {})


def read_params(model: type[Model]) -> Model:
    """The query string as a model. An empty parameter counts as not given."""
    data: dict[str, Any] = {}
    for name, values in request.args.lists():
        given = [value for value in values if value]
        known = model.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            data[name] = given
        elif given or known is None:
            data[name] = given[0] if len(given) == 1 else given
    return _validated(model, data)


def _runner(operation: Operation) -> View:
    @wraps(operation.view)
    def run(**arguments: Any) -> Response:
        if operation.scope:
            demand_scope(operation.scope)
        if operation.query:
            arguments["query"] = read_params(operation.query)
        if operation.body:
            arguments["body"] = read_body(operation.body)
        return _response(operation.view(**arguments))

    return run if operation.scope else public(run)


def _response(answer: Shape | Reply | Response) -> Response:
    if isinstance(answer, Response):
        return answer
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    content = reply.content.model_dump_json(by_alias=True) if reply.content is not None else ""
    response = Response(content, reply.status, mimetype="application/json")
    if reply.content is None:
        del response.headers["Content-Type"]
    response.headers.update(reply.headers)
    return response


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed("The JSON is nested too deeply.") from None
    except ValueError:
        raise Malformed("The body is not valid JSON in UTF-8.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _validated(model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = field_errors(error.errors(include_url=False, include_input=False)[:_MOST_ERRORS])
        errors = tuple(type(e)(_printable(e.field), e.message) for e in found)
        raise Invalid(summary(errors), errors=errors) from None


def _printable(name: str) -> str:
    """An unknown field is named, but what was sent is not sent back at length."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:_LONGEST_NAME])


def _mac(raw: bytes) -> bytes:
    """Cursors work only on the path that gave them."""
    secret = services().installation.secret_key
    return hmac.new(secret, b"cursor\0" + request.path.encode() + b"\0" + raw, hashlib.sha256).digest()[:_MAC_BYTES]
