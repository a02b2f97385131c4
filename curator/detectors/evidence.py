"""What a detector says of a card: the words it points to, and why they speak against it."""

import hashlib
from dataclasses import dataclass

from curator.detectors.models import DETAIL_LIMIT, URL_LIMIT, WORDS_LIMIT
from kb.sentences import shortened

_FINGERPRINT_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing found. `words` are exactly those of the card where it is about words; `detail` is a sentence, which
    each reader reads in their language; `key` is what else must stay the same for it to be the same finding, such as
    which change of a source it is about."""

    card_id: int
    detector: str
    words: str
    detail: str
    url: str | None = None
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", shortened(self.words, WORDS_LIMIT))
        object.__setattr__(self, "detail", shortened(self.detail, DETAIL_LIMIT))
        if self.url is not None and len(self.url) > URL_LIMIT:
            object.__setattr__(self, "url", None)

    @property
    def fingerprint(self) -> str:
        """The same for the same words, whatever is before and after them."""
        text = f"{' '.join(self.words.split())}\0{self.key}"
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_FINGERPRINT_LENGTH]
