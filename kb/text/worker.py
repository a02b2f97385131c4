"""The rendering process: reads framed sources from stdin, answers framed results on stdout, ends when stdin ends.

Run by `renderer.Renderer` as `python -m kb.text.worker LIMIT_SECONDS MEMORY_MB`; it may be killed at any moment.
"""

import json
import os
import signal
import struct
import sys
import traceback
from dataclasses import asdict
from typing import BinaryIO

from kb.text.limits import BREAKS, RenderRefused
from kb.text.markdown import render
from kb.wording import N_

if sys.platform != "win32":
    import resource

HEADER = struct.Struct(">I")


def write_frame(pipe: BinaryIO, message: object) -> None:
    payload = json.dumps(message).encode()
    left = memoryview(HEADER.pack(len(payload)) + payload)
    while left:
        left = left[pipe.write(left) :]


def read_frame(pipe: BinaryIO) -> object:
    (length,) = HEADER.unpack(_read_exactly(pipe, HEADER.size))
    return json.loads(_read_exactly(pipe, length))


def _read_exactly(pipe: BinaryIO, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = pipe.read(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def main(limit_seconds: float, memory_mb: int) -> None:
    source_pipe, answer_pipe = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, whose end is ours
    _limit_memory(memory_mb)
    render("*ready*")
    write_frame(answer_pipe, "ready")
    while True:
        try:
            source = read_frame(source_pipe)
        except EOFError:
            return
        _arm(limit_seconds + 1)
        answer = _answer(str(source))
        _arm(0)
        write_frame(answer_pipe, answer)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Unbuffered and out of reach: whatever a library prints goes to stderr, not into a frame."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return source, answers


def _limit_memory(megabytes: int) -> None:
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = megabytes * 2**20 if hard == resource.RLIM_INFINITY else min(megabytes * 2**20, hard)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        except (ValueError, OSError):
            sys.stderr.write("kb.text.worker: this system can't limit a process's memory\n")


def _arm(seconds: float) -> None:
    """The kernel ends this process if the parent died and can't; nothing in Python could interrupt a running regex."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(source: str) -> dict[str, object]:
    try:
        return {"rendered": asdict(render(source))}
    except RenderRefused as refused:
        return {"refused": [refused.reason, refused.cause, refused.values]}
    except MemoryError:
        return {"refused": ["memory", N_("it needs too much memory"), {}], "spent": True}
    except Exception:  # whatever a text provokes in a parser is an answer about the text, not the end of the service
        traceback.print_exc()
        return {"refused": ["crash", BREAKS, {}], "spent": True}


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
