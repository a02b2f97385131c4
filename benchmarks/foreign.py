"""Words of German, Russian, Polish and Finnish, and suffixes that inflect them: enough to vary, not to read."""

SEEDS = {
    "de": """Kunde Rechnung Vertrag Lieferung Mitarbeiter Unternehmen Gerät Sensor Zahlung Frist Kündigung Bestellung
        Adresse Antwort Frage Garantie Rückgabe Passwort Konto Schulung Angebot Preis Rabatt Termin Bericht
        prüfen senden öffnen bestätigen ändern löschen speichern neu alt wichtig gültig möglich schnell und oder
        aber nicht mit ohne für der die das ein eine ist sind wird kann muss soll nach vor bei über unter
        zwischen innerhalb Tagen Woche Monat""",
    "ru": """клиент счёт договор доставка сотрудник компания датчик платёж срок отмена заказ адрес ответ вопрос
        гарантия возврат пароль обучение предложение цена скидка встреча отчёт проверить отправить открыть
        подтвердить изменить удалить сохранить новый старый важный действующий возможный быстрый и или но не с
        без для это он она есть будет может нужно после перед при над под между внутри день неделя месяц куратор
        карточка команда правило доступ""",
    "pl": """klient faktura umowa dostawa pracownik firma czujnik płatność termin rezygnacja zamówienie adres
        odpowiedź pytanie gwarancja zwrot hasło konto szkolenie oferta cena rabat spotkanie raport sprawdzić
        wysłać otworzyć potwierdzić zmienić usunąć zapisać nowy stary ważny możliwy szybki i lub ale nie z bez
        dla to jest są będzie może trzeba po przed przy nad pod między wewnątrz dzień tydzień miesiąc zespół
        karta zasada dostęp łącze źródło""",
    "fi": """asiakas lasku sopimus toimitus työntekijä yritys anturi maksu määräaika irtisanominen tilaus osoite
        vastaus kysymys takuu palautus salasana tili koulutus tarjous hinta alennus kokous raportti tarkista
        lähetä avaa vahvista muuta poista tallenna uusi vanha tärkeä voimassa mahdollinen nopea ja tai mutta ei
        kanssa ilman varten se hän on ovat tulee voi pitää jälkeen ennen luona yli alle välillä sisällä päivä
        viikko kuukausi tiimi kortti sääntö""",
}
SUFFIXES = {
    "de": ("", "", "", "en", "er", "es", "n", "s"),
    "ru": ("", "", "", "а", "у", "ом", "ами", "ы", "ов"),
    "pl": ("", "", "", "a", "u", "ów", "om", "ami", "y"),
    "fi": ("", "", "", "ssa", "sta", "lle", "n", "t", "ja"),
}
SHORTEST_INFLECTED = 4
