"""`./dev bench NAME ...`: hands over to the benchmark of that name."""

import sys
from importlib import import_module
from importlib.util import find_spec

# What is measured, by the module whose `main(arguments)` measures it.
BENCHMARKS = {
    "search": ("benchmarks.search", "search beside SQLite FTS5, tantivy and Whoosh"),
    "serving": ("benchmarks.serving", "lookups over HTTP while cards are edited"),
    "keystrokes": ("benchmarks.keystrokes", "from a key to the painted results, in a browser"),
    "morning": ("benchmarks.morning", "forty checks by keyboard, in a browser"),
    "hostile": ("benchmarks.hostile", "what somebody sends who wants search to stand still"),
    "one-answer": ("benchmarks.one_answer", "whether outdated and doubled cards stay out of sight"),
    "freshness": ("benchmarks.freshness", "whether stale cards are noticed"),
    "owners": ("benchmarks.owners", "whether whoever wrote a card is among the three names suggested"),
}


def main(arguments: list[str]) -> int:
    """Run one benchmark; its arguments are its own."""
    there = {name: words for name, (module, words) in BENCHMARKS.items() if find_spec(module) is not None}
    if not arguments or arguments[0] not in there:
        lines = [f"  ./dev bench {name:12} {words}" for name, words in there.items()]
        print("\n".join(["Benchmarks (--help after a name lists its options):", *lines]))
        return 0 if not arguments or arguments[0] in ("help", "-h", "--help") else 2
    code: int = import_module(BENCHMARKS[arguments[0]][0]).main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
