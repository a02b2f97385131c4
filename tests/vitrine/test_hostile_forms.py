"""Whatever is sent to a page: never a 5xx, always a page with words, and nothing half-done."""

from collections.abc import Iterator

import pytest

from tests.site import Site
from tests.vitrine.hostile import FORMS, HUGE, NUMBERS, QUERIES, TEXTS, Attacker, Pairs, Places, encoded, fault, rows
from tests.world import CAST

SECRET = "secret-nobody-may-see"  # noqa: S105


def rules(site: Site, method: str) -> list[tuple[str, str]]:
    """Endpoint and rule of every page that takes this method; the API has its own contract tests."""
    found = [rule for rule in site.app.url_map.iter_rules() if not rule.rule.startswith("/api/")]
    return [(rule.endpoint, rule.rule) for rule in found if method in (rule.methods or ())]


def variants(fields: dict[str, str]) -> Iterator[tuple[str, Pairs]]:
    """A form with one field at a time missing, repeated or nonsense, and with nonsense everywhere."""
    good = list(fields.items())
    yield "as it is", good
    yield "empty", []
    for at, (name, value) in enumerate(good):
        rest = good[:at] + good[at + 1 :]
        yield f"without {name}", rest
        yield f"{name} many times", [*rest, *[(name, value)] * 30, (name, "x")]
        yield f"{name}[] instead", [*rest, (f"{name}[0]", value)]
        for bad in (*TEXTS, *NUMBERS, HUGE):
            yield f"{name}={bad[:40]!r} ({len(bad)})", [*rest, (name, bad)]
    for bad in (*TEXTS, *NUMBERS):
        yield f"all={bad[:40]!r} ({len(bad)})", [(name, bad) for name in fields]


def test_every_page_is_known(site: Site) -> None:
    assert {endpoint for endpoint, _ in rules(site, "POST")} == set(FORMS)
    assert {endpoint for endpoint, _ in rules(site, "GET")} == set(QUERIES)


def test_no_form_breaks_whatever_it_holds(site: Site) -> None:
    places, found = Places(site.world), []
    before = rows(site.world)
    for endpoint, rule in rules(site, "POST"):
        ada = Attacker(site, None if endpoint in ("people.do_sign_in", "people.do_welcome") else "ada")
        places.renew()
        before = rows(site.world)
        for words, pairs in variants(places.filled(FORMS[endpoint])):
            response = ada.post(places.path(rule), pairs)
            if wrong := fault(response):
                found.append(f"{endpoint} {words}: {wrong}")
            after = rows(site.world)
            if response.status_code >= 400 and after != before:
                found.append(f"{endpoint} {words}: {response.status_code}, but rows changed")
            if after != before:
                places.renew()
                before = rows(site.world)
    assert found == []
