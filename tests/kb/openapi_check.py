"""Says what is wrong with an OpenAPI 3.1 document, and makes requests from it, fitting and not."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
TEXTS = (
    "", "x", "Refunds", "billing", "deals", "experts", "group:experts", "vera@northwind.example", "2026-12-24", "en",
    "verified", "a\x00b", "\ud800", "\u202e", "🇫🇮", "' OR 1=1 --", "{{7*7}}", "x" * 3000, "https://x.example/",
    "-", "2026-W47", "tag:", '"', "%",
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, -1, 100, 2**31 - 1, 2**31, 2**63, 10**30)
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", "a\x00b", "\ud800", [], [[]], [None], {}, {"a": {"b": []}},
)  # fmt: skip


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path and operation of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def faults(document: Json) -> list[str]:
    """One line per fault."""
    found = [] if document["openapi"].startswith("3.1.") else ["not OpenAPI 3.1"]
    found += [f"{key} is missing" for key in ("info", "paths", "components") if key not in document]
    known, used = document["components"]["schemas"], set(_references(document))
    found += [f"{name} is not defined" for name in used if name not in known]
    found += [f"{name} is never used" for name in known if name not in used]
    found += [f"{name} is the name of two things" for name in known if "__" in name]
    ids = [operation.get("operationId") for _, _, operation in operations(document)]
    found += [f"operationId {name} is not unique" for name in set(ids) if ids.count(name) > 1]
    for method, path, operation in operations(document):
        found += [f"{method} {path}: {fault}" for fault in _faults_of(path, operation)]
    return found


def _faults_of(path: str, operation: Json) -> Iterator[str]:
    declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    if declared != set(re.findall(r"{(\w+)}", path)):
        yield f"path parameters are {declared}"
    if any(p["in"] == "path" and not p["required"] for p in operation.get("parameters", [])):
        yield "a path parameter is not required"
    if any("schema" not in p for p in operation.get("parameters", [])):
        yield "a parameter has no schema"
    if not operation.get("summary"):
        yield "no summary"
    if not any(code.startswith("2") for code in operation["responses"]):
        yield "no answer"
    for code, answer in operation["responses"].items():
        if not answer.get("description"):
            yield f"{code} has no description"
        if code >= "400" and "application/problem+json" not in answer.get("content", {}):
            yield f"{code} is no problem"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/components/schemas/")
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def values(schema: Json, schemas: Json) -> st.SearchStrategy[Any]:
    """Mostly values that fit the schema, sometimes junk."""
    return st.one_of(*[_fitting(schema, schemas)] * 9, st.sampled_from(JUNK))


def _fitting(schema: Json, schemas: Json) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema:
        return st.one_of(*(_fitting(kind, schemas) for kind in schema["anyOf"]))
    kind = schema.get("type", "string")
    if kind == "object":
        return _objects(schema, schemas)
    if kind == "array":
        return st.lists(values(schema.get("items", {}), schemas), max_size=3)
    if isinstance(kind, list):
        return st.one_of(*(_fitting({"type": each}, schemas) for each in kind))
    return {"integer": st.sampled_from(NUMBERS), "boolean": st.booleans(), "null": st.none()}.get(
        kind, st.sampled_from(TEXTS)
    )


def _objects(schema: Json, schemas: Json) -> st.SearchStrategy[Json]:
    needed = set(schema.get("required", []))
    fields = {name: values(field, schemas) for name, field in schema.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in needed},
        optional={name: field for name, field in fields.items() if name not in needed} | {"surprise": st.just(1)},
    )
