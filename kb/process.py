"""The running process itself."""

import gc

_MADE_AT_ONCE = 20_000
"""So many objects more than were freed before the garbage collector looks for circles among them: an answer makes some
thousands, which go as soon as it is given."""


def settle() -> None:
    """What was loaded until now lives as long as the process: the garbage collector need not walk it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MADE_AT_ONCE)
