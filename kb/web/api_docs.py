"""The API described: the OpenAPI document, and the same as a page for people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from flask import Response, current_app, render_template

from kb.paths import resource_root
from kb.web.api import Api
from kb.web.edge import services
from kb.web.openapi import Json, document
from kb.web.parts import Frame

api = Api("about_api", "About")
_MADE = "vitrine.openapi"
_MORE = {"maxLength": "at most {} characters", "minimum": "from {}", "maximum": "to {}", "maxItems": "at most {}",
         "format": "{}", "default": "{} unless given"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One parameter or field, in words."""

    name: str
    place: str
    words: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class OperationPart:
    """One operation on the page."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    fields: tuple[FieldRow, ...]
    answers: tuple[tuple[str, str], ...]
    errors: str


@dataclass(frozen=True, slots=True)
class DocsPage:
    """The page: what holds everywhere, operations by subject, and the shapes of what is answered."""

    introduction: tuple[str, ...]
    subjects: tuple[tuple[str, tuple[OperationPart, ...]], ...]
    shapes: tuple[tuple[str, str, tuple[FieldRow, ...]], ...]


@api.operation("GET", "/openapi.json", {200: "application/json"}, scope=None)
def openapi() -> Response:
    """Get this description. OpenAPI 3.1."""
    return Response(json.dumps(_document(), ensure_ascii=False), mimetype="application/json")


@api.operation("GET", "/docs", {200: "text/html"}, scope=None)
def docs() -> Response:
    """Read this description. As a page."""
    name = services().settings.workspace.name
    bare = Frame(name, name[:1].upper(), None)
    return Response(render_template("kb/api_docs.html", page=docs_page(_document()), frame=bare))


@api.operation("GET", "/client.py", {200: "text/x-python"}, scope=None)
def example_client() -> Response:
    """Get an example client. In Python, without dependencies; made to be copied and changed."""
    return Response((resource_root() / "docs" / "client.py").read_bytes(), mimetype="text/x-python")


def docs_page(described: Json) -> DocsPage:
    """The page that says what the document says."""
    schemas = described["components"]["schemas"]
    parts = [
        (operation["tags"][0], _part(method, path, operation, schemas))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    names = [tag["name"] for tag in described["tags"]]
    return DocsPage(
        introduction=tuple(" ".join(text.split()) for text in described["info"]["description"].split("\n\n")),
        subjects=tuple((name, tuple(part for tag, part in parts if tag == name)) for name in names),
        shapes=tuple(
            (name, " ".join(schema.get("description", "").split()), tuple(_fields(schema, "")))
            for name, schema in schemas.items()
        ),
    )


def _document() -> Json:
    """Made once: operations don't change while the service runs."""
    if _MADE not in current_app.extensions:
        current_app.extensions[_MADE] = _make_document()
    return cast(Json, current_app.extensions[_MADE])


def _make_document() -> Json:
    operations = [
        operation
        for blueprint in current_app.blueprints.values()
        if isinstance(blueprint, Api)
        for operation in blueprint.operations
    ]
    settings = services().settings
    return document(operations, f"{settings.workspace.name} API", settings.public_url, settings.api.requests_per_minute)


def _part(method: str, path: str, operation: Json, schemas: Json) -> OperationPart:
    fields = [_parameter_row(parameter) for parameter in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        fields += _fields(schemas[_name(body)], "body")
    answers = {code: answer for code, answer in operation["responses"].items() if code < "400"}
    return OperationPart(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        fields=tuple(fields),
        answers=tuple((f"{code} {HTTPStatus(int(code)).phrase}", _content(answer)) for code, answer in answers.items()),
        errors=", ".join(status for status in operation["responses"] if status >= "400"),
    )


def _parameter_row(parameter: Json) -> FieldRow:
    schema = {**parameter["schema"], "description": parameter.get("description", "")}
    return FieldRow(parameter["name"], parameter["in"], _words(schema), parameter["required"])


def _fields(schema: Json, place: str) -> Iterator[FieldRow]:
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield FieldRow(name, place, _words(field), name in needed)


def _content(answer: Json) -> str:
    for kind, content in answer.get("content", {}).items():
        return _name(content["schema"]) if "$ref" in content["schema"] else str(kind)
    return ""


def _words(schema: Json) -> str:
    """A schema in one line."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    known = {**kinds[0], **schema} if len(kinds) == 1 else schema
    details = [text.format(_value(known[key])) for key, text in _MORE.items() if known.get(key) not in (None, "", [])]
    line = ", ".join([_kind(schema), *details])
    return f"{line}. {known['description']}" if known.get("description") else line


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return _name(schema)
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(kind) for kind in schema["anyOf"]))
    if "prefixItems" in schema:
        return f"[{', '.join(_kind(kind) for kind in schema['prefixItems'])}]"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(schema: Json) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
