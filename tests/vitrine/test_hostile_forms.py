"""Whatever is sent to a page: never a 5xx, always a page with words, and nothing half-done."""

import itertools
import random
import re
from collections.abc import Iterator

import pytest
import structlog

from kb.use.recorder import UseRecorder
from tests.site import Site
from tests.vitrine.hostile import FORMS, HUGE, NUMBERS, QUERIES, TEXTS, Attacker, Pairs, Places, encoded, fault, rows
from tests.world import CAST

SIGNED_OUT = {"people.do_sign_in", "people.do_welcome", "resuming.resume"}
IGNORES_UNKNOWN = {"people.end_session", "assets.static_file", "cards.show"}  # ended already; any version; any slug
WORST = ("", "a\x00b", "\ud800", "-1", str(2**63), "0" * 8 + "1" + "9" * 5000, "' OR 1=1 --{{7*7}}<script>")
OTHERS = tuple(value for value in (*TEXTS, *NUMBERS) if value not in WORST)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Thousands of lines of access log say nothing; counts of use are not what is tested here."""
    monkeypatch.setattr(UseRecorder, "record", lambda _self, _use: None)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


SHARES = 4
"""So many tests share all forms, so that each ends within a test's time."""
BODIES_A_FORM = 4
ODD_QUERIES = ("%", "%zz=%", "q=%ff%fe", "&&&=&=x", "q[]=1&q[a]=2", "a=b&" * 2000, "q=%F0%9F%98%80", "%00=%00")

ODD_VALUES = (
    "0",
    "999999999",
    "9" * 10,
    "9" * 5000,
    "-1",
    "%00",
    "%ff",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "a%0d%0ab",
    "x" * 5000,
    "%F0%9F%98%80",
    "%ED%A0%80",
    "{{7*7}}",
    "'",
    "a;b",
    "%25",
    "\u0663",
)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """What this run draws: another run draws otherwise, unless it is given the same --randomly-seed."""
    return random.Random(request.config.getoption("randomly_seed", 0))  # noqa: S311


def rules(site: Site, method: str) -> list[tuple[str, str]]:
    """Endpoint and rule of every page that takes this method; the API has its own contract tests."""
    found = [rule for rule in site.app.url_map.iter_rules() if not rule.rule.startswith("/api/")]
    return [(rule.endpoint, rule.rule) for rule in found if method in (rule.methods or ())]


def variants(fields: dict[str, str], chance: random.Random) -> Iterator[tuple[str, Pairs]]:
    """A form with nonsense everywhere, and with one field at a time missing, repeated or nonsense, whichever is drawn:
    every run has every field of every form, and over the days each field gets all of it.
    """
    good = list(fields.items())
    yield "as it is", good
    yield "empty", []
    for bad in WORST:
        yield f"all={bad[:40]!r} ({len(bad)})", [(name, bad) for name in fields]
    if good:
        yield "huge", [*good[1:], (good[0][0], HUGE)]
    for at, (name, value) in enumerate(good):
        rest, bad = good[:at] + good[at + 1 :], chance.choice((*WORST, *OTHERS))
        yield chance.choice((
            (f"without {name}", rest),
            (f"{name} many times", [*rest, *[(name, value)] * 30, (name, "x")]),
            (f"{name}={bad[:40]!r} ({len(bad)})", [*rest, (name, bad)]),
        ))  # fmt: skip


