"""What commands note on a check or a doubt where nobody said anything.

The verification log is hashed, so its notes are plain English text for good; they are recognised when they are read.
"""

from kb.sentences import Sentence, recognised, told
from kb.wording import ENGLISH, N_, language

EDITED = N_("Edited since the last check.")
ARCHIVED = N_("Archived when it was checked.")
IMPORTED = N_("Imported")
IMPORTED_AGAIN = N_("Imported again")
RESTORED = N_("Restored version %(number)s")
AS_ANSWER = N_("Written as the answer to “%(question)s”")
_WRITTEN = (EDITED, ARCHIVED, IMPORTED, IMPORTED_AGAIN, RESTORED, AS_ANSWER)


def note_words(note: str) -> str:
    """A note in the language of the context; what a person wrote stays as it is."""
    if language() == ENGLISH:
        return note
    return told(note if isinstance(note, Sentence) else recognised(note, _WRITTEN))
