"""The OpenAPI 3.1 document, made from the operations themselves so that it cannot drift from them."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from kb.web.api import PREFIX, Operation
from kb.web.api_models import Shape

Json = dict[str, Any]
_REF = "#/components/schemas/"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_DESCRIPTION = """\
Send `Authorization: Bearer TOKEN`; people make tokens on their account page, admins also with `vitrine token add`.
A token carries scopes: `lookup` (what the browser extension needs), `read` (which includes it), `write`, `verify`,
`admin` (which includes the others); what its person may do decides besides. Cookies are ignored.

Instants are RFC 3339 in UTC. Lists take `limit` (1 to 100) and `cursor`, and answer `next_cursor`, which is null on the
last page. Unknown fields and parameters are errors. Errors are `application/problem+json` (RFC 9457); what a person may
not see is answered like what does not exist.

A token may be used for so many requests a minute, and an address without a token for as many: %s. More is answered 429,
with `Retry-After` in seconds.
"""
_PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. A conflict of versions carries the current card in `card`.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "retry_after": {"type": "integer", "description": "With 429: in how many seconds to try again."},
        "reference": {"type": "string", "description": "With 500: what the log knows the error by."},
        "card": {"$ref": f"{_REF}FullCard"},
    },
}


def document(operations: Iterable[Operation], title: str, server: str, requests_per_minute: int) -> Json:
    """The document for these operations."""
    listed = list(operations)
    schemas = _Schemas(listed)
    paths: dict[str, Json] = {}
    words = _DESCRIPTION % (requests_per_minute or "here without limit")
    for operation in listed:
        path = PREFIX + _PARAMETER.sub(r"{\2}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": words},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in listed)],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas.components(),
        },
    }


class _Schemas:
    """JSON Schemas of all models, each under one name."""

    def __init__(self, operations: list[Operation]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
        for operation in operations:
            for model in (operation.body, operation.query):
                wanted |= {(model, "validation"): None} if model else {}
            wanted |= {(a, "serialization"): None for a in operation.answers.values() if isinstance(a, type)}
        self._queries = {operation.query for operation in operations if operation.query}
        self._refs, found = models_json_schema(list(wanted), ref_template=_REF + "{model}")
        self._found: Json = _untitled(found["$defs"])

    def ref(self, model: type[BaseModel]) -> Json:
        """A reference to a model's schema."""
        mode: JsonSchemaMode = "serialization" if issubclass(model, Shape) else "validation"
        return dict(self._refs[model, mode])

    def of(self, model: type[BaseModel]) -> Json:
        """A model's schema itself."""
        schema: Json = self._found[self.ref(model)["$ref"].removeprefix(_REF)]
        return schema

    def components(self) -> Json:
        """All schemas that are referred to."""
        spelled_out = {self.ref(model)["$ref"].removeprefix(_REF) for model in self._queries}
        kept = {name: schema for name, schema in self._found.items() if name not in spelled_out}
        return kept | {"Problem": _PROBLEM}


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    summary, _, more = (operation.view.__doc__ or "").strip().partition(". ")
    scope = f"Scope: `{operation.scope}`." if operation.scope else "Public."
    described: Json = {
        "operationId": operation.view.__name__,
        "summary": summary.rstrip("."),
        "description": f"{' '.join(more.split())} {scope}".strip(),
        "tags": [operation.tag],
        "responses": _responses(operation, schemas),
    }
    parameters = [_path_parameter(*found) for found in _PARAMETER.findall(operation.rule)]
    if operation.query:
        parameters += _query_parameters(schemas.of(operation.query))
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        is_needed = any(field.is_required() for field in operation.body.model_fields.values())
        content = {"application/json": {"schema": schemas.ref(operation.body)}}
        described["requestBody"] = {"required": is_needed, "content": content}
    if not operation.scope:
        described["security"] = [{}, {"token": []}]
    return described


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    responses: Json = {}
    for status, answer in operation.answers.items():
        described: Json = {"description": HTTPStatus(status).phrase}
        if isinstance(answer, type):
            described["content"] = {"application/json": {"schema": schemas.ref(answer)}}
        elif answer is not None:
            described["content"] = {answer: {"schema": {}}}
        if status in (201, 308):
            described["headers"] = {"Location": {"schema": {"type": "string"}}}
        responses[str(status)] = described
    for status in operation.statuses:
        content = {"application/problem+json": {"schema": {"$ref": f"{_REF}Problem"}}}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return responses


def _path_parameter(kind: str, name: str) -> Json:
    schema: Json = {"type": "integer", "minimum": 1} if kind == "int" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: Json) -> list[Json]:
    needed = model.get("required", [])
    return [_query_parameter(name, schema, name in needed) for name, schema in model["properties"].items()]


def _query_parameter(name: str, schema: Json, is_needed: bool) -> Json:
    """Null has no spelling in a query string: a parameter is left out instead."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    bare = {key: value for key, value in schema.items() if key not in ("anyOf", "description")}
    if len(kinds) == 1:
        bare |= kinds[0]
    if bare.get("default", "") in (None, "", []):
        bare.pop("default", None)
    described = {"description": text} if (text := schema.get("description") or bare.pop("description", "")) else {}
    return {"name": name, "in": "query", "required": is_needed, **described, "schema": bare}


def _untitled(schema: Any) -> Any:
    """Without the titles that repeat a field's name."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: _untitled(value) for name, value in inner.items()} if key == "properties" else _untitled(inner)
        for key, inner in schema.items()
        if key != "title" or not isinstance(inner, str)
    }
