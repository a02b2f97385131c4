"""Characters that have no place in a text: controls, which can break markup, and marks that reverse its direction.

They are stripped, not refused: documents pasted or imported from elsewhere are full of them, and nobody can see them.
"""

import re

# C0 and C1 without tab and newline, bidi embeddings, overrides and isolates, lone surrogates, byte order mark,
# noncharacters. U+0002 and U+0003 above all: Python-Markdown marks its own placeholders with them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """The text with Unix line ends and without unwanted characters."""
    return strip_unwanted(_LINE_ENDS.sub("\n", text))


def strip_unwanted(text: str) -> str:
    return _UNWANTED.sub("", text)
