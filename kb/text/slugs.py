"""The readable part of a card's address: lower-case ASCII words joined by hyphens, never empty."""

import re
import unicodedata

# fmt: off
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "u",
}
_GREEK = {
    "α": "a", "β": "b", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch",
    "ψ": "ps", "ω": "o", "ς": "s",
}
# fmt: on
_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_ASCII = str.maketrans({**_CYRILLIC, **_GREEK, **_LATIN, "'": "", "’": "", "&": " and "})
_GAP = re.compile(r"[^a-z0-9]+")


def slug(text: str, limit: int = 60) -> str:
    # Composed letters such as й and ё have an entry of their own, so they are looked up before marks are taken off.
    spelled = unicodedata.normalize("NFKC", text[:1000]).lower().translate(_ASCII)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled).translate(_ASCII) if not unicodedata.combining(c))
    words = _GAP.sub("-", bare).strip("-")
    if len(words) > limit:
        cut = words[: limit + 1].rpartition("-")[0] or words[:limit]
        words = cut.strip("-")
    return words or "card"
