"""Which of the installation's languages a text is written in; short and alien texts get the fallback."""

import copy
import threading
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from kb.settings import KNOWN_LANGUAGES

_FEWEST_LETTERS = 20
_ENOUGH = 6_000
_SURE = 0.5


def detect(text: str, fallback: str = "en", among: tuple[str, ...] = KNOWN_LANGUAGES) -> str:
    """A code out of `among`, or the fallback if the text is short or clearly none of them."""
    sample = text[:_ENOUGH]
    if len(among) < 2 or sum(map(str.isalpha, sample)) < _FEWEST_LETTERS:
        return fallback
    language, probability = _identifier(tuple(sorted(among))).classify(sample)
    return str(language) if probability >= _SURE else fallback


_loading = threading.Lock()


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """A copy of its own for each set: the library's identifier is one global that `set_languages` changes for all."""
    identifier = copy.copy(_model())
    identifier.set_languages(languages)
    return identifier


def _model() -> LanguageIdentifier:
    with _loading:
        return _load_model()


@lru_cache(maxsize=1)
def _load_model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
