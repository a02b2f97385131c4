"""Where the product's own files lie: beside the code in a source tree, inside the wheel when installed."""

from pathlib import Path

_BUNDLED = Path(__file__).parent / "_bundled"


def resource_root() -> Path:
    """The folder that holds templates/, static/, migrations/ and config.toml."""
    return _BUNDLED if _BUNDLED.is_dir() else Path(__file__).parent.parent
