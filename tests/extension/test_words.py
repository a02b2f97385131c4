"""What the extension says is there in every language of the interface, with the same places and the forms it needs."""

import json
import re

import pytest
from babel import Locale

from kb.extension.package import folder
from kb.wording import LANGUAGES

Words = dict[str, str]
FORMS = ("zero", "one", "two", "few", "many", "other")
_TEXTS = (".js", ".html", ".json")
_FORM = re.compile(rf"_({'|'.join(FORMS)})$")


def words(language: str) -> Words:
    path = folder() / "_locales" / language / "messages.json"
    return {key: entry["message"] for key, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def places(text: str) -> set[str]:
    return set(re.findall(r"\$\d|%s", text))


def counted(found: Words) -> set[str]:
    return {key.removesuffix("_other") for key in found if key.endswith("_other")}


def test_the_extension_speaks_the_languages_of_the_interface() -> None:
    assert {path.name for path in (folder() / "_locales").iterdir()} == set(LANGUAGES)
    assert json.loads((folder() / "manifest.json").read_text(encoding="utf-8"))["default_locale"] == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_with_its_places(language: str) -> None:
    english, theirs = words("en"), words(language)
    assert counted(theirs) == counted(english)
    single = {key for key in english if _FORM.sub("", key) not in counted(english)}
    assert {key for key in theirs if _FORM.sub("", key) not in counted(english)} == single
    for key, text in theirs.items():
        assert text.strip()
        assert places(text) == places(english.get(key) or english[_FORM.sub("_other", key)]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_whole_numbers_have_their_forms(language: str) -> None:
    """The form "other" stands for those that have none of their own here, such as "many"."""
    theirs, rule = words(language), Locale.parse(language).plural_form
    needed = {rule(number) for number in range(200)} - {"many", "other"}
    for key in counted(theirs):
        assert {form for form in FORMS if f"{key}_{form}" in theirs} == needed | {"other"}


def test_what_is_said_is_written_and_what_is_written_is_said() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder().iterdir()) if path.suffix in _TEXTS)
    english = words("en")
    asked = set(re.findall(r"\bsaid\(\s*'(\w+)'", source)) | set(
        re.findall(r'data-said(?:-label|-hint)?="(\w+)"', source)
    )
    asked |= set(re.findall(r"__MSG_(\w+)__", source)) | {"no_longer", "nobody_yet"}
    several = re.findall(r"\bsaid\(`(\w+_)\$", source)
    asked |= {key for key in english for beginning in several if key.startswith(beginning)}
    counts = set(re.findall(r"\bcounted\('(\w+)'", source))
    assert counts == counted(english)
    assert asked == {key for key in english if _FORM.sub("", key) not in counts}
