"""The language of a request: the API speaks English, a page its reader's.

That is the one they chose under Account, else what their browser asks for, else the installation's.
"""

from flask import Flask, request

from kb.wording import ENGLISH, LANGUAGES, N_, _, language, speak

# What scripts say by themselves (static/js, `spoken('…')`); all else they find on the page.
SCRIPTED = (
    N_("%(number)s selected"),
    N_("All that match selected"),
    N_("Copied"),
    N_("Could not update. Press Enter to try again."),
    N_("No answer from the server. Try again."),
    N_("People"),
    N_("Search"),
    N_("Searching…"),
    N_("That could not be done."),
    N_("The browser refused to copy. Select the text and copy it by hand."),
    N_("The theme is changed here, but could not be saved."),
    N_("You are offline. Showing what was loaded at %(time)s."),
)


def install(app: Flask) -> None:
    """End every request in silence, since the thread serves others next, and give scripts their words."""
    app.teardown_request(_hush)
    app.jinja_env.globals["scripted"] = scripted


def scripted() -> dict[str, str]:
    """What scripts say, for a page that is not in English."""
    return {words: _(words) for words in SCRIPTED} if language() != ENGLISH else {}


def speak_to(chosen: str | None, default: str) -> None:
    """Speak to a reader who chose that language, or none: whoever isn't known yet can't have."""
    speak(chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default))


def _hush(_error: BaseException | None) -> None:
    speak(None)
