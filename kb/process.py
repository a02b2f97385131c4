"""The running process itself."""

import gc


def settle() -> None:
    """What was loaded until now lives as long as the process: the garbage collector need not walk it again."""
    gc.collect()
    gc.freeze()
