"""Who reads which language: what they chose, else what the browser asks for, else the installation's."""

import re
from pathlib import Path

from jinja2 import Environment, nodes
from sqlalchemy import select

from kb.mail.models import OutgoingMail
from tests.infra.cases import in_one_world
from tests.site import Site
from tests.world import email

_ROOT = Path(__file__).parents[2]
_SENTENCE = re.compile(r"(?:[A-Z]\w+|/) [a-z]+\b.*")


def spoken(text: str) -> str:
    found = re.search(r'<html lang="([a-z]+)"', text)
    assert found, text[:300]
    return found[1]


def choose(site: Site, name: str, language: str | None) -> None:
    with site.world.transaction() as session:
        site.world.person(session, name).language = language


@in_one_world(
    ("asked", "expected"),
    [
        (None, "en"), ("de", "de"), ("de-AT,de;q=0.9,en;q=0.5", "de"), ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.3", "de"), ("fr", "en"), ("*", "en"), ("", "en"), ("de;q=0", "en"), ("xx-" + "y" * 5000, "en"),
        ("de;q=abc, \\u0000, ;;;", "en"), ("../../etc/passwd", "en"), ("DE", "de"), ("de_DE", "de"),
    ],
)  # fmt: skip
def test_whoever_is_not_signed_in_is_spoken_to_as_the_browser_asks(
    site: Site, asked: str | None, expected: str
) -> None:
    headers = {} if asked is None else {"Accept-Language": asked}
    page = site.page(None).get("/sign-in", headers=headers).text
    assert spoken(page) == expected
    assert ("Anmelden" in page) is (expected == "de")


def test_what_somebody_chose_comes_before_what_the_browser_asks_for(site: Site) -> None:
    choose(site, "rita", "de")
    german = site.page("rita").get("/", headers={"Accept-Language": "en-GB"}).text
    choose(site, "rita", "en")
    english = site.page("rita").get("/", headers={"Accept-Language": "de"}).text
    choose(site, "rita", None)
    asked = site.page("rita").get("/", headers={"Accept-Language": "de"}).text
    assert (spoken(german), spoken(english), spoken(asked)) == ("de", "en", "de")


def test_choosing_a_language_under_account_counts_at_once(site: Site) -> None:
    rita = site.page("rita")
    assert '<option value="de">Deutsch</option>' in rita.get("/account").text
    assert rita.post("/account", {"name": "Rita", "language": "de"}).status_code == 303
    page = rita.get("/account").text
    assert spoken(page) == "de"
    assert "Gespeichert." in page
    assert '<option value="de" selected>Deutsch</option>' in page
    rita.post("/account", {"name": "Rita", "language": ""})
    assert spoken(rita.get("/account").text) == "en"


@in_one_world("hostile", ["xx", "../de", "de\x00", "<script>", "d" * 5000, "DE"])
def test_a_language_that_there_is_not_is_refused_and_nothing_is_saved(site: Site, hostile: str) -> None:
    rita = site.page("rita")
    answer = rita.post("/account", {"name": "Somebody", "language": hostile})
    assert answer.status_code == 422
    assert "Language is not known" in answer.text or "Language is too long" in answer.text or "NUL" in answer.text
    with site.world.read() as session:
        person = site.world.person(session, "rita")
        assert (person.name, person.language) == ("Rita", None)


def test_a_language_that_is_no_longer_offered_falls_back_to_the_browser(site: Site) -> None:
    choose(site, "rita", "tlh")
    assert spoken(site.page("rita").get("/", headers={"Accept-Language": "de"}).text) == "de"
    assert spoken(site.page("rita").get("/").text) == "en"


def test_one_request_says_nothing_in_the_language_of_the_one_before(site: Site) -> None:
    """Both are served by the same thread."""
    choose(site, "rita", "de")
    rita, stan = site.page("rita"), site.page("stan")
    assert [spoken(visitor.get("/").text) for visitor in (rita, stan, rita, stan)] == ["de", "en", "de", "en"]


