"""What gunicorn loads in each of its worker processes: the real app, which also says how long it took.

`vitrine serve` is one process with waitress, indexer and scheduler; here the last two run as `vitrine scheduler`.
"""

import atexit
import os
import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from kb.settings import load
from vitrine.runtime import running

_open = ExitStack()
_runtime = _open.enter_context(running(load().settings))
atexit.register(_open.close)
_PROCESS = ("X-Process", str(os.getpid()))


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The app's answer with its process and a Server-Timing header: bodies are complete when it begins to respond."""
    began = time.perf_counter()

    def timed(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        took = (time.perf_counter() - began) * 1000
        return start_response(status, [*headers, _PROCESS, ("Server-Timing", f"app;dur={took:.3f}")], error)

    return _runtime.app(environ, timed)
