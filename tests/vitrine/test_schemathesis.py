"""Every operation of the API, called as each role with what fits its description and what does not: whatever comes, the
answer is one that is described, of the shape that is described, and none is a fault of the service."""

import copy
import itertools
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as described

from kb.people.tokens import SCOPES
from tests.site import Site

EXAMPLES = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 2}
ROLES = {"lookup": ("rita", ("lookup",)), "rep": ("stan", SCOPES), "author": ("vera", SCOPES),
         "curator": ("cora", SCOPES), "admin": ("ada", SCOPES)}  # fmt: skip
# Things are made, then looked at, then changed; people, whose tokens these are, come last.
ORDER = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}
DEMANDED = [
    checks.not_a_server_error, described.status_code_conformance, described.content_type_conformance,
    described.response_headers_conformance, described.response_schema_conformance,
]  # fmt: skip


# The answers are the same on both databases; tests/kb/test_api_contract.py asks both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_description_is_valid_openapi(site: Site) -> None:
    loaded(site, site.api(None).get("/openapi.json").get_json()).validate()


@pytest.mark.slow
def test_no_role_gets_an_answer_that_is_not_described(site: Site) -> None:
    furnish(site)
    document = with_things_that_exist(site.api(None).get("/openapi.json").get_json())
    operations = [found.ok() for found in loaded(site, document).get_all_operations()]
    operations.sort(key=lambda each: ("/people" in each.path, ORDER[each.method.upper()]))
    tokens = {role: site.token(name, *scopes) for role, (name, scopes) in ROLES.items()}
    faults: list[str] = []
    with time_machine.travel(site.world.now, tick=False):
        for operation in operations:
            for mode, examples in EXAMPLES.items():
                faults += faults_of(operation, mode, examples, tokens)
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("harm", ["status", "shape"])
def test_an_answer_that_is_not_described_is_seen(site: Site, harm: str) -> None:
    furnish(site)
    document = with_things_that_exist(site.api(None).get("/openapi.json").get_json())
    if harm == "status":
        del document["paths"]["/api/v1/cards/{card_id}"]["get"]["responses"]["404"]
    else:
        document["components"]["schemas"]["FullCard"]["properties"]["title"]["type"] = "integer"
    operation = loaded(site, document)["/api/v1/cards/{card_id}"]["GET"]
    # Many, because which numbers are drawn changes with the constants of the code.
    assert faults_of(operation, GenerationMode.POSITIVE, 40, {"rep": site.token("stan", "read")})


def faults_of(operation: Any, mode: GenerationMode, examples: int, tokens: dict[str, str]) -> list[str]:
    """What goes wrong with an operation, the first fault for each role. Three at a time call, by turns."""
    found: dict[str, str] = {}
    turns = itertools.cycle(tokens.items())

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        for role, token in itertools.islice(turns, min(3, len(tokens))):
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            try:
                case.validate_response(answer, checks=DEMANDED)
            except FailureGroup as group:
                said = "; ".join(str(fault) for fault in group.exceptions)
                found.setdefault(role, f"{operation.label} as {role}, {answer.status_code}: {said}")

    with suppress(Unsatisfiable):  # where nothing is sent, nothing can be wrong with it
        call()
    return list(found.values())


def loaded(site: Site, document: Any) -> Any:
    """The description, with the app behind it."""
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    schema.app = site.app
    return schema


def with_things_that_exist(document: Any) -> Any:
    """Random numbers find nothing: those in addresses are drawn from what may exist."""
    nearer = copy.deepcopy(document)
    for item in nearer["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["schema"]["type"] == "integer":
                    parameter["schema"]["maximum"] = 5
                elif parameter["in"] == "path":
                    parameter["schema"]["enum"] = ["billing", "deals", "deal-desk", "experts", "policy", "nothing"]
    return nearer


def furnish(site: Site) -> None:
    """Cards of every kind, so that answers have something in them."""
    world = site.world
    for collection in ("billing", "deals", "billing"):
        card = world.card(collection=collection, verified=collection == "deals", tags=("price",))
    world.card("Refunds", "Full refund within 30 days. See https://vendor.example/terms.", author="axel")
    world.card("A draft", publish=False)
    world.flag(card, by="rita")
    site.index()
