"""Sentences, dates, numbers and plurals in the language of the context, and catalogues that are complete and sound."""

import re
import threading
from datetime import date
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Message
from jinja2 import Environment
from markupsafe import Markup

from kb import spoken_templates
from kb.settings import KNOWN_LANGUAGES
from kb.translations import __main__ as catalogues
from kb.web.languages import SCRIPTED
from kb.wording import (
    LANGUAGES,
    N_,
    _,
    catalogue,
    day_and_month,
    decimal,
    full_day,
    language,
    listed,
    month_and_year,
    ngettext,
    percentage,
    pgettext,
    speaking,
)

OTHERS = [code for code in LANGUAGES if code != "en"]
SEPTEMBER = date(2026, 9, 3)


def messages(code: str) -> list[Message]:
    return [message for message in catalogues.read(code) if message.id]


def forms(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (tuple, list)) else [str(message.string)]


def originals(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (tuple, list)) else [str(message.id)]


def test_outside_of_any_request_english_is_spoken() -> None:
    assert language() == "en"
    assert _("Verified") == "Verified"
    assert ngettext("%(num)s card", "%(num)s cards", 1204) == "1,204 cards"


def test_a_language_is_spoken_meanwhile_and_only_here() -> None:
    heard: list[str] = []
    with speaking("de"):
        assert _("Verified") == "Geprüft"
        with speaking("en"):
            assert _("Verified") == "Verified"
        assert language() == "de"
        other = threading.Thread(target=lambda: heard.append(language()))
        other.start()
        other.join()
    assert (language(), heard) == ("en", ["en"])


@pytest.mark.parametrize("hostile", [None, "", "xx", "../../etc/passwd", "de\x00", "DE; DROP TABLE", "ü" * 5000])
def test_what_is_no_language_of_ours_is_english(hostile: str | None) -> None:
    with speaking(hostile):
        assert (language(), _("Verified")) == ("en", "Verified")


def test_a_mistake_meanwhile_ends_it_too() -> None:
    with pytest.raises(ValueError, match="so"), speaking("de"):
        raise ValueError("so")
    assert language() == "en"


def test_what_has_no_translation_stays_as_it_is() -> None:
    with speaking("de"):
        assert _("nobody ever said this") == "nobody ever said this"
        assert pgettext("never", "Verified") == "Verified"
        assert _("") == ""
        assert ngettext("%(num)s unheard of", "%(num)s unheards of", 2) == "2 unheards of"
    assert N_("marked") == "marked"


def test_values_are_put_in_and_percent_signs_of_others_stay() -> None:
    assert _("%(name)s, home", name="100% %(x)s") == "100% %(x)s, home"
    assert _("100 %") == "100 %"


DATES = {
    "en": ("3 Sep", "3 Sep 2026", "September 2026"),
    "de": ("3. Sept.", "3. Sept. 2026", "September 2026"),
    "fi": ("3.9.", "3.9.2026", "syyskuu 2026"),
    "pl": ("3 wrz", "3 wrz 2026", "wrzesień 2026"),
    "ru": ("3 сент.", "3 сент. 2026\u202fг.", "сентябрь 2026"),
}
NUMBERS = {
    "en": ("1,234,567", "18%"), "de": ("1.234.567", "18\xa0%"), "fi": ("1\xa0234\xa0567", "18\xa0%"),
    "pl": ("1\xa0234\xa0567", "18%"), "ru": ("1\xa0234\xa0567", "18\xa0%"),
}  # fmt: skip
LISTS = {"en": "a, b and c", "de": "a, b und c", "fi": "a, b ja c", "pl": "a, b i c", "ru": "a, b и c"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_dates_numbers_and_lists_are_written_as_the_language_does(code: str) -> None:
    with speaking(code):
        assert (day_and_month(SEPTEMBER), full_day(SEPTEMBER), month_and_year(SEPTEMBER)) == DATES[code]
        assert (decimal(1234567), percentage(18)) == NUMBERS[code]
        assert listed(["a", "b", "c"]) == LISTS[code]
        assert (listed([]), listed(["a"])) == ("", "a")


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogue_says_what_the_code_says_no_more_and_no_less(code: str) -> None:
    fresh = catalogues.updated(code, catalogues.said())
    assert catalogues.path_of(code).read_bytes() == fresh, "run ./dev messages and translate what is new"


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_of_an_offered_language_is_translated(code: str) -> None:
    assert [message.id for message in messages(code) if not catalogues.is_translated(message)] == []
    assert not [message.id for message in messages(code) if message.fuzzy]


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_places_and_the_markup_of_its_message(code: str) -> None:
    def parts(text: str) -> list[str]:
        return sorted(set(re.findall(r"%\(\w+\)\w|%%|<[^>]*>|&\w+;", text)))

    for message in messages(code):
        one, many = parts(originals(message)[0]), parts(originals(message)[-1])
        for place, form in enumerate(forms(message)):
            is_just_one = place == 0 and code in ("de", "fi", "pl") and len(forms(message)) > 1
            may_be_left_out = ["%(num)s"] if is_just_one else []  # "every day", where that form is for one alone
            assert sorted({*parts(form), *may_be_left_out}) == sorted({*one, *may_be_left_out}) or parts(form) == many
            assert form[:1].isspace() == originals(message)[0][:1].isspace(), (message.id, form)
            assert form[-1:].isspace() == originals(message)[0][-1:].isspace(), (message.id, form)
            assert '"' not in re.sub(r"<[^>]*>", "", form), f"{form}: a straight quote would end an attribute"


@pytest.mark.parametrize("code", OTHERS)
def test_babels_own_checkers_find_nothing(code: str) -> None:
    catalog = catalogues.read(code)
    assert [(message.id, str(error)) for message in messages(code) for error in message.check(catalog)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_number_finds_the_form_that_cldr_names_for_it(code: str) -> None:
    """The catalogue's rule puts numbers into the same classes as CLDR does, and each has a form."""
    class_of, form_of = Locale.parse(code).plural_form, catalogue(code).plural  # type: ignore[attr-defined]
    chosen = {(class_of(number), form_of(number)) for number in range(1300)}
    assert len(chosen) == len({name for name, _form in chosen}) == catalogues.read(code).num_plurals
    assert {len(forms(message)) for message in messages(code) if len(originals(message)) > 1} == {len(chosen)}


def test_a_template_speaks_and_escapes_what_fills_its_messages() -> None:
    environment = Environment(autoescape=True)
    spoken_templates.install(environment)
    template = environment.from_string(
        '{{ _("%(workspace)s, home", workspace=name) }}|'
        '{{ ngettext("%(num)s line is the same", "%(num)s lines are the same", 2) }}'
        "|{% trans %}Verified{% endtrans %}|{{ language() }}"
    )
    with speaking("de"):
        said = template.render(name="<b>")
    assert said == "&lt;b&gt;, Startseite|2 Zeilen sind gleich|Geprüft|de"
    assert template.render(name=Markup("<b>")) == "<b>, home|2 lines are the same|Verified|en"


def test_the_interface_speaks_no_language_that_the_settings_do_not_know() -> None:
    assert set(LANGUAGES) <= set(KNOWN_LANGUAGES)


def test_what_scripts_say_has_its_translations() -> None:
    folder = Path(__file__).parent.parent.parent / "static" / "js"
    spoken = {
        words for path in folder.glob("*.js") for words in re.findall(r"spoken\('((?:[^'\\]|\\.)*)'", path.read_text())
    }
    assert spoken == set(SCRIPTED)