def test_the_api_speaks_english_whatever_the_caller_chose(site: Site) -> None:
    choose(site, "rita", "de")
    problem = site.api("rita").get("/cards/999999", headers={"Accept-Language": "de"})
    assert problem.json
    assert (problem.status_code, problem.json["title"]) == (404, "Not found")
    docs = site.page("rita").get("/api/v1/docs", headers={"Accept-Language": "de"}).text
    assert spoken(docs) == "en"


def test_error_pages_speak_too(site: Site) -> None:
    page = site.page(None).get("/nowhere", headers={"Accept-Language": "de"})
    assert (page.status_code, spoken(page.text)) == (404, "de")


def test_no_page_says_in_english_which_language_it_is_in() -> None:
    """Every document takes its language from the reader's: none is written down."""
    root = Path(__file__).parent.parent.parent / "templates"
    assert [path.name for path in root.rglob("*.html") if '<html lang="en"' in path.read_text()] == []


def test_pages_write_no_numbers_by_themselves() -> None:
    """ "1,204" is something else in German: `kb.wording` writes numbers."""
    shown = [path for room in ("kb", "curator", "search") for path in (_ROOT / room).rglob("*.py")
             if path.name.endswith(("shown.py", "rows.py", "charts.py", "figures.py"))]  # fmt: skip
    assert shown
    assert not [str(path) for path in shown if re.search(r"\{[^{}]*:,[^{}]*\}", path.read_text(encoding="utf-8"))]


def test_templates_hand_on_no_sentence_untranslated() -> None:
    """A macro's argument is as visible as what stands between tags."""
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    for path in sorted((_ROOT / "templates").rglob("*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        calls = [call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") in ("_", "ngettext")]
        translated = {id(text) for call in calls for text in call.find_all(nodes.Const)}
        said = [text.value for text in tree.find_all(nodes.Const) if id(text) not in translated]
        assert not [text for text in said if isinstance(text, str) and _SENTENCE.match(text)], path.name


def test_a_day_in_german_from_the_search_to_the_check(site: Site) -> None:
    """What readers and verifiers meet is German, the card itself stays in its language and says so."""
    card = site.world.card("Refund window", "Refunds are paid within 30 days of the order.", verified=True)
    site.index()
    for name in ("rita", "vera"):
        choose(site, name, "de")
    rita, vera = site.page("rita"), site.page("vera")
    found = rita.get("/?q=refund").text
    assert "1 Karte" in found
    assert "Geprüft" in found
    page = rita.get(f"/cards/{card}", follow_redirects=True).text
    assert "16. Nov. 2026" in page
    assert '<div class="prose" id="answer" lang="en">' in page
    assert "Hat das die Frage beantwortet?" in page
    refused = rita.post(f"/cards/{card}/flags", {"kind": "reported", "detail": ""})
    assert "Sagen Sie in wenigen Worten, was falsch ist." in refused.text
    rita.post(f"/cards/{card}/flags", {"kind": "reported", "detail": "It is 14 days."})
    assert "Problem gemeldet." in rita.get("/").text
    queue = vera.get("/verify").text
    assert "Stimmt noch" in queue
    assert "Von Personen oder Quellen angezweifelt" in queue
    assert "gerade eben" in vera.get(f"/cards/{card}", follow_redirects=True).text


def test_a_mail_speaks_its_readers_language_whoever_caused_it(site: Site) -> None:
    choose(site, "vera", "de")
    choose(site, "rita", "en")
    card = site.world.card("Refund window", verified=True)
    rita = site.page("rita")
    rita.get("/")
    rita.post(f"/cards/{card}/ask", {"q": "Does it hold for gifts?"})
    with site.world.read() as session:
        mails = session.scalars(select(OutgoingMail).where(OutgoingMail.key.like("question:%"))).all()
    assert [mail.to_address for mail in mails] == [email("vera")]
    assert "fragt:" in mails[0].subject
    assert mails[0].text.count("Guten Tag Vera,") == 1
    assert '<html lang="de">' in mails[0].html
