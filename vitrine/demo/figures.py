"""Earlier states of sample cards that name a figure: the figure was another once, and a check found it wrong.

Without them hardly any check of the sample would ever have found anything, which no company would believe.
"""

import random
import re
from typing import Any

_FIGURE = re.compile(
    r"(?<![\w.,/-])(\d{1,3}) (days|minutes|hours|working days|months|weeks|seconds|sensors|metres|people|users)\b"
)
_SHARE = 0.3
_FACTORS = (0.5, 0.75, 1.5, 2.0)
_MOST = 2


def corrected_figures(external_id: str, body: str, owner: str) -> list[dict[str, Any]]:
    """Edits that changed figures of this text, oldest first; none for most of the others."""
    chance = random.Random(external_id + "figures")  # noqa: S311  (a sample, not a secret)
    found = {match[0]: match for match in _FIGURE.finditer(body) if body.count(match[0]) == 1}
    if not found or chance.random() > _SHARE:
        return []
    chosen = chance.sample(sorted(found), min(_MOST, len(found)))
    edits = []
    for words in chosen:
        number, unit = int(found[words][1]), found[words][2]
        was = max(1, round(number * chance.choice(_FACTORS)))
        if was != number and f"{was} {unit}" not in body:
            edits.append({"by": owner, "note": f"{was} became {number}", "find": words, "was": f"{was} {unit}"})
    return edits
