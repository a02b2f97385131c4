"""A live service for the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveSite
from tests.world import World


@pytest.fixture
def live(world: World, chromium_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSite]:
    """The service on a free port; every request happens at the world's instant."""
    monkeypatch.setattr("kb.clock.now", lambda: world.now)
    site = LiveSite(world)
    site.start()
    yield site
    site.stop()
    site.runtime.services.recorder.flush()
    site.runtime.backend.close()


@pytest.fixture
def browser_context_args(live: LiveSite) -> dict[str, Any]:
    """Contexts open on the live service."""
    return {
        "base_url": live.url,
        "viewport": {"width": 1280, "height": 800},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "permissions": ["clipboard-read", "clipboard-write"],
    }
