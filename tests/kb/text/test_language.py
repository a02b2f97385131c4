"""Languages are told apart, and doubt gives the fallback."""

import threading

import pytest

from kb.text.language import detect

SAMPLES = {
    "en": "A customer may return the device within thirty days; the refund is paid to the card they used.",
    "de": "Der Kunde kann das Gerät innerhalb von dreißig Tagen zurückgeben; der Betrag wird auf die Karte erstattet.",
    "ru": "Покупатель может вернуть устройство в течение тридцати дней; деньги возвращаются на карту.",
    "pl": "Klient może zwrócić urządzenie w ciągu trzydziestu dni; zwrot trafia na kartę, którą zapłacono.",
    "fi": "Asiakas voi palauttaa laitteen kolmenkymmenen päivän kuluessa; rahat palautetaan samalle kortille.",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_each_language_is_recognised(language: str) -> None:
    assert detect(SAMPLES[language]) == language


@pytest.mark.parametrize("text", ["", "ja", "Refund", "12345 " * 50, "!?" * 100, "a" * 19, "Der Kunde kann das"])
def test_a_text_of_under_twenty_letters_gets_the_fallback(text: str) -> None:
    assert detect(text, fallback="fi") == "fi"


def test_a_text_in_a_language_nobody_here_writes_gets_the_fallback() -> None:
    assert detect("顧客は三十日以内に機器を返品することができ、代金はカードに返金されます。" * 3, fallback="pl") == "pl"


def test_only_the_given_languages_are_considered_and_one_set_does_not_change_another() -> None:
    assert detect(SAMPLES["de"], among=("en", "fi")) in ("en", "fi")
    assert detect(SAMPLES["de"], among=("en", "de")) == "de"
    assert detect(SAMPLES["pl"]) == "pl"
    assert detect(SAMPLES["de"], fallback="en", among=("en",)) == "en"


def test_threads_that_ask_about_different_sets_do_not_disturb_each_other() -> None:
    wrong: list[str] = []

    def ask(language: str) -> None:
        for _ in range(20):
            if detect(SAMPLES[language], among=("en", language)) != language:
                wrong.append(language)

    threads = [threading.Thread(target=ask, args=(language,)) for language in ("de", "ru", "pl", "fi")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
