"""Two at once: works run in threads and meet at a point of their own choosing, as far as the database lets them.

`PROCESSES` starts processes that share nothing with this one, forked from a server that has the product loaded.
"""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Meet = Callable[[], None]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["pytest", "kb.installation", "kb.mail.sender", "tests.world", "tests.kb.together", "tests.search.killing"]
)


def at_once(*works: Callable[[Meet], object], patience: float = 0.4) -> list[object]:
    """What each work returned, or the exception that it raised.

    A work calls `meet()` where it wants to wait for the others; when a lock keeps them away, it goes on alone.
    """
    barrier = threading.Barrier(len(works))

    def meet() -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(patience)

    def run(work: Callable[[Meet], object]) -> object:
        try:
            return work(meet)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