def test_every_page_is_known(site: Site) -> None:
    assert {endpoint for endpoint, _ in rules(site, "POST")} == set(FORMS)
    assert {endpoint for endpoint, _ in rules(site, "GET")} == set(QUERIES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the API's fuzz covers both engines
@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_no_form_breaks_whatever_it_holds(site: Site, share: int, chance: random.Random) -> None:
    places, found = Places(site.world), []
    for endpoint, rule in rules(site, "POST")[share::SHARES]:
        sender = Attacker(site, None if endpoint in SIGNED_OUT else "ada")
        places.renew(rule)
        before = rows(site.world)
        for words, pairs in variants(places.filled(FORMS[endpoint]), chance):
            response = sender.post(places.path(rule), pairs)
            if wrong := fault(response):
                found.append(f"{endpoint} {words}: {wrong}")
            if rows(site.world) != before:
                if response.status_code >= 400:
                    found.append(f"{endpoint} {words}: {response.status_code}, but rows changed")
                places.renew(rule)
                before = rows(site.world)
    assert found == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the API's fuzz covers both engines
@pytest.mark.slow
def test_no_address_breaks_whatever_follows_the_question_mark(site: Site, chance: random.Random) -> None:
    places, found, ada = Places(site.world), [], Attacker(site, "ada")
    for endpoint, rule in rules(site, "GET"):
        path = places.path(rule)
        good = dict.fromkeys(QUERIES[endpoint], "x")
        sender = Attacker(site, None) if endpoint == "people.sign_in_page" else ada
        for words, pairs in variants(good, chance):
            query = encoded(pairs).decode()
            wrong = fault(sender.get(f"{path}?{query[:20_000]}"))
            found += [f"{endpoint} {words}: {wrong}"] if wrong else []
        for query in chance.sample(ODD_QUERIES, 3):
            wrong = fault(ada.get(f"{path}?{query}"))
            found += [f"{endpoint}?{query[:20]}: {wrong}"] if wrong else []
    assert found == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the API's fuzz covers both engines
@pytest.mark.slow
def test_no_body_breaks_a_form_whatever_it_is(site: Site, chance: random.Random) -> None:
    """Each form gets some of them, drawn anew by each run: a body is read by the same code for all forms."""
    places, found = Places(site.world), []
    for endpoint, rule in rules(site, "POST"):
        sender = Attacker(site, None if endpoint in SIGNED_OUT else "ada")
        before = rows(site.world)
        fields = places.filled(FORMS[endpoint]) or {"x": "y"}
        for words, body, kind in chance.sample(list(bodies(fields)), BODIES_A_FORM):
            response = sender.raw(places.path(rule), body, kind)
            if wrong := fault(response):
                found.append(f"{endpoint} {words}: {wrong}")
            after = rows(site.world)
            if after != before and response.status_code >= 400:
                found.append(f"{endpoint} {words}: {response.status_code}, but rows changed")
            before = after
    assert found == []


def bodies(fields: dict[str, str]) -> Iterator[tuple[str, bytes, str]]:
    """Bodies that aren't the form that was asked for, with their media types."""
    form, multipart = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
    name, value = next(iter(fields.items()))
    part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    file = part.replace(b'"\r\n', b'"; filename="../../x"\r\nContent-Type: text/plain\r\n', 1)
    yield "two megabytes", encoded([(name, "x" * 2_000_000)]), form
    yield "two megabytes in parts", part + b"x" * 2_000_000 + b"\r\n--b--\r\n", multipart
    yield "a thousand parts", part * 1000 + b"--b--\r\n", multipart
    yield "a file in place of words", file + b"--b--\r\n", multipart
    yield "parts without an end", part, multipart
    yield "parts without a boundary", part, "multipart/form-data"
    yield "bad percent signs", b"".join(f"{each}=%zz%&%={value}%f&".encode() for each in fields), form
    yield "no UTF-8", b"".join(each.encode() + b"=\xff\xfe\xc3\x28&" for each in fields), form
    yield "another encoding", encoded(fields.items()), f"{form}; charset=utf-16"
    yield "JSON", b'{"title": 1}', "application/json"
    yield "no type", encoded(fields.items()), ""


def test_no_path_breaks_a_page(site: Site) -> None:
    ada, found = Attacker(site, "ada"), []
    odd = ODD_VALUES if site.world.database.is_sqlite else ODD_VALUES[:6]  # what gets as far as the database
    for method in ("GET", "POST"):
        for endpoint, rule in rules(site, method):
            for value in odd if "<" in rule else ():
                path = re.sub(r"<[^>]+>", lambda _found, value=value: value, rule)  # type: ignore[misc]
                response = ada.get(path) if method == "GET" else ada.post(path, list(FORMS[endpoint].items()))
                status = response.status_code
                wrong = fault(response) or ("" if status in (303, 308, 404, 410, 422) else f"{status}")
                if wrong and endpoint not in IGNORES_UNKNOWN:
                    found.append(f"{endpoint} {path[:60]}: {wrong}")
    assert found == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no header gets as far as the database
def test_no_header_breaks_a_page(site: Site) -> None:
    ada = Attacker(site, "ada")
    odd = ("http://[", "null", "\u00ff", "x" * 8000, "a b\tc", "//evil.example", "http://[::1", "Bearer \u00e9")
    names = ("Origin", "Referer", "Authorization", "Accept-Language", "If-None-Match", "If-Modified-Since", "Range",
             "X-Fragment", "X-Forwarded-For", "Sec-Fetch-Site", "X-CSRFToken", "User-Agent", "Cookie",
             "Host")  # fmt: skip
    for name in names:
        for value in odd:
            for path in ("/account", "/missing", "/api/v1/me"):
                assert ada.get(path, headers={name: value}).status_code < 500, (name, value)
            status = ada.post("/account/theme", [("theme", "dark")], headers={name: value}).status_code
            assert status < 500, (name, value)


def test_what_may_not_be_seen_answers_as_what_does_not_exist(site: Site) -> None:
    world = site.world
    secret = world.card("A secret", collection="deals", owner="vera")
    draft = world.card("A draft", author="axel", publish=False)
    stan, found = Attacker(site, "stan"), []
    for method in ("GET", "POST"):
        for endpoint, rule in rules(site, method):
            if "int:card_id" not in rule and "slug" not in rule:
                continue
            fields = {n: v.format(card=1, other=secret) for n, v in FORMS.get(endpoint, {}).items()}
            for pairs in (list(fields.items()), []):
                answers = [_answer(stan, method, rule, name, pairs) for name in (secret, draft, 987_654)]
                if len(set(answers)) != 1 or answers[0][0] not in (403, 404, 422):
                    found.append(f"{endpoint}: {[status for status, _ in answers]}")
    assert found == []


def _answer(stan: Attacker, method: str, rule: str, card_id: int, pairs: Pairs) -> tuple[int, str]:
    path = rule.replace("<int:card_id>", str(card_id))
    path = path.replace("<slug>", "a-secret" if "cards" in rule else ("none" if card_id == 987_654 else "deals"))
    response = stan.get(path) if method == "GET" else stan.post(path, pairs)
    body = re.sub(r'(csrf_token" value="|csrf-token" content=")[^"]*', "", response.get_data(as_text=True))
    return response.status_code, re.sub(rf"/(deals|none|{card_id})\b", "/IT", body)


@pytest.mark.parametrize(
    ("database_url", "name"),
    [
        pytest.param(engine, name, marks=pytest.mark.postgres if engine == "postgresql" else ())
        for engine, name in zip(itertools.cycle(("sqlite", "postgresql")), sorted(CAST.keys() - {"ada"}), strict=False)
    ],
    indirect=["database_url"],
)
def test_nobody_of_the_cast_breaks_a_page_with_an_empty_form(site: Site, name: str) -> None:
    places, sender = Places(site.world), Attacker(site, name)
    for endpoint, rule in rules(site, "POST"):
        if endpoint == "people.sign_out":
            continue
        assert fault(sender.post(places.path(rule), list(places.filled(FORMS[endpoint]).items()))) == "", endpoint
